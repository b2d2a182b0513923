#!/usr/bin/env python3
"""Compares the boxes of `raut image --plain` with those of OpenCV's detectMultiScale, picture by picture.

    python3 -m venv venv && venv/bin/pip install "opencv-python-headless<5"
    venv/bin/python Benchmarks/compare_detection.py --variants PICTURE-OR-FOLDER…

Each JPEG or PNG is read by both from the file itself, OpenCV with IMREAD_GRAYSCALE; others are handed over as PNGs, and
so is every tenth frame of a video. With --variants each is also tried smaller and larger, darker, brighter, mirrored,
cut and with noise; with --scenes N, N scenes are made of the faces that OpenCV finds in the pictures: put at
other places and sizes, in other light, several at once, on the pictures' own parts or on noise. With --random N the
parameters are drawn, N sets of them, instead of the usual six. For every cascade and every set of parameters, both must
find the same number of faces, and each pair must overlap by 0.9 (IoU) or more. Prints a table and the pictures that
differ; the exit status is 1 where any does.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

import cv2
import numpy as np

CASCADES = ["frontalface_default", "frontalface_alt", "frontalface_alt2", "profileface"]
# scale factor, minimum of neighbours, smallest and largest face (0: no limit)
PARAMETERS = [(1.1, 3, 80, 0), (1.1, 3, 30, 0), (1.05, 5, 40, 200), (1.3, 2, 24, 0), (1.2, 1, 0, 0), (1.1, 0, 60, 0)]


VIDEOS = {".avi", ".mp4", ".mkv", ".webm", ".mpg", ".y4m"}


def pictures(paths):
    """Name, file and grey pixels of each picture; no file where raut can't read it."""
    for path in map(pathlib.Path, paths):
        files = sorted(p for p in path.rglob("*")) if path.is_dir() else [path]
        for file in filter(pathlib.Path.is_file, files):
            if file.suffix in VIDEOS:
                yield from frames(file)
                continue
            grey = cv2.imread(str(file), cv2.IMREAD_GRAYSCALE)
            if grey is not None:
                yield file.name, str(file) if file.suffix in {".jpg", ".jpeg", ".png"} else None, grey


def frames(file):
    video = cv2.VideoCapture(str(file))
    number = 0
    while True:
        there, frame = video.read()
        if not there:
            return
        if number % 10 == 0:
            yield f"{file.name} {number}", None, cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY)
        number += 1


def scenes(count, greys, cascade, random):
    """Faces cut out of the pictures with what is around them, pasted into parts of others and onto noise."""
    faces = []
    for grey in greys:
        for x, y, width, height in cascade.detectMultiScale(grey, 1.1, 3, 0, (40, 40)):
            edge = width // 3
            faces.append(grey[max(0, y - edge) : y + height + edge, max(0, x - edge) : x + width + edge])
    large = [grey for grey in greys if min(grey.shape) >= 64]
    for number in range(count if faces and large else 0):
        width, height = (int(side) for side in random.integers(40, 1400, 2))
        if number % 4 == 0:
            scene = random.integers(0, 256, (height, width)).astype(np.float32)
        else:
            part = large[random.integers(len(large))]
            scene = cv2.resize(part, (width, height), interpolation=cv2.INTER_LINEAR).astype(np.float32)
        for _ in range(random.integers(0, 7)):
            face = faces[random.integers(len(faces))]
            side = int(random.integers(20, min(600, max(width, height)) + 1))
            face = cv2.resize(face, (side, side), interpolation=cv2.INTER_AREA).astype(np.float32)
            face = face[:, ::-1] if random.random() < 0.5 else face
            face = (face - 128) * random.uniform(0.2, 1.5) + random.uniform(60, 190)
            x, y = random.integers(-side // 3, width - side // 3), random.integers(-side // 3, height - side // 3)
            left, top = max(0, x), max(0, y)
            seen = face[top - y : height - y, left - x : width - x]
            scene[top : top + seen.shape[0], left : left + seen.shape[1]] = seen
        scene += random.normal(0, random.choice([0, 3, 15]), scene.shape)
        yield f"scene {number}", np.clip(scene, 0, 255).astype(np.uint8)


def drawn_parameters(count, random):
    for _ in range(count):
        smallest = int(random.choice([0, 20, 24, 30, 47, 80, 111]))
        yield (
            round(float(random.choice([1.03, 1.07, 1.1, 1.15, 1.25, 1.4, random.uniform(1.05, 1.9)])), 4),
            int(random.choice([0, 1, 2, 3, 4, 6, 10])),
            smallest,
            int(random.choice([0, 0, smallest + random.integers(1, 400)])),
        )


def variants(grey, random):
    height, width = grey.shape
    for factor in (0.37, 0.61, 1.7):
        size = max(1, round(width * factor)), max(1, round(height * factor))
        if max(size) <= 3000:
            yield f"x{factor}", cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    yield "dark", (grey * 0.25).astype(np.uint8)
    yield "bright", np.clip(grey * 1.4 + 40, 0, 255).astype(np.uint8)
    yield "mirrored", np.ascontiguousarray(grey[:, ::-1])
    top, left = random.integers(0, max(1, height // 4)), random.integers(0, max(1, width // 4))
    yield "cut", np.ascontiguousarray(grey[top : height - top // 2, left : width - left // 3])
    yield "noisy", np.clip(grey + random.normal(0, 12, grey.shape), 0, 255).astype(np.uint8)


def overlap(a, b):
    width = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    height = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    common = max(0, width) * max(0, height)
    return common / (a[2] * a[3] + b[2] * b[3] - common)


def agreement(ours, theirs):
    """The least overlap of the pairs, matched best first, or None where the numbers differ."""
    if len(ours) != len(theirs):
        return None
    if sorted(ours) == sorted(theirs):
        return 1.0
    pairs = sorted(((overlap(a, b), i, j) for i, a in enumerate(ours) for j, b in enumerate(theirs)), reverse=True)
    left, right, least = set(range(len(ours))), set(range(len(theirs))), 1.0
    for value, i, j in pairs:
        if i in left and j in right:
            left.remove(i), right.remove(j)
            least = min(least, value)
    return least


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pictures", nargs="+")
    parser.add_argument("--raut", default=".build/release/raut")
    parser.add_argument("--cascades", default="/usr/share/opencv4/haarcascades")
    parser.add_argument("--only", nargs="*", default=CASCADES, help="files, or names without haarcascade_")
    parser.add_argument("--variants", action="store_true")
    parser.add_argument("--scenes", type=int, default=0)
    parser.add_argument("--random", type=int, default=0, help="sets of drawn parameters")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", default="1")
    arguments = parser.parse_args()
    random = np.random.default_rng(arguments.seed)
    parameters = list(drawn_parameters(arguments.random, random)) or PARAMETERS
    cv2.setNumThreads(2)
    with tempfile.TemporaryDirectory() as folder:
        cases, greys = [], []

        def add(name, file, picture):
            path = file or f"{folder}/{len(cases)}.png"
            if not file:
                cv2.imwrite(path, picture, [cv2.IMWRITE_PNG_COMPRESSION, 1])
            cases.append((name, path, picture))

        for name, file, grey in pictures(arguments.pictures):
            greys.append(grey)
            add(name, file, grey)
            for kind, picture in variants(grey, random) if arguments.variants else []:
                add(f"{name} ({kind})", None, picture)
        first = cv2.CascadeClassifier(f"{arguments.cascades}/haarcascade_{CASCADES[0]}.xml")
        for name, scene in scenes(arguments.scenes, greys, first, random):
            add(name, None, scene)
        print(f"{len(cases)} pictures")
        failures = 0
        for cascade in arguments.only:
            file = cascade if "/" in cascade else f"{arguments.cascades}/haarcascade_{cascade}.xml"
            opencv = cv2.CascadeClassifier(file)
            for factor, neighbours, smallest, largest in parameters:
                command = [arguments.raut, "image", "--json", "--detect-only", "--plain", "--cascade", file]
                command += ["--scale-factor", str(factor), "--min-neighbors", str(neighbours)]
                command += ["--min-size", str(smallest), "--threads", arguments.threads]
                command += ["--max-size", str(largest)] if largest else []
                lines = subprocess.run(command + [case[1] for case in cases], capture_output=True, text=True, check=False)
                results = [json.loads(line) for line in lines.stdout.splitlines()]
                same, near, faces = 0, 0, 0
                for (name, _, picture), result in zip(cases, results, strict=True):
                    if "error" in result:
                        failures += 1
                        print(f"  UNREAD {name}: {result['error']}")
                        continue
                    limits = {"minSize": (smallest, smallest), "maxSize": (largest, largest)}
                    found = opencv.detectMultiScale(picture, factor, neighbours, 0, **limits)
                    theirs = [tuple(int(side) for side in box) for box in found]
                    ours = [tuple(face["box"]) for face in result["faces"]]
                    least = agreement(ours, theirs)
                    faces += len(theirs)
                    same += least == 1
                    near += least is not None and 0.9 <= least < 1
                    if least is None or least < 0.9:
                        failures += 1
                        print(f"  DIFFERS {name}: OpenCV {theirs}, raut {ours}")
                print(
                    f"{cascade:22} scale {factor}, {neighbours} neighbours, {smallest or 0} to {largest or 'any'} px:"
                    f" {faces} boxes; pictures identical {same}, IoU >= 0.9 {near}, different {len(cases) - same - near}",
                    flush=True,
                )
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
