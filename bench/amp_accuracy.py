#!/usr/bin/env python3
"""What bf16 costs in accuracy: the same trials with --amp bf16 and --amp off, compared pair by pair.

Trains on the 10,000 images of CIFAR-10's first batch file and judges by the test images, which no trial sees before
its end. A run that was stopped goes on where it was: give the same --run.

    bench/amp_accuracy.py --data-dir cifar-10-batches-bin --run runs/amp

With --part 1/2 and --part 2/2 two processes share the work, in one folder; the last to end shows the result.
"""

from __future__ import annotations

import argparse
import json
import pathlib
import sqlite3
import statistics
import subprocess
import sys

from pairs import interval, subset

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
PRECISIONS = ("off", "bf16")


def train(options: argparse.Namespace) -> None:
    folder = subset(options.data_dir, options.run)
    part, parts = options.part
    for variant in VARIANTS[part - 1 :: parts]:
        for precision in PRECISIONS:
            command = [options.program, "train", variant, "--data", "cifar10", "--data-dir", folder]
            command += ["--recipe", "fast", "--epochs", options.epochs, "--validation-images", 0]
            command += ["--seeds", options.seeds, "--amp", precision, "--threads", options.threads]
            command += ["--no-weights", "--run", options.run / f"part-{part}-of-{parts}"]
            subprocess.run([str(word) for word in command], check=True, stdout=subprocess.DEVNULL)


def accuracies(run: pathlib.Path) -> dict[tuple[str, int, str], float]:
    """Test accuracy in percent by variant, seed and precision."""
    rows = []
    for file in sorted(run.glob("*/results.sqlite")):
        rows += sqlite3.connect(file).execute(
            "SELECT trial.variant, recipe.seed, recipe.amp, trial.test_accuracy, trial.disposition, trial.reason "
            "FROM trial JOIN recipe ON recipe.id = trial.recipe"
        )
    for variant, seed, precision, _, disposition, reason in rows:
        if disposition in ("failed", "skipped"):
            sys.exit(f"amp_accuracy: {variant}, seed {seed}, {precision} is {disposition}: {reason}")
    return {
        (variant, seed, precision): 100 * accuracy
        for variant, seed, precision, accuracy, disposition, _ in rows
        if disposition == "finished"
    }


def report(found: dict[tuple[str, int, str], float]) -> dict:
    variants = sorted({variant for variant, _, _ in found})
    seeds = sorted({seed for _, seed, _ in found})
    rows = []
    for variant in variants:
        plain = [found[variant, seed, "off"] for seed in seeds]
        mixed = [found[variant, seed, "bf16"] for seed in seeds]
        rows.append({"variant": variant, "off": plain, "bf16": mixed})
    by_pair = [b - a for row in rows for a, b in zip(row["off"], row["bf16"], strict=True)]
    by_variant = [statistics.mean(row["bf16"]) - statistics.mean(row["off"]) for row in rows]
    summary = {}
    for name, differences in (("pairs", by_pair), ("variants", by_variant)):
        mean, half = interval(differences)
        summary[name] = {"n": len(differences), "mean": mean, "low": mean - half, "high": mean + half}
    return {"seeds": seeds, "rows": rows, "bf16_minus_fp32": summary}


def table(result: dict) -> str:
    lines = ["| variant | fp32 | bf16 | difference |", "| --- | --- | --- | --- |"]
    for row in result["rows"]:
        off, bf16 = row["off"], row["bf16"]
        difference = statistics.mean(bf16) - statistics.mean(off)
        lines.append(
            f"| `{row['variant']}` | {statistics.mean(off):.2f} ± {statistics.stdev(off):.2f} "
            f"| {statistics.mean(bf16):.2f} ± {statistics.stdev(bf16):.2f} | {difference:+.2f} |"
        )
    lines.append("")
    for name, figure in result["bf16_minus_fp32"].items():
        lines.append(
            f"bf16 - fp32 over {figure['n']} {name}: {figure['mean']:+.2f} points, "
            f"95 % interval {figure['low']:+.2f} to {figure['high']:+.2f}"
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description="Accuracy of bf16 against fp32, pair by pair.")
    parser.add_argument("--program", type=pathlib.Path, default="build/bin/fractal", help="the built driver")
    parser.add_argument("--data-dir", type=pathlib.Path, required=True, help="folder of CIFAR-10's binary version")
    parser.add_argument("--run", type=pathlib.Path, required=True, help="folder for the trials, begun or to go on with")
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--seeds", type=int, default=3, help="seeds 0, 1, … of each variant; two at least")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--json", type=pathlib.Path, help="write the figures to this file too")
    parser.add_argument("--part", default="1/1", metavar="I/N", help="train one part of the variants only")
    options = parser.parse_args()
    options.part = [int(number) for number in options.part.split("/")]
    if options.seeds < 2:
        parser.error("--seeds: expected 2 or more, since deviations are shown")
    train(options)
    found = accuracies(options.run)
    wanted = len(VARIANTS) * options.seeds * len(PRECISIONS)
    if len(found) < wanted:
        print(f"this part is done; other parts have still {wanted - len(found)} of {wanted} trials to train")
        return
    result = report(found)
    if options.json:
        options.json.write_text(json.dumps(result, indent=1) + "\n")
    print(table(result))


if __name__ == "__main__":
    main()
