#!/usr/bin/env python3
"""Compares the speed of `raut train` with PyTorch's: the same network, batch and number of threads, in one run.

    venv/bin/python Benchmarks/compare_training.py [--architecture raut] [--batch 64] [--threads 2] [--compile] [--bf16]

Both train in turns on random pictures with their heads' cross-entropy. raut's figure is what its log says of the second epoch:
augmentation, gathering and every step. PyTorch's is the bare step on a batch that lies ready, without augmentation;
of its two memory layouts, and with --compile of `torch.compile` in both, the fastest counts: the compiler takes a minute or
two, and needs a C++ compiler. With --bf16 both also train with products of bfloat16, raut by its --precision and PyTorch by
autocast, in the same turns. Also prints the most memory that `raut train` held.

With --processor-time both are measured by the processor time that they take, which holds on a machine that does something
else, too, but says nothing of how well threads keep each other at work: for one thread.
"""

import argparse
import csv
import pathlib
import resource
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np
import torch
import torch.nn.functional as F

import reference_networks as reference
from compare_inference import MEASURE

ROOT = pathlib.Path(__file__).resolve().parent.parent
VOTES = ["neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt", "unknown", "NF"]


def write_data(folder, count):
    """Random pictures in FER2013's layout, and random votes in FER+'s."""
    random = np.random.default_rng(7)
    usages = ["Training"] * count + ["PublicTest"] * 64 + ["PrivateTest"] * 64
    with open(folder / "faces.csv", "w") as faces, open(folder / "votes.csv", "w") as votes:
        print("emotion,pixels,Usage", file=faces)
        print("Usage,Image name," + ",".join(VOTES), file=votes)
        for index, usage in enumerate(usages):
            pixels = " ".join(map(str, random.integers(0, 256, 48 * 48)))
            print(f"{index % 7},{pixels},{usage}", file=faces)
            shares = random.multinomial(10, [1 / 8] * 8).tolist() + [0, 0]
            print(f"{usage},fer{index:07}.png," + ",".join(map(str, shares)), file=votes)


class Peer:
    """PyTorch's training step."""

    def __init__(self, metadata, batch, memory_format, compiled=False, bf16=False):
        self.bf16 = bf16
        network = reference.EmotionNetwork(metadata).to(memory_format=memory_format).train()
        self.optimizer = torch.optim.Adam(network.parameters(), 1e-3)
        self.network = torch.compile(network) if compiled else network
        self.images = torch.randn(batch, 1, 48, 48).to(memory_format=memory_format)
        self.targets = torch.randint(0, 7, (batch,))

    def step(self):
        self.optimizer.zero_grad()
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=self.bf16):
            loss = sum(F.cross_entropy(logits, self.targets) for logits in self.network(self.images))
        loss.backward()
        self.optimizer.step()

    def images_per_second(self, steps, clock):
        times = []
        for _ in range(steps + 1):
            start = clock()
            self.step()
            times.append(clock() - start)
        return len(self.images) / statistics.median(times[1:])


def spent():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def ours(arguments, folder, turn, precision):
    """Images a second, and the largest memory in MB."""
    if not arguments.processor_time:
        return train(arguments, folder / f"run{turn}-{precision}", folder, 2, precision)
    times = []
    for epochs in (1, 3):
        before = spent()
        _, memory = train(arguments, folder / f"run{turn}-{precision}-{epochs}", folder, epochs, precision)
        times.append(spent() - before)
    return 2 * arguments.images / (times[1] - times[0]), memory


def train(arguments, output, folder, epochs, precision):
    """Images a second by the log of the last epoch, and the largest memory in MB."""
    command = [
        arguments.raut, "train", "--data", str(folder / "faces.csv"), "--ferplus", str(folder / "votes.csv"),
        "--architecture", arguments.architecture, "--split", "official", "--epochs", str(epochs), "--no-pictures",
        "--batch", str(arguments.batch), "--threads", str(arguments.threads), "--output", str(output),
    ]
    # A program from before there was a choice is measured, too.
    command += ["--precision", precision] if precision != "float32" else []
    report = folder / "memory"
    done = subprocess.run([sys.executable, "-c", MEASURE, str(report), *command], capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(done.stderr)
    with open(output / "log.csv") as log:
        speed = float(list(csv.DictReader(log))[-1]["images_per_second"])
    return speed, int(report.read_text()) / 1024


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--architecture", default="raut", choices=["cnn", "cnn-bilstm", "raut"])
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--images", type=int, default=1024, help="of an epoch of raut's")
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--processor-time", action="store_true", help="measure processor time")
    parser.add_argument("--compile", action="store_true", help="measure torch.compile, too")
    parser.add_argument("--bf16", action="store_true", help="measure products of bfloat16, too")
    parser.add_argument("--raut", default=str(ROOT / ".build/release/raut"))
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    clock = time.process_time if arguments.processor_time else time.perf_counter

    metadata = reference.configuration(arguments.architecture)
    steps = max(2, arguments.images // arguments.batch // 2)
    formats = {"channels first": torch.contiguous_format, "channels last": torch.channels_last}
    peers = {name: Peer(metadata, arguments.batch, layout) for name, layout in formats.items()}
    if arguments.compile:
        for name, layout in formats.items():
            peers[f"{name}, compiled"] = Peer(metadata, arguments.batch, layout, compiled=True)
            # Compiles now, and not in what is timed.
            for _ in range(2):
                peers[f"{name}, compiled"].step()
    if arguments.bf16:
        for name, layout in formats.items():
            peers[f"{name}, bf16"] = Peer(metadata, arguments.batch, layout, bf16=True)
    precisions = {"raut": "float32"} | ({"raut, bf16": "bf16"} if arguments.bf16 else {})
    speeds = {name: [] for name in [*precisions, *peers]}
    memory = dict.fromkeys(precisions, 0)
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        write_data(folder, arguments.images)
        for turn in range(arguments.turns):
            for name, peer in peers.items():
                speeds[name].append(peer.images_per_second(steps, clock))
            for name, precision in precisions.items():
                speed, used = ours(arguments, folder, turn, precision)
                speeds[name].append(speed)
                memory[name] = max(memory[name], used)
    medians = {name: statistics.median(values) for name, values in speeds.items()}
    print(f"{arguments.architecture}, batch {arguments.batch}, {arguments.threads} threads, PyTorch {torch.__version__}")
    for name in precisions:
        print(f"{name:32} {medians[name]:7.0f} images/s, {memory[name]:.0f} MB at most")
    for name in peers:
        print(f"PyTorch {name:24} {medians[name]:7.0f} images/s")
    for name in precisions:
        own = [peer for peer in peers if peer.endswith(", bf16") == name.endswith(", bf16")]
        best = max(medians[peer] for peer in own)
        ratio = f"{name} / PyTorch's best"
        print(f"{ratio:32} {medians[name] / best:7.2f}")


if __name__ == "__main__":
    main()
