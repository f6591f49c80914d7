#!/usr/bin/env python3
"""What each option of the recipe `fast` brings: trials with all of them beside trials that lack one, and what options
would bring that it does not have.

    python3 bench/recipe_ablation.py --data-dir data/cifar-10-batches-bin     # docs/results/recipe-ablation.md

Trains on the 10,000 images of CIFAR-10's first batch file, holds none out and judges by the test images, which no trial
sees before its end. A pair shares variant, seed, order and augmentation where these are not what is changed. One thread
to a trial and as many trials at once as there are cores. A run that was stopped goes on where it was.
"""

import concurrent.futures
import itertools
import os
import pathlib
import sqlite3
import statistics
import subprocess
import sys

import report
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


def train(options):
    """Test accuracies in percent by trial and variant, one for each seed; 10 where one failed, as chance has it."""
    folder = subset(options.data_dir, options.run)
    program = report.program(options.build, "fractal")

    def one(pair):
        trial, variant = pair
        run = options.run / f"{list(TRIALS).index(trial)}-{variant.replace('/', '-')}"
        command = [program, "train", variant, "--data", "cifar10", "--data-dir", folder, "--recipe", "fast", "--epochs",
                   options.epochs, "--validation-images", 0, *TRIALS[trial], "--seeds", options.seeds, "--threads", 1,
                   "--no-weights", "--run", run]
        done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
        if done.returncode != 0:
            sys.exit(f"recipe_ablation.py: {trial}, {variant}: fractal train ended with {done.returncode}:\n{done.stderr}")
        with sqlite3.connect(run / "results.sqlite") as store:
            rows = store.execute("SELECT test_accuracy, disposition FROM trials ORDER BY seed").fetchall()
        print(f"{trial}, {variant}", file=sys.stderr, flush=True)
        return pair, [100 * accuracy if disposition == "finished" else 10.0 for accuracy, disposition in rows]

    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        return dict(pool.map(one, itertools.product(TRIALS, options.variants)))


def rows_of(found, variants):
    rows = []
    for variant in variants:
        for trial in TRIALS:
            row = {"variant": variant, "recipe": trial, "accuracies": found[trial, variant]}
            if trial != WHOLE:
                mean, half = interval([b - a for a, b in zip(found[WHOLE, variant], found[trial, variant], strict=True)])
                row["change"] = {"mean": mean, "low": mean - half, "high": mean + half}
            rows.append(row)
    return rows


def paragraphs(measured, options):
    text = ["Accuracy on the test images in percent, mean and standard deviation over the seeds, and the change from the whole "
            "recipe: the mean over pairs of one seed, and its 95 % interval by Student's t. Five epochs of 10,000 images are few "
            "steps; what is for longer trainings shows little here, or costs."]
    for variant in options.variants:
        rows = []
        for row in measured["rows"]:
            if row["variant"] != variant:
                continue
            change = row.get("change")
            rows.append([row["recipe"], f"{statistics.mean(row['accuracies']):.2f}", f"{statistics.stdev(row['accuracies']):.2f}",
                         *([f"{change['mean']:+.2f}", f"{change['low']:+.2f} to {change['high']:+.2f}"] if change else ["", ""])])
        text.append(f"## `{variant}`\n\n"
                    + report.table(["recipe", "accuracy", "deviation", "change, points", "interval"], rows))
    return text


def main():
    parser = report.arguments(__doc__)
    parser.add_argument("--data-dir", type=pathlib.Path, default=os.environ.get("FRACTAL_DATA"),
                        help="folder of CIFAR-10's files (or $FRACTAL_DATA)")
    parser.add_argument("--variants", nargs="+", default=VARIANTS)
    parser.add_argument("--epochs", type=int, default=5, help="for each trial (5)")
    parser.add_argument("--seeds", type=int, default=3, help="seeds 0, 1, … of each (3); two at least")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="trials at once (one for each core)")
    parser.add_argument("--run", type=pathlib.Path, default=report.ROOT / "runs/recipe-ablation", help="of trials")
    options = report.parsed(parser)
    if options.seeds < 2:
        parser.error("--seeds: expected 2 or more, since deviations are shown")
    if options.data_dir is None:
        parser.error("--data-dir or $FRACTAL_DATA is needed: the folder of CIFAR-10's binary version")
    options.data_dir = pathlib.Path(options.data_dir)
    if options.quick:
        options.variants, options.epochs = ["compact/d1-c1-conv3.bn.relu"], 1
    measured = {"context": report.context(seeds=f"0 to {options.seeds - 1}", note="one thread to a trial")}
    measured["rows"] = rows_of(train(options), options.variants)
    report.write(options.output, "recipe-ablation", "What each option of the recipe brings", measured,
                 paragraphs(measured, options))
    return 0


if __name__ == "__main__":
    sys.exit(main())
