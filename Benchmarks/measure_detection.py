#!/usr/bin/env python3
"""Counts faces found and false alarms of `raut image` on the pictures that known_faces.py made.

    python3 Benchmarks/measure_detection.py FOLDER [--options="--cascade default" --options="--plain" …]

One line for each set of options: faces found by tilt, false alarms, the tilt's mean error, and the median time.
"""

import argparse
import collections
import json
import math
import pathlib
import shlex
import statistics
import subprocess


def is_found(face, box):
    """Whether a box's middle lies within a third of the face's side of its middle, and their sizes agree by half."""
    x, y = box[0] + box[2] / 2, box[1] + box[3] / 2
    near = math.hypot(x - face["middle"][0], y - face["middle"][1]) < face["side"] / 3
    return near and 0.55 < box[2] / face["side"] < 1.8


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--raut", default=".build/release/raut")
    parser.add_argument("--options", action="append")
    arguments = parser.parse_args()
    folder = pathlib.Path(arguments.folder)
    truth = json.loads((folder / "truth.json").read_text())
    files = [str(folder / name) for name in truth]
    for options in arguments.options or ["--plain", ""]:
        command = [arguments.raut, "image", "--json", "--detect-only", *shlex.split(options), *files]
        lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
        known, found, errors, alarms, times = collections.Counter(), collections.Counter(), [], 0, []
        for line, (name, faces) in zip(lines, truth.items(), strict=True):
            result = json.loads(line)
            times.append(result["detect_ms"])
            boxes = result["faces"]
            used = set()
            for face in faces:
                tilt = abs(round(face["tilt"]))
                known[tilt] += 1
                hits = [i for i, box in enumerate(boxes) if is_found(face, box["box"])]
                used.update(hits)
                if hits:
                    found[tilt] += 1
                    errors.append(abs(boxes[hits[0]].get("tilt", 0) - face["tilt"]))
            alarms += len(boxes) - len(used)
        shares = ", ".join(f"{tilt}°: {found[tilt]}/{known[tilt]}" for tilt in sorted(known))
        print(
            f"{options or '(none)'}: found {sum(found.values())}/{sum(known.values())} ({shares}), "
            f"{alarms} false alarms in {len(files)} pictures, tilt off by {statistics.mean(errors or [0]):.1f}°, "
            f"{statistics.median(times):.1f} ms",
            flush=True,
        )


if __name__ == "__main__":
    main()
