#!/usr/bin/env python3
"""Photographs real windows under Xvfb: contact sheets of made-up scenes in all sizes, and README's window ("make
pictures" calls it).

    docs/pictures/sheets.py [--program .build/release/raut] [--only 640x480] [--output docs/pictures]

Each scene is a picture made of drawn faces (faces.png, by draw_faces.py) on a dark, bright or busy ground, shown by
"raut run --source PICTURE" in a window of its size. Needs xvfb, imagemagick and python3-pil.
"""
import argparse
import io
import os
import pathlib
import random
import signal
import subprocess
import tempfile
import threading
import time

from PIL import Image, ImageDraw

HERE = pathlib.Path(__file__).parent
EMOTIONS = ["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"]
SIZES = [(320, 240, 96), (640, 480, 96), (1280, 720, 96), (1920, 1080, 96), (3840, 2160, 192)]
CELL = 176  # pixels of a face in faces.png


def face(sheet, number):
    column, row = number % 7, number // 7 % (sheet.height // CELL)
    return sheet.crop((column * CELL, row * CELL, (column + 1) * CELL, (row + 1) * CELL))


def ground(kind, width, height, seed):
    random.seed(seed)
    if kind == "bright":
        return Image.new("RGB", (width, height), (255, 255, 255))
    if kind == "dark":
        return Image.new("RGB", (width, height), (0, 0, 0))
    picture = Image.new("RGB", (width, height), (120, 120, 120))
    draw = ImageDraw.Draw(picture)
    for _ in range(400):
        x, y, s = random.randrange(width), random.randrange(height), random.randrange(6, max(8, height // 7))
        draw.rectangle((x, y, x + s, y + s // 2), fill=tuple(random.randrange(256) for _ in range(3)))
    return picture


def row(count, y, size, first=0.5, step=1.0):
    return [((first + i * step) / count, y, size, 0) for i in range(count)]


# Each face: its middle as a share of width and height, its size as a share of the height, its tilt in degrees.
SCENES = {
    "nobody": ("bright", []),
    "one, bright": ("bright", [(0.5, 0.5, 0.7, 0)]),
    "one, dark": ("dark", [(0.42, 0.52, 0.7, 0)]),
    "four, busy": ("busy", [((i + 0.5) / 4, 0.55, 0.52, 0) for i in range(4)]),
    "nine": ("dark", [((i % 3 + 0.5) / 3, (i // 3 + 0.5) / 3, 0.36, 0) for i in range(9)]),
    "twenty": ("bright", [((i % 5 + 0.5) / 5, (i // 5 + 0.5) / 4, 0.27, 0) for i in range(20)]),
    "border": ("busy", [(0.1, 0.25, 0.55, 0), (0.9, 0.75, 0.55, 0), (0.5, 0.2, 0.5, 0)]),
    "overlapping": ("dark", [(0.4, 0.5, 0.6, 0), (0.56, 0.56, 0.6, 0), (0.72, 0.5, 0.6, 0)]),
    "tilted": ("bright", [(0.3, 0.5, 0.6, 20), (0.7, 0.5, 0.6, -20)]),
    "tiny": ("dark", [(0.2 + 0.2 * i, 0.5, 0.25, 0) for i in range(4)]),
    "huge": ("busy", [(0.5, 0.45, 1.3, 0)]),
    "group": ("busy", [((i + 0.5) / 7, 0.42 + 0.16 * (i % 2), 0.4, 0) for i in range(7)]),
}


def compose(sheet, scene, width, height):
    kind, faces = SCENES[scene]
    picture = ground(kind, width, height, scene)
    for number, (x, y, size, tilt) in enumerate(faces):
        pixels = round(size * height)
        one = face(sheet, number * 3 + (3 if len(faces) == 1 else 0)).resize((pixels, pixels), Image.LANCZOS)
        one = one.rotate(-tilt, Image.BICUBIC)
        picture.paste(one, (round(x * width - pixels / 2), round(y * height - pixels / 2)), one)
    return picture


def screen_of(display):
    png = subprocess.run(["import", "-display", display, "-window", "root", "png:-"], check=True, timeout=60,
                         stdout=subprocess.PIPE).stdout
    return Image.open(io.BytesIO(png)).convert("RGB")


def photograph(program, source, width, height, dpi, wait, arguments=()):
    """What a window of a size shows after some seconds."""
    # The window takes 95 % of the screen's width or 90 % of its height.
    screen = (int(width / 0.95) + 2, int(height / 0.9) + 2)
    read, write = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write), "-screen", "0", f"{screen[0]}x{screen[1]}x24", "-dpi", str(dpi),
         "-nolisten", "tcp"], pass_fds=[write], stderr=subprocess.DEVNULL)
    os.close(write)
    display = ":" + os.read(read, 16).decode().strip()
    environment = dict(os.environ, DISPLAY=display, LC_ALL="C.UTF-8")
    environment.pop("WAYLAND_DISPLAY", None)
    raut = subprocess.Popen([program, "run", "--source", str(source), "--json", "--events", "frames", *arguments],
                            env=environment, stdout=subprocess.PIPE)
    try:
        # From the first frame worked on: labels have faded in by then, and no busy machine is too late.
        for line in raut.stdout:
            if b'"event":"frame"' in line:
                break
        threading.Thread(target=raut.stdout.read, daemon=True).start()
        time.sleep(wait)
        for _ in range(20):
            shown = screen_of(display)
            # Nothing is drawn yet where all is black: each window has a bright line of words at least.
            if max(high for _, high in shown.getextrema()) > 100:
                break
            time.sleep(1)
    finally:
        raut.send_signal(signal.SIGTERM)
        try:
            raut.wait(10)
        except subprocess.TimeoutExpired:
            raut.kill()
        server.terminate()
        server.wait()
    left, top = (screen[0] - width) // 2, (screen[1] - height) // 2
    return shown.crop((left, top, left + width, top + height))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default=".build/release/raut")
    parser.add_argument("--output", default=str(HERE))
    parser.add_argument("--only", default="", help="a size such as 640x480, or readme")
    parser.add_argument("--wait", type=float, default=2, help="seconds from the first frame to the photograph")
    arguments = parser.parse_args()
    sheet = Image.open(HERE / "faces.png").convert("RGBA")
    if arguments.only in ("", "readme"):
        window = photograph(arguments.program, HERE / "group.jpg", 1280, 720, 96, arguments.wait)
        window.save(f"{arguments.output}/window.jpg", quality=86)
        print(f"{arguments.output}/window.jpg", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        for width, height, dpi in SIZES:
            if arguments.only and arguments.only != f"{width}x{height}":
                continue
            across, thumb = 3, (480, round(480 * height / width))
            rows = -(-len(SCENES) // across)
            contact = Image.new("RGB", (across * (thumb[0] + 8), rows * (thumb[1] + 24)), (60, 60, 64))
            for place, scene in enumerate(SCENES):
                path = pathlib.Path(folder) / "scene.png"
                compose(sheet, scene, width, height).save(path)
                shown = photograph(arguments.program, path, width, height, dpi,
                                   arguments.wait, ("--min-size", str(max(24, height // 12))))
                x, y = place % across * (thumb[0] + 8) + 4, place // across * (thumb[1] + 24) + 20
                contact.paste(shown.resize(thumb, Image.LANCZOS), (x, y))
                ImageDraw.Draw(contact).text((x, y - 16), f"{scene}, {width}x{height}", fill=(240, 240, 240))
            contact.save(f"{arguments.output}/windows-{width}x{height}.jpg", quality=68)
            print(f"{arguments.output}/windows-{width}x{height}.jpg", flush=True)


if __name__ == "__main__":
    main()
