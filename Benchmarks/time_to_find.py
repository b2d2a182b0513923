#!/usr/bin/env python3
"""How many frames does `raut run` take to find a face that comes into view, beside another build of it?

    time_to_find.py FOLDER [OTHER...] [--count 120] [--alone]

FOLDER: photographs of faces, one large face each, in folders or not. They are shown one after another for two seconds each in the
right half of a picture of 640x480, moved a little from frame to frame with a sensor's noise, with a second of nothing
between; in the left half a person stays in view (not with --alone), since those who come are looked for more seldom then.
Every third photograph is turned by 25 degrees. Prints how many are found and after how many frames at 30 a second: median,
nine of ten, slowest. OTHER: paths of other builds' programs; RAUT names this one. Needs numpy and opencv-python-headless.
"""
import argparse
import json
import os
import pathlib
import subprocess
import tempfile

import cv2
import numpy as np

RAUT = os.environ.get("RAUT", os.path.join(os.path.dirname(__file__), "..", ".build", "release", "raut"))
PERSON = os.path.join(os.path.dirname(__file__), "..", "Tests", "Fixtures", "astronaut.png")
SHOWN, BETWEEN, FIRST = 60, 30, 30
WIDTH, HEIGHT = 640, 480


def photographs(folder, count):
    files = sorted(p for p in pathlib.Path(folder).rglob("*") if p.suffix.lower() in (".jpg", ".jpeg", ".png"))
    for path in files[:: max(1, len(files) // count)][:count]:
        image = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
        if image is not None:
            yield image


def placed(image, turn):
    """The photograph in 320 by 480 pixels, its face some 200 wide, and turned."""
    scale = 300 / max(image.shape)
    small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    matrix = cv2.getRotationMatrix2D((small.shape[1] / 2, small.shape[0] / 2), turn, 1)
    matrix[:, 2] += (160 - small.shape[1] / 2, 240 - small.shape[0] / 2)
    return small, matrix


def write(path, images, alone):
    chance = np.random.default_rng(1)
    person = cv2.imread(PERSON, cv2.IMREAD_GRAYSCALE)[20:260, 90:410]
    shown = []
    with open(path, "wb") as file:
        file.write(b"YUV4MPEG2 W%d H%d F30:1 Ip A1:1 Cmono\n" % (WIDTH, HEIGHT))
        number = 0

        def frame(image=None, matrix=None, step=0):
            nonlocal number
            picture = np.full((HEIGHT, WIDTH), 90, np.float32)
            if not alone:
                picture[120:360, :320] = person
            if image is not None:
                moved = matrix.copy()
                moved[:, 2] += (3 * np.sin(step / 7), 2 * np.sin(step / 5))
                picture[:, 320:] = cv2.warpAffine(image, moved, (320, HEIGHT), flags=cv2.INTER_LINEAR, borderValue=90)
            picture += chance.normal(0, 2, picture.shape)
            file.write(b"FRAME\n" + np.clip(picture, 0, 255).astype(np.uint8).tobytes())
            number += 1

        for _ in range(FIRST):
            frame()
        for index, image in enumerate(images):
            small, matrix = placed(image, (0, 0, 25 if index % 2 else -25)[index % 3])
            shown.append((number, index % 3 == 2))
            for step in range(SHOWN):
                frame(small, matrix, step)
            for _ in range(BETWEEN):
                frame()
    return shown


def delays(program, clip, shown):
    with open(clip, "rb") as frames:
        text = subprocess.run(
            [program, "run", "--headless", "--source", "-", "--as-fast-as-possible"], stdin=frames,
            capture_output=True, check=True).stdout
    came = [event["frame"] for event in map(json.loads, text.splitlines())
            if event["event"] == "appeared" and event["box"][0] + event["box"][2] / 2 > WIDTH / 2]
    result = []
    for start, tilted in shown:
        first = next((frame for frame in came if start < frame <= start + SHOWN), None)
        result.append((None if first is None else first - start, tilted))
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("other", nargs="*")
    parser.add_argument("--count", type=int, default=120)
    parser.add_argument("--alone", action="store_true", help="nobody else is in view")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        clip = os.path.join(folder, "clip.y4m")
        shown = write(clip, photographs(arguments.folder, arguments.count), arguments.alone)
        print("| build | faces | found | median frames | nine of ten | slowest |\n| --- | --- | --- | --- | --- | --- |")
        for program in [RAUT, *arguments.other]:
            found = delays(program, clip, shown)
            for name, part in (("upright", False), ("tilted", True)):
                all_of = [delay for delay, tilted in found if tilted == part]
                times = sorted(delay for delay in all_of if delay is not None)
                if times:
                    print(f"| {program} | {len(all_of)} {name} | {len(times)} | {times[len(times) // 2]} "
                          f"| {times[len(times) * 9 // 10]} | {times[-1]} |")


main()
