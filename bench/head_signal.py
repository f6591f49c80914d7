#!/usr/bin/env python3
"""How large the signal is at the head of each variant when its weights are drawn, by two ways of drawing them.

    python3 bench/head_signal.py --data-dir data/cifar-10-batches-bin     # docs/results/head-signal.md

`fractal score` on the first training images: the standard deviation of the logits over that of the pixels. By
`keep-variance`, the way of the recipe `fast`, and by `torch-default`, that of the published networks. Goal: within a
factor of 4 for every variant that has a normalisation or is drawn by keep-variance.
"""

import csv
import io
import statistics
import sys

import report

WAYS = ("keep-variance", "torch-default")
FACTOR = 4


def signals(options, way):
    """The signal at the head by variant."""
    printed = report.fractal(options, "score", options.variants, *report.data_flags(options), "--init", way,
                             "--only", "head-signal", "--images", options.images, "--threads", options.threads, "--csv")
    return {row["variant"]: float(row["head_signal"]) for row in csv.DictReader(io.StringIO(printed))}


def outside(values):
    return {name: value for name, value in values.items() if not 1 / FACTOR <= value <= FACTOR}


def paragraphs(measured):
    rows, beyond = [], []
    for way, found in measured["signals"].items():
        for normalised in (True, False):
            group = {name: value for name, value in found.items() if (".bn" in name or "-bn" in name) == normalised}
            if len(group) < 2:
                continue
            wanted = normalised or way == "keep-variance"
            low, middle, high = statistics.quantiles(group.values(), n=4, method="inclusive")
            rows.append([f"`{way}`, {'with' if normalised else 'without'} normalisation", len(group),
                         *(f"{value:.3g}" for value in (min(group.values()), low, middle, high, max(group.values()))),
                         len(outside(group)), "" if not wanted else "**no**" if outside(group) else "yes"])
            if way == "keep-variance":
                beyond += [[f"`{name}`", f"{value:.3g}"] for name, value in sorted(outside(group).items())]
    text = ["Standard deviation of the logits over that of the pixels, at initialisation, in training mode: quartiles "
            f"over the variants, and how many lie outside 1/{FACTOR} to {FACTOR}. The value of each: head-signal.json.",
            report.table(["weights drawn by", "variants", "least", "lower quartile", "median", "upper quartile", "most",
                          "outside", "goal met"], rows)]
    if beyond:
        text.append("## Outside with keep-variance\n\n" + report.table(["variant", "signal"], beyond))
    return text


def main():
    parser = report.arguments(__doc__)
    report.data_argument(parser)
    parser.add_argument("--variants", default="*", help="names or a glob (all)")
    parser.add_argument("--images", type=int, default=16, help="images of the batch (16)")
    parser.add_argument("--threads", type=int, default=0, help="of the processor (one for each core)")
    options = report.parsed(parser)
    if options.quick:
        options.variants = "compact/d1-c[12]-*"
    measured = {"context": report.context(threads=options.threads or report.CORES, seeds="0, of the weights",
                                          note=f"{options.images} images, fp32"),
                "signals": {way: signals(options, way) for way in WAYS}}
    report.write(options.output, "head-signal", "The signal at the head", measured, paragraphs(measured))
    return 0


if __name__ == "__main__":
    sys.exit(main())
