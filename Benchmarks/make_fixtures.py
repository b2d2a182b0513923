#!/usr/bin/env python3
"""Writes what PyTorch says of small networks and made-up faces, for Tests/EmotionRecognitionTests/PyTorchTests.swift.

    venv/bin/python Benchmarks/make_fixtures.py

For each architecture a model file of random weights, its logits for 16 faces, and the losses of ten steps of Adam on
them: no dropout, no augmentation, all faces in one batch, FER2013's head alone. The faces are shapes from a fixed seed.
"""

import json
import pathlib

import cv2
import numpy as np
import torch
import torch.nn.functional as F

import reference_networks as reference

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "Tests/Fixtures/networks"
COUNT, STEPS, RATE = 16, 10, 1e-3


def faces():
    """Grey faces `[COUNT, 48, 48]`: noise at several scales."""
    random = np.random.default_rng(20261126)
    for index in range(COUNT):
        side = [3, 6, 12, 24][index % 4]
        noise = cv2.resize(random.standard_normal((side, side)), (48, 48), interpolation=cv2.INTER_CUBIC)
        yield np.clip(random.uniform(60, 190) + 50 * noise, 0, 255).astype(np.uint8)


def losses(network, images, labels):
    """The loss before each step of Adam."""
    network.train()
    network.dropout = 0
    network.trunk.spatial_dropout = 0
    optimizer = torch.optim.Adam(network.parameters(), RATE)
    found = []
    for _ in range(STEPS):
        optimizer.zero_grad()
        loss = F.cross_entropy(network(images)[0], labels)
        loss.backward()
        optimizer.step()
        found.append(loss.item())
    return found


def main():
    torch.set_num_threads(1)
    FOLDER.mkdir(parents=True, exist_ok=True)
    pixels = np.stack(list(faces()))
    (FOLDER / "faces.bin").write_bytes(pixels.tobytes())
    labels = torch.arange(COUNT) % 7
    found = {}
    for architecture in reference.ARCHITECTURES:
        path = FOLDER / f"{architecture}.safetensors"
        reference.save_random(architecture, str(path), seed=3, widths=[8, 8, 16, 16], hidden=16)
        network, metadata = reference.load(str(path))
        images = reference.prepare(torch.from_numpy(pixels), metadata["preprocessing"])
        with torch.no_grad():
            logits = [head.tolist() for head in network(images)]
        found[architecture] = {"logits": logits, "losses": losses(network, images, labels)}
    text = json.dumps(found, separators=(",", ":"))
    (FOLDER / "pytorch.json").write_text(text.replace("},", "},\n") + "\n")


if __name__ == "__main__":
    main()
