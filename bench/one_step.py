#!/usr/bin/env python3
"""Each variant of a family forward and backward once, in one process: does it run, and does memory grow?

    python3 bench/one_step.py                                # docs/results/one-step-paper.md, one-step-paper-memory.svg
    python3 bench/one_step.py --scratch /dev/shm             # states of up to 3 GB are written: memory is faster
    ASAN_OPTIONS=quarantine_size_mb=1:malloc_context_size=2:allocator_release_to_os_interval_ms=0 \
        python3 bench/one_step.py --family compact --count 1000 --build build-asan   # a soak under AddressSanitizer

In such a build a leak ends the script. What that build keeps itself, freed blocks and the calls that each block came
from, which differ from type to type, is to be small, or it hides what the program keeps.

`fractal train` with two training images and batches of two: an epoch is one step. The checkpoint plan is chosen for what the
machine has, or for --memory-budget; a variant that no plan lets in is listed with the bytes that it needs.
"""

import json
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import time

import plot
import random_images
import report

BATCH = 2
EARLY = 20  # trials after which memory should not grow any more


def names_of(options):
    """The variants, in a drawn order where not all are wanted."""
    names = report.fractal(options, "list", f"{options.family}/*", "--names").split()
    count = 8 if options.quick else options.count
    return sorted(random.Random(0).sample(names, count)) if 0 < count < len(names) else names


def resident_mib(process):
    status = report.field_of(f"/proc/{process.pid}/status", "VmRSS").split()
    if not status:
        sys.exit(f"one_step.py: fractal train was gone before the memory of its process {process.pid} could be read: again")
    return int(status[0]) / 1024


def train(options, names, folder):
    """What came of each variant, in the order in which they were trained."""
    data = random_images.write(folder / "data", BATCH, BATCH)
    patterns = [f"{options.family}/*"] if options.whole else names
    command = [report.program(options.build, "fractal"), "train", *patterns, "--data", "cifar10", "--data-dir", str(data),
               "--recipe", "published", "--epochs", "1", "--batch", str(BATCH), "--validation-images", "0", "--checkpoint",
               "auto", "--no-weights", "--json", "--run", str(folder / "run")]
    if options.memory_budget:
        command += ["--memory-budget", options.memory_budget]
    trials = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout:
            event = json.loads(line)
            if event["event"] == "trial_end":
                keys = ("variant", "disposition", "reason", "test_loss", "peak_bytes", "predicted_peak_bytes", "seconds")
                trials.append({key: event[key] for key in keys} | {"resident_mib": round(resident_mib(process), 1)})
    if process.returncode != 0:
        sys.exit(f"one_step.py: fractal train ended with {process.returncode} after {len(trials)} trials")
    return trials


def mib(count):
    return f"{count / 2**20:.0f}"


def paragraphs(measured):
    trials = measured["trials"]
    of = {kind: [trial for trial in trials if trial["disposition"] == kind] for kind in ("finished", "skipped", "failed")}
    resident = [trial["resident_mib"] for trial in trials]
    early = min(EARLY, len(trials))
    slowest = max(trials, key=lambda trial: trial["seconds"])
    rows = [["variants", measured["asked"]], ["ran forward and backward", len(of["finished"])],
            ["did not fit the memory", len(of["skipped"])], ["failed", len(of["failed"])],
            ["seconds in all", f"{measured['seconds']:.0f}"],
            [f"longest, `{slowest['variant']}`, seconds", f"{slowest['seconds']:.1f}"],
            ["most memory of tensors, MiB", mib(max(trial["peak_bytes"] for trial in trials))],
            [f"resident after variant {early}, MiB", f"{resident[early - 1]:.0f}"],
            [f"resident after variant {len(trials)}, MiB", f"{resident[-1]:.0f}"]]
    text = [report.table(["", "measured"], rows),
            f"Resident memory after each variant, the cheapest first: ![resident memory]({measured['name']}-memory.svg)"]
    if of["skipped"]:
        needs = lambda trial: re.search(r"needs (\S+ \S+) of memory", trial["reason"])  # noqa: E731
        text.append("## What does not fit\n\n" + report.table(
            ["variant", "needs"], [[f"`{trial['variant']}`", needs(trial)[1] if needs(trial) else trial["reason"]]
                                   for trial in of["skipped"]]))
    if of["failed"]:
        text.append("## What failed\n\n" + report.table(
            ["variant", "why"], [[f"`{trial['variant']}`", trial["reason"]] for trial in of["failed"]]))
    return text


def main():
    parser = report.arguments(__doc__)
    parser.add_argument("--family", default="paper", help="whose variants (paper)")
    parser.add_argument("--count", type=int, default=0, help="so many of them, drawn (all)")
    parser.add_argument("--memory-budget", help="as fractal train takes it (what the machine has)")
    parser.add_argument("--scratch", help="folder for the run, which is removed (the system's for temporary files)")
    options = report.parsed(parser)
    options.whole = options.count == 0 and not options.quick
    names = names_of(options)
    name = f"one-step-{options.family}"
    sanitizer = os.environ.get("ASAN_OPTIONS")
    conditions = [f"batches of {BATCH}", *([f"ASAN_OPTIONS={sanitizer}"] if sanitizer else [])]
    measured = {"context": report.context(seeds="0, of the images and of the choice", note=", ".join(conditions)),
                "name": name, "asked": len(names)}
    began = time.monotonic()
    with tempfile.TemporaryDirectory(dir=options.scratch, prefix="fractal-one-step-") as folder:
        measured["trials"] = train(options, names, pathlib.Path(folder))
    measured["seconds"] = time.monotonic() - began
    if sorted(trial["variant"] for trial in measured["trials"]) != sorted(names):
        sys.exit("one_step.py: not every variant had its trial")
    report.write(options.output, name, f"One step of each variant of {options.family}", measured, paragraphs(measured))
    plot.line_plot(options.output / f"{name}-memory.svg", "Resident memory", "variants trained", "MiB",
                   {"resident": [(place + 1, trial["resident_mib"]) for place, trial in enumerate(measured["trials"])]}, 0)
    return 1 if any(trial["disposition"] == "failed" for trial in measured["trials"]) else 0


if __name__ == "__main__":
    sys.exit(main())
