#!/usr/bin/env python3
"""What each option of the recipe `fast` brings: trials with all of them beside trials that lack one.

Trains on the 10,000 images of CIFAR-10's first batch file, holds none out and judges by the test images, which no trial
sees before its end. A pair shares variant, seed, order and augmentation where these are not what is changed. A run that
was stopped goes on where it was: give the same --run.

    bench/recipe_ablation.py --data-dir cifar-10-batches-bin --run runs/ablation
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

VARIANTS = ("compact/d3-c2-conv3.bn.relu", "compact/d3-c3-conv3.relu")

# What is taken away, and the flags that do so.
CHANGES = {
    "nothing": [],
    "variance-keeping initialisation (Xavier's instead)": ["--init", "xavier"],
    "one-cycle schedule (half the rate, constant)": ["--schedule", "constant", "--lr", "0.1"],
    "Nesterov": ["--no-nesterov"],
    "decoupling of weight decay (5e-4 as a penalty)": ["--no-decoupled-decay", "--weight-decay", "5e-4"],
    "weight decay": ["--weight-decay", "0"],
    "label smoothing": ["--label-smoothing", "0"],
    "translation": ["--translate", "0"],
    "reflecting padding (zeros instead)": ["--pad", "zero"],
    "alternation of flips (at random instead)": ["--flip", "random"],
    "flips": ["--flip", "none"],
    "weight averaging": ["--weight-average", "0"],
}


def run_of(options: argparse.Namespace, change: str) -> pathlib.Path:
    return options.run / f"without-{list(CHANGES).index(change)}"


def train(options: argparse.Namespace) -> None:
    folder = subset(options.data_dir, options.run)
    for seed in range(options.seeds):  # all pairs of a seed before the next seed
        for change, flags in CHANGES.items():
            for variant in options.variants:
                command = [options.program, "train", variant, "--data", "cifar10", "--data-dir", folder]
                command += ["--recipe", "fast", "--epochs", options.epochs, "--validation-images", 0, *flags]
                command += ["--seed", seed, "--threads", options.threads, "--no-weights", "--run", run_of(options, change)]
                subprocess.run([str(word) for word in command], check=True, stdout=subprocess.DEVNULL)


def accuracies(options: argparse.Namespace) -> dict[tuple[str, str, int], float]:
    """Test accuracy in percent by change, variant and seed; 10 where a trial failed, as chance has it."""
    found = {}
    for change in CHANGES:
        with sqlite3.connect(run_of(options, change) / "results.sqlite") as store:
            for variant, seed, accuracy, disposition in store.execute(
                "SELECT trial.variant, recipe.seed, trial.test_accuracy, trial.disposition "
                "FROM trial JOIN recipe ON recipe.id = trial.recipe"
            ):
                if disposition not in ("finished", "failed"):
                    sys.exit(f"{change}: {variant}, seed {seed} is {disposition}")
                found[change, variant, seed] = 100 * accuracy if disposition == "finished" else 10.0
    return found


def report(options: argparse.Namespace, found: dict[tuple[str, str, int], float]) -> list[dict]:
    rows = []
    for variant in options.variants:
        whole = [found["nothing", variant, seed] for seed in range(options.seeds)]
        for change in CHANGES:
            ours = [found[change, variant, seed] for seed in range(options.seeds)]
            row = {"variant": variant, "without": change, "accuracies": ours}
            if change != "nothing":
                mean, half = interval([a - b for a, b in zip(whole, ours, strict=True)])
                row["brings"] = {"mean": mean, "low": mean - half, "high": mean + half}
            rows.append(row)
    return rows


def table(rows: list[dict]) -> str:
    lines = ["| variant | without | accuracy, % | it brings, points | 95 % |", "| --- | --- | --- | --- | --- |"]
    for row in rows:
        accuracy = f"{statistics.mean(row['accuracies']):.2f} ± {statistics.stdev(row['accuracies']):.2f}"
        brings = row.get("brings")
        gain = f"{brings['mean']:+.2f} | {brings['low']:+.2f} to {brings['high']:+.2f}" if brings else "|"
        lines.append(f"| `{row['variant']}` | {row['without']} | {accuracy} | {gain} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", type=pathlib.Path, default="build/bin/fractal", help="the built driver")
    parser.add_argument("--data-dir", type=pathlib.Path, required=True, help="folder of CIFAR-10's binary version")
    parser.add_argument("--run", type=pathlib.Path, required=True, help="folder for the trials, begun or to go on with")
    parser.add_argument("--variants", nargs="+", default=VARIANTS)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--seeds", type=int, default=3, help="seeds 0, 1, … of each variant; two at least")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--json", type=pathlib.Path, help="write the figures to this file too")
    options = parser.parse_args()
    if options.seeds < 2:
        parser.error("--seeds: expected 2 or more, since deviations are shown")
    train(options)
    rows = report(options, accuracies(options))
    if options.json:
        options.json.write_text(json.dumps({"epochs": options.epochs, "rows": rows}, indent=1) + "\n")
    print(table(rows))


if __name__ == "__main__":
    main()
