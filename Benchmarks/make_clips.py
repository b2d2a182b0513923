#!/usr/bin/env python3
"""Makes the clips on which `raut run` is measured, from the picture in Tests/Fixtures.

    make_clips.py FOLDER        talk.mp4: 640x480, 30 frames/s, 20 seconds, one face that moves and talks
                                crowd.mp4: 1920x1080, 30 frames/s, 20 seconds, four faces that do

Needs numpy, opencv-python-headless and the ffmpeg program.
"""
import os
import subprocess
import sys

import cv2
import numpy as np

PICTURE = os.path.join(os.path.dirname(__file__), "..", "Tests", "Fixtures", "astronaut.png")
EYES, MOUTH = (225.0, 105.0), (222.0, 146.0)
SECONDS, RATE = 20, 30


def open_mouth(u, v, pixels):
    """Where each pixel comes from when the mouth is opened by so many pixels of the picture."""
    near = np.exp(-(((u - MOUTH[0]) / 22) ** 2) - ((v - MOUTH[1]) / 14) ** 2)
    return v - 0.8 * pixels * near * np.tanh((v - MOUTH[1] + 4) / 4)


def draw(frame, picture, left, right, t, phase, scale):
    """Draws the person into the columns from left to right, at a time in seconds."""
    height = frame.shape[0]
    y, x = np.mgrid[0:height, left:right].astype(np.float32)
    scale *= 1 + 0.1 * np.sin(2 * np.pi * t / 7 + phase)
    center_x = (left + right) / 2 + 0.06 * (right - left) * np.sin(2 * np.pi * t / 5 + phase)
    center_y = height * (0.42 + 0.03 * np.sin(2 * np.pi * t / 3.3 + phase))
    u = (x - center_x) / scale + EYES[0]
    v = (y - center_y) / scale + EYES[1]
    talks = np.sin(2 * np.pi * t / 2.3 + phase) > -0.3
    v = open_mouth(u, v, 8 * (0.5 + 0.5 * np.sin(2 * np.pi * t * 3.1)) if talks else 0)
    frame[:, left:right] = cv2.remap(
        picture, u.astype(np.float32), v.astype(np.float32), cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_CONSTANT, borderValue=(70, 70, 70))


def make(path, width, height, people, scale):
    picture = cv2.imread(PICTURE)
    noise = np.random.default_rng(1).normal(0, 3, (height * 2, width, 3)).astype(np.int16)
    encoder = subprocess.Popen(
        ["ffmpeg", "-y", "-loglevel", "error", "-f", "rawvideo", "-pix_fmt", "bgr24", "-s", f"{width}x{height}",
         "-r", str(RATE), "-i", "-", "-c:v", "libx264", "-preset", "veryfast", "-crf", "18", "-pix_fmt", "yuv420p",
         path], stdin=subprocess.PIPE)
    for number in range(SECONDS * RATE):
        frame = np.empty((height, width, 3), np.uint8)
        for person in range(people):
            draw(frame, picture, width * person // people, width * (person + 1) // people, number / RATE,
                 2.1 * person, scale)
        # A sensor's noise, which keeps a face from being the same in two frames.
        first = (number * 37) % height
        grained = np.clip(frame.astype(np.int16) + noise[first:first + height], 0, 255)
        encoder.stdin.write(grained.astype(np.uint8).tobytes())
    encoder.stdin.close()
    if encoder.wait() != 0:
        sys.exit(f"{path}: ffmpeg could not write it")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    os.makedirs(sys.argv[1], exist_ok=True)
    make(os.path.join(sys.argv[1], "talk.mp4"), 640, 480, 1, 1.5)
    make(os.path.join(sys.argv[1], "crowd.mp4"), 1920, 1080, 4, 1.6)
