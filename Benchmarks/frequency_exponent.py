#!/usr/bin/env python3
"""How the heads should be joined: what each share of FER+'s head and each power of the class frequencies gives and costs.

    python3 Benchmarks/frequency_exponent.py fer2013.csv fer2013new.csv [--photographs DIR] [--model raut] [--usage PublicTest]
        [--shares 0.4,0.5,0.6] [--powers 0,0.25,0.5,0.75,1] [--looks 1]

Copies the model with each choice in its metadata, and asks `raut evaluate --head joined`; of photographs the part that
training holds back to choose by.
"""

import argparse
import json
import pathlib
import struct
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
RAUT = ROOT / ".build/release/raut"


def with_metadata(source, target, changes):
    """Copies a safetensors file with some strings of its metadata changed."""
    data = source.read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    header["__metadata__"] |= changes
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    target.write_bytes(struct.pack("<Q", len(text)) + text + data[8 + length :])


def numbers(text):
    return [float(word) for word in text.split(",")]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data")
    parser.add_argument("ferplus")
    parser.add_argument("--photographs")
    parser.add_argument("--cache", default=tempfile.gettempdir() + "/raut-faces", help="keep the photographs' faces there")
    parser.add_argument("--model", type=pathlib.Path, default=ROOT / "models/raut.safetensors")
    parser.add_argument("--usage", default="PublicTest")
    parser.add_argument("--shares", type=numbers, default=[0.4, 0.5, 0.6])
    parser.add_argument("--looks", default="1", help="how often each face is looked at")
    parser.add_argument("--powers", type=numbers, default=[0, 0.25, 0.5, 0.75, 1])
    arguments = parser.parse_args()
    columns = ["FER+", "power", "accuracy", "macro-F1", "called neutral", "disgust found", "fear found", "6 of ten agree"]
    columns += ["calibration error"]
    if arguments.photographs:
        columns += ["photographs", "mean recall", "neutral found", "calibration error"]
    print("| " + " | ".join(columns) + " |")
    print("| ---: " * len(columns) + "|")
    for share in arguments.shares:
        for power in arguments.powers:
            print("| " + " | ".join(row(arguments, share, power)) + " |", flush=True)


def row(arguments, share, power):
    """The cells of one choice."""
    with tempfile.TemporaryDirectory() as folder:
        model = pathlib.Path(folder) / "model.safetensors"
        choice = {"posterior_ferplus_share": str(share), "posterior_frequency_exponent": str(power)}
        with_metadata(arguments.model, model, choice)
        command = [RAUT, "evaluate", "--model", model, "--data", arguments.data, "--ferplus", arguments.ferplus]
        if arguments.photographs:
            command += ["--data", arguments.photographs, "--cache", arguments.cache]
        command += ["--usage", arguments.usage, "--head", "joined", "--looks", arguments.looks, "--json"]
        text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    results = [json.loads(line) for line in text.splitlines()]
    result = results[0]
    recall = dict(zip(result["labels"], result["recall"]))
    neutral = sum(line[result["labels"].index("neutral")] for line in result["confusion"])
    cells = [f"{share:g}", f"{power:g}", f"{result['accuracy']:.1%}", f"{result['macro_f1']:.3f}"]
    cells += [f"{neutral / result['count']:.1%}", f"{recall['disgust']:.1%}", f"{recall['fear']:.1%}"]
    cells += [f"{result['ferplus']['votes6']['accuracy']:.1%}", f"{result['calibration_error']:.3f}"]
    for result in results[1:]:
        cells += [f"{result['accuracy']:.1%}", f"{result['mean_recall']:.3f}"]
        cells += [f"{result['recall'][result['labels'].index('neutral')]:.1%}", f"{result['calibration_error']:.3f}"]
    return cells


if __name__ == "__main__":
    main()
