"""An independent PyTorch implementation of what a variant computes, written from docs/semantics.md alone.

It is the yardstick of the parity test: the fractal is walked by columns, steps and joins ("column j fires at
step i exactly when 2^j divides i"), never by the recursion that the C++ types use, so the two can differ.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from drop_path import Survivors, draw, only_column
from philox import philox4x32_10
from spec import Spec, kernel_of

# --- counter-based dropout masks ----------------------------------------------------------------------------


def channel_mask(batch: int, channels: int, percent: int, slot: int, step: int, seed: int) -> Tensor:
    """[batch, channels, 1, 1] float64: 0 where the channel is dropped, 1/(1-p) where it survives."""
    images = np.arange(batch, dtype=np.uint64)[:, None]
    places = np.arange(channels, dtype=np.uint64)[None, :]
    word = philox4x32_10((images, places, slot, step), (seed % 2**32, seed >> 32))[0]
    kept = word >= np.uint64(percent * 2**32 // 100)
    return torch.from_numpy(kept / (1.0 - percent / 100.0))[:, :, None, None]


@dataclasses.dataclass
class DropoutClock:
    """What all dropouts of a network share: the trial's seed and the optimizer step, counted from 0."""

    seed: int = 0
    step: int = 0


# --- layers -------------------------------------------------------------------------------------------------


class Conv(nn.Module):
    """A convolution without bias, stride 1, same padding."""

    def __init__(self, inputs: int, outputs: int, kernel: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(outputs, inputs, kernel, kernel))
        nn.init.kaiming_uniform_(self.weight, a=5**0.5)

    def forward(self, x: Tensor) -> Tensor:
        return F.conv2d(x, self.weight, padding=self.weight.shape[-1] // 2)


class BatchNorm(nn.Module):
    """Affine batch normalisation, eps 1e-5, momentum 0.1; unlike PyTorch's own it counts no batches."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))
        self.register_buffer("running_mean", torch.zeros(channels))
        self.register_buffer("running_var", torch.ones(channels))

    def forward(self, x: Tensor) -> Tensor:
        return F.batch_norm(
            x,
            self.running_mean,
            self.running_var,
            self.weight,
            self.bias,
            self.training,
            momentum=0.1,
            eps=1e-5,
        )


class Dropout(nn.Module):
    """Dropout of whole channels by the masks of its slot; the identity in evaluation and at 0 percent."""

    def __init__(self, percent: int, slot: int, clock: DropoutClock) -> None:
        super().__init__()
        self.percent, self.slot, self.clock = percent, slot, clock

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or self.percent == 0:
            return x
        mask = channel_mask(x.shape[0], x.shape[1], self.percent, self.slot, self.clock.step, self.clock.seed)
        return x * mask.to(x)


class ReLU(nn.Module):
    """max(x, 0)."""

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(x)


def join(values: list[Tensor]) -> Tensor:
    """The flat mean of k values; of one value, that value."""
    return values[0] if len(values) == 1 else sum(values[1:], values[0]) * (1.0 / len(values))


# --- the network --------------------------------------------------------------------------------------------

class SlotCounter:
    """Hands out slots: every layer of every firing takes one, whether it has weights or not."""

    def __init__(self) -> None:
        self.taken = 0

    def take(self) -> int:
        self.taken += 1
        return self.taken - 1


class Firing(nn.Module):
    """One application of the layer order with weights of its own."""

    def __init__(self, spec: Spec, inputs: int, width: int, slots: SlotCounter, clock: DropoutClock) -> None:
        super().__init__()
        channels = inputs
        for place, name in enumerate(spec.order):
            slot = slots.take()
            if name.startswith("conv"):
                layer: nn.Module = Conv(channels, width, kernel_of(name))
                channels = width
            elif name == "bn":
                layer = BatchNorm(channels)
            elif name == "relu":
                layer = ReLU()
            else:
                layer = Dropout(int(name.removeprefix("drop")), slot, clock)
            self.add_module(f"layer{place}", layer)

    def forward(self, x: Tensor) -> Tensor:
        for layer in self.children():
            x = layer(x)
        return x


class Unit(nn.Module):
    """A fractal of C columns and its pool, with the optional transition before and unit dropout after."""

    def __init__(self, spec: Spec, unit: int, slots: SlotCounter, clock: DropoutClock) -> None:
        super().__init__()
        self.spec = spec
        inputs, width = spec.unit_input(unit), spec.unit_width(unit)
        self.transition = None
        if spec.transition is not None and inputs != width:
            slots.take()
            self.transition = Conv(inputs, width, spec.transition)
            inputs = width
        for step in range(1, spec.steps + 1):
            columns = nn.Module()
            for j in spec.fired(step):
                first = step == 2**j  # the column's first firing reads the unit's input
                columns.add_module(
                    f"column{j}", Firing(spec, inputs if first else width, width, slots, clock)
                )
            self.add_module(f"step{step}", columns)
        self.dropout = None
        if spec.unit_dropout is not None:
            self.dropout = Dropout(spec.unit_dropout[unit], slots.take(), clock)

    def forward(self, z: Tensor, survivors: Mapping[int, set[int]]) -> Tensor:
        """The unit's output; `survivors` names for each step the columns whose values its join keeps."""
        if self.transition is not None:
            z = self.transition(z)
        running = firings_that_run(self.spec, survivors)
        value = dict.fromkeys(range(self.spec.columns), z)
        for step in range(1, self.spec.steps + 1):
            for j in running[step]:
                value[j] = self.get_submodule(f"step{step}.column{j}")(value[j])
            if running[step]:
                values = [value[j] for j in running[step]]
                if self.spec.prejoin and step == self.spec.steps:
                    values = [F.max_pool2d(v, 2) for v in values]
                joined = join(values)
                value.update(dict.fromkeys(self.spec.fired(step), joined))
        out = value[0] if self.spec.prejoin else F.max_pool2d(value[0], 2)
        return out if self.dropout is None else self.dropout(out)


def firings_that_run(spec: Spec, survivors: Mapping[int, set[int]]) -> dict[int, list[int]]:
    """For each step the columns that are computed: those that survive a join whose mean anybody still needs.

    Walks back from the unit's output, column 0 after the last step. A step not in `survivors` keeps all.
    """
    running: dict[int, list[int]] = {}
    needed = {0}
    for step in range(spec.steps, 0, -1):
        fired = set(spec.fired(step))
        running[step] = []
        if needed & fired:
            kept = fired & survivors.get(step, fired)
            if not kept:
                raise ValueError(f"no value survives the join of step {step}, which the output needs")
            running[step] = sorted(kept)
            needed = needed - fired | kept
    return running


class Network(nn.Module):
    """A variant as a module; its state_dict has the keys `unit<u>.step<i>.column<j>.layer<l>.…` and so on."""

    def __init__(self, spec: Spec, seed: int = 0) -> None:
        super().__init__()
        self.spec = spec
        self.clock = DropoutClock(seed)
        slots = SlotCounter()
        for unit in range(spec.depth):
            self.add_module(f"unit{unit}", Unit(spec, unit, slots, self.clock))
        self.head = nn.Linear(spec.features(), spec.classes)

    def forward(self, x: Tensor, survivors: Survivors | None = None) -> Tensor:
        """Logits [N, classes]. Joins that `survivors` does not name keep all of their values; without it training
        draws them by the network's own drop-path."""
        if survivors is None and self.training:
            survivors = draw(self.spec, self.clock.seed, self.clock.step)
        for unit in range(self.spec.depth):
            of_unit = {step: kept for (u, step), kept in (survivors or {}).items() if u == unit}
            x = self.get_submodule(f"unit{unit}")(x, of_unit)
        return self.head(x.mean((2, 3)) if self.spec.head == "gap" else x.flatten(1))

    def forward_column(self, x: Tensor, column: int) -> Tensor:
        """Logits of one column alone: global drop-path in training, the anytime answer in evaluation."""
        return self(x, only_column(self.spec, column))
