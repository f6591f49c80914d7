"""What a parity run computes: a trial's inputs, and the tensors that ten steps of training yield."""

from __future__ import annotations

import dataclasses

import torch
import torch.nn.functional as F
from torch import Tensor

from reference import Network
from spec import parse


@dataclasses.dataclass(frozen=True)
class Trial:
    """The inputs of a parity run: everything that is not the network's own arithmetic."""

    name: str
    initial: dict[str, Tensor]  # state_dict before the first step
    images: Tensor  # [N, channels, height, width]
    target: Tensor  # [N] int64
    seed: int
    steps: int


def make_trial(name: str, batch: int, steps: int, seed: int, dtype: torch.dtype) -> Trial:
    """A trial of this implementation's own drawing, for the tests of the comparison itself."""
    spec = parse(name)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        network = Network(spec).to(dtype)
        images = torch.randn(batch, spec.channels, spec.height, spec.width, dtype=dtype)
        target = torch.randint(spec.classes, (batch,))
    return Trial(name, {k: v.clone() for k, v in network.state_dict().items()}, images, target, seed, steps)


def record(
    trial: Trial,
    dtype: torch.dtype,
    memory_format: torch.memory_format = torch.contiguous_format,
) -> dict[str, Tensor]:
    """Runs a trial in `dtype` and returns its tensors under the keys of the dump.

    Plain SGD (lr 0.01, momentum 0.9) on one batch. Step 0 yields output, loss, gradients and the running
    statistics after one training forward; output_eval is taken between that forward and the first update;
    final/ comes after as many training forwards as there are steps.
    """
    network = Network(parse(trial.name), trial.seed).to(dtype)
    network.load_state_dict({key: value.to(dtype) for key, value in trial.initial.items()})
    network.to(memory_format=memory_format)
    images = trial.images.to(dtype).to(memory_format=memory_format)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.01, momentum=0.9)
    tensors: dict[str, Tensor] = {}
    losses = []
    for step in range(trial.steps):
        network.clock.step = step
        optimizer.zero_grad()
        x = images.clone().requires_grad_(step == 0)
        output = network.train()(x)
        loss = F.cross_entropy(output, trial.target)
        loss.backward()
        losses.append(loss.detach())
        if step == 0:
            tensors = {"output": output.detach(), "loss": loss.detach(), "grad/input": x.grad}
            tensors |= {f"grad/{key}": p.grad.clone() for key, p in network.named_parameters() if p.grad is not None}
            tensors |= {f"buffer/{key}": b.clone() for key, b in network.named_buffers()}
            with torch.no_grad():
                tensors["output_eval"] = network.eval()(images)
        optimizer.step()
    tensors["losses"] = torch.stack(losses)
    return tensors | {f"final/{key}": value.clone() for key, value in network.state_dict().items()}
