"""Trials compared in pairs: variants trained by the recipe `fast` with flags added, on ten thousand images, and an
interval for the mean of differences.

Trains on the images of CIFAR-10's first batch file, holds none out and judges by the test images, which no trial sees
before its end. A pair shares variant, seed, order and augmentation where these are not what is changed. One thread to a
trial and as many trials at once as there are cores. A run that was stopped goes on where it was.
"""

from __future__ import annotations

import itertools
import math
import os
import pathlib
import sqlite3
import statistics
import sys

import report


def student(probability: float, freedom: int) -> float:
    """Quantile of Student's t distribution above its median, by bisection of its integral.

    >>> round(student(0.975, 7), 4), round(student(0.975, 23), 4)
    (2.3646, 2.0687)
    """

    def beyond_median(t: float, parts: int = 400) -> float:
        scale = math.gamma((freedom + 1) / 2) / (math.sqrt(freedom * math.pi) * math.gamma(freedom / 2))
        density = [(1 + (t * i / parts) ** 2 / freedom) ** (-(freedom + 1) / 2) for i in range(parts + 1)]
        simpson = density[0] + density[-1] + 4 * sum(density[1:-1:2]) + 2 * sum(density[2:-1:2])
        return scale * simpson * t / parts / 3

    low, high = 0.0, 100.0
    while high - low > 1e-9:
        middle = (low + high) / 2
        low, high = (middle, high) if beyond_median(middle) < probability - 0.5 else (low, middle)
    return low


def interval(differences: list[float]) -> tuple[float, float]:
    """Mean and half of the 95 % interval of the mean.

    >>> mean, half = interval([1.0, 2.0, 3.0])
    >>> mean, round(half, 4)
    (2.0, 2.4841)
    """
    deviation = statistics.stdev(differences)
    half = student(0.975, len(differences) - 1) * deviation / math.sqrt(len(differences))
    return statistics.mean(differences), half


def arguments(documentation, run: str, variants: tuple[str, ...]):
    """A parser with what every script of pairs takes; `run` is the name of its folder below runs."""
    parser = report.arguments(f"{documentation}\n{__doc__.partition('.')[2].strip()}\n")
    report.trial_arguments(parser, run)
    parser.add_argument("--variants", nargs="+", default=variants)
    parser.add_argument("--seeds", type=int, default=3, help="seeds 0, 1, … of each (3); two at least")
    return parser


def parsed(parser):
    """What was given, checked; one small variant for one epoch with --quick."""
    options = report.parsed(parser)
    if options.seeds < 2:
        parser.error("--seeds: expected 2 or more, since deviations are shown")
    folder = options.data_dir or os.environ.get("FRACTAL_DATA")
    if not folder:
        parser.error("--data-dir or $FRACTAL_DATA is needed: the folder of CIFAR-10's binary version")
    options.data_dir = pathlib.Path(folder)
    if options.quick:
        options.variants, options.epochs = ["compact/d1-c1-conv3.bn.relu"], 1
    return options


def context(options):
    return report.context(threads=1, seeds=f"0 to {options.seeds - 1}")


def subset(data: pathlib.Path, run: pathlib.Path) -> pathlib.Path:
    """A folder below `run` with the first batch file and the test images of CIFAR-10: a data set of 10,000 images."""
    folder = run / "data"
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("data_batch_1.bin", "test_batch.bin"):
        if not (data / name).is_file():
            sys.exit(f"{data / name} is not there: --data-dir wants CIFAR-10's binary version")
        if not (folder / name).exists():
            os.symlink((data / name).resolve(), folder / name)
    return folder


def train(options, trials: dict[str, list], variants, failed: float | None = None) -> dict[tuple[str, str], list[float]]:
    """Test accuracies in percent by trial and variant, one for each seed. `trials` has what is added to the recipe by name.
    A trial that failed counts as `failed`; without that, and where one ended in another way, the script ends."""
    folder = subset(options.data_dir, options.run)

    def accuracy_of(trial, variant, seed, accuracy, disposition, reason):
        if disposition == "finished":
            return 100 * accuracy
        if disposition == "failed" and failed is not None:
            return failed
        sys.exit(f"{trial}, {variant}, seed {seed} is {disposition}: {reason}")

    def one(pair):
        trial, variant = pair
        run = options.run / f"{list(trials).index(trial)}-{variant.replace('/', '-')}"
        report.fractal(options, "train", variant, "--data", "cifar10", "--data-dir", folder, "--recipe", "fast", "--epochs",
                       options.epochs, "--validation-images", 0, *trials[trial], "--seeds", options.seeds, "--threads", 1,
                       "--no-weights", "--run", run)
        with sqlite3.connect(run / "results.sqlite") as store:
            rows = store.execute("SELECT seed, test_accuracy, disposition, reason FROM trials ORDER BY seed").fetchall()
        if len(rows) != options.seeds:
            sys.exit(f"{run} holds trials by other settings than today's, {len(rows)} where {options.seeds} are asked for: move "
                     f"{options.run} away, or name another folder (--run)")
        print(f"{trial}, {variant}", file=sys.stderr, flush=True)
        return pair, [accuracy_of(trial, variant, *row) for row in rows]

    return dict(report.at_once(options.jobs, one, itertools.product(trials, variants)))


def mean_text(accuracies: list[float]) -> str:
    return f"{statistics.mean(accuracies):.2f} ± {statistics.stdev(accuracies):.2f}"


def change_cells(differences: list[float]) -> list[str]:
    """The mean of differences and its 95 % interval."""
    mean, half = interval(differences)
    return [f"{mean:+.2f}", f"{mean - half:+.2f} to {mean + half:+.2f}"]
