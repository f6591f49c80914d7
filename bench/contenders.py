"""Processes that run passes of one network in turns, each kept alive over all rounds.

Two programs speak the same lines: fractal_bench_contender of the build, and pytorch_contender.py of this folder.
"""

import contextlib
import json
import math
import pathlib
import statistics
import subprocess
import sys

import report


class Contender:
    """One side of a comparison; `first` and `pass_seconds` are what its first pass and a later one took."""

    def __init__(self, command):
        self.process = subprocess.Popen(list(map(str, command)), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        ready = self.answer()
        self.first, self.pass_seconds = ready["first"], ready["pass"]

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"{self.process.args[0]} ended with {self.process.wait()}: see its message above")
        return json.loads(line)

    def round(self, seconds):
        """Median milliseconds of as many passes as take about so many seconds, two at least."""
        count = min(1000, max(2, math.floor(seconds / self.pass_seconds)))
        self.process.stdin.write(f"{count}\n")
        self.process.stdin.flush()
        times = self.answer()
        self.pass_seconds = statistics.median(times) / 1000
        return statistics.median(times)

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def fractal(build, variant, batch, kernels, what):
    """This project's network."""
    return [report.program(build, "fractal_bench_contender"), variant, "--batch", batch, "--amp", "bf16",
            "--kernels", kernels, "--pass", what]


def pytorch(network, batch, kind, what):
    """PyTorch's: `network` is a module that `fractal export --to pytorch` wrote."""
    return [sys.executable, pathlib.Path(__file__).with_name("pytorch_contender.py"), network, "--batch", batch,
            "--kind", kind, "--pass", what]


def exported(options, variant, folder):
    """The variant as a Python module in `folder`."""
    file = pathlib.Path(folder) / f"{variant.replace('/', '-').replace('.', '_')}.py"
    report.fractal(options, "export", variant, "--to", "pytorch", "--out", file)
    return file


def in_turns(commands, rounds, seconds, between=lambda: None):
    """{name: milliseconds by round} and {name: seconds of the first pass} of the contenders {name: command}. Each
    gets its first pass and then, round by round, its share of `seconds`, which all rounds together take about."""
    with contextlib.ExitStack() as stack:
        contenders = {}
        for name, command in commands.items():
            contenders[name] = Contender(command)
            stack.callback(contenders[name].close)
        times = {name: [] for name in contenders}
        for _ in range(rounds):
            between()
            for name, contender in contenders.items():
                times[name].append(contender.round(seconds / (rounds * len(contenders))))
        return times, {name: contender.first for name, contender in contenders.items()}


def ratios(times, other, ours):
    """Of each round, how many times as long the other took as ours."""
    return [theirs / mine for theirs, mine in zip(times[other], times[ours])]
