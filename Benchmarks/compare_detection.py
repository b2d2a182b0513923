#!/usr/bin/env python3
"""Compares the boxes of `raut image --plain` with those of OpenCV's detectMultiScale, picture by picture.

    python3 -m venv venv && venv/bin/pip install "opencv-python-headless<5"
    venv/bin/python Benchmarks/compare_detection.py --variants PICTURE-OR-FOLDER…

Each picture is turned to grey once and handed to both as a PNG, so that both see the same pixels. With --variants
each is also tried smaller and larger, darker, brighter, mirrored, cut and with noise. For every cascade and every set
of parameters, both must find the same number of faces, and each pair must overlap by 0.9 (IoU) or more. Prints a
table and the pictures that differ; the exit status is 1 where any does.
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


def pictures(paths):
    for path in map(pathlib.Path, paths):
        files = sorted(p for p in path.rglob("*")) if path.is_dir() else [path]
        for file in files:
            grey = cv2.imread(str(file), cv2.IMREAD_GRAYSCALE) if file.is_file() else None
            if grey is not None:
                yield file.stem, grey


def variants(grey, random):
    height, width = grey.shape
    yield "as it is", grey
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
    parser.add_argument("--only", nargs="*", default=CASCADES, help="names without haarcascade_")
    parser.add_argument("--variants", action="store_true")
    parser.add_argument("--threads", default="1")
    arguments = parser.parse_args()
    random = np.random.default_rng(1)
    cv2.setNumThreads(2)
    with tempfile.TemporaryDirectory() as folder:
        cases = []
        for name, grey in pictures(arguments.pictures):
            for kind, picture in variants(grey, random) if arguments.variants else [("as it is", grey)]:
                path = f"{folder}/{len(cases)}.png"
                cv2.imwrite(path, picture, [cv2.IMWRITE_PNG_COMPRESSION, 1])
                cases.append((f"{name} ({kind})", path, picture))
        print(f"{len(cases)} pictures")
        failures = 0
        for cascade in arguments.only:
            file = f"{arguments.cascades}/haarcascade_{cascade}.xml"
            opencv = cv2.CascadeClassifier(file)
            for factor, neighbours, smallest, largest in PARAMETERS:
                command = [arguments.raut, "image", "--json", "--detect-only", "--plain", "--cascade", file]
                command += ["--scale-factor", str(factor), "--min-neighbors", str(neighbours)]
                command += ["--min-size", str(smallest), "--threads", arguments.threads]
                command += ["--max-size", str(largest)] if largest else []
                lines = subprocess.run(command + [case[1] for case in cases], capture_output=True, text=True, check=True)
                results = [json.loads(line) for line in lines.stdout.splitlines()]
                same, near, faces = 0, 0, 0
                for (name, _, picture), result in zip(cases, results, strict=True):
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
