"""Orthogonal steps against torch.optim.Muon.

    python muon.py --program build/bin/muon_dump

The program steps filters [O, C, K, K] under gradients that it draws, in float32, and writes both. The same is done here
with PyTorch's own Muon on the same numbers as matrices; it rounds to bfloat16 on the way, which is turned off. What the
steps have moved has to be equal to 1e-4 of its norm.
"""

from __future__ import annotations

import sys
from unittest import mock

import torch
from dump import dump_of_program
from torch import Tensor

OPTIONS = {"lr": 0.05, "weight_decay": 0.1, "momentum": 0.9}
TOLERANCE = 1e-4


def by_pytorch(dump: dict[str, Tensor], prefix: str, nesterov: bool) -> Tensor:
    """The final filters of the dump's run by PyTorch, as a matrix."""
    weight = dump[f"{prefix}/initial"].flatten(1).clone().requires_grad_()
    optimizer = torch.optim.Muon([weight], nesterov=nesterov, **OPTIONS)
    with mock.patch.object(torch.Tensor, "bfloat16", lambda tensor: tensor.clone()):
        step = 0
        while (gradient := dump.get(f"{prefix}/gradient{step}")) is not None:
            weight.grad = gradient.flatten(1)
            optimizer.step()
            step += 1
    return weight.detach()


def main() -> None:
    dump = dump_of_program("Holds muon_dump to torch.optim.Muon.")
    failures = []
    prefixes = sorted({name.rsplit("/", 1)[0] for name in dump})
    for prefix in prefixes:
        begin = dump[f"{prefix}/initial"].flatten(1)
        theirs = by_pytorch(dump, prefix, prefix.startswith("nesterov")) - begin
        ours = dump[f"{prefix}/final"].flatten(1) - begin
        error = (ours - theirs).norm() / theirs.norm()
        if not error <= TOLERANCE:
            failures.append(f"{prefix}: the movement differs by {error:.3g}, relative to its norm")
    for failure in failures:
        print(failure)
    print(f"{len(prefixes)} weights, {len(failures)} failures")
    sys.exit(bool(failures) or not prefixes)


if __name__ == "__main__":
    main()
