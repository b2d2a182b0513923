#!/usr/bin/env python3
"""How steady is the emotion of a face that talks, and how soon is a smile told? On the clip of make_talkers.py.

    measure_talkers.py FOLDER [--raut .build/release/raut] [--keep events.jsonl] [--changes]

With --changes by the lines that tell changes, as live: a face is looked at when its picture changed. Without, each frame is.
"""

import argparse
import collections
import json
import pathlib
import statistics
import subprocess


def frames_of(changes):
    """What each frame would say of the faces in view, from lines that tell changes alone."""
    frames, faces, number = [], {}, 0
    for event in changes:
        if event["event"] in ("appeared", "changed", "left"):
            frames += [{"faces": list(faces.values())}] * (event["frame"] - 1 - number)
            number = max(number, event["frame"] - 1)
            if event["event"] == "left":
                faces.pop(event["face"], None)
            else:
                faces[event["face"]] = event
    return frames + [{"faces": list(faces.values())}]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--raut", default=".build/release/raut")
    parser.add_argument("--keep", help="write the events there")
    parser.add_argument("--changes", action="store_true", help="by lines that tell changes")
    arguments = parser.parse_args()
    folder = pathlib.Path(arguments.folder)
    people = json.loads((folder / "talkers.json").read_text())
    command = [arguments.raut, "run", "--source", str(folder / "talkers.mp4"), "--headless", "--as-fast-as-possible",
               "--events", "changes" if arguments.changes else "frames", "--raw"]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    if arguments.keep:
        pathlib.Path(arguments.keep).write_text(text)
    events = list(map(json.loads, text.splitlines()))
    frames = frames_of(events) if arguments.changes else [event for event in events if event["event"] == "frame"]
    changes, raw_changes, seconds, delays, seen, unsure, shown = 0, 0, 0.0, [], 0, 0, collections.Counter()
    for person in people:
        last = raw = None
        delay = None
        for number, event in enumerate(frames):
            t = number / 30
            if not person["talks"] <= t < person["leaves"] or not event["faces"]:
                continue
            face = event["faces"][0]
            if t < person["smiles"] - 1 / 3:
                seconds += 1 / 30
                seen += 1
                unsure += face.get("unsure", False)
                shown[face["emotion"]] += 1
                best = max(range(7), key=face["raw"].__getitem__)
                changes += last is not None and face["emotion"] != last
                raw_changes += raw is not None and best != raw
                last, raw = face["emotion"], best
            elif delay is None and face["emotion"] == "happy" and last != "happy":
                delay = t - person["smiles"]
        if delay is not None:
            delays.append(delay)
    print(f"{changes / seconds * 60:.1f} changes a minute while talking ({raw_changes / seconds * 60:.1f} of the single "
          f"looks' emotion), {100 * unsure / seen:.0f} % unsure; shown: {dict(shown.most_common())}")
    print(f"smiles told: {len(delays)} of {len(people)}, {statistics.median(delays):.2f} s after the face smiles wholly "
          f"(slowest tenth from {sorted(delays)[len(delays) * 9 // 10]:.2f} s)")


if __name__ == "__main__":
    main()
