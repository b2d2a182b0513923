#!/usr/bin/env python3
"""How far class frequencies should be divided out of the joined posterior: what each power gives and costs.

    python3 Benchmarks/frequency_exponent.py fer2013.csv fer2013new.csv [--model raut] [--usage PublicTest]

Copies the model with each power in its metadata, and asks `raut evaluate --head joined`.
"""

import argparse
import json
import pathlib
import struct
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
RAUT = ROOT / ".build/release/raut"


def with_exponent(source, target, exponent):
    """Copies a safetensors file with one string of its metadata changed."""
    data = source.read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    header["__metadata__"]["posterior_frequency_exponent"] = str(exponent)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    target.write_bytes(struct.pack("<Q", len(text)) + text + data[8 + length :])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data")
    parser.add_argument("ferplus")
    parser.add_argument("--model", type=pathlib.Path, default=ROOT / "models/raut.safetensors")
    parser.add_argument("--usage", default="PublicTest")
    arguments = parser.parse_args()
    print("| power | accuracy | macro-F1 | called neutral | called sad | disgust found | fear found | 6 of ten agree |")
    print("| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for exponent in (0, 0.25, 0.5, 0.75, 1):
        with tempfile.TemporaryDirectory() as folder:
            model = pathlib.Path(folder) / "model.safetensors"
            with_exponent(arguments.model, model, exponent)
            command = [RAUT, "evaluate", "--model", model, "--data", arguments.data, "--ferplus", arguments.ferplus]
            command += ["--usage", arguments.usage, "--head", "joined", "--json"]
            result = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        called = {label: sum(row[place] for row in result["confusion"]) for place, label in enumerate(result["labels"])}
        found = {
            label: row[place] / max(1, sum(row))
            for place, (label, row) in enumerate(zip(result["labels"], result["confusion"]))
        }
        print(
            f"| {exponent} | {result['accuracy']:.1%} | {result['macro_f1']:.3f} "
            f"| {called['neutral'] / result['count']:.1%} | {called['sad'] / result['count']:.1%} "
            f"| {found['disgust']:.1%} | {found['fear']:.1%} | {result['ferplus']['votes6']['accuracy']:.1%} |"
        )


if __name__ == "__main__":
    main()
