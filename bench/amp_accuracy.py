#!/usr/bin/env python3
"""What bf16 costs in accuracy: the same trials with --amp bf16 and --amp off, compared pair by pair.

    python3 bench/amp_accuracy.py --data-dir data/cifar-10-batches-bin     # docs/results/amp-accuracy.md
"""

import statistics
import sys

import pairs
import report

VARIANTS = (
    "compact/d2-c1-conv3.relu",
    "compact/d2-c1-conv3.bn.relu",
    "compact/d2-c1-conv3.relu.bn",
    "compact/d2-c1-bn.conv3.relu",
    "compact/d1-c2-conv3.relu",
    "compact/d1-c2-relu.conv3.bn",
    "compact/d3-c1-conv3.relu",
    "compact/d3-c1-conv3.bn.relu",
)
PRECISIONS = {"fp32": ["--amp", "off"], "bf16": ["--amp", "bf16"]}


def paragraphs(measured):
    rows, by_pair, by_variant = [], [], []
    for variant, found in measured["accuracies"].items():
        differences = [b - a for a, b in zip(found["fp32"], found["bf16"], strict=True)]
        by_pair += differences
        by_variant.append(statistics.mean(differences))
        rows.append([f"`{variant}`", pairs.mean_text(found["fp32"]), pairs.mean_text(found["bf16"]), f"{by_variant[-1]:+.2f}"])
    text = ["Accuracy on the test images in percent, mean and standard deviation over the seeds.",
            report.table(["variant", "fp32", "bf16", "difference"], rows)]
    if len(by_variant) > 1:
        text.append(report.table(["bf16 - fp32, points, over", "number", "mean", "95 % interval"],
                                 [[name, len(found), *pairs.change_cells(found)]
                                  for name, found in (("pairs", by_pair), ("variants", by_variant))]))
    return text


def main():
    options = pairs.parsed(pairs.arguments(__doc__, "amp-accuracy", VARIANTS))
    measured = {"context": pairs.context(options)}
    found = pairs.train(options, PRECISIONS, options.variants)
    measured["accuracies"] = {variant: {precision: found[precision, variant] for precision in PRECISIONS}
                              for variant in options.variants}
    report.write(options.output, "amp-accuracy", "Accuracy of bf16 against fp32", measured, paragraphs(measured))
    return 0


if __name__ == "__main__":
    sys.exit(main())
