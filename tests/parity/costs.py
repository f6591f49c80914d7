"""Holds the costs that C++ claims against those measured on the running reference network.

    fractal list --json > costs.json
    python costs.py costs.json
    python costs.py --program fractal --every 17

Each row has `full_name` and the four claims; what else it has is passed over. Prints each mismatch; exits 1 on any,
65 for rows that are none.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import pathlib
import subprocess
import sys

import torch
from torch import Tensor, nn

from reference import Conv, Firing, Network
from spec import Spec, parse

CLAIMS = ("parameters", "macs", "activation_bytes", "firings")


@dataclasses.dataclass(frozen=True)
class Cost:
    """What one variant costs, measured on the running network."""

    parameters: int
    macs: int  # of convolutions and the linear layer, forward, one image
    activation_bytes: int  # saved for the backward pass, one image, fp32
    firings: int


def measure_cost(spec: Spec, device: str = "meta", batch: int = 2) -> Cost:
    """Runs one training forward and counts; on the meta device no number is computed and no memory taken.

    activation_bytes sums the distinct storages that autograd saves up to the logits, without parameters,
    running statistics and the per-batch statistics of BatchNorm (the only saved tensors of one dimension).
    The input needs no gradient.
    """
    with torch.device(device):
        network = Network(spec).to(torch.float32)
        images = torch.rand(batch, spec.channels, spec.height, spec.width)
    own = {storage_key(t) for t in network.state_dict().values()}
    saved: dict[int, Tensor] = {}
    macs = 0
    firings = 0

    def save(tensor: Tensor) -> Tensor:
        # Holding the tensor keeps its storage alive, so that no later one can take its key.
        if tensor.dim() > 1 and storage_key(tensor) not in own:
            saved[storage_key(tensor)] = tensor
        return tensor

    def count(module: nn.Module, _: tuple, output: Tensor) -> None:
        nonlocal macs, firings
        firings += isinstance(module, Firing)
        if isinstance(module, (Conv, nn.Linear)):
            macs += module.weight.numel() * output[0, 0].numel()

    for module in network.modules():
        module.register_forward_hook(count)
    with torch.autograd.graph.saved_tensors_hooks(save, lambda tensor: tensor):
        network.train()(images)
    total = sum(t.untyped_storage().nbytes() for t in saved.values())
    if total % batch:
        raise ValueError(f"{spec}: {total} saved bytes are no multiple of the batch {batch}")
    return Cost(sum(p.numel() for p in network.parameters()), macs, total // batch, firings)


def storage_key(tensor: Tensor) -> int:
    """Equal for two tensors exactly when they share memory, while both live."""
    return tensor.untyped_storage()._cdata


def mismatches(row: dict[str, object]) -> list[str]:
    """A line for each claim of one row that is not what the reference measures."""
    measured = measure_cost(parse(str(row["full_name"])))
    return [
        f"{row['full_name']}: {claim} claimed {row[claim]}, measured {getattr(measured, claim)}"
        for claim in CLAIMS
        if row[claim] != getattr(measured, claim)
    ]


def check(rows: list[dict[str, object]]) -> int:
    """Checks all rows and prints what differs."""
    if not rows:
        print("there are no rows: nothing was checked", file=sys.stderr)
        return 65
    for row in rows:
        missing = [key for key in ("full_name", *CLAIMS) if key not in row]
        if missing:
            print(f"a row has no {', '.join(missing)}", file=sys.stderr)
            return 65
    wrong = 0
    for row in rows:
        found = mismatches(row)
        wrong += bool(found)
        for line in found:
            print(line)
    print(f"{len(rows) - wrong} of {len(rows)} networks cost what they claim")
    return 1 if wrong else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("rows", nargs="?", type=pathlib.Path, help="what fractal list --json wrote")
    source.add_argument("--program", type=pathlib.Path, help="the driver, whose variants are checked")
    parser.add_argument("--every", type=int, default=1, help="of the rows check one in so many (1)")
    options = parser.parse_args()
    if options.program:
        listed = subprocess.run([options.program, "list", "--json"], check=True, capture_output=True, text=True).stdout
    else:
        listed = options.rows.read_text(encoding="utf-8")
    return check(json.loads(listed)[:: options.every])


if __name__ == "__main__":
    sys.exit(main())
