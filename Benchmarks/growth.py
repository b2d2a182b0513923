#!/usr/bin/env python3
"""How what `raut run` takes grows: with the frame's size, with faces, with readers of its events, with cameras.

    venv/bin/python Benchmarks/growth.py [--output docs/growth.json] [--only sizes faces readers cameras]

Frames are made of the person in Tests/Fixtures, with a sensor's noise, all faces of one size, moving a little. Sizes and
faces: frames go through a pipe as fast as possible, and what counts is processor time, so that the figures hold on a machine
that does something else, too; a shorter run is taken away from a longer one, and with it the start. Beside it, on the same
frames and on one thread, what a page of OpenCV and ONNX Runtime takes: `detectMultiScale` with the same cascade and
smallest face, then the same network once a face, each frame. Readers and cameras: live, at 30 frames a second.

RAUT names the program (.build/release/raut). Needs numpy, opencv-python-headless below 5, onnxruntime, Linux.
`draw_growth.py` draws what it writes.
"""
import argparse
import json
import os
import pathlib
import platform
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time

import cv2
import numpy as np
import onnxruntime

ROOT = pathlib.Path(__file__).resolve().parent.parent
RAUT = os.environ.get("RAUT", str(ROOT / ".build/release/raut"))
CASCADE = "/usr/share/opencv4/haarcascades/haarcascade_frontalface_alt2.xml"
SIZES = [(320, 240), (640, 480), (1280, 720), (1920, 1080), (3840, 2160)]
FACES = [0, 1, 2, 5, 10, 20, 50]
READERS = [0, 1, 10, 30, 100]
CAMERAS = [1, 2, 3, 4]
RATE = 30
# Distinct frames: they come round again.
CYCLE = 15


def frames_of(width, height, people, count=CYCLE):
    """Grey frames with so many people in a grid, each moving on a small circle."""
    picture = cv2.imread(str(ROOT / "Tests/Fixtures/astronaut.png"), cv2.IMREAD_GRAYSCALE)
    person = cv2.resize(picture[40:190, 160:290], (169, 195), interpolation=cv2.INTER_AREA)
    across = max(1, min(people, int(width / 183)))
    down = max(1, -(-people // across))
    random = np.random.default_rng(3)
    noise = random.normal(0, 3, (2 * height, width)).astype(np.int16)
    for number in range(count):
        frame = np.full((height, width), 70, np.int16)
        for index in range(people):
            turn = 2 * np.pi * (number / CYCLE + index / 7)
            x = int((index % across + 0.5) * width / across - 84 + 4 * np.cos(turn))
            y = int((index // across + 0.5) * height / down - 97 + 4 * np.sin(turn))
            x, y = min(max(0, x), width - 169), min(max(0, y), height - 195)
            frame[y:y + 195, x:x + 169] = person
        first = number * 37 % height
        yield np.clip(frame + noise[first:first + height], 0, 255).astype(np.uint8)


def y4m(frames):
    """The frames as chunks of a YUV4MPEG2 stream without its header."""
    height, width = frames[0].shape
    grey = np.full(width * height // 2, 128, np.uint8).tobytes()
    return [b"FRAME\n" + frame.tobytes() + grey for frame in frames]


def header(frame):
    return f"YUV4MPEG2 W{frame.shape[1]} H{frame.shape[0]} F{RATE}:1 Ip A1:1 C420\n".encode()


def processor_time(frames, count):
    """Processor seconds of the program for so many frames, and the faces in the last one."""
    chunks = y4m(frames)
    child = subprocess.Popen(
        [RAUT, "run", "--headless", "--source", "-", "--as-fast-as-possible", "--events", "frames"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    lines = []
    reader = threading.Thread(target=lambda: lines.extend(child.stdout))
    reader.start()
    child.stdin.write(header(frames[0]))
    for number in range(count):
        child.stdin.write(chunks[number % len(chunks)])
    child.stdin.close()
    reader.join()
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        sys.exit(f"{RAUT}: exit status {child.returncode}")
    events = [event for event in map(json.loads, lines) if event["event"] == "frame"]
    if len(events) != count:
        sys.exit(f"{len(events)} of {count} frames were worked on")
    return usage.ru_utime + usage.ru_stime, len(events[-1]["faces"])


def ours(frames, short=30, long=120):
    """Milliseconds of processor time a frame, and the faces in the last one."""
    takes = []
    for _ in range(2):
        least, _ = processor_time(frames, short)
        most, faces = processor_time(frames, long)
        takes.append(1000 * (most - least) / (long - short))
    return min(takes), faces


class Page:
    """What a page of OpenCV and ONNX Runtime does with a frame."""

    def __init__(self, folder):
        cv2.setNumThreads(1)
        path = f"{folder}/raut.onnx"
        subprocess.run([RAUT, "model", "raut", "--export", path], check=True, cwd=ROOT, stdout=subprocess.DEVNULL)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        self.input = self.session.get_inputs()[0].name
        self.cascade = cv2.CascadeClassifier(CASCADE)

    def look(self, frame):
        boxes = self.cascade.detectMultiScale(frame, 1.1, 3, 0, (80, 80))
        for x, y, width, height in boxes:
            face = cv2.resize(frame[y:y + height, x:x + width], (48, 48), interpolation=cv2.INTER_AREA).astype(np.float32)
            face = (face - face.mean()) / (face.std() + 1)
            self.session.run(None, {self.input: face[None, None]})
        return len(boxes)

    def milliseconds(self, frames):
        self.look(frames[0])
        taken = []
        for frame in frames[:6]:
            start = time.process_time()
            faces = self.look(frame)
            taken.append(1000 * (time.process_time() - start))
        return statistics.median(taken), faces


def grow(cases, page, what):
    rows = []
    for width, height, people in cases:
        frames = list(frames_of(width, height, people))
        own, found = ours(frames, 15, 60) if width > 1920 else ours(frames)
        theirs, their_found = page.milliseconds(frames)
        rows.append({"width": width, "height": height, "faces": people, "raut_ms": round(own, 3), "raut_faces": found,
                     "page_ms": round(theirs, 3), "page_faces": their_found})
        print(what, rows[-1], flush=True)
    return rows


def cpu_seconds(process):
    """Processor seconds of all threads so far, to the microsecond."""
    total = 0
    for task in os.listdir(f"/proc/{process}/task"):
        with open(f"/proc/{process}/task/{task}/schedstat") as file:
            total += int(file.read().split()[0])
    return total / 1e9


def with_readers(count, seconds=8):
    """Per cent of a core with so many readers of a line a frame."""
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/events"
        child = subprocess.Popen(
            [RAUT, "run", "--headless", "--source", "demo", "--events", "frames", "--quiet", "--socket", path],
            stderr=subprocess.DEVNULL)
        end = time.monotonic() + 20
        while not os.path.exists(path) and time.monotonic() < end:
            time.sleep(0.05)
        sockets = []
        for _ in range(count):
            reader = socket.socket(socket.AF_UNIX)
            reader.connect(path)
            sockets.append(reader)
        received = [0]

        def drain():
            while sockets:
                for reader in sockets[:]:
                    try:
                        received[0] += len(reader.recv(1 << 16, socket.MSG_DONTWAIT))
                    except BlockingIOError:
                        pass
                    except OSError:
                        return
                time.sleep(0.1)

        thread = threading.Thread(target=drain)
        thread.start()
        time.sleep(2)
        used, start, before = cpu_seconds(child.pid), time.monotonic(), received[0]
        time.sleep(seconds)
        passed = time.monotonic() - start
        share, bytes_a_second = (cpu_seconds(child.pid) - used) / passed, (received[0] - before) / passed
        child.terminate()
        child.wait()
        for reader in sockets[:]:
            sockets.remove(reader)
            reader.close()
        thread.join()
        return {"readers": count, "percent": round(100 * share, 2), "kilobytes_a_second": round(bytes_a_second / 1000, 1)}


def with_cameras(count, seconds=6):
    """Per cent of a core of each of so many programs at 30 frames a second, on two cores, and what they made of it."""
    frames = list(frames_of(640, 480, 1))
    chunks = y4m(frames)
    children, outputs = [], []
    for _ in range(count):
        child = subprocess.Popen(
            ["taskset", "-c", "0,1", RAUT, "run", "--headless", "--source", "-", "--events", "frames"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        lines = []
        threading.Thread(target=lambda child=child, lines=lines: lines.extend(child.stdout), daemon=True).start()
        child.stdin.write(header(frames[0]))
        children.append(child)
        outputs.append(lines)
    start, number, begin = time.monotonic(), 0, None
    while time.monotonic() - start < seconds + 2:
        for child in children:
            child.stdin.write(chunks[number % CYCLE])
            child.stdin.flush()
        number += 1
        if begin is None and time.monotonic() - start > 2:
            begin = (number, [cpu_seconds(child.pid) for child in children], time.monotonic())
        time.sleep(max(0, start + number / RATE - time.monotonic()))
    passed = time.monotonic() - begin[2]
    shares = [(cpu_seconds(child.pid) - used) / passed for child, used in zip(children, begin[1])]
    for child in children:
        child.stdin.close()
        child.wait()
    time.sleep(0.2)
    late, seen = [], 0
    for lines in outputs:
        events = [event for event in map(json.loads, lines) if event["event"] == "frame"]
        seen += len(events)
        late += [event["latency_ms"] for event in events[60:]]
    late.sort()
    return {"cameras": count, "percent": round(100 * sum(shares), 1), "frames_given": number * count, "frames_worked_on": seen,
            "latency_p50_ms": round(late[len(late) // 2], 2), "latency_p99_ms": round(late[len(late) * 99 // 100], 2)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", default=str(ROOT / "docs/growth.json"))
    parser.add_argument("--only", nargs="*", default=["sizes", "faces", "readers", "cameras"])
    arguments = parser.parse_args()
    path = pathlib.Path(arguments.output)
    result = json.loads(path.read_text()) if path.exists() else {}
    result["about"] = {
        "date": time.strftime("%Y-%m-%d"), "machine": platform.machine(), "cores": os.cpu_count(),
        "opencv": cv2.__version__, "onnxruntime": onnxruntime.__version__}
    with tempfile.TemporaryDirectory() as folder:
        if "sizes" in arguments.only or "faces" in arguments.only:
            page = Page(folder)
        if "sizes" in arguments.only:
            result["sizes"] = grow([(*size, 1) for size in SIZES], page, "size")
        if "faces" in arguments.only:
            result["faces"] = grow([(1920, 1080, people) for people in FACES], page, "faces")
        if "readers" in arguments.only:
            result["readers"] = [with_readers(count) for count in READERS]
            print(*result["readers"], sep="\n", flush=True)
        if "cameras" in arguments.only:
            result["cameras"] = [with_cameras(count) for count in CAMERAS]
            print(*result["cameras"], sep="\n", flush=True)
    path.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
