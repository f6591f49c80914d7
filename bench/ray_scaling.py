#!/usr/bin/env python3
"""How much sooner a sweep ends with more workers of a Ray cluster, and what Ray costs beside one process.

    python3 bench/ray_scaling.py        # docs/results/ray-scaling.md

The same variants of `compact` on the data set `shapes`, one thread to a trial: by `fractal train` in one process, and
by `fractal-ray` on clusters of 1, 2 and 4 CPUs, in turns. A sweep of fractal-ray is timed from the line that says that
its trials are sent to that of the last one that has ended; the time until Ray stands, and that of the end, are counted
apart. That all of them come to the same results is checked. Needs Ray: run it with the Python of .venv.
"""

import importlib.util
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import threading
import time

import report

sys.path.insert(0, str(report.ROOT / "tests" / "faults"))
from small_sweep import differences, results_of, rows_of  # noqa: E402

WORKERS = [1, 2, 4]
VARIANTS = "compact/d2-c3-*"
PATIENCE = 1800  # seconds for one sweep


def variants_of(options):
    """Names, evenly spread over those that the pattern means."""
    names = report.fractal(options, "list", options.variants, "--names").split()
    if len(names) < options.trials:
        sys.exit(f"ray_scaling.py: {options.variants} means {len(names)} variants: expected at least the "
                 f"{options.trials} of --trials")
    return [names[place * len(names) // options.trials] for place in range(options.trials)]


def arguments_of(options, variants, run):
    return [*variants, "--data", "shapes", "--epochs", options.epochs, "--threads", 1, "--run", run]


def on_one_machine(options, variants, run):
    """Seconds of `fractal train`, the start of its process included."""
    command = [report.program(options.build, "fractal"), "train", *arguments_of(options, variants, run)]
    began = time.monotonic()
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=PATIENCE, check=False)
    if done.returncode != 0:
        sys.exit(f"ray_scaling.py: fractal train ended with {done.returncode}:\n{done.stderr}")
    return {"sweep": time.monotonic() - began}


def on_ray(options, variants, run, workers):
    """Seconds until the trials were sent, of the sweep, and until the program had ended."""
    command = [sys.executable, "-B", "-m", "fractal_ray", "train", *arguments_of(options, variants, run),
               "--cpus", workers, "--no-dashboard", "--fractal", report.program(options.build, "fractal")]
    environment = os.environ | {"PYTHONPATH": str(report.ROOT / "python"), "RAY_USAGE_STATS_ENABLED": "0"}
    began = time.monotonic()
    process = subprocess.Popen(list(map(str, command)), stderr=subprocess.PIPE, text=True, env=environment)
    patience = threading.Timer(PATIENCE, process.terminate)
    patience.start()
    said = []
    sent = ended = None
    for line in process.stderr:
        said.append(line)
        if "trials sent" in line and sent is None:
            sent = time.monotonic()
        if f"{len(variants)}/{len(variants)}  " in line:
            ended = time.monotonic()
    process.wait()
    patience.cancel()
    if process.returncode != 0 or sent is None or ended is None:
        sys.exit(f"ray_scaling.py: fractal-ray ended with {process.returncode}:\n{''.join(said)}")
    return {"until_sent": sent - began, "sweep": ended - sent, "end": time.monotonic() - ended}


def trained(run):
    """Seconds that the run's trials took by their own clocks, which start when the process stands."""
    return sum(row["seconds"] for row in rows_of(run, "trials", keep_times=True))


def measure(options, variants):
    """By what trained, its seconds round by round; and what was not equal to one machine's results."""
    records = {"fractal train": [], **{workers: [] for workers in options.workers}}
    wrong = []
    for place in range(options.rounds):
        with tempfile.TemporaryDirectory(dir=options.scratch) as scratch:
            folder = pathlib.Path(scratch)
            times = on_one_machine(options, variants, folder / "one")
            records["fractal train"].append(times | {"trained": trained(folder / "one")})
            for workers in options.workers:
                times = on_ray(options, variants, folder / str(workers), workers)
                records[workers].append(times | {"trained": trained(folder / str(workers))})
                wrong += differences(results_of(folder / str(workers)), results_of(folder / "one"))
        last = {name: rows[-1] for name, rows in records.items()}
        print(f"round {place + 1}: {last}", file=sys.stderr, flush=True)
    return [{"by": name, "rounds": rows} for name, rows in records.items()], wrong


def sweep_of(record):
    return [row["sweep"] for row in record["rounds"]]


def share_of(record, workers):
    """Percent of the workers' time in which trials were trained; the rest is processes, placing and gaps."""
    return statistics.median(100 * row["trained"] / (workers * row["sweep"]) for row in record["rounds"])


def row_of(record, base, cores):
    """One cluster beside the first, round by round."""
    workers = record["by"]
    gains = [before / now for before, now in zip(sweep_of(base), sweep_of(record))]
    whole = 100 * statistics.median(gains) * base["by"]
    return [workers, report.spread(sweep_of(record)), report.spread(gains, 2), f"{whole / workers:.0f} %",
            f"{whole / min(workers, cores):.0f} %", f"{share_of(record, workers):.0f} %"]


def paragraphs(measured):
    one, base, *_ = measured["records"]
    clusters, cores = measured["records"][1:], measured["cores"]
    middle = {part: statistics.median(row[part] for record in clusters for row in record["rounds"])
              for part in ("until_sent", "end")}
    cost = statistics.median(now / before for now, before in zip(sweep_of(base), sweep_of(one)))
    equal = "yes" if not measured["wrong"] else "**no**: " + "; ".join(measured["wrong"])
    return [
        f"{len(measured['variants'])} variants of `compact` (`{measured['pattern']}`), one thread to a trial, "
        f"{measured['epochs']} epoch(s) of `shapes` for each; every worker is a CPU of a Ray cluster on this machine. "
        "Seconds, median over the rounds with the least and the most. Ratios are taken round by round.",
        report.table(["workers", "sweep, s", f"times as fast as {base['by']}", "efficiency, per worker",
                      f"efficiency, per core of the {cores} there are", "of the workers' time in training"],
                     [row_of(record, base, cores) for record in clusters]),
        f"This machine has {cores} cores. Workers beyond that share them and cannot make a sweep faster: what their row "
        "shows is what they cost, not how more machines scale, and their time in training is longer by their waiting "
        "for each other. A network, shared storage and other machines have no part in these figures.",
        f"`fractal train` takes {report.spread(sweep_of(one))} s for the same trials in one process of one thread, "
        f"{share_of(one, 1):.0f} % of it in training. The sweep of {base['by']} worker takes {cost:.2f} times as long; "
        "each trial has a process of its own there, which Ray starts, and which loads LibTorch and makes its data. Besides, "
        f"fractal-ray took {middle['until_sent']:.1f} s until its trials were sent, most of it for Ray to start, and "
        f"{middle['end']:.1f} s after the last had ended.",
        f"Results of all sweeps equal to those of `fractal train`, times aside: {equal}.",
    ]


def main():
    parser = report.arguments(__doc__)
    parser.add_argument("--variants", default=VARIANTS, metavar="PATTERN", help=f"of which some are picked ({VARIANTS})")
    parser.add_argument("--trials", type=int, default=12, help="of a sweep (12)")
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workers", type=int, nargs="+", default=WORKERS)
    parser.add_argument("--scratch", help="folder for the runs, which are removed (the system's for temporary files)")
    options = report.parsed(parser)
    if importlib.util.find_spec("ray") is None:
        print("ray_scaling.py needs Ray: run it with the Python of .venv", file=sys.stderr)
        return 74
    if options.quick:
        options.trials, options.epochs, options.rounds, options.workers = 2, 1, 1, [1, 2]
    variants = variants_of(options)
    import ray

    measured = {"context": report.context(ray=ray.__version__, rounds=options.rounds,
                                          seeds="0, of weights and of images"),
                "cores": report.CORES, "pattern": options.variants, "variants": variants, "epochs": options.epochs}
    measured["records"], measured["wrong"] = measure(options, variants)
    report.write(options.output, "ray-scaling", "A sweep with more workers", measured, paragraphs(measured))
    return 1 if measured["wrong"] else 0


if __name__ == "__main__":
    sys.exit(main())
