"""The specification of one network and the full name that stands for it."""

from __future__ import annotations

import dataclasses
import re

LAYER = re.compile(r"conv(?P<kernel>[1-9]\d*)|drop(?P<percent>\d+)|bn|relu")
FULL_NAME = re.compile(
    r"net/(?P<channels>\d+)x(?P<height>\d+)x(?P<width>\d+)-d(?P<depth>\d+)-c(?P<columns>\d+)-w(?P<base>\d+)"
    r"-(?P<head>flat|gap)(?P<classes>\d+)-(?P<order>[a-z0-9.]+)"
    r"(?P<prejoin>-prejoin)?(?:-t(?P<transition>\d+))?(?:-ud(?P<unit_dropout>\d+(?:\.\d+)*))?"
    r"(?:-dp(?P<drop_path>local|global|mixed))?"
)


@dataclasses.dataclass(frozen=True)
class Spec:
    """One network; the fields are the parts of the full name, in its order."""

    channels: int
    height: int
    width: int
    depth: int
    columns: int
    base: int
    head: str  # "flat" or "gap"
    classes: int
    order: tuple[str, ...]
    prejoin: bool = False
    transition: int | None = None  # kernel size of the transition convolution
    unit_dropout: tuple[int, ...] | None = None  # percent, one for each unit
    drop_path: str | None = None  # "local", "global" or "mixed"

    def __post_init__(self) -> None:
        for layer in self.order:
            if not LAYER.fullmatch(layer):
                raise ValueError(f"layer '{layer}' is none of convK, bn, relu, dropP")
        if not any(layer.startswith("conv") for layer in self.order):
            raise ValueError(f"order '{'.'.join(self.order)}' has no convolution")
        if any(layer.startswith("conv") and kernel_of(layer) % 2 == 0 for layer in self.order):
            raise ValueError(f"order '{'.'.join(self.order)}' has a convolution of even size")
        if not 1 <= self.columns <= 8:
            raise ValueError(f"columns is {self.columns}, expected 1 to 8")
        if self.depth < 1 or min(self.height, self.width) >> self.depth < 1:
            raise ValueError(f"{self.height}x{self.width} pixels do not survive {self.depth} poolings")
        if self.unit_dropout is not None and len(self.unit_dropout) != self.depth:
            raise ValueError(f"{len(self.unit_dropout)} unit dropouts for {self.depth} units")

    @property
    def steps(self) -> int:
        """Steps of a unit, L = 2^(C-1)."""
        return 2 ** (self.columns - 1)

    def fired(self, step: int) -> list[int]:
        """The columns that fire at `step` (1..L), ascending: those whose 2^j divides it."""
        return [j for j in range(self.columns) if step % 2**j == 0]

    def unit_width(self, unit: int) -> int:
        """Channels of unit `unit` (from 0): base * 2^min(u, 3)."""
        return self.base * 2 ** min(unit, 3)

    def unit_input(self, unit: int) -> int:
        """Channels that come into unit `unit`."""
        return self.channels if unit == 0 else self.unit_width(unit - 1)

    def features(self) -> int:
        """Length of the vector that the linear layer reads."""
        width = self.unit_width(self.depth - 1)
        return (
            width if self.head == "gap" else width * (self.height >> self.depth) * (self.width >> self.depth)
        )

    def __str__(self) -> str:
        parts = [
            f"net/{self.channels}x{self.height}x{self.width}-d{self.depth}-c{self.columns}-w{self.base}",
            f"{self.head}{self.classes}",
            ".".join(self.order),
        ]
        if self.prejoin:
            parts.append("prejoin")
        if self.transition is not None:
            parts.append(f"t{self.transition}")
        if self.unit_dropout is not None:
            parts.append("ud" + ".".join(map(str, self.unit_dropout)))
        if self.drop_path is not None:
            parts.append(f"dp{self.drop_path}")
        return "-".join(parts)


def kernel_of(layer: str) -> int:
    """Kernel size of a convolution's name: 3 for conv3."""
    return int(layer.removeprefix("conv"))


def parse(name: str) -> Spec:
    """The specification that a full name stands for; ValueError where it is no full name."""
    match = FULL_NAME.fullmatch(name)
    if not match:
        raise ValueError(f"'{name}' is no full name, such as net/3x32x32-d3-c2-w64-flat10-conv3.bn.drop20")
    part = match.groupdict()
    numbers = {
        key: int(part[key]) for key in ("channels", "height", "width", "depth", "columns", "base", "classes")
    }
    return Spec(
        **numbers,
        head=part["head"],
        order=tuple(part["order"].split(".")),
        prejoin=part["prejoin"] is not None,
        transition=None if part["transition"] is None else int(part["transition"]),
        unit_dropout=None
        if part["unit_dropout"] is None
        else tuple(map(int, part["unit_dropout"].split("."))),
        drop_path=part["drop_path"],
    )
