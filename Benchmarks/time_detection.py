#!/usr/bin/env python3
"""Times the detector of `raut image --plain` beside OpenCV's detectMultiScale, in one run.

    venv/bin/python Benchmarks/time_detection.py PICTURE [--raut PROGRAM] [--repeat N] [--rounds N]

The picture is brought to 853x480 and to 1920x1080 (cut to the shape, then made larger or smaller). Both programs search
each with the same cascade, scale factor 1.1 and three neighbours, on one thread and on two, turn by turn for a number of
rounds; the figures are medians of the rounds' medians, in milliseconds, and their ratios. OpenCV is what its wheel
brings, with all that its builders turned on for this processor; its first calls are left out.
"""

import argparse
import json
import statistics
import subprocess
import tempfile
import time

import cv2

CASES = [((853, 480), 30), ((853, 480), 80), ((1920, 1080), 80)]


def fitted(picture, size):
    """A part of the picture in the shape of a size, its upper one, where faces are, brought to that size."""
    height, width = picture.shape
    scale = min(width / size[0], height / size[1])
    across, down = round(size[0] * scale), round(size[1] * scale)
    left, top = (width - across) // 2, (height - down) // 8
    shown = picture[top : top + down, left : left + across]
    return cv2.resize(shown, size, interpolation=cv2.INTER_AREA if scale > 1 else cv2.INTER_CUBIC)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("picture")
    parser.add_argument("--raut", default=".build/release/raut")
    parser.add_argument("--folder", default="/usr/share/opencv4/haarcascades")
    parser.add_argument("--cascades", nargs="*", default=["frontalface_alt2", "frontalface_default"])
    parser.add_argument("--repeat", type=int, default=9)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    picture = cv2.imread(arguments.picture, cv2.IMREAD_GRAYSCALE)
    print("cascade             picture     from  threads   OpenCV ms   raut ms   ratio   two threads: OpenCV   raut")
    with tempfile.TemporaryDirectory() as folder:
        for name in arguments.cascades:
            file = f"{arguments.folder}/haarcascade_{name}.xml"
            opencv = cv2.CascadeClassifier(file)
            for size, smallest in CASES:
                shown = fitted(picture, size)
                path = f"{folder}/{size[0]}.png"
                cv2.imwrite(path, shown)
                times = {(who, threads): [] for who in ("opencv", "raut") for threads in (1, 2)}
                for _ in range(arguments.rounds):
                    for threads in (1, 2):
                        cv2.setNumThreads(threads)
                        taken = []
                        for _ in range(arguments.repeat + 2):
                            start = time.perf_counter()
                            opencv.detectMultiScale(shown, 1.1, 3, 0, (smallest, smallest))
                            taken.append(1000 * (time.perf_counter() - start))
                        times["opencv", threads].append(statistics.median(taken[2:]))
                        command = [arguments.raut, "image", "--json", "--detect-only", "--plain", "--cascade", file]
                        command += ["--min-size", str(smallest), "--threads", str(threads)]
                        command += ["--repeat", str(3 * arguments.repeat), path]
                        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
                        times["raut", threads].append(json.loads(said)["detect_ms"])
                middle = {key: statistics.median(values) for key, values in times.items()}
                gains = [middle[who, 1] / middle[who, 2] for who in ("opencv", "raut")]
                for threads in (1, 2):
                    theirs, ours = middle["opencv", threads], middle["raut", threads]
                    line = f"{name:19} {size[0]}x{size[1]:<6} {smallest:>4}  {threads:>7} {theirs:>11.1f} {ours:>9.2f}"
                    line += f" {ours / theirs:>7.3f}"
                    line += f" {gains[0]:>21.2f} {gains[1]:>6.2f}" if threads == 2 else ""
                    print(line, flush=True)


if __name__ == "__main__":
    main()
