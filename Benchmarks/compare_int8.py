#!/usr/bin/env python3
"""Times one face through `raut classify`, by floats and by eight-bit integers, beside ONNX Runtime's of both: one thread,
one run.

    venv/bin/python Benchmarks/compare_int8.py fer2013.csv [MODEL]

The model is exported by `raut model --export` and quantised by ONNX Runtime's own static quantisation: weights for each
channel, activations calibrated on 256 faces of PublicTest. Each is timed by turns; the figure is the least of the turns'
medians, as others on the machine make a turn slower, never faster. Also says in how many of 1,000 faces of PrivateTest each
one's integers name another emotion (first output) than its floats. MODEL must be ready for integers (`raut quantize`). RAUT
names this build (.build/release/raut).
"""
import argparse
import csv
import json
import os
import pathlib
import statistics
import subprocess
import tempfile

import cv2
import numpy as np
import onnxruntime
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

from compare_inference import milliseconds

ROOT = pathlib.Path(__file__).resolve().parent.parent
RAUT = os.environ.get("RAUT", str(ROOT / ".build/release/raut"))


def pixels(path, usage, count):
    rows = []
    with open(path, newline="") as file:
        for row in csv.DictReader(file):
            if row["Usage"] == usage:
                rows.append(np.array(row["pixels"].split(), np.float32))
                if len(rows) == count:
                    break
    return np.stack(rows)


def faces(path, usage, count):
    """Faces as the network reads them: each with a mean of zero and a deviation of one."""
    values = pixels(path, usage, count)
    return (values - values.mean(1, keepdims=True)) / (values.std(1, keepdims=True) + 1)


def named(model, precision, values, folder):
    """The emotion that raut's first head names for each face."""
    names = []
    for number, face in enumerate(values):
        names.append(str(folder / f"{number:04}.png"))
        cv2.imwrite(names[-1], face.reshape(48, 48).astype(np.uint8))
    command = [RAUT, "classify", "--model", model, "--precision", precision, "--json", "--logits", *names]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    return [int(np.argmax(json.loads(line)["logits"][0])) for line in lines]


class Calibration(CalibrationDataReader):
    def __init__(self, values, name, shape):
        self.rows = iter([{name: row.reshape(shape)} for row in values])

    def get_next(self):
        return next(self.rows, None)


def session(path):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data")
    parser.add_argument("model", nargs="?", default=str(ROOT / "models/raut.safetensors"))
    parser.add_argument("--turns", type=int, default=9)
    parser.add_argument("--repeat", type=int, default=100)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        exact, ready, integer = folder / "float.onnx", folder / "ready.onnx", folder / "int8.onnx"
        subprocess.run([RAUT, "model", arguments.model, "--export", str(exact)], check=True, capture_output=True)
        first = session(exact)
        name, shape = first.get_inputs()[0].name, [d if isinstance(d, int) else 1 for d in first.get_inputs()[0].shape]
        quant_pre_process(str(exact), str(ready), skip_symbolic_shape=True)
        quantize_static(
            str(ready), str(integer), Calibration(faces(arguments.data, "PublicTest", 256), name, shape),
            quant_format=QuantFormat.QDQ, per_channel=True, activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8)
        second = session(integer)
        picture = str(folder / "face.png")
        noise = np.random.default_rng(1).standard_normal((6, 6))
        cv2.imwrite(picture, np.clip(128 + 40 * cv2.resize(noise, (48, 48)), 0, 255).astype(np.uint8))
        value = {name: faces(arguments.data, "PublicTest", 1).reshape(shape)}
        raut = [RAUT, "classify", "--model", arguments.model, "--looks", "1", "--json", picture]
        raut += ["--repeat", str(arguments.repeat)]
        labels = {
            "float": "raut, float", "int8": "raut, int8", "ort": "ONNX Runtime, float",
            "ort8": "ONNX Runtime, int8"}
        times = {key: [] for key in labels}
        for _ in range(arguments.turns):
            for precision in ("float", "int8"):
                output = subprocess.run([*raut, "--precision", precision], check=True, capture_output=True, text=True)
                times[precision].append(json.loads(output.stdout)["classify_ms"])
            for key, one in (("ort", first), ("ort8", second)):
                times[key].append(statistics.median(milliseconds(lambda: one.run(None, value), arguments.repeat)))
        least = {key: min(values) for key, values in times.items()}
        print(f"ONNX Runtime {onnxruntime.__version__}, one thread, one face")
        print("| | ms | beside raut's integers |\n| --- | --- | --- |")
        for key, label in labels.items():
            print(f"| {label} | {least[key]:.3f} | {least[key] / least['int8']:.2f} |")
        test = pixels(arguments.data, "PrivateTest", 1000)
        exact, integer = (named(arguments.model, precision, test, folder) for precision in ("float", "int8"))
        print(f"raut's integers name another emotion than its floats in {np.sum(np.not_equal(exact, integer))} of 1000 faces,",
              end=" ")
        others = sum(
            np.argmax(first.run(None, {name: face.reshape(shape)})[0])
            != np.argmax(second.run(None, {name: face.reshape(shape)})[0])
            for face in faces(arguments.data, "PrivateTest", 1000))
        print(f"ONNX Runtime's in {others}")


main()
