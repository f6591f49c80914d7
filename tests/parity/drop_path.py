"""The draws of drop-path as docs/semantics.md writes them down: which values survive the joins of one step."""

from __future__ import annotations

from collections.abc import Mapping

from philox import philox4x32_10
from spec import Spec

Survivors = Mapping[tuple[int, int], set[int]]  # (unit, step) -> the columns that survive that join

COIN, COLUMN, JOIN = 0xE0000000, 0xE0000001, 0xE0000002
PROBABILITY = 0.15


def uniform(seed: int, step: int, purpose: int, item: int) -> float:
    """A number of [0, 1) for one purpose and item of one training step."""
    counter = (item, step % 2**32, step >> 32, purpose)
    return int(philox4x32_10(counter, (seed % 2**32, seed >> 32))[0]) / 2**32


def only_column(spec: Spec, column: int) -> Survivors:
    """The draw of global drop-path: one column for the whole network."""
    return {(unit, step): {column} for unit in range(spec.depth) for step in range(1, spec.steps + 1)}


def survivors_of_join(spec: Spec, seed: int, step: int, unit: int, at: int) -> set[int]:
    """Local drop-path at the join of fractal step `at`: each value by itself, and one that stays if all fall."""
    fired = spec.fired(at)
    item = unit << 16 | at << 4
    kept = {j for j in fired if uniform(seed, step, JOIN, item + j) >= PROBABILITY}
    return kept or {fired[int(uniform(seed, step, JOIN, item + 15) * len(fired))]}


def draw(spec: Spec, seed: int, step: int) -> Survivors:
    """The survivors of training step `step` (from 0) by the network's own mode."""
    if spec.drop_path is None or spec.columns == 1:
        return {}
    heads = spec.drop_path == "mixed" and uniform(seed, step, COIN, 0) < 0.5
    if spec.drop_path == "global" or heads:
        return only_column(spec, int(uniform(seed, step, COLUMN, 0) * spec.columns))
    return {
        (unit, at): survivors_of_join(spec, seed, step, unit, at)
        for unit in range(spec.depth)
        for at in range(1, spec.steps + 1)
        if len(spec.fired(at)) > 1
    }
