#!/usr/bin/env python3
"""Makes a clip of people who talk and then smile, from labelled photographs, and says when each does what.

    make_talkers.py PHOTOGRAPHS FOLDER [--people 40] [--raut .build/release/raut]

PHOTOGRAPHS holds neutral/Name_0001.jpg and happy/Name_0002.jpg. Each person who has both is shown for 5 seconds talking
with a neutral face (the mouth's pixels are moved apart three times a second, with pauses, and the head moves), fades
within a third of a second into the smiling photograph, smiles for 2 seconds, and leaves for one. Writes talkers.mp4
(640x480, 30 frames/s) and talkers.json, which `measure_talkers.py` reads. Needs numpy, opencv-python-headless, ffmpeg.
"""

import argparse
import collections
import json
import pathlib
import subprocess

import cv2
import numpy as np

RATE, TALK, FADE, SMILE, GAP = 30, 5.0, 1 / 3, 2.0, 1.0
SIDE = 180


def faces(raut, files):
    """The one face of each picture that shows one."""
    command = [raut, "image", "--json", "--detect-only", *map(str, files)]
    for file, line in zip(files, subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()):
        found = json.loads(line)["faces"]
        if len(found) == 1 and found[0].get("tilt", 0) == 0:
            yield file, found[0]["box"]


def portrait(file, box):
    """The picture about the face, scaled so that its box is 0.5 of the side, its border's pixels going on."""
    picture = cv2.imread(str(file), cv2.IMREAD_GRAYSCALE)
    scale = SIDE / box[2]
    middle = (box[0] + box[2] / 2, box[1] + box[3] / 2)
    turn = np.float32([[scale, 0, SIDE - scale * middle[0]], [0, scale, SIDE - scale * middle[1]]])
    return cv2.warpAffine(picture, turn, (2 * SIDE, 2 * SIDE), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def frame(picture, opening, t, phase, random):
    y, x = np.mgrid[0:480, 0:640].astype(np.float32)
    u = x - 320 + SIDE - 8 * np.sin(2 * np.pi * t / 3.1 + phase)
    v = y - 240 + SIDE - 5 * np.sin(2 * np.pi * t / 2.3 + phase)
    mouth = (SIDE, SIDE + 0.28 * SIDE)
    near = np.exp(-(((u - mouth[0]) / (0.22 * SIDE)) ** 2) - ((v - mouth[1]) / (0.14 * SIDE)) ** 2)
    v = v - 0.8 * opening * near * np.tanh((v - mouth[1] + 0.02 * SIDE) / (0.03 * SIDE))
    shown = cv2.remap(picture, u.astype(np.float32), v.astype(np.float32), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.clip(shown + random.normal(0, 3, shown.shape), 0, 255).astype(np.uint8)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photographs")
    parser.add_argument("folder")
    parser.add_argument("--people", type=int, default=40)
    parser.add_argument("--raut", default=".build/release/raut")
    arguments = parser.parse_args()
    random = np.random.default_rng(1)
    by_person = collections.defaultdict(dict)
    for label in ("neutral", "happy"):
        for file in sorted((pathlib.Path(arguments.photographs) / label).glob("*.jpg")):
            by_person[file.stem.rsplit("_", 1)[0]].setdefault(label, file)
    both = [files for _, files in sorted(by_person.items()) if len(files) == 2]
    random.shuffle(both)
    both = both[: 2 * arguments.people]
    boxes = dict(faces(arguments.raut, [file for files in both for file in files.values()]))
    both = [files for files in both if all(file in boxes for file in files.values())][: arguments.people]
    if not both:
        raise SystemExit(f"{arguments.photographs} shows nobody both neutral and happy, upright and alone")
    folder = pathlib.Path(arguments.folder)
    folder.mkdir(parents=True, exist_ok=True)
    encoder = subprocess.Popen(
        ["ffmpeg", "-y", "-loglevel", "error", "-f", "rawvideo", "-pix_fmt", "gray", "-s", "640x480", "-r", str(RATE),
         "-i", "-", "-c:v", "libx264", "-preset", "veryfast", "-crf", "18", "-pix_fmt", "yuv420p",
         str(folder / "talkers.mp4")], stdin=subprocess.PIPE)
    people, number = [], 0
    for files in both:
        calm, smiling = (portrait(files[label], boxes[files[label]]) for label in ("neutral", "happy"))
        phase = random.uniform(0, 6)
        people.append({"talks": number / RATE, "smiles": number / RATE + TALK + FADE,
                       "leaves": number / RATE + TALK + FADE + SMILE})
        for step in range(round((TALK + FADE + SMILE) * RATE)):
            t = step / RATE
            talks = t < TALK and np.sin(2 * np.pi * t / 2.3 + phase) > -0.3
            opening = 0.09 * SIDE * (0.5 + 0.5 * np.sin(2 * np.pi * t * 3.1)) if talks else 0
            share = min(1, max(0, (t - TALK) / FADE))
            picture = (calm * (1 - share) + smiling * share).astype(np.float32)
            encoder.stdin.write(frame(picture, opening, t, phase, random).tobytes())
            number += 1
        for _ in range(round(GAP * RATE)):
            encoder.stdin.write(np.full((480, 640), 70, np.uint8).tobytes())
            number += 1
    encoder.stdin.close()
    encoder.wait()
    (folder / "talkers.json").write_text(json.dumps(people))


if __name__ == "__main__":
    main()
