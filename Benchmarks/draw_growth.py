#!/usr/bin/env python3
"""Draws what `growth.py` measured: docs/growth.json into docs/pictures/growth-*.svg. Needs Python alone.

Lines are told apart by their marks and dashes as well as by colour, and named where they end; colours follow the
reader's light or dark scheme.
"""
import json
import pathlib

ROOT = pathlib.Path(__file__).resolve().parent.parent
WIDTH, HEIGHT = 720, 360
LEFT, RIGHT, TOP, BOTTOM = 64, 590, 52, 304
STYLE = """
text { font: 13px sans-serif; fill: #24292f } .title { font-weight: bold; font-size: 15px } .small { font-size: 12px }
.grid { stroke: #d0d7de; stroke-width: 1 } .axis { stroke: #57606a; stroke-width: 1 }
.line { fill: none; stroke-width: 2.5 } .back { fill: #ffffff }
.one { stroke: #0550ae } .one-mark { fill: #0550ae } .two { stroke: #bc4c00; stroke-dasharray: 7 5 } .two-mark { fill: #bc4c00 }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 } .grid { stroke: #30363d } .axis { stroke: #8b949e } .back { fill: #0d1117 }
  .one { stroke: #79c0ff } .one-mark { fill: #79c0ff } .two { stroke: #ffa657 } .two-mark { fill: #ffa657 }
}"""


def steps(most):
    """A round distance of about five lines up to a value."""
    size = 10 ** len(str(int(most))) / 100
    while most / size > 6:
        size *= 2 if str(size).strip("0.")[:1] in "15" else 2.5
    return size


def number(value):
    return f"{value:g}"


def mark(kind, x, y):
    if kind == "one":
        return f'<circle class="one-mark" cx="{x:.1f}" cy="{y:.1f}" r="4.5"/>'
    return f'<rect class="two-mark" x="{x - 4.5:.1f}" y="{y - 4.5:.1f}" width="9" height="9"/>'


def chart(path, title, across, up, lines, labels=None):
    """A chart of lines `(name, [(x, y)])`; `labels` names places of the lower axis, else they are numbers."""
    xs = [x for _, points in lines for x, _ in points]
    most_x, most_y = max(xs), max(y for _, points in lines for _, y in points) * 1.05
    least_x = min(0, *xs)

    def place(x, y):
        return (LEFT + (x - least_x) / (most_x - least_x) * (RIGHT - LEFT), BOTTOM - y / most_y * (BOTTOM - TOP))

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" role="img">',
        f"<title>{title}</title><style>{STYLE}</style>", f'<rect class="back" width="{WIDTH}" height="{HEIGHT}"/>',
        f'<text class="title" x="{LEFT}" y="24">{title}</text><text class="small" x="{LEFT}" y="42">{up}</text>']
    size = steps(most_y)
    for index in range(int(most_y / size) + 1):
        _, y = place(0, index * size)
        parts.append(f'<line class="{"grid" if index else "axis"}" x1="{LEFT}" x2="{RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(f'<text class="small" x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{number(index * size)}</text>')
    last = -100
    for x in sorted(set(xs)):
        at, _ = place(x, 0)
        parts.append(f'<line class="axis" x1="{at:.1f}" x2="{at:.1f}" y1="{BOTTOM}" y2="{BOTTOM + 5}"/>')
        text = labels[x] if labels else number(x)
        # A name that would touch the one before stands a line lower.
        room = 4 + 7.2 * len(text)
        low = at - last < room
        if not low:
            last = at
        parts.append(f'<text class="small" x="{at:.1f}" y="{BOTTOM + (34 if low else 20)}" text-anchor="middle">{text}</text>')
    parts.append(f'<text class="small" x="{(LEFT + RIGHT) / 2}" y="{HEIGHT - 6}" text-anchor="middle">{across}</text>')
    for kind, (name, points) in zip(["one", "two"], lines):
        at = [place(x, y) for x, y in points]
        parts.append(f'<polyline class="line {kind}" points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in at)}"/>')
        parts += [mark(kind, x, y) for x, y in at]
        parts.append(f'<text x="{at[-1][0] + 12:.1f}" y="{at[-1][1] + 4:.1f}">{name}</text>')
    parts.append("</svg>\n")
    path.write_text("\n".join(parts))


def main():
    data = json.loads((ROOT / "docs/growth.json").read_text())
    folder = ROOT / "docs/pictures"

    def both(rows, x):
        return [("raut", [(x(row), row["raut_ms"]) for row in rows]),
                ("OpenCV + ORT", [(x(row), row["page_ms"]) for row in rows])]

    up = "milliseconds of processor time a frame"
    chart(folder / "growth-sizes.svg", "One face, frames of all sizes", "size of the frame, by its width", up,
          both(data["sizes"], lambda row: row["width"]), {row["width"]: f"{row['width']}×{row['height']}" for row in data["sizes"]})
    chart(folder / "growth-faces.svg", "Faces in a frame of 1920×1080", "faces", up,
          both(data["faces"], lambda row: row["faces"]))
    chart(folder / "growth-readers.svg", "Readers of a line a frame, 640×480 live", "readers of the socket",
          "per cent of one core", [("raut", [(row["readers"], row["percent"]) for row in data["readers"]])])
    chart(folder / "growth-cameras.svg", "Cameras of 640×480 at 30 frames a second, one program each", "cameras",
          "per cent of one core, all together", [("raut", [(row["cameras"], row["percent"]) for row in data["cameras"]])])


main()
