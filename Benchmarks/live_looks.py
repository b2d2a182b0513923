#!/usr/bin/env python3
"""What looking at a live face by turns as it is and mirrored gives.

    venv/bin/python Benchmarks/live_looks.py fer2013.csv fer2013new.csv [--model raut.safetensors] [--usage PublicTest]

Each face is shown eight times, a quarter of a second of video, cut out a little differently each time as a detector
does (moved by up to 3 % of its side, up to 4 % larger or smaller, turned by up to 3°, noise of deviation 3). Answers are
joined as `raut run` joins them: the posterior of each look, and their normalised geometric mean, which is the filter's
without its drift. All looks as they are against every second one mirrored, and against smoothed ones, on the same crops.
"""

import argparse
import csv
import pathlib

import cv2
import numpy as np
import reference_networks as reference
import torch

ROOT = pathlib.Path(__file__).resolve().parent.parent
SIDE = 48
LOOKS = 8
# Where fer2013new.csv has the votes for angry, disgust, fear, happy, sad, surprise and neutral.
COLUMNS = (6, 7, 8, 3, 5, 4, 2)


def jittered(image, random):
    matrix = cv2.getRotationMatrix2D(((SIDE - 1) / 2,) * 2, random.uniform(-3, 3), random.uniform(0.96, 1.04))
    matrix[:, 2] += random.uniform(-0.03, 0.03, 2) * SIDE
    moved = cv2.warpAffine(image, matrix, (SIDE, SIDE), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.clip(moved + random.normal(0, 3, moved.shape), 0, 255).astype(np.uint8)


def posterior(logits, meta):
    """The joined posterior, as `Posterior` in Sources/EmotionRecognition has it."""
    smoothing = float(meta["posterior_label_smoothing"])
    first, *others = (torch.softmax(head[:, :7], dim=1).numpy() for head in logits)
    first = np.maximum(first - smoothing / 7, 1e-3 * first)
    heads = [first / first.sum(1, keepdims=True), *others]
    share = float(meta.get("posterior_ferplus_share", 0.5))
    combined = float(meta.get("posterior_combined_share", 0)) if len(heads) > 2 else 0
    shares = [(1 - combined) * (1 - share), (1 - combined) * share, combined]
    joined = sum(share * head for share, head in zip(shares, heads))
    frequencies = np.array([float(value) for value in meta["posterior_frequencies"].split(",")])
    joined = joined / frequencies ** float(meta["posterior_frequency_exponent"])
    joined = joined / joined.sum(1, keepdims=True)
    sureness = float(meta.get("posterior_entropy_sureness", 0)) * entropy(joined)
    if len(heads) > 2:
        divergence = entropy((heads[0] + heads[2]) / 2) - (entropy(heads[0]) + entropy(heads[2])) / 2
        sureness = sureness + float(meta.get("posterior_divergence_sureness", 0)) * divergence
    joined = joined ** (np.exp(sureness) / float(meta["posterior_temperature"]))[:, None]
    return joined / joined.sum(1, keepdims=True)


def entropy(probabilities):
    """The entropy of each row, in nats."""
    return -(probabilities * np.log(np.maximum(probabilities, 1e-12))).sum(1)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data")
    parser.add_argument("ferplus")
    parser.add_argument("--model", default=str(ROOT / "models/raut.safetensors"))
    parser.add_argument("--usage", default="PublicTest")
    arguments = parser.parse_args()
    network, meta = reference.load(arguments.model)
    network.eval()
    labels, majorities, looks = [], [], []
    random = np.random.default_rng(1)
    with open(arguments.data) as data, open(arguments.ferplus) as plus:
        for row, vote in zip(csv.reader(data), csv.reader(plus)):
            if row[2].strip() != arguments.usage:
                continue
            image = np.array(row[1].split(), np.uint8).reshape(SIDE, SIDE)
            looks.append([jittered(image, random) for _ in range(LOOKS)])
            labels.append(int(row[0]))
            counts = [int(vote[column]) for column in COLUMNS]
            majorities.append(int(np.argmax(counts)) if max(counts) >= 6 else -1)
    looks, labels, majorities = np.array(looks), np.array(labels), np.array(majorities)

    def log_posteriors(images):
        answers = []
        with torch.no_grad():
            for start in range(0, len(images), 256):
                part = torch.from_numpy(np.ascontiguousarray(images[start : start + 256]))
                answers.append(posterior(network(reference.prepare(part, meta["preprocessing"])), meta))
        return np.log(np.concatenate(answers))

    def smoothed(images):
        """By a Gaussian whose deviation is half a pixel, as `EmotionRecognizer` has it."""
        for axis in (1, 2):
            pads = [(1, 1) if number == axis else (0, 0) for number in range(3)]
            wide = np.pad(images.astype(np.float32), pads, "edge")
            before, middle, after = (np.take(wide, range(start, start + SIDE), axis) for start in range(3))
            images = 0.787 * middle + 0.1065 * (before + after)
        return images

    print("| looks | accuracy | where 6 of ten agree | changes of the first choice from look to look |")
    print("| --- | ---: | ---: | ---: |")
    plain = np.stack([log_posteriors(looks[:, number]) for number in range(LOOKS)])
    smooth = np.stack([log_posteriors(smoothed(looks[:, number])) for number in range(LOOKS)])
    turns, half_smooth, smooth_turns = plain.copy(), plain.copy(), smooth.copy()
    for number in range(1, LOOKS, 2):
        turns[number] = log_posteriors(looks[:, number, :, ::-1])
        half_smooth[number] = smooth_turns[number] = log_posteriors(smoothed(looks[:, number, :, ::-1]))
    agreed = majorities >= 0
    ways = [("the first alone", plain[:1]), ("eight as they are", plain), ("eight by turns", turns)]
    ways += [("the first alone, smoothed", smooth[:1]), ("eight smoothed", smooth)]
    ways += [("eight by turns, mirror images smoothed", half_smooth), ("eight by turns, all smoothed", smooth_turns)]
    for name, logs in ways:
        choice = logs.mean(0).argmax(1)
        each = logs.argmax(2)
        changes = f"{(each[1:] != each[:-1]).mean():.1%}" if len(logs) > 1 else ""
        print(
            f"| {name} | {(choice == labels).mean():.1%} | {(choice == majorities)[agreed].mean():.1%} | {changes} |"
        )


if __name__ == "__main__":
    main()
