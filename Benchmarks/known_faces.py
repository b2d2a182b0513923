#!/usr/bin/env python3
"""Makes pictures with known faces: faces of FER2013's test splits, blown up, tilted and blended into photographs.

    venv/bin/python Benchmarks/known_faces.py --faces fer2013.csv --backgrounds FOLDER --output FOLDER [--count 200]

Half of the backgrounds' pictures stay without a face, to count false alarms on. Writes PNGs and truth.json: for each
file the middle, side and tilt (degrees, clockwise) of each face. `measure_detection.py` reads them.
"""

import argparse
import csv
import json
import pathlib

import cv2
import numpy as np


def faces(path, usages):
    with open(path, newline="") as file:
        for row in csv.DictReader(file):
            if row["Usage"] in usages:
                face = np.array(row["pixels"].split(), np.uint8).reshape(48, 48)
                if face.std() > 20:
                    yield face


def backgrounds(folder, size, random):
    """Cuts of photographs, about twice the size asked for, reduced to it."""
    files = [p for p in sorted(pathlib.Path(folder).rglob("*")) if p.suffix in (".jpg", ".png") and p.is_file()]
    pictures = [picture for picture in (cv2.imread(str(p), cv2.IMREAD_GRAYSCALE) for p in files) if picture is not None]
    pictures = [p for p in pictures if p.shape[0] > size[1] and p.shape[1] > size[0] and p.std() > 15]
    while True:
        picture = pictures[random.integers(len(pictures))]
        scale = min(random.uniform(1, 2.5), picture.shape[1] / size[0], picture.shape[0] / size[1])
        width, height = int(size[0] * scale), int(size[1] * scale)
        x, y = random.integers(picture.shape[1] - width + 1), random.integers(picture.shape[0] - height + 1)
        yield cv2.resize(picture[y : y + height, x : x + width], size, interpolation=cv2.INTER_AREA)


def paste(picture, face, middle, side, tilt):
    """Blends a face into the picture, its edges fading out."""
    height, width = picture.shape
    scale = side / 48
    turn = cv2.getRotationMatrix2D((23.5, 23.5), -tilt, scale)
    turn[:, 2] += np.array(middle) - 23.5
    shown = cv2.warpAffine(face, turn, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    places = np.mgrid[:48, :48] / 23.5 - 1
    fade = np.clip((1.02 - np.abs(places).max(axis=0)) * 8, 0, 1).astype(np.float32)
    share = cv2.warpAffine(fade, turn, (width, height), flags=cv2.INTER_LINEAR)
    return (picture * (1 - share) + shown * share).astype(np.uint8)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--faces", required=True)
    parser.add_argument("--backgrounds", required=True)
    parser.add_argument("--output", required=True)
    parser.add_argument("--usages", nargs="*", default=["PublicTest", "PrivateTest"])
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--tilts", type=float, nargs="*", default=[0, 0, 0, -10, 10, -20, 20, -30, 30])
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    random = np.random.default_rng(arguments.seed)
    known = list(faces(arguments.faces, arguments.usages))
    output = pathlib.Path(arguments.output)
    output.mkdir(parents=True, exist_ok=True)
    truth = {}
    for index, picture in zip(range(arguments.count), backgrounds(arguments.backgrounds, (960, 540), random)):
        placed = []
        if index % 2 == 0:
            for column in range(3):
                side = random.uniform(90, 230)
                tilt = float(random.choice(arguments.tilts))
                middle = [column * 320 + 160 + random.uniform(-15, 15), random.uniform(175, 365)]
                picture = paste(picture, known[random.integers(len(known))], middle, side, tilt)
                placed.append({"middle": middle, "side": side, "tilt": tilt})
        name = f"{index:04}.png"
        cv2.imwrite(str(output / name), picture)
        truth[name] = placed
    (output / "truth.json").write_text(json.dumps(truth))


if __name__ == "__main__":
    main()
