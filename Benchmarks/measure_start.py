#!/usr/bin/env python3
"""How long `raut run` takes from its start to its first event, and what it takes meanwhile.

    measure_start.py [OTHER...]      this build, beside others (paths of programs), by turns

The demo, headless. Prints the medians of ten starts each: milliseconds to the first line and to the first frame's line,
milliseconds of processor time to the end of the fifth frame, the largest memory in MiB. RAUT names this build
(.build/release/raut). Run it on a machine that does nothing else; processor time holds on a busy one, too.
"""
import os
import statistics
import subprocess
import sys
import time

RAUT = os.environ.get("RAUT", os.path.join(os.path.dirname(__file__), "..", ".build", "release", "raut"))
STARTS = 10


def start(program):
    begin = time.monotonic()
    child = subprocess.Popen(
        [program, "run", "--headless", "--source", "demo", "--frames", "5", "--events", "frames"],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    times = []
    for line in child.stdout:
        if len(times) < 2:
            times.append(1000 * (time.monotonic() - begin))
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0 or len(times) < 2:
        sys.exit(f"{program}: exit status {child.returncode}, {len(times)} lines")
    return *times, 1000 * (usage.ru_utime + usage.ru_stime), usage.ru_maxrss / 1024


programs = [RAUT, *sys.argv[1:]]
results = {program: [] for program in programs}
for _ in range(STARTS):
    for program in programs:
        results[program].append(start(program))
print("| program | first line ms | first frame ms | processor ms | memory MiB |\n| --- | --- | --- | --- | --- |")
for program, rows in results.items():
    print(f"| {program} | " + " | ".join(f"{statistics.median(column):.0f}" for column in zip(*rows)) + " |")
