#!/usr/bin/env python3
"""Times one face through `raut classify` beside ONNX Runtime and PyTorch: the same network, one thread, one run.

    venv/bin/python Benchmarks/compare_inference.py [MODEL…]

Each is timed in turns, so that a machine that slows down slows all of them. The figure is the median over all turns of
the time of one call; preprocessing (48×48 grey levels to the network's input) is part of raut's time and not of the
others'. Also prints the most memory that `raut classify` held.
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import tempfile
import time
import warnings

import cv2
import numpy as np
import onnxruntime
import torch

import reference_networks as reference

ROOT = pathlib.Path(__file__).resolve().parent.parent


class Peers:
    """The network of a model file in ONNX Runtime and PyTorch, one thread each."""

    def __init__(self, path, folder):
        self.network, self.metadata = reference.load(path)
        self.input = torch.zeros(1, 1, reference.SIDE, reference.SIDE)
        exported = str(folder / "network.onnx")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            torch.onnx.export(self.network, self.input, exported, input_names=["x"], dynamo=False)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(exported, options, providers=["CPUExecutionProvider"])

    def onnx_runtime(self, repeat):
        values = np.random.rand(1, 1, reference.SIDE, reference.SIDE).astype(np.float32)
        return milliseconds(lambda: self.session.run(None, {"x": values}), repeat)

    def pytorch(self, repeat):
        with torch.inference_mode():
            return milliseconds(lambda: self.network(self.input), repeat)


def milliseconds(call, repeat):
    """The times of `repeat` calls after a few that warm up."""
    for _ in range(5):
        call()
    times = []
    for _ in range(repeat):
        start = time.perf_counter()
        call()
        times.append(1e3 * (time.perf_counter() - start))
    return times


def ours(raut, model, picture, repeat):
    """The median time that `raut classify` states, and its largest memory in MB."""
    command = [raut, "classify", "--model", model, "--looks", "1", "--repeat", str(repeat), "--json", picture]
    with tempfile.NamedTemporaryFile() as report:
        timed = ["/usr/bin/env", "python3", "-c", MEASURE, report.name, *command]
        output = subprocess.run(timed, check=True, capture_output=True, text=True).stdout
        return [json.loads(output)["classify_ms"]], int(open(report.name).read()) / 1024


# Runs a command and writes the largest resident memory of it, in KB.
MEASURE = """import resource, subprocess, sys
status = subprocess.run(sys.argv[2:]).returncode
open(sys.argv[1], "w").write(str(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss))
sys.exit(status)"""


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="*")
    parser.add_argument("--raut", default=str(ROOT / ".build/release/raut"))
    parser.add_argument("--turns", type=int, default=7)
    parser.add_argument("--repeat", type=int, default=150)
    arguments = parser.parse_args()
    torch.set_num_threads(1)

    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        picture = str(folder / "face.png")
        noise = np.random.default_rng(1).standard_normal((6, 6))
        cv2.imwrite(picture, np.clip(128 + 40 * cv2.resize(noise, (48, 48)), 0, 255).astype(np.uint8))
        models = arguments.models
        if not models:
            for architecture in ("cnn", "cnn-bilstm", "raut"):
                models.append(str(folder / f"{architecture}.safetensors"))
                reference.save_random(architecture, models[-1])
        print(f"ONNX Runtime {onnxruntime.__version__}, PyTorch {torch.__version__}, one thread, one face")
        print(f"{'architecture':12} {'million multiply-adds':>22} {'raut':>9} {'ONNX Runtime':>13} {'PyTorch':>9} "
              f"{'ONNX Runtime / raut':>20} {'memory':>8}")
        for model in models:
            peers = Peers(model, folder)
            times = {"raut": [], "onnx": [], "torch": []}
            memory = 0
            for _ in range(arguments.turns):
                times["onnx"] += peers.onnx_runtime(arguments.repeat)
                measured, used = ours(arguments.raut, model, picture, arguments.repeat)
                times["raut"] += measured
                memory = max(memory, used)
                times["torch"] += peers.pytorch(arguments.repeat // 3)
            median = {name: statistics.median(values) for name, values in times.items()}
            print(
                f"{peers.metadata['architecture']:12} {reference.multiply_adds(peers.network) / 1e6:22.1f} "
                f"{median['raut']:6.2f} ms {median['onnx']:10.2f} ms {median['torch']:6.2f} ms "
                f"{median['onnx'] / median['raut']:20.2f} {memory:5.0f} MB")


if __name__ == "__main__":
    main()
