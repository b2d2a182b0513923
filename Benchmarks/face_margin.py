#!/usr/bin/env python3
"""Where OpenCV's face box lies in FER2013's 48x48 frames: the margin of FaceCrop.

    Benchmarks/face_margin.py fer2013.csv [--cascade NAME] [--count N] [--zoom Z]

Enlarges faces of the Training split Z times, pads them with their edge, so that a box may reach over the frame,
runs the cascade and prints the quartiles of the box's side and middle as a share of the frame's. A crop that
should look like FER2013 widens the box by (1/side - 1)/2 of itself on each side.

Needs opencv-python-headless<5 and numpy.
"""
import argparse
import csv
import sys

import cv2
import numpy as np

csv.field_size_limit(1 << 20)
arguments = argparse.ArgumentParser()
arguments.add_argument("data")
arguments.add_argument("--cascade", default="haarcascade_frontalface_default.xml")
arguments.add_argument("--folder", default="/usr/share/opencv4/haarcascades", help="where opencv-data is")
arguments.add_argument("--count", type=int, default=2000)
arguments.add_argument("--zoom", type=int, default=4)
arguments.add_argument("--pad", type=float, default=0.25, help="padding on each side as a share of the frame")
given = arguments.parse_args()

cascade = cv2.CascadeClassifier(f"{given.folder}/{given.cascade}")
if cascade.empty():
    sys.exit(f"cannot read {given.cascade}")
frame = 48 * given.zoom
pad = int(frame * given.pad)

sides, lefts, tops, seen = [], [], [], 0
with open(given.data) as rows:
    # Every n-th row, so that the sample spans the whole split.
    for number, row in enumerate(csv.DictReader(rows)):
        usage = (row.get("Usage") or "Training").strip()
        if usage != "Training" or number % max(1, 28709 // given.count) != 0:
            continue
        seen += 1
        face = np.array(row["pixels"].split(), np.uint8).reshape(48, 48)
        large = cv2.resize(face, (frame, frame), interpolation=cv2.INTER_CUBIC)
        large = cv2.copyMakeBorder(large, pad, pad, pad, pad, cv2.BORDER_REPLICATE)
        found = cascade.detectMultiScale(large, 1.02, 3, minSize=(frame // 2, frame // 2))
        if len(found) != 1:
            continue
        x, y, width, _ = found[0]
        sides.append(width / frame)
        lefts.append((x + width / 2 - pad) / frame)
        tops.append((y + width / 2 - pad) / frame)

sides, lefts, tops = map(np.array, (sides, lefts, tops))
quartiles = [25, 50, 75]
print(f"{given.cascade}: one face in {len(sides)} of {seen} frames")
for name, values in (("side", sides), ("middle across", lefts), ("middle down", tops)):
    low, middle, high = np.percentile(values, quartiles)
    print(f"{name:14} {low:.3f} {middle:.3f} {high:.3f}   (quartiles, share of the frame)")
print(f"{'margin':14} {(1 / np.median(sides) - 1) / 2:+.3f} of the box's side on each side")
