#!/usr/bin/env python3
"""Draws the pictures of this folder from the rule of docs/semantics.md: column j (0 = the deepest) fires at
step i exactly when 2^j divides i, and all columns that fire at a step are joined in one mean.

    docs/pictures/draw.py            writes them
    docs/pictures/draw.py --check    fails if one is not what this script draws
"""

import pathlib
import sys

PITCH, ROW, TOP = 92, 58, 118  # between columns, between steps, from the top to the first step's boxes
BOX_WIDTH, BOX_HEIGHT = 68, 24
STYLE = """<style>
    text { font: 13px system-ui, sans-serif; fill: #334155; }
    .small { font-size: 11.5px; fill: #64748b; }
    .wire { stroke: #94a3b8; stroke-width: 1.6; fill: none; }
    .firing { fill: #dbeafe; stroke: #2563eb; stroke-width: 1.4; }
    .join { stroke: #15803d; stroke-width: 6; stroke-linecap: round; }
    .mean { fill: #15803d; }
    .pool { fill: #fef3c7; stroke: #b45309; stroke-width: 1.4; }
    @media (prefers-color-scheme: dark) {
      text { fill: #cbd5e1; }
      .small { fill: #94a3b8; }
      .firing { fill: #1e3a5f; stroke: #60a5fa; }
      .join { stroke: #4ade80; }
      .mean { fill: #4ade80; }
      .pool { fill: #45330f; stroke: #fbbf24; }
    }
  </style>"""


def text(x, y, words, anchor="middle", kind=""):
    kind = f' class="{kind}"' if kind else ""
    return f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}"{kind}>{words}</text>'


def line(x1, y1, x2, y2, kind="wire"):
    return f'<line class="{kind}" x1="{x1:g}" y1="{y1:g}" x2="{x2:g}" y2="{y2:g}"/>'


def box(x, y, words, kind):
    rectangle = f'<rect class="{kind}" x="{x - BOX_WIDTH / 2:g}" y="{y - BOX_HEIGHT / 2:g}" '
    return [rectangle + f'width="{BOX_WIDTH}" height="{BOX_HEIGHT}" rx="5"/>', text(x, y + 4.5, words)]


def fired(step, columns):
    """How many columns fire at a step: 0 to that number - 1."""
    return sum(step % 2**column == 0 for column in range(columns))


def unit(columns, left, label):
    """A unit's fractal, column 0 on the right; and the height it takes."""
    steps = 2 ** (columns - 1)
    x = [left + (columns - 1 - column) * PITCH for column in range(columns)]
    centre = (x[0] + x[-1]) / 2
    y = [TOP + step * ROW for step in range(steps + 1)]  # y[step] is the row of step + 1
    end = y[steps - 1] + 28
    parts = [text(centre, 22, label), line(centre, 30, centre, 52), line(x[-1], 52, x[0], 52)]
    for column in range(columns):
        parts.append(text(x[column] + 8, 72, f"column {column}", "start", "small"))
        parts.append(line(x[column], 52, x[column], end))
    for step in range(1, steps + 1):
        row, joined = y[step - 1], fired(step, columns)
        for column in range(joined):
            parts += box(x[column], row, "firing", "firing")
        if joined > 1:
            parts.append(line(x[joined - 1], row + 28, x[0], row + 28, "join"))
            parts.append(text(x[0] + 40, row + 32, f"mean of {joined}", "start", "mean"))
    parts.append(line(centre, end + 3, centre, end + 26))
    parts += box(centre, end + 38, "2×2 pool", "pool")
    parts.append(line(centre, end + 50, centre, end + 70))
    return parts, end + 86, y


def svg(width, height, title, description, parts):
    body = "\n  ".join([STYLE, *parts])
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}" '
            f'height="{height:g}" role="img" aria-label="{title}">\n  <title>{title}</title>\n'
            f"  <desc>{description}</desc>\n  {body}\n</svg>\n")


def one_unit():
    parts, height, rows = unit(4, 120, "z, the unit's input")
    parts += [text(28, y + 4, f"step {step}", "start", "small") for step, y in enumerate(rows[:-1], 1)]
    parts.append(text(120 + 1.5 * PITCH, height - 2, "to the next unit, or to the head"))
    return svg(560, height + 8, "One unit of a fractal network with four columns",
               "Column j fires at each step that 2 to the j divides: column 0 at all eight, column 3 at the "
               "last. A bar is a join: the mean of all columns that fired at that step.", parts)


def few_columns():
    parts, heights, left = [], [], 60
    for columns in (1, 2, 3):
        drawn, height, _ = unit(columns, left, "z")
        parts += drawn
        heights.append(height)
        left += (columns - 1) * PITCH + 200
    return svg(left - 70, max(heights), "Units of one, two and three columns",
               "One column is a chain. Two columns: two firings beside one. Three columns: the fractal of "
               "two, twice, beside one firing.", parts)


def main():
    folder, stale = pathlib.Path(__file__).parent, []
    for name, drawn in {"unit-4-columns.svg": one_unit(), "units-1-2-3-columns.svg": few_columns()}.items():
        path = folder / name
        if "--check" not in sys.argv:
            path.write_text(drawn, encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != drawn:
            stale.append(name)
    if stale:
        sys.exit(f"not what docs/pictures/draw.py draws: {', '.join(stale)}; run it")


if __name__ == "__main__":
    main()
