#!/usr/bin/env python3
"""Is what is shown live of people whom the model did not learn from right? On a clip of labelled photographs.

    live_photographs.py PHOTOGRAPHS FOLDER [--usage PublicTest] [--scale 1] [--visit 0.8] [--every 1]
                        [--raut .build/release/raut] [--changes]

PHOTOGRAPHS holds a folder an emotion. Of the people whom training holds back (`raut evaluate` calls the tenth to choose by
PublicTest, the one to report PrivateTest) each photograph is a visit: enlarged by the scale and with a camera's noise it
moves to and fro for 0.8 seconds, and for 0.7 nothing is seen, so that the next one is somebody new. FOLDER keeps the clip
(640x480, 30 frames/s). Judged is what the last frame of each visit shows, and those 0.2, 0.4, 0.8 and 1.6 seconds after it
began; a face that is not found is wrong. With --changes by the lines that tell changes, as live: a face is looked at when
its picture changed. --every 3 takes every third photograph. Needs numpy, opencv, ffmpeg.
"""

import argparse
import json
import pathlib
import re
import subprocess

import cv2
import numpy as np
from measure_talkers import frames_of

RATE, GAP = 30, 21
MOMENTS = [6, 12, 24, 48]
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


def make(files, clip, scale, visit):
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
        for step in range(visit):
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
    parser.add_argument("--visit", type=float, default=0.8, help="seconds")
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--raut", default=".build/release/raut")
    parser.add_argument("--changes", action="store_true", help="by lines that tell changes")
    arguments = parser.parse_args()
    files = held_back(arguments.photographs, arguments.usage)[:: arguments.every]
    visit = round(arguments.visit * RATE)
    arguments.folder.mkdir(parents=True, exist_ok=True)
    name = f"{arguments.usage}-{arguments.scale:g}"
    if (arguments.visit, arguments.every) != (0.8, 1):
        name += f"-{arguments.visit:g}-{arguments.every}"
    clip = arguments.folder / f"{name}.mp4"
    if not clip.exists():
        beside = clip.with_name("unfinished-" + clip.name)
        make(files, beside, arguments.scale, visit)
        beside.rename(clip)
    command = [arguments.raut, "run", "--source", str(clip), "--headless", "--as-fast-as-possible",
               "--events", "changes" if arguments.changes else "frames"]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    events = list(map(json.loads, lines))
    frames = frames_of(events) if arguments.changes else [event for event in events if event["event"] == "frame"]
    if not arguments.changes and len(frames) != len(files) * (visit + GAP):
        raise SystemExit(f"{arguments.raut} told {len(frames)} of {len(files) * (visit + GAP)} frames")
    judge(arguments, files, frames, visit)


def judge(arguments, files, frames, visit):
    starts = range(0, len(files) * (visit + GAP), visit + GAP)
    # Frames after the last change are not told.
    visits = [[frame["faces"] for frame in frames[start : start + visit]] for start in starts]
    named = [[max(faces, key=lambda face: face["box"][2]) for faces in seen if faces] for seen in visits]
    labels = [LABELS.index(file.parent.name) for file in files]
    for moment in [moment for moment in MOMENTS if moment < visit] + [visit]:
        judge_at(arguments, labels, visits, moment, moment == visit)
    shown = sum(map(len, named))
    good = sum(face["emotion"] == LABELS[label] for faces, label in zip(named, labels) for face in faces)
    changes = sum(a["emotion"] != b["emotion"] for faces in named for a, b in zip(faces, faces[1:]))
    first = sorted(next((place for place, faces in enumerate(seen, 1) if faces), visit + 1) for seen in visits)
    print(f"of all frames {good / shown:.1%} right, {changes / shown * RATE * 60:.1f} changes a minute; shown from frame "
          f"{first[len(first) // 2]} on in the median, {first[len(first) * 9 // 10]} nine of ten, "
          f"{first[len(first) * 99 // 100]} 99 of a hundred")


def judge_at(arguments, labels, visits, moment, is_last):
    table = np.zeros((7, 7), int)
    confidence, right, unsure = [], [], 0
    for label, seen in zip(labels, visits):
        if len(seen) < moment or not seen[moment - 1]:
            continue
        face = max(seen[moment - 1], key=lambda face: face["box"][2])
        table[label, LABELS.index(face["emotion"])] += 1
        unsure += face.get("unsure", False)
        confidence.append(max(face["probabilities"]))
        right.append(int(np.argmax(face["probabilities"])) == label)
    count = [labels.count(label) for label in range(7)]
    recall = [table[i, i] / count[i] for i in range(7) if count[i]]
    error = calibration_error(np.array(confidence), np.array(right, float))
    print(f"{arguments.usage}, {len(labels)} photographs after {moment / RATE:.1f} s, {len(labels) - len(right)} not found: "
          f"{np.trace(table) / len(labels):.1%} right, mean recall {np.mean(recall):.3f}, calibration error {error:.3f} "
          f"(says {np.mean(confidence):.1%}, {np.mean(right):.1%} are), {unsure / len(confidence):.1%} unsure")
    for i, label in enumerate(LABELS if is_last else []):
        print(f"{label:9}", *(f"{value:4}" for value in table[i]), f"of {count[i]}")


if __name__ == "__main__":
    main()
