#!/usr/bin/env python3
"""What `raut run` takes for a clip, beside another build of it.

    compare_builds.py CLIP OTHER...      OTHER: paths of other builds' programs

Each build works on the same frames, decoded once, as fast as possible and by turns: five times for the processor time,
once more for what it says of the faces. What is searched and looked at depends on the frames' times, so that it is what
happens live. Only the last run asks for a line a frame: a clip read as fast as possible is looked at in each frame then.
RAUT names this build (.build/release/raut). Ratios hold on a busy machine, too. Needs ffmpeg.
"""
import json
import os
import subprocess
import sys
import tempfile

RAUT = os.environ.get("RAUT", os.path.join(os.path.dirname(__file__), "..", ".build", "release", "raut"))
TURNS = 5


def run(program, clip, keep=False):
    with open(clip, "rb") as frames:
        child = subprocess.Popen(
            [program, "run", "--headless", "--source", "-", "--as-fast-as-possible",
             "--events", "frames" if keep else "changes"],
            stdin=frames, stdout=subprocess.PIPE if keep else subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        lines = child.stdout.read().splitlines() if keep else []
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        sys.exit(f"{program}: exit status {child.returncode}")
    return usage.ru_utime + usage.ru_stime, [json.loads(line) for line in lines]


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    programs = [RAUT, *sys.argv[2:]]
    with tempfile.TemporaryDirectory() as folder:
        clip = os.path.join(folder, "clip.y4m")
        subprocess.run(["ffmpeg", "-loglevel", "error", "-i", sys.argv[1], "-pix_fmt", "yuv420p", clip], check=True)
        times = {program: [] for program in programs}
        for _ in range(TURNS):
            for program in programs:
                times[program].append(run(program, clip)[0])
        print("| build | processor seconds, least of five | beside this one | frames | with faces | faces |")
        print("| --- | --- | --- | --- | --- | --- |")
        for program in programs:
            events = [event for event in run(program, clip, keep=True)[1] if event["event"] == "frame"]
            faces = sorted({face["face"] for event in events for face in event["faces"]})
            print(f"| {program} | {min(times[program]):.2f} | {min(times[program]) / min(times[RAUT]):.2f} "
                  f"| {len(events)} | {sum(bool(event['faces']) for event in events)} | {len(faces)} |")


main()
