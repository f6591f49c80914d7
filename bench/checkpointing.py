#!/usr/bin/env python3
"""Memory and time of gradient checkpointing: this project's plans beside PyTorch's own, in one run.

    OMP_NUM_THREADS=1 python bench/checkpointing.py --build build

The build's fractal_bench_checkpointing measures no checkpointing, every unit (`full`) and a plan. PyTorch runs
the networks of tests/parity/reference.py, without and with torch.utils.checkpoint(use_reentrant=False) around
every unit. Both take forward and backward over the same batch in fp32, channels last. Memory is what a step
takes beyond weights and images: counted by this project's allocator; of PyTorch the growth of the process's
peak, in a process of its own whose large blocks go back to the system at once. Time is the processor's, so that
other load on the machine matters less. Needs PyTorch, of LibTorch's version.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
BATCH = 64  # of fractal_bench_checkpointing too
MIB = 2**20


def pytorch_step(name, checkpointed):
    """A function that runs forward and backward once."""
    sys.path.insert(0, str(ROOT / "tests/parity"))
    import reference
    import spec
    import torch
    from torch.utils.checkpoint import checkpoint

    class Checkpointed(reference.Network):
        def forward(self, x):
            for unit in range(self.spec.depth):
                x = checkpoint(self.get_submodule(f"unit{unit}"), x, {}, use_reentrant=False)
            return self.head(x.mean((2, 3)) if self.spec.head == "gap" else x.flatten(1))

    net = (Checkpointed if checkpointed else reference.Network)(spec.parse(name))
    net = net.to(memory_format=torch.channels_last)
    images = torch.randn(BATCH, 3, 32, 32).contiguous(memory_format=torch.channels_last)
    labels = torch.randint(10, (BATCH,))

    def step(count=BATCH):
        torch.nn.functional.cross_entropy(net(images[:count]), labels[:count]).backward()
        net.zero_grad(set_to_none=True)

    return step


def status(field):
    text = pathlib.Path("/proc/self/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) * 1024 for line in text.splitlines() if line.startswith(field))


def measure_pytorch(name, checkpointed, what, repetitions):
    step = pytorch_step(name, checkpointed)
    if what == "memory":
        step(2)  # so that libraries have made what they keep
        before = status("VmRSS")
        pathlib.Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the peak is the present
        step()
        return status("VmHWM") - before
    step()
    times = []
    for _ in range(repetitions):
        begin = time.process_time()
        step()
        times.append(1000 * (time.process_time() - begin))
    return statistics.median(times)


def pytorch(name, checkpointed, what, repetitions):
    """In a process of its own, so that nothing is left of the measurement before."""
    environment = dict(os.environ)
    if what == "memory":
        environment["MALLOC_MMAP_THRESHOLD_"] = "65536"
    command = [sys.executable, __file__, "--one", json.dumps([name, checkpointed, what, repetitions])]
    return json.loads(subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE).stdout)


def ours(build, repetitions):
    """{network: {plan: counters}} of fractal_bench_checkpointing."""
    command = [pathlib.Path(build) / "bin/fractal_bench_checkpointing", "--benchmark_format=json",
               "--benchmark_min_time=0.01", f"--benchmark_repetitions={repetitions}",
               "--benchmark_report_aggregates_only"]
    report = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    networks = {}
    for row in report["benchmarks"]:
        if row["aggregate_name"] == "median":
            network, plan = row["run_name"].removesuffix("/process_time").rsplit("/", 1)
            networks.setdefault(network, {})[plan] = row
    return report["context"], networks


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", default="build", help="folder of the build (build)")
    parser.add_argument("--repetitions", type=int, default=3, help="measurements of each time (3)")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(measure_pytorch(*json.loads(options.one))))
        return
    context, networks = ours(options.build, options.repetitions)
    print(f"LibTorch {context['libtorch']}, {context['threads']} threads, load {context['load_avg'][0]:.1f}, "
          f"batch {BATCH}, median of {options.repetitions}\n")
    print("| network | by | marks | peak, MiB | predicted | of none | processor time of a step, ms | of none |")
    print("| --- | --- | --: | --: | --: | --: | --: | --: |")
    for name, plans in networks.items():
        none = plans["none"]
        for plan, row in plans.items():
            print(f"| {name} | {plan} | {row['marks']:.0f} | {row['peak_bytes'] / MIB:.1f} | "
                  f"{row['predicted_bytes'] / MIB:.1f} | {row['peak_bytes'] / none['peak_bytes']:.2f} | "
                  f"{row['cpu_time']:.0f} | {row['cpu_time'] / none['cpu_time']:.2f} |", flush=True)
        theirs = {}
        for checkpointed in (False, True):
            theirs[checkpointed] = [pytorch(name, checkpointed, what, options.repetitions)
                                    for what in ("memory", "time")]
            memory, step = theirs[checkpointed]
            print(f"| {name} | PyTorch, {'every unit' if checkpointed else 'none'} | | {memory / MIB:.1f} | | "
                  f"{memory / theirs[False][0]:.2f} | {step:.0f} | {step / theirs[False][1]:.2f} |", flush=True)


if __name__ == "__main__":
    main()
