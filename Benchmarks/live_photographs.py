#!/usr/bin/env python3
"""Is what is shown live of people whom the model did not learn from right? On a clip of labelled photographs.

    live_photographs.py PHOTOGRAPHS FOLDER [--usage PublicTest] [--scale 1] [--raut .build/release/raut] [--changes]

PHOTOGRAPHS holds a folder an emotion. Of the people whom training holds back (`raut evaluate` calls the tenth to choose by
PublicTest, the one to report PrivateTest) each photograph is a visit: enlarged by the scale and with a camera's noise it
moves to and fro for 0.8 seconds, and for 0.7 nothing is seen, so that the next one is somebody new. FOLDER keeps the clip
(640x480, 30 frames/s). Judged is what the last frame of each visit shows; a face that is not found is wrong. With --changes
by the lines that tell changes, as live: a face is looked at when its picture changed. Needs numpy, opencv, ffmpeg.
"""

import argparse
import json
import pathlib
import re
import subprocess

import cv2
import numpy as np
from measure_talkers import frames_of

RATE, VISIT, GAP = 30, 24, 21
LABELS = ["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"]


def spread(name):
    """The place of a person in the order in which people are held back, as PersonSplit has it: FNV-1a, mixed."""
    value = 0xCBF29CE484222325
    for byte in name.encode():
        value = (value ^ byte) * 0x100000001B3 % 2**64
    value ^= value >> 33
    value = value * 0xFF51AFD7ED558CCD % 2**64
    return value ^ value >> 33, name


def held_back(folder, usage):
    """The photographs of the people of one part, by label and name."""
    people, count = {}, 0
    for file in sorted(folder.glob("*/*.jpg")):
        if file.parent.name in LABELS:
            people.setdefault(re.sub(r"[_ (.-]+\d+\)?$", "", file.stem), []).append(file)
            count += 1
    order = iter(sorted(people, key=spread))
    if len(people) < 5:
        raise SystemExit(f"{folder} has too few people in folders named by an emotion: {', '.join(LABELS)}")
    for part in ("PublicTest", "PrivateTest"):
        files = []
        while len(files) < count // 10:
            files += people[next(order)]
        if part == usage:
            break
    return sorted(files)


def make(files, clip, scale):
    random = np.random.default_rng(1)
    noise = random.normal(0, 3, (16, 480, 640)).astype(np.float32)
    encoder = subprocess.Popen(
        ["ffmpeg", "-y", "-loglevel", "error", "-f", "rawvideo", "-pix_fmt", "gray", "-s", "640x480", "-r", str(RATE),
         "-i", "-", "-c:v", "libx264", "-preset", "ultrafast", "-crf", "18", "-pix_fmt", "yuv420p", str(clip)],
        stdin=subprocess.PIPE)
    nobody = np.full((480, 640), 70, np.uint8).tobytes()
    for number, file in enumerate(files):
        picture = cv2.imread(str(file), cv2.IMREAD_GRAYSCALE)
        factor = scale * 224 / max(picture.shape)
        picture = cv2.resize(
            picture, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC if factor > 1 else cv2.INTER_AREA)
        height, width = picture.shape
        left, top = (640 - width) // 2, (480 - height) // 2
        wide = cv2.copyMakeBorder(picture, top + 8, 488 - top - height, left + 8, 648 - left - width, cv2.BORDER_REPLICATE)
        phase = random.uniform(0, 6)
        for step in range(VISIT):
            t = step / RATE
            x = 8 + round(8 * np.sin(2 * np.pi * t / 3.1 + phase))
            y = 8 + round(5 * np.sin(2 * np.pi * t / 2.3 + phase))
            frame = wide[y : y + 480, x : x + 640] + noise[random.integers(16)]
            encoder.stdin.write(np.clip(frame, 0, 255).astype(np.uint8).tobytes())
        for _ in range(GAP):
            encoder.stdin.write(nobody)
        if number % 100 == 99:
            print(f"{number + 1} of {len(files)} photographs", flush=True)
    encoder.stdin.close()
    if encoder.wait() != 0:
        raise SystemExit("ffmpeg failed")


def calibration_error(confidence, right):
    """The expected calibration error in 15 bins, as `raut evaluate` has it."""
    bins = np.minimum((confidence * 15).astype(int), 14)
    return sum(
        abs(confidence[bins == bin].sum() - right[bins == bin].sum()) for bin in range(15)) / len(confidence)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photographs", type=pathlib.Path)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--usage", default="PublicTest", choices=["PublicTest", "PrivateTest"])
    parser.add_argument("--scale", type=float, default=1, help="photographs become 224 times this wide")
    parser.add_argument("--raut", default=".build/release/raut")
    parser.add_argument("--changes", action="store_true", help="by lines that tell changes")
    arguments = parser.parse_args()
    files = held_back(arguments.photographs, arguments.usage)
    arguments.folder.mkdir(parents=True, exist_ok=True)
    clip = arguments.folder / f"{arguments.usage}-{arguments.scale:g}.mp4"
    if not clip.exists():
        beside = clip.with_name("unfinished-" + clip.name)
        make(files, beside, arguments.scale)
        beside.rename(clip)
    command = [arguments.raut, "run", "--source", str(clip), "--headless", "--as-fast-as-possible",
               "--events", "changes" if arguments.changes else "frames"]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    events = list(map(json.loads, lines))
    frames = frames_of(events) if arguments.changes else [event for event in events if event["event"] == "frame"]
    if not arguments.changes and len(frames) != len(files) * (VISIT + GAP):
        raise SystemExit(f"{arguments.raut} told {len(frames)} of {len(files) * (VISIT + GAP)} frames")
    judge(arguments, files, frames)


def judge(arguments, files, frames):
    table = np.zeros((7, 7), int)
    confidence, right, unsure, missed, changes, shown, good = [], [], 0, 0, 0, 0, 0
    for number, file in enumerate(files):
        label = LABELS.index(file.parent.name)
        start = number * (VISIT + GAP)
        visit = [frame["faces"] for frame in frames[start : start + VISIT]]
        named = [max(faces, key=lambda face: face["box"][2]) for faces in visit if faces]
        shown += len(named)
        good += sum(face["emotion"] == LABELS[label] for face in named)
        changes += sum(a["emotion"] != b["emotion"] for a, b in zip(named, named[1:]))
        if not visit or not visit[-1]:
            missed += 1
            continue
        face = named[-1]
        table[label, LABELS.index(face["emotion"])] += 1
        unsure += face.get("unsure", False)
        confidence.append(max(face["probabilities"]))
        right.append(int(np.argmax(face["probabilities"])) == label)
    count = [sum(file.parent.name == label for file in files) for label in LABELS]
    recall = [table[i, i] / count[i] for i in range(7) if count[i]]
    error = calibration_error(np.array(confidence), np.array(right, float))
    print(f"{arguments.usage}, {len(files)} photographs, {missed} not found: {np.trace(table) / len(files):.1%} right at "
          f"the end, mean recall {np.mean(recall):.3f}, calibration error {error:.3f} (says {np.mean(confidence):.1%}), "
          f"{unsure / len(confidence):.1%} unsure; of all frames {good / shown:.1%} right, "
          f"{changes / shown * RATE * 60:.1f} changes a minute")
    for i, label in enumerate(LABELS):
        print(f"{label:9}", *(f"{value:4}" for value in table[i]), f"of {count[i]}")


if __name__ == "__main__":
    main()
