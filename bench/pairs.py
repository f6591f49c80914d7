"""Trials compared in pairs: an interval for the mean of differences, and ten thousand images to train on."""

from __future__ import annotations

import math
import os
import pathlib
import statistics
import sys


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
