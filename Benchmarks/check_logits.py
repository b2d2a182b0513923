#!/usr/bin/env python3
"""Loads model files into PyTorch and checks that `raut classify --logits` gives the same logits, within 1e-4.

    venv/bin/python Benchmarks/check_logits.py [MODEL…]

Without MODEL: every file of these networks in models/, and one of random weights for each architecture. 256 pictures of 48×48 are made
from a fixed seed: smooth shapes, noise, dark, bright and flat ones. The exit status is 1 where any logit is further
apart.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

import cv2
import numpy as np
import torch
from safetensors import safe_open

import reference_networks as reference

ROOT = pathlib.Path(__file__).resolve().parent.parent
TOLERANCE = 1e-4


def pictures(count, seed=20251124):
    """Grey pictures of every kind: noise at several scales, contrasts, and the extremes."""
    random = np.random.default_rng(seed)
    yield np.zeros((48, 48), np.uint8)
    yield np.full((48, 48), 255, np.uint8)
    yield np.full((48, 48), 128, np.uint8)
    yield np.tile(np.array([0, 255], np.uint8), (48, 24))
    for _ in range(count - 4):
        side = int(random.choice([3, 6, 12, 24, 48]))
        noise = cv2.resize(random.standard_normal((side, side)), (48, 48), interpolation=cv2.INTER_CUBIC)
        level, contrast = random.uniform(20, 235), random.uniform(1, 90)
        yield np.clip(level + contrast * noise, 0, 255).astype(np.uint8)


def shipped():
    """The path and the name of each file in models/ that names emotions: the second look is another network."""
    for path in sorted(ROOT.glob("models/*.safetensors")):
        with safe_open(path, "pt") as file:
            if "widths" in (file.metadata() or {}):
                yield str(path), str(path.relative_to(ROOT))


def written(folder, count):
    """Writes so many pictures into a folder: the pictures and the paths of their files."""
    faces = list(pictures(count))
    files = [str(folder / f"{index:03}.png") for index in range(len(faces))]
    for file, face in zip(files, faces):
        cv2.imwrite(file, face)
    return faces, files


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="*")
    parser.add_argument("--raut", default=str(ROOT / ".build/release/raut"))
    parser.add_argument("--count", type=int, default=256)
    arguments = parser.parse_args()

    worst = 0
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        faces, files = written(folder, arguments.count)
        models = [(path, path) for path in arguments.models]
        if not models:
            models = list(shipped())
            for architecture in reference.ARCHITECTURES:
                path = str(folder / f"{architecture}.safetensors")
                reference.save_random(architecture, path)
                models.append((path, f"random {architecture}"))
        print(f"{'model':36} {'architecture':12} {'pictures':>8} {'largest logit':>14} {'largest difference':>19}")
        for path, name in models:
            network, metadata = reference.load(path)
            with torch.no_grad():
                pixels = torch.from_numpy(np.stack(faces))
                expected = torch.cat(network(reference.prepare(pixels, metadata["preprocessing"])), 1).numpy()
            command = [arguments.raut, "classify", "--model", path, "--logits", "--json", *files]
            lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
            logits = np.array([sum(json.loads(line)["logits"], []) for line in lines])
            if logits.shape != expected.shape:
                raise SystemExit(f"{name}: {logits.shape} logits, expected {expected.shape}")
            difference = np.abs(logits - expected).max()
            worst = max(worst, difference)
            print(
                f"{name:36} {metadata['architecture']:12} {len(faces):8} {np.abs(expected).max():14.3f} "
                f"{difference:19.2e}")
    print("the same" if worst <= TOLERANCE else f"further apart than {TOLERANCE}")
    return 0 if worst <= TOLERANCE else 1


if __name__ == "__main__":
    sys.exit(main())
