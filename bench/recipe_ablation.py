#!/usr/bin/env python3
"""What each option of the recipe `fast` brings: trials with all of them beside trials that lack one, and what options
would bring that it does not have.

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

# With normalisation, without, and with a head of many inputs.
VARIANTS = ("compact/d3-c2-conv3.bn.relu", "compact/d3-c3-conv3.relu", "paper/d2-c1-conv3.bn.relu")

# What is taken from the recipe, and the flags that do so.
WITHOUT = {
    "Muon (SGD for all weights)": ["--optimizer", "sgd"],
    "variance-keeping initialisation (Xavier's instead)": ["--init", "xavier"],
    "one-cycle schedule (half the rate, constant)": ["--schedule", "constant", "--lr", "0.1"],
    "Nesterov": ["--no-nesterov"],
    "a lower rate for heads of many inputs": ["--head-inputs", "0"],
    "weight decay": ["--weight-decay", "0"],
    "clipping": ["--clip-norm", "0"],
    "translation": ["--translate", "0"],
    "reflecting padding (zeros instead)": ["--pad", "zero"],
    "alternation of flips (at random instead)": ["--flip", "random"],
    "flips": ["--flip", "none"],
    "weight averaging": ["--weight-average", "0"],
}

# What is changed in it. Beside the gradient momentum does not multiply the decay, so ten times as much of it is as much.
WITH = {
    "decoupled weight decay (5e-3 beside the gradient)": ["--decoupled-decay", "--weight-decay", "5e-3"],
    "label smoothing of 0.1": ["--label-smoothing", "0.1"],
    "convolutions without Winograd's filtering": ["--kernels", "direct"],
}

WHOLE = "fast"
TRIALS = {WHOLE: []} | {f"without {what}": flags for what, flags in WITHOUT.items()}
TRIALS |= {f"with {what}": flags for what, flags in WITH.items()}


def run_of(options: argparse.Namespace, trial: str) -> pathlib.Path:
    return options.run / str(list(TRIALS).index(trial))


def train(options: argparse.Namespace) -> None:
    folder = subset(options.data_dir, options.run)
    for seed in range(options.seeds):  # all pairs of a seed before the next seed
        for trial, flags in TRIALS.items():
            for variant in options.variants:
                command = [options.program, "train", variant, "--data", "cifar10", "--data-dir", folder]
                command += ["--recipe", "fast", "--epochs", options.epochs, "--validation-images", 0, *flags]
                command += ["--seed", seed, "--threads", options.threads, "--no-weights", "--run", run_of(options, trial)]
                subprocess.run([str(word) for word in command], check=True, stdout=subprocess.DEVNULL)


def accuracies(options: argparse.Namespace) -> dict[tuple[str, str, int], float]:
    """Test accuracy in percent by trial, variant and seed; 10 where one failed, as chance has it."""
    found = {}
    for trial in TRIALS:
        with sqlite3.connect(run_of(options, trial) / "results.sqlite") as store:
            for variant, seed, accuracy, disposition in store.execute(
                "SELECT trial.variant, recipe.seed, trial.test_accuracy, trial.disposition "
                "FROM trial JOIN recipe ON recipe.id = trial.recipe"
            ):
                if disposition not in ("finished", "failed"):
                    sys.exit(f"{trial}: {variant}, seed {seed} is {disposition}")
                found[trial, variant, seed] = 100 * accuracy if disposition == "finished" else 10.0
    return found


def report(options: argparse.Namespace, found: dict[tuple[str, str, int], float]) -> list[dict]:
    rows = []
    for variant in options.variants:
        whole = [found[WHOLE, variant, seed] for seed in range(options.seeds)]
        for trial in TRIALS:
            ours = [found[trial, variant, seed] for seed in range(options.seeds)]
            row = {"variant": variant, "recipe": trial, "accuracies": ours}
            if trial != WHOLE:
                mean, half = interval([b - a for a, b in zip(whole, ours, strict=True)])
                row["change"] = {"mean": mean, "low": mean - half, "high": mean + half}
            rows.append(row)
    return rows


def table(rows: list[dict]) -> str:
    lines = ["| variant | recipe | accuracy, % | change, points | 95 % |", "| --- | --- | --- | --- | --- |"]
    for row in rows:
        accuracy = f"{statistics.mean(row['accuracies']):.2f} ± {statistics.stdev(row['accuracies']):.2f}"
        change = row.get("change")
        gain = f"{change['mean']:+.2f} | {change['low']:+.2f} to {change['high']:+.2f}" if change else "|"
        lines.append(f"| `{row['variant']}` | {row['recipe']} | {accuracy} | {gain} |")
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
