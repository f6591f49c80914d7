#!/usr/bin/env python3
"""What a sweep costs beyond its steps, and whether memory grows from trial to trial.

    python3 bench/sweep.py        # docs/results/sweep.md, sweep-memory.svg

`fractal_bench_sweep` trains variants of `compact` as `fractal train` does, in a drawn order and with all that is saved and
recorded: 100 of them for 10 steps each, twice; once more for a step each, with the convolution library saying how long it
compiles for new shapes; and 1,000 of them for 2 steps each, with the resident memory after each. Besides: how long
`fractal list` takes.
"""

import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import plot
import random_images
import report

EARLY, LATE = 20, 1000  # trials between which memory may grow
ALLOWED_MIB = 64
ALLOWED_MS = 30
ALLOWED_LIST_MS = 50


def run(options, variants, steps, rounds, batch, **environment):
    """What the trials of each round took, and what the program said besides."""
    with tempfile.TemporaryDirectory(dir=options.scratch) as folder:
        data = random_images.write(pathlib.Path(folder) / "data", steps * batch, 128)
        command = [report.program(options.build, "fractal_bench_sweep"), "--variants", variants, "--rounds", rounds,
                   "--batch", batch, "--data-dir", data, "--run", pathlib.Path(folder) / "run"]
        done = subprocess.run(list(map(str, command)), check=True, stdout=subprocess.PIPE, text=True,
                              env=os.environ | environment)
    said, answer = [], []
    for line in done.stdout.splitlines():
        (said if line.startswith("onednn_verbose") else answer).append(line)
    return json.loads("\n".join(answer)), said


def compiled(options, variants):
    """What the convolution library compiles for `variants` trials of a step each, by its own account."""
    measured, said = run(options, variants, 1, 1, 128, ONEDNN_VERBOSE="profile_create")
    for trials in measured["rounds"]:
        check(trials)
    misses = [float(line.rsplit(",", 1)[1]) for line in said if ",create:cache_miss," in line]
    return {"variants": variants, "kernels": len(misses), "ms": sum(misses)}


def check(trials):
    failed = [trial for trial in trials if trial["disposition"] != "finished"]
    if failed:
        sys.exit(f"sweep.py: {failed[0]['variant']} {failed[0]['disposition']}: {failed[0]['reason']}")


def parts_of(trials):
    """Milliseconds of each part, mean over the trials; what is beyond steps and evaluation is `overhead`."""
    def mean(value):
        return statistics.fmean(map(value, trials))

    parts = {
        "first_step": mean(lambda trial: trial["steps_ms"][0] - statistics.median(trial["steps_ms"][1:])),
        "set_up": mean(lambda trial: trial["set_up_ms"]),
        "steps": mean(lambda trial: sum(trial["steps_ms"])),
        "epoch_end": mean(lambda trial: trial["epoch_end_ms"]),
        "evaluation": mean(lambda trial: trial["evaluation_ms"]),
        "whole": mean(lambda trial: trial["whole_ms"]),
    }
    parts["trial_end"] = mean(lambda trial: trial["trial_end_ms"]) - parts["evaluation"]
    parts["overhead"] = parts["whole"] - parts["steps"] - parts["evaluation"]
    return parts


def list_milliseconds(options):
    command = [report.program(options.build, "fractal"), "list"]
    times = []
    for _ in range(3 if options.quick else 21):
        began = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        times.append(1000 * (time.perf_counter() - began))
    return times


def loads_libtorch(options):
    linked = subprocess.run(["ldd", report.program(options.build, "fractal")], check=True, capture_output=True, text=True)
    return "libtorch" in linked.stdout or "libc10" in linked.stdout


def verdict(value, allowed):
    return "yes" if value <= allowed else "**no**"


def paragraphs(measured):
    overhead, memory, listing = measured["overhead"], measured["memory"], measured["list_ms"]
    first, again = (parts_of(trials) for trials in overhead["rounds"])
    count = len(overhead["rounds"][0])
    steps = len(overhead["rounds"][0][0]["steps_ms"])
    titles = {"steps": f"{steps} steps", "first_step": "of these, what the first takes longer than the median of the others",
              "evaluation": f"evaluation of {overhead['test_images']} test images",
              "set_up": "set-up: weights, data stream, the row of the trial",
              "epoch_end": "its weights and state saved, the row of the epoch",
              "trial_end": "the row of its end", "overhead": "**beyond steps and evaluation**"}
    rows = [[title, f"{first[key]:.1f}", f"{again[key]:.1f}"] for key, title in titles.items()]
    resident = [trial["resident_mib"] for trial in memory["rounds"][0]]
    early, late = min(EARLY, len(resident)), min(LATE, len(resident))
    growth = resident[late - 1] - resident[early - 1]
    middle = statistics.median(listing)
    goals = [
        [f"at most {ALLOWED_MS} ms for a variant beyond its steps and its evaluation", f"{again['overhead']:.1f} ms",
         verdict(again["overhead"], ALLOWED_MS)],
        [f"at most {ALLOWED_MIB} MiB more from the {early}th to the {late}th variant", f"{growth:+.1f} MiB",
         verdict(growth, ALLOWED_MIB)],
        [f"`fractal list` in less than {ALLOWED_LIST_MS} ms, without LibTorch",
         f"{report.spread(listing)} ms, {'with' if measured['list_loads_libtorch'] else 'without'} LibTorch",
         verdict(middle + (ALLOWED_LIST_MS if measured["list_loads_libtorch"] else 0), ALLOWED_LIST_MS)],
    ]
    library = measured["compiled"]
    return [
        report.table(["goal", "measured", "met"], goals),
        f"## Beyond the steps\n\n{count} variants of `compact`, one after the other in one process as `fractal train` does it, "
        f"{steps} steps of {overhead['batch']} images each; milliseconds for a variant, mean. The same variants twice: the "
        "second time the convolution library has the code for their shapes. What a trial held goes back to the system with "
        "its end, so that the first step of each meets fresh memory.",
        report.table(["part", "first time", "again"], rows),
        f"For new shapes the convolution library compiles {library['kernels']} kernels for {library['variants']} variants in a "
        f"process of their own, in {library['ms'] / library['variants']:.1f} ms for a variant by its own account "
        "(ONEDNN_VERBOSE=profile_create); this is a part of the steps of the first time, and for evaluations of the row of the end: "
        "the evaluation shown is one more, of code that is there.",
        f"## Memory\n\nResident memory after each of {len(resident)} variants in a drawn order, 2 steps of "
        f"{memory['batch']} images each. ![resident memory](sweep-memory.svg)",
        report.table(["after variant", "resident, MiB"],
                     [[at, f"{resident[at - 1]:.0f}"]
                      for at in sorted({1, early, 100, 250, 500, 750, late}) if at <= len(resident)]),
    ]


def main():
    parser = report.arguments(__doc__)
    parser.add_argument("--scratch", help="folder for the runs, which are removed (the system's for temporary files)")
    options = report.parsed(parser)
    variants, many = (4, 24) if options.quick else (100, LATE)
    measured = {"context": report.context(seeds="0, of the order of variants and of images",
                                          note="the runs are written to " + (options.scratch or tempfile.gettempdir()))}
    measured["list_ms"] = list_milliseconds(options)
    measured["list_loads_libtorch"] = loads_libtorch(options)
    measured["overhead"], _ = run(options, variants, 10, 2, 128)
    measured["compiled"] = compiled(options, variants)
    measured["memory"], _ = run(options, many, 2, 1, 64)
    for part in ("overhead", "memory"):
        for trials in measured[part]["rounds"]:
            check(trials)
    for trial in measured["memory"]["rounds"][0]:  # a figure each is what is wanted of these
        for key in set(trial) - {"variant", "resident_mib", "whole_ms"}:
            del trial[key]
    points = [(place + 1, trial["resident_mib"]) for place, trial in enumerate(measured["memory"]["rounds"][0])]
    report.write(options.output, "sweep", "What a sweep costs beyond its steps", measured, paragraphs(measured))
    plot.line_plot(options.output / "sweep-memory.svg", "Resident memory of a sweep", "variants trained", "MiB",
                   {"resident": points}, 0)


if __name__ == "__main__":
    sys.exit(main())
