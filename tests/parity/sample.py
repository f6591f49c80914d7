"""The networks that the parity test compares: a fixed, stratified sample of every family, by full name.

Every order, every depth and every number of columns of a family appears. Most widths are divided by 16, which
changes no rule of the network but keeps the run short; a few names keep the width of their family.
"""

from __future__ import annotations

from itertools import permutations


def orders(alphabet: tuple[str, ...]) -> list[str]:
    """All ordered selections without repetition from `alphabet` that contain a convolution, dotted."""
    selections = (p for length in range(1, len(alphabet) + 1) for p in permutations(alphabet, length))
    return [".".join(s) for s in selections if any(layer.startswith("conv") for layer in s)]


def spread(orders_: list[str], depths: int, columns: int) -> list[tuple[str, int, int]]:
    """Gives each order a depth and a number of columns; with coprime ranges all pairs of the two come up."""
    return [(order, 1 + i % depths, 1 + i % columns) for i, order in enumerate(orders_)]


def paper() -> list[str]:
    """Every registered order of family paper over depths 1..5 and columns 1..6."""
    # drop20.relu is the network of relu.drop20, which the registry holds in its place.
    registered = [order for order in orders(("conv3", "bn", "relu", "drop20")) if "drop20.relu" not in order]
    chosen = spread(registered, 5, 6)
    return [f"net/3x32x32-d{d}-c{c}-w4-flat10-{order}" for order, d, c in chosen]


def compact() -> list[str]:
    """Every order of family compact over depths 1..4 and columns 1..5."""
    chosen = spread(orders(("conv3", "conv1", "bn", "relu")), 4, 5)
    return [f"net/3x32x32-d{d}-c{c}-w4-gap10-{order}" for order, d, c in chosen]


def larsson() -> list[str]:
    """FractalNet-20 with transitions and unit dropout, and the depth study."""
    study = [f"net/3x32x32-d5-c{c}-w4-gap100-conv3.bn.relu" for c in range(1, 7)]
    return ["net/3x32x32-d5-c3-w4-flat10-conv3.bn.relu-t1-ud0.10.20.30.40", *study]


def options() -> list[str]:
    """Each option of the full name alone and together, an odd size, an image that is not square."""
    return [
        "net/3x32x32-d2-c3-w4-flat10-conv3.bn.relu-prejoin",
        "net/3x32x32-d3-c2-w4-gap10-conv3.relu.drop20-prejoin",
        "net/3x32x32-d4-c4-w4-flat10-bn.relu.conv3-prejoin",
        "net/3x32x32-d2-c3-w4-flat10-relu.drop20.conv3-t1",
        "net/3x32x32-d2-c2-w4-flat10-conv3.bn-ud10.50",
        "net/3x32x32-d3-c3-w4-flat10-bn.drop20.conv3-prejoin-t1-ud0.10.20",
        "net/1x28x28-d3-c3-w4-flat10-conv3.bn.relu",
        "net/3x20x13-d2-c3-w4-flat7-conv3.relu",
    ]


def drop_path() -> list[str]:
    """Each mode of drop-path, with and without what else an option changes."""
    return [
        "net/3x32x32-d2-c3-w4-flat10-conv3-dplocal",
        "net/3x32x32-d3-c4-w4-gap10-conv3.bn.relu-dplocal",
        "net/3x32x32-d2-c5-w4-flat10-relu.conv3.drop20-prejoin-dplocal",
        "net/3x32x32-d2-c2-w4-flat10-conv3.relu-dpglobal",
        "net/3x32x32-d3-c4-w4-gap10-bn.relu.conv3-dpglobal",
        "net/3x32x32-d1-c6-w4-gap10-conv3.bn-dpmixed",
        "net/3x32x32-d5-c3-w4-flat10-conv3.bn.relu-t1-ud0.10.20.30.40-dpmixed",
        "net/3x32x32-d2-c1-w4-flat10-conv3.bn.relu-dpmixed",
    ]


def full_width() -> list[str]:
    """A few names at the width of their family."""
    return [
        "net/3x32x32-d1-c1-w64-flat10-conv3",
        "net/3x32x32-d2-c1-w64-flat10-conv3.bn.relu.drop20",
        "net/3x32x32-d2-c2-w16-gap10-conv3.conv1.bn.relu",
        "net/3x32x32-d3-c3-w16-gap10-bn.relu.conv3",
        "net/3x32x32-d5-c2-w16-gap100-conv3.bn.relu",
    ]


def all_names() -> list[str]:
    """The whole sample, in a fixed order."""
    return paper() + compact() + larsson() + options() + drop_path() + full_width()
