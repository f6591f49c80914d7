"""Line plots as SVG, of the figures of a report. Colours hold on white and on black pages."""

import math
import pathlib

WIDTH, HEIGHT = 640, 320
LEFT, RIGHT, TOP, BOTTOM = 64, 16, 40, 48
COLOURS = ("#2f7ed8", "#d9822b", "#3a9d5d", "#b04ac2")


def ticks(low, high):
    """At most six round numbers from `low` to `high`."""
    rough = (high - low) / 5 or 1
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * n for n in (1, 2, 2.5, 5, 10) if power * n >= rough * (1 - 1e-9))
    first = math.ceil(low / step - 1e-9)
    return [i * step for i in range(first, math.floor(high / step + 1e-9) + 1)]


def line_plot(file, title, x_label, y_label, series, x_from=None):
    """Writes lines through points. `series` is {name: [(x, y), …]}; the vertical axis begins at 0."""
    points = [point for line in series.values() for point in line]
    low = min(x for x, _ in points) if x_from is None else x_from
    high = max(x for x, _ in points)
    top = 1.05 * max(y for _, y in points) or 1

    def place(x, y):
        return (LEFT + (x - low) / ((high - low) or 1) * (WIDTH - LEFT - RIGHT),
                HEIGHT - BOTTOM - y / top * (HEIGHT - TOP - BOTTOM))

    def text(x, y, words, anchor="middle", more=""):
        return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" {more}>{words}</text>'

    lines = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" '
             'font-size="12" fill="#808080">', text(WIDTH / 2, 18, title, more='font-size="14"')]
    for y in ticks(0, top):
        _, at = place(low, y)
        lines.append(f'<path d="M{LEFT} {at:.1f}H{WIDTH - RIGHT}" stroke="#808080" stroke-opacity="0.3"/>')
        lines.append(text(LEFT - 6, at + 4, f"{y:g}", "end"))
    for x in ticks(low, high):
        at, _ = place(x, 0)
        lines.append(text(at, HEIGHT - BOTTOM + 18, f"{x:g}"))
    lines.append(text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 10, x_label))
    lines.append(text(16, (TOP + HEIGHT - BOTTOM) / 2, y_label, more=f'transform="rotate(-90 16 '
                      f'{(TOP + HEIGHT - BOTTOM) / 2:.0f})"'))
    for number, ((name, line), colour) in enumerate(zip(series.items(), COLOURS)):
        path = "L".join("{:.1f} {:.1f}".format(*place(x, y)) for x, y in line)
        lines.append(f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        if len(line) < 40:
            lines += ['<circle cx="{:.1f}" cy="{:.1f}" r="3" fill="{}"/>'.format(*place(x, y), colour) for x, y in line]
        if len(series) > 1:
            lines.append(text(LEFT + 8, TOP + 14 * number, name, "start", f'style="fill:{colour}"'))
    lines.append("</svg>")
    pathlib.Path(file).write_text("\n".join(lines) + "\n", encoding="utf-8")
