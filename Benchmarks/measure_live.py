#!/usr/bin/env python3
"""Measures `raut run` from outside: processor time, latency, memory, lost frames, and what readers can do to it.

    measure_live.py talk FOLDER      talk.mp4 of make_clips.py at its pace, headless; then on one core
    measure_live.py crowd FOLDER     crowd.mp4: 1920x1080 with four faces
    measure_live.py search FOLDER    talk.mp4 as fast as possible: selective search beside a full scan of each frame
    measure_live.py memory [FRAMES]  memory over the demo's frames (100000) as fast as possible
    measure_live.py readers          the demo while two hundred readers connect, stall, send rubbish and vanish

RAUT names the program (.build/release/raut). Run it on a machine that does nothing else; needs Python alone.
"""
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

RAUT = os.environ.get("RAUT", os.path.join(os.path.dirname(__file__), "..", ".build", "release", "raut"))


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else float("nan")


def resident(process):
    with open(f"/proc/{process}/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE")


def cpu_seconds(process):
    with open(f"/proc/{process}/stat") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def run(*words, cores=None):
    """Runs raut to its end and says what its events and the kernel say of it."""
    command = (["taskset", "-c", cores] if cores else []) + [RAUT, "run", "--headless", *words]
    start = time.monotonic()
    child = subprocess.Popen(command, stdout=subprocess.PIPE)
    events = [json.loads(line) for line in child.stdout]
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        sys.exit(f"{' '.join(command)}: exit status {child.returncode}")
    return events, time.monotonic() - start, usage


def clip(path, *words, cores=None):
    # The program and, by itself, what it reaped: ffmpeg.
    events, seconds, usage = run("--source", path, "--events", "frames", *words, cores=cores)
    frames = [event for event in events if event["event"] == "frame"]
    latency = [event["latency_ms"] for event in frames[30:]]
    spent = usage.ru_utime + usage.ru_stime
    last = frames[-1]["frame"]
    numbers = {face["face"] for event in frames for face in event["faces"]}
    print(f"{os.path.basename(path)} {' '.join(words)}{' on core ' + cores if cores else ''}: "
          f"{len(frames)} of {last} frames in {seconds:.1f} s; latency {percentile(latency, 0.5):.1f} ms p50, "
          f"{percentile(latency, 0.99):.1f} ms p99; {100 * spent / seconds:.1f} % of a core with ffmpeg; "
          f"peak {usage.ru_maxrss / 1024:.0f} MiB; faces {sorted(numbers)}", flush=True)


def own_share(path):
    """The program's own share of a core, without ffmpeg, while a clip plays."""
    child = subprocess.Popen([RAUT, "run", "--headless", "--quiet", "--source", path])
    time.sleep(3)
    start, used = time.monotonic(), cpu_seconds(child.pid)
    time.sleep(12)
    share = (cpu_seconds(child.pid) - used) / (time.monotonic() - start)
    print(f"{os.path.basename(path)}: {100 * share:.1f} % of a core without ffmpeg, "
          f"{resident(child.pid) / 1e6:.0f} MB resident", flush=True)
    child.terminate()
    child.wait()


def search(path):
    for words in ([], ["--full-scan"]):
        events, seconds, usage = run("--source", path, "--as-fast-as-possible", *words)
        faces = sum(event["event"] == "appeared" for event in events)
        changes = sum(event["event"] == "changed" for event in events)
        print(f"{os.path.basename(path)} {' '.join(words) or 'selective'}: {seconds:.1f} s, "
              f"{usage.ru_utime + usage.ru_stime:.1f} s of processor time with ffmpeg; "
              f"appeared {faces}, changed {changes}", flush=True)


def memory(frames):
    child = subprocess.Popen(
        [RAUT, "run", "--headless", "--source", "demo", "--as-fast-as-possible", "--frames", str(frames),
         "--events", "frames"], stdout=subprocess.PIPE)
    seen, marks = 0, []
    for line in child.stdout:
        seen += line.startswith(b'{"event":"frame"')
        if seen in (1000, frames // 4, frames // 2, 3 * frames // 4, frames - 100) and line.startswith(b'{"event":"f'):
            marks.append((seen, resident(child.pid), len(os.listdir(f"/proc/{child.pid}/fd"))))
    child.wait()
    for number, size, descriptors in marks:
        print(f"frame {number}: {size / 1e6:.1f} MB, {descriptors} descriptors", flush=True)


class Storm:
    """Readers that behave as badly as they can."""

    def __init__(self, path, count):
        self.path, self.isOver, self.connections = path, False, 0
        self.threads = [threading.Thread(target=self.misbehave, args=(number,)) for number in range(count)]
        for thread in self.threads:
            thread.start()

    def misbehave(self, seed):
        chance = random.Random(seed)
        while not self.isOver:
            reader = socket.socket(socket.AF_UNIX)
            try:
                reader.connect(self.path)
                self.connections += 1
                end = time.monotonic() + chance.uniform(0, 1.5)
                way = chance.randrange(4)
                while time.monotonic() < end and not self.isOver:
                    if way == 0:
                        reader.recv(4096)
                    elif way == 1:
                        reader.send(chance.randbytes(2000), socket.MSG_DONTWAIT)
                    time.sleep(0.05)
            except OSError:
                time.sleep(0.01)
            finally:
                reader.close()

    def stop(self):
        self.isOver = True
        for thread in self.threads:
            thread.join()


def readers():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "events")
        child = subprocess.Popen(
            [RAUT, "run", "--headless", "--source", "demo", "--events", "frames", "--quiet", "--socket", path])
        while not os.path.exists(path):
            time.sleep(0.05)
        good = socket.socket(socket.AF_UNIX)
        good.connect(path)
        lines, times = good.makefile(), []
        stages = {}

        def follow():
            for line in lines:
                event = json.loads(line)
                if event["event"] == "frame":
                    times.append((event["frame"], event["latency_ms"]))

        follower = threading.Thread(target=follow)
        follower.start()

        def measure(name, seconds):
            first, used, start = len(times), cpu_seconds(child.pid), time.monotonic()
            time.sleep(seconds)
            part = times[first:]
            stages[name] = part
            lost = part[-1][0] - part[0][0] + 1 - len(part)
            late = [latency for _, latency in part]
            print(f"{name}: {len(part)} frames, {lost} lost; latency {percentile(late, 0.5):.1f} ms p50, "
                  f"{percentile(late, 0.99):.1f} ms p99; "
                  f"{100 * (cpu_seconds(child.pid) - used) / (time.monotonic() - start):.0f} % of a core; "
                  f"{resident(child.pid) / 1e6:.1f} MB, {len(os.listdir(f'/proc/{child.pid}/fd'))} descriptors",
                  flush=True)

        time.sleep(2)
        measure("alone", 20)
        storm = Storm(path, 200)
        measure("with 200 readers", 30)
        storm.stop()
        print(f"{storm.connections} connections")
        time.sleep(12)
        measure("alone again", 20)
        child.send_signal(signal.SIGTERM)
        child.wait()
        follower.join()
        print(f"exit status {child.returncode}, socket file {'left' if os.path.exists(path) else 'removed'}")


if __name__ == "__main__":
    what, *rest = sys.argv[1:] or [""]
    if what == "talk" and len(rest) == 1:
        path = os.path.join(rest[0], "talk.mp4")
        clip(path)
        own_share(path)
        clip(path, cores="0")
    elif what == "crowd" and len(rest) == 1:
        clip(os.path.join(rest[0], "crowd.mp4"))
    elif what == "search" and len(rest) == 1:
        search(os.path.join(rest[0], "talk.mp4"))
    elif what == "memory":
        memory(int(rest[0]) if rest else 100_000)
    elif what == "readers":
        readers()
    else:
        sys.exit(__doc__)
