#!/usr/bin/env python3
"""The margin of FaceCrop: where OpenCV's face box lies in FER2013's 48x48 frames, and what other margins cost.

    Benchmarks/face_margin.py fer2013.csv [--cascade NAME] [--count N] [--usage U] [--raut PROGRAM --model M]

Enlarges faces of one split, pads them with their edge, so that a box may reach over the frame, runs the cascade
and prints the quartiles of the box's side and middle as a share of the frame's. A crop that should look like
FER2013 widens the box by (1/side - 1)/2 of itself on each side. With --raut the boxes are cut out with several
margins and named by `raut classify`: the accuracy of each margin, beside that of the frames as they are.

Needs opencv-python-headless<5 and numpy.
"""
import argparse
import csv
import json
import subprocess
import sys
import tempfile

import cv2
import numpy as np

EMOTIONS = ["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"]
MARGINS = [-0.15, -0.1, -0.05, 0, 0.05, 0.1, 0.15, 0.2]

csv.field_size_limit(1 << 20)
arguments = argparse.ArgumentParser()
arguments.add_argument("data")
arguments.add_argument("--cascade", default="haarcascade_frontalface_default.xml")
arguments.add_argument("--folder", default="/usr/share/opencv4/haarcascades", help="where opencv-data is")
arguments.add_argument("--usage", default="Training")
arguments.add_argument("--count", type=int, default=700)
arguments.add_argument("--zoom", type=int, default=4)
arguments.add_argument("--pad", type=float, default=0.25, help="padding on each side as a share of the frame")
arguments.add_argument("--scale-factor", type=float, default=1.02)
arguments.add_argument("--raut", help="the program that names emotions")
arguments.add_argument("--model", default="raut")
given = arguments.parse_args()

cascade = cv2.CascadeClassifier(f"{given.folder}/{given.cascade}")
if cascade.empty():
    sys.exit(f"cannot read {given.cascade}")
frame = 48 * given.zoom
pad = int(frame * given.pad)


def frames():
    """Emotion and pixels of faces evenly spread over the split."""
    with open(given.data) as rows:
        split = [row for row in csv.DictReader(rows) if (row.get("Usage") or "Training").strip() == given.usage]
    for row in split[:: max(1, len(split) // given.count)]:
        yield int(row["emotion"]), np.array(row["pixels"].split(), np.uint8).reshape(48, 48)


def accuracy(files, emotions):
    """The share of pictures that the program names as they are labelled."""
    told = subprocess.run(
        [given.raut, "classify", "--json", "--looks", "1", "--model", given.model, *files], check=True, capture_output=True)
    named = [json.loads(line)["emotion"] for line in told.stdout.splitlines()]
    return np.mean([EMOTIONS[emotion] == name for emotion, name in zip(emotions, named, strict=True)])


sides, lefts, tops, emotions, seen = [], [], [], [], 0
with tempfile.TemporaryDirectory() as folder:
    for emotion, face in frames():
        seen += 1
        large = cv2.resize(face, (frame, frame), interpolation=cv2.INTER_CUBIC)
        large = cv2.copyMakeBorder(large, pad, pad, pad, pad, cv2.BORDER_REPLICATE)
        found = cascade.detectMultiScale(large, given.scale_factor, 3, minSize=(frame // 2, frame // 2))
        if len(found) != 1:
            continue
        x, y, width, _ = found[0]
        sides.append(width / frame)
        lefts.append((x + width / 2 - pad) / frame)
        tops.append((y + width / 2 - pad) / frame)
        if given.raut:
            number = len(emotions)
            emotions.append(emotion)
            cv2.imwrite(f"{folder}/{number}-frame.png", face)
            wide = cv2.copyMakeBorder(large, frame, frame, frame, frame, cv2.BORDER_REPLICATE)
            for margin in MARGINS:
                side = round(width * (1 + 2 * margin))
                left = round(x + width / 2 - side / 2) + frame
                top = round(y + width / 2 - side / 2) + frame
                cv2.imwrite(f"{folder}/{number}-{margin}.png", wide[top : top + side, left : left + side])

    sides, lefts, tops = map(np.array, (sides, lefts, tops))
    print(f"{given.cascade}: one face in {len(sides)} of {seen} frames of {given.usage}")
    for name, values in (("side", sides), ("middle across", lefts), ("middle down", tops)):
        low, middle, high = np.percentile(values, [25, 50, 75])
        print(f"{name:14} {low:.3f} {middle:.3f} {high:.3f}   (quartiles, share of the frame)")
    print(f"{'margin':14} {(1 / np.median(sides) - 1) / 2:+.3f} of the box's side on each side")
    if given.raut:
        for margin in ["frame", *MARGINS]:
            files = [f"{folder}/{number}-{margin}.png" for number in range(len(emotions))]
            name = margin if margin == "frame" else f"margin {margin:+.2f}"
            print(f"{name:14} accuracy {accuracy(files, emotions):.3f}")
