"""In which order trials are sent."""

from __future__ import annotations

from collections.abc import Iterable

from fractal_ray.program import PlannedTrial


def longest_first(trials: Iterable[PlannedTrial]) -> list[PlannedTrial]:
    """What is short fills the gaps at the end. Those of equal work stay as they were."""
    return sorted(trials, key=lambda planned: planned.work, reverse=True)
