#!/usr/bin/env python3
"""The time of a training step beside PyTorch's, of the same networks, in one run.

    OMP_NUM_THREADS=2 python bench/step_speed.py --build build --output docs/results/step-speed.json

Five contenders take turns, round by round: this project's fused kernels, its reference kernels, PyTorch eager and
torch.compile (the module that `fractal export --to pytorch` writes), all in bfloat16 by autocast and channels last,
and PyTorch as the published pipeline set it (fp32, NCHW, its clipping and its optimizer, one tensor at a time). A step
is forward, cross-entropy, backward and SGD with momentum on one batch. A round's figure is the median of its steps; the
table gives the median over the rounds and their spread. The MACs of a step are three times the forward pass's; the
matrix product that they are held against is timed in each round. Needs PyTorch, of LibTorch's version.
"""

import argparse
import contextlib
import importlib.util
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import tempfile
import time

VARIANTS = [
    "paper/d3-c2-conv3",
    "paper/d3-c2-conv3.bn.relu",
    "compact/d4-c4-conv3.bn.relu",
    "paper/d5-c3-conv3.bn.relu.drop20",
    "compact/d3-c3-bn.relu.conv3",
    "compact/d3-c5-conv3.bn.relu",
]
MATRIX = 2048


class Fractal:
    """fractal_bench, a process for each round."""

    def __init__(self, options, variant, kernels):
        self.command = [options.build / "bin/fractal_bench", variant, "--batch", str(options.batch), "--amp", "bf16"]
        self.command += ["--kernels", kernels, "--benchmark_filter=^step", "--benchmark_format=json"]
        self.command += [f"--benchmark_min_time={options.seconds}", "--benchmark_min_warmup_time=0.5"]

    def round(self):
        report = json.loads(subprocess.run(self.command, check=True, capture_output=True, text=True).stdout)
        return report["benchmarks"][0]["real_time"]


class PyTorch:
    """The exported module, in this process."""

    def __init__(self, options, variant, kind):
        import torch

        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "network.py"
            command = [options.build / "bin/fractal", "export", variant, "--to", "pytorch", "--out", file]
            subprocess.run(command, check=True, capture_output=True)
            module_spec = importlib.util.spec_from_file_location("network", file)
            module = importlib.util.module_from_spec(module_spec)
            module_spec.loader.exec_module(module)
        torch.manual_seed(0)
        self.seconds = options.seconds
        self.published = kind == "published"
        net = module.Network()
        images = torch.randn(options.batch, 3, 32, 32)
        if not self.published:
            net = net.to(memory_format=torch.channels_last)
            images = images.contiguous(memory_format=torch.channels_last)
        labels = torch.randint(10, (options.batch,))
        forms = {"fused": True} if not self.published else {"foreach": False}
        optimizer = torch.optim.SGD(net.parameters(), lr=1e-4, momentum=0.9, **forms)
        forward = torch.compile(net) if kind == "compile" else net

        def step():
            optimizer.zero_grad(set_to_none=True)
            cast = contextlib.nullcontext() if self.published else torch.autocast("cpu", torch.bfloat16)
            with cast:
                logits = forward(images)
            torch.nn.functional.cross_entropy(logits.float(), labels).backward()
            if self.published:
                torch.nn.utils.clip_grad_norm_(net.parameters(), 3.0)
            optimizer.step()

        began = time.perf_counter()
        step()
        self.first = time.perf_counter() - began  # with compiling
        self.step = step

    def round(self):
        self.step()
        times = []
        end = time.perf_counter() + self.seconds
        while len(times) < 3 or time.perf_counter() < end:
            began = time.perf_counter()
            self.step()
            times.append(1000 * (time.perf_counter() - began))
        return statistics.median(times)


def matrix_rate():
    """Multiply-accumulates a second of a product of bfloat16 matrices."""
    import torch

    a, b = (torch.randn(MATRIX, MATRIX, dtype=torch.bfloat16) for _ in range(2))
    a @ b
    began = time.perf_counter()
    for _ in range(8):
        a @ b
    return 8 * MATRIX**3 / (time.perf_counter() - began)


def macs_of(options, variant):
    shown = subprocess.run(
        [options.build / "bin/fractal", "show", variant, "--json"], check=True, capture_output=True, text=True
    )
    shown = json.loads(shown.stdout)
    return (shown[0] if isinstance(shown, list) else shown)["macs"]


def measure(options, variant):
    contenders = {
        "fused": Fractal(options, variant, "auto"),
        "reference": Fractal(options, variant, "reference"),
        "eager": PyTorch(options, variant, "eager"),
        "compile": PyTorch(options, variant, "compile"),
        "published": PyTorch(options, variant, "published"),
    }
    times = {name: [] for name in contenders}
    rates = []
    for _ in range(options.rounds):
        rates.append(matrix_rate())
        for name, contender in contenders.items():
            times[name].append(contender.round())
    return {
        "variant": variant,
        "step_ms": times,
        "compile_seconds": contenders["compile"].first,
        "matrix_macs_per_second": rates,
        "macs": 3 * options.batch * macs_of(options, variant),
    }


def median(rows):
    return statistics.median(rows)


def ratios(record, other):
    return [theirs / ours for theirs, ours in zip(record["step_ms"][other], record["step_ms"]["fused"])]


def markdown(report):
    lines = [
        "| variant | fused, ms | reference, ms | eager, ms | compile, ms | published, ms | eager / fused "
        "| compile / fused | best of both / fused | published / fused | of the matrix product |",
        "| --- | --: | --: | --: | --: | --: | --: | --: | --: | --: | --: |",
    ]
    best = []
    for record in report["records"]:
        cells = [f"`{record['variant']}`"]
        for name in ("fused", "reference", "eager", "compile", "published"):
            steps = record["step_ms"][name]
            cells.append(f"{median(steps):.1f} ({min(steps):.1f}-{max(steps):.1f})")
        both = min(median(ratios(record, "eager")), median(ratios(record, "compile")))
        best.append(both)
        for value in (median(ratios(record, "eager")), median(ratios(record, "compile")), both):
            cells.append(f"{value:.2f}")
        cells.append(f"{median(ratios(record, 'published')):.2f}")
        rate = 1000 * record["macs"] / median(record["step_ms"]["fused"])
        cells.append(f"{100 * rate / median(record['matrix_macs_per_second']):.0f} %")
        lines.append("| " + " | ".join(cells) + " |")
    lines += ["", f"Median ratio to the better of eager and compile: {median(best):.2f}; least: {min(best):.2f}."]
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("variants", nargs="*", default=VARIANTS)
    parser.add_argument("--build", type=pathlib.Path, default=pathlib.Path("build"))
    parser.add_argument("--output", type=pathlib.Path, help="JSON file; the table goes beside it and to the screen")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2.0, help="of each contender in each round, at least")
    parser.add_argument("--batch", type=int, default=128)
    options = parser.parse_args()
    try:
        import torch
    except ImportError:
        print("step_speed.py needs PyTorch: run it with the Python of .venv", file=sys.stderr)
        return 74
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    report = {
        "command": " ".join(["bench/step_speed.py", *sys.argv[1:]]),
        "commit": commit.stdout.strip(),
        "processor": platform.processor() or platform.machine(),
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
        "rounds": options.rounds,
        "batch": options.batch,
        "records": [],
    }
    for variant in options.variants:
        report["records"].append(measure(options, variant))
        print(markdown(report | {"records": report["records"][-1:]}), flush=True)
        if options.output:
            options.output.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    table = markdown(report)
    print(table)
    if options.output:
        options.output.with_suffix(".table.md").write_text(table, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
