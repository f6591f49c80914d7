#!/usr/bin/env python3
"""PyTorch's side of a comparison that is made in turns: runs passes of a network when it is told to.

Speaks the lines of fractal_bench_contender (contender.cpp). The network is a module that `fractal export --to pytorch`
wrote. Kinds: `eager` and `compile` in bfloat16 by autocast and channels last, with PyTorch's fused SGD; `published` as
the pipeline of arXiv 2511.07329 set it: fp32, NCHW, the gradient's norm clipped at 3.0, SGD one tensor at a time.
"""

import argparse
import contextlib
import importlib.util
import json
import os
import pathlib
import sys
import time

import torch


def network_of(file):
    module_spec = importlib.util.spec_from_file_location("network", file)
    module = importlib.util.module_from_spec(module_spec)
    module_spec.loader.exec_module(module)
    return module.Network()


def pass_of(options):
    """A function that runs one pass."""
    torch.manual_seed(0)
    published = options.kind == "published"
    net = network_of(options.network)
    images = torch.randn(options.batch, 3, 32, 32)
    labels = torch.randint(10, (options.batch,))
    if not published:
        net = net.to(memory_format=torch.channels_last)
        images = images.contiguous(memory_format=torch.channels_last)
    forms = {"foreach": False} if published else {"fused": True}
    optimizer = torch.optim.SGD(net.parameters(), lr=1e-4, momentum=0.9, **forms)
    forward = torch.compile(net) if options.kind == "compile" else net

    def autocast():
        return contextlib.nullcontext() if published else torch.autocast("cpu", torch.bfloat16)

    def step():
        optimizer.zero_grad(set_to_none=True)
        with autocast():
            logits = forward(images)
        torch.nn.functional.cross_entropy(logits.float(), labels).backward()
        if published:
            torch.nn.utils.clip_grad_norm_(net.parameters(), 3.0)
        optimizer.step()

    def evaluation():
        with torch.no_grad(), autocast():
            forward(images)

    if options.what == "evaluation":
        net.eval()
        return evaluation
    return step


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("network", help="file of the module")
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--kind", choices=["eager", "compile", "published"], default="eager")
    parser.add_argument("--pass", dest="what", choices=["step", "evaluation"], default="step")
    options = parser.parse_args()
    # What torch.compile made for an earlier run stays out of this one's first pass.
    os.environ["TORCHINDUCTOR_CACHE_DIR"] = str(pathlib.Path(options.network).resolve().parent / "inductor")
    run = pass_of(options)

    def seconds_of_pass():
        began = time.perf_counter()
        run()
        return time.perf_counter() - began

    print(json.dumps({"first": seconds_of_pass(), "pass": seconds_of_pass()}), flush=True)
    for line in sys.stdin:
        seconds_of_pass()
        print(json.dumps([1000 * seconds_of_pass() for _ in range(int(line))]), flush=True)


if __name__ == "__main__":
    main()
