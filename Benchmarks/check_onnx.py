#!/usr/bin/env python3
"""Exports models with `raut model --export` and checks that ONNX Runtime gives `raut classify --logits`'s logits.

    venv/bin/python Benchmarks/check_onnx.py [MODEL…]

Without MODEL: those in models/ that name emotions, and one of random weights for each architecture. The pictures are
those of check_logits.py; they go in one by one and all in one batch. The exit status is 1 where any logit is further
apart than 1e-4.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import onnx
import onnxruntime
import torch

import reference_networks as reference
from check_logits import ROOT, TOLERANCE, shipped, written


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="*")
    parser.add_argument("--raut", default=str(ROOT / ".build/release/raut"))
    parser.add_argument("--count", type=int, default=64)
    arguments = parser.parse_args()

    worst = 0
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        faces, files = written(folder, arguments.count)
        models = [(path, path) for path in arguments.models] or list(shipped())
        if not arguments.models:
            for architecture in reference.ARCHITECTURES:
                path = str(folder / f"{architecture}.safetensors")
                reference.save_random(architecture, path)
                models.append((path, f"random {architecture}"))
        print(f"{'model':36} {'opset':>5} {'bytes':>10} {'largest logit':>14} {'largest difference':>19}")
        for path, name in models:
            target = str(folder / "model.onnx")
            subprocess.run([arguments.raut, "model", path, "--export", target], check=True, capture_output=True)
            model = onnx.load(target)
            onnx.checker.check_model(model, full_check=True)
            metadata = {entry.key: entry.value for entry in model.metadata_props}
            prepared = reference.prepare(torch.from_numpy(np.stack(faces)), metadata["preprocessing"]).numpy()
            session = onnxruntime.InferenceSession(target, providers=["CPUExecutionProvider"])
            together = np.concatenate(session.run(None, {"face": prepared}), 1)
            alone = np.concatenate(
                [np.concatenate(session.run(None, {"face": face[None]}), 1) for face in prepared])
            command = [arguments.raut, "classify", "--model", path, "--logits", "--json", *files]
            lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
            logits = np.array([sum(json.loads(line)["logits"], []) for line in lines])
            difference = max(np.abs(logits - found).max() for found in (together, alone))
            worst = max(worst, difference)
            size = pathlib.Path(target).stat().st_size
            print(
                f"{name:36} {model.opset_import[0].version:5} {size:10} {np.abs(logits).max():14.3f} "
                f"{difference:19.2e}")
    print("the same" if worst <= TOLERANCE else f"further apart than {TOLERANCE}")
    return 0 if worst <= TOLERANCE else 1


if __name__ == "__main__":
    sys.exit(main())
