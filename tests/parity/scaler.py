"""Gradient scaling against torch.amp.GradScaler, step by step.

    python scaler.py --program build/bin/scaler_dump

The program trains a linear model with infinities in some gradients and writes its inputs and, for each step, the
scale, the good steps in a row, whether it stepped, the norm of its gradients after unscaling and clipping, and its
weights. The same is done here with PyTorch's own scaler, clipping and SGD. Scale, counts and steps have to be equal,
norms and weights to 1e-6. The run has to meet growth, backoff, a skip and clipping, or it shows nothing.
"""

from __future__ import annotations

import sys

import torch
import torch.nn.functional as F
from dump import dump_of_program
from torch import Tensor

OPTIONS = {"init_scale": 1024.0, "growth_interval": 4}
CLIP_NORM = 2.0
RESTORED_BEFORE = 23


def run_pytorch(dump: dict[str, Tensor]) -> dict[str, Tensor]:
    """The dump's run by PyTorch: its results under the dump's names."""
    weight = dump["initial/weight"].clone().requires_grad_()
    bias = dump["initial/bias"].clone().requires_grad_()
    optimizer = torch.optim.SGD([weight, bias], lr=0.05, momentum=0.9, nesterov=True, weight_decay=0.01)
    scaler = torch.amp.GradScaler("cpu", **OPTIONS)
    steps: dict[str, list] = {}
    for step, (x, y, injected) in enumerate(zip(dump["inputs"], dump["targets"], dump["injected"], strict=True)):
        if step == RESTORED_BEFORE:
            state = scaler.state_dict()
            scaler = torch.amp.GradScaler("cpu", **OPTIONS)
            scaler.load_state_dict(state)
        scaler.scale(F.mse_loss(F.linear(x, weight, bias), y)).backward()
        weight.grad[1][2] += injected
        scaler.unscale_(optimizer)
        before = weight.detach().clone()
        torch.nn.utils.clip_grad_norm_([weight, bias], CLIP_NORM)
        scaler.step(optimizer)
        scaler.update()
        found = {
            "factor": torch.tensor(scaler.get_scale(), dtype=torch.float64),
            "good_steps": torch.tensor(scaler.state_dict()["_growth_tracker"]),
            "stepped": torch.tensor(int(not torch.equal(before, weight.detach()))),
            "clipped_norm": torch.cat([weight.grad.flatten(), bias.grad]).norm(),
            "weight": weight.detach().clone(),
            "bias": bias.detach().clone(),
        }
        for name, value in found.items():
            steps.setdefault(name, []).append(value)
        optimizer.zero_grad()
    return {name: torch.stack(values) for name, values in steps.items()}


def compare(dump: dict[str, Tensor]) -> list[str]:
    """What differs, one line each."""
    theirs = run_pytorch(dump)
    failures = [
        f"{name} is {dump[name].tolist()}, PyTorch's is {theirs[name].tolist()}"
        for name in ("factor", "good_steps", "stepped")
        if not torch.equal(dump[name], theirs[name])
    ]
    stepped = dump["stepped"].bool()
    for name in ("clipped_norm", "weight", "bias"):
        for step in range(len(dump[name])):
            if name == "clipped_norm" and not stepped[step]:
                continue  # the gradients of a step that is left out are not finite, and nobody clips them
            error = (dump[name][step] - theirs[name][step]).norm() / theirs[name][step].norm()
            if not error <= 1e-6:
                failures.append(f"{name} of step {step} differs by {error:.3g}, relative to its norm")
    return failures


def missing_events(dump: dict[str, Tensor]) -> list[str]:
    """What a run has to meet to show anything, and did not."""
    change = dump["factor"].diff()
    norms = dump["clipped_norm"][dump["stepped"].bool()]
    events = {
        "growth": (change > 0).any(),
        "backoff": (change < 0).any(),
        "a step left out": (dump["stepped"] == 0).any(),
        "a clipped gradient": (norms > (1 - 1e-5) * CLIP_NORM).any(),
        "a gradient that is not clipped": (norms < 0.99 * CLIP_NORM).any(),
        "a factor other than 1 where it is restored": dump["factor"][RESTORED_BEFORE - 1] != OPTIONS["init_scale"],
        "good steps in a row where it is restored": dump["good_steps"][RESTORED_BEFORE - 1] > 0,
    }
    return [f"the run did not meet {name}" for name, met in events.items() if not met]


def main() -> None:
    dump = dump_of_program("Holds scaler_dump to torch.amp.GradScaler.")
    failures = compare(dump) + missing_events(dump)
    for failure in failures:
        print(failure)
    skipped = int((dump["stepped"] == 0).sum())
    print(f"{len(dump['stepped'])} steps, {skipped} left out, {len(failures)} failures")
    sys.exit(bool(failures))


if __name__ == "__main__":
    main()
