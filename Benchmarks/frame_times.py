#!/usr/bin/env python3
"""How long `raut run` works on each frame of a clip, beside another build of it.

    frame_times.py CLIP [OTHER...]      OTHER: paths of other builds' programs

Each build works on the same frames, decoded once, by turns, as fast as possible and as it does live: what is searched and
looked at depends on the frames' times alone. Of seven runs the shortest time of each stage of each frame counts: what
others do on the machine makes a run longer, never shorter. The first second is left out. Prints the mean, the median, the
99th of a hundred and the longest in milliseconds, and the share of a core that the mean takes at 30 frames a second.
--worst N names the N longest frames. RAUT names this build (.build/release/raut). Needs ffmpeg.
"""
import argparse
import json
import os
import subprocess
import tempfile

RAUT = os.environ.get("RAUT", os.path.join(os.path.dirname(__file__), "..", ".build", "release", "raut"))
FIRST = 30


def stages(program, clip, trace):
    """Milliseconds of each stage of each frame."""
    if os.path.exists(trace):
        os.unlink(trace)
    with open(clip, "rb") as frames:
        subprocess.run(
            [program, "run", "--headless", "--source", "-", "--as-fast-as-possible", "--trace", trace],
            stdin=frames, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    times = {}
    with open(trace) as file:
        for bar in json.load(file):
            if bar.get("ph") == "X" and bar["name"] != "waits":
                times.setdefault(bar["args"]["frame"], {})[bar["name"]] = bar["dur"] / 1000
    return {frame: bars for frame, bars in times.items() if frame > FIRST}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clip")
    parser.add_argument("other", nargs="*")
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--worst", type=int, default=0, metavar="N")
    arguments = parser.parse_args()
    programs = [RAUT, *arguments.other]
    least = {program: {} for program in programs}
    with tempfile.TemporaryDirectory() as folder:
        clip = os.path.join(folder, "clip.y4m")
        subprocess.run(
            ["ffmpeg", "-loglevel", "error", "-i", arguments.clip, "-pix_fmt", "yuv420p", clip], check=True)
        for _ in range(arguments.runs):
            for program in programs:
                for frame, bars in stages(program, clip, os.path.join(folder, "trace.json")).items():
                    known = least[program].setdefault(frame, {})
                    for name, time in bars.items():
                        known[name] = min(time, known.get(name, time))
    print("| build | mean ms | p50 | p99 | longest | % of a core at 30/s | with a look | search ms | looks ms |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    for program in programs:
        frames = least[program]
        totals = sorted((sum(bars.values()), frame) for frame, bars in frames.items())
        mean = sum(total for total, _ in totals) / len(totals)
        part = {name: sum(bars.get(name, 0) for bars in frames.values()) / len(frames)
                for name in ("search", "recognize")}
        looks = sum("recognize" in bars for bars in frames.values())
        print(f"| {program} | {mean:.2f} | {totals[len(totals) // 2][0]:.2f} | {totals[len(totals) * 99 // 100][0]:.2f} "
              f"| {totals[-1][0]:.2f} | {3 * mean:.1f} | {looks} of {len(frames)} "
              f"| {part['search']:.2f} | {part['recognize']:.2f} |")
        for total, frame in totals[len(totals) - arguments.worst:]:
            bars = ", ".join(f"{name} {time:.2f}" for name, time in frames[frame].items() if time >= 0.05)
            print(f"  frame {frame}: {total:.2f} ms ({bars})")


main()
