#!/usr/bin/env python3
"""How well a sweep of the whole registry would fill a cluster: a schedule that is worked out, not run.

    python3 bench/schedule.py        # docs/results/schedule.md

Each variant is a trial for one worker, which takes the next of the queue whenever it has none: list scheduling, as Ray
does it. The queue's order is `fractal_ray.order.longest_first`, the one in which fractal-ray sends trials. How long a
trial takes is estimated: the multiply-accumulates of its training, at the rate that measured steps of some variants
reached (docs/results/step-speed.json, `fused`). Those are steps on a CPU, so the hours that follow are those of no GPU;
what counts is the ratio of the makespan to the lower bound, in which the rate cancels out.
"""

import heapq
import json
import pathlib
import random
import statistics
import sys

import report

sys.path.insert(0, str(report.ROOT / "python"))
from fractal_ray.order import longest_first  # noqa: E402
from fractal_ray.program import PlannedTrial  # noqa: E402

IMAGES = 50_000  # of an epoch
PASSES = 3  # a step is a forward pass and a backward pass of twice its multiply-accumulates
ORDERS = {
    "longest first, as fractal-ray sends them": longest_first,
    "as the registry lists them, by name": list,
    "cheapest first, as the driver numbers them": lambda trials: longest_first(trials)[::-1],
}


def trials_of(options):
    """Every variant once."""
    listed = json.loads(report.fractal(options, "list", "--json"))
    return [PlannedTrial(number, "", variant["name"], 0, options.epochs, variant["macs"], 0)
            for number, variant in enumerate(sorted(listed, key=lambda variant: variant["name"]), 1)]


def rates_of(file):
    """Multiply-accumulates a second of each measured step: of its record, or median over the rounds."""
    records = json.loads(file.read_text(encoding="utf-8"))["records"]
    return {record["variant"]: 1000 * record["macs"] / statistics.median(record["ms"]["fused"]) for record in records}


def makespan_of(seconds, workers):
    """When the last one ends, each begun by the worker that is free first."""
    free = [0.0] * workers
    for duration in seconds:
        heapq.heapreplace(free, free[0] + duration)
    return max(free)


def schedule(trials, seconds, workers):
    """The makespan of each order beside what no schedule can beat."""
    total = sum(seconds.values())
    bound = max(total / workers, max(seconds.values()))
    makespans = {name: makespan_of([seconds[trial.number] for trial in order(trials)], workers)
                 for name, order in ORDERS.items()}
    return {
        "total": total,
        "longest": max(seconds.values()),
        "bound": bound,
        "any_order": (total / workers + max(seconds.values()) * (1 - 1 / workers)) / bound,
        "orders": {name: {"makespan": makespan, "ratio": makespan / bound, "idle": 1 - total / (workers * makespan)}
                   for name, makespan in makespans.items()},
    }


def even(trials, rate):
    """Seconds of each trial, all at one rate."""
    return {trial.number: PASSES * IMAGES * trial.work / rate for trial in trials}


def uneven(trials, rates, draws):
    """The same, each trial at one of the measured rates, drawn: what the order does not know."""
    return {trial.number: PASSES * IMAGES * trial.work / draws.choice(rates) for trial in trials}


def shares(trials, rates, workers, seed):
    """Of each order, what counts of one draw."""
    orders = schedule(trials, uneven(trials, rates, random.Random(seed)), workers)["orders"]
    return {name: {key: round(row[key], 6) for key in ("ratio", "idle")} for name, row in orders.items()}


def hours(seconds):
    return f"{seconds / 3600:,.2f}"


def orders_table(same):
    return report.table(
        ["order of the queue", "makespan, h", "lower bound, h", "makespan / lower bound", "idle"],
        [[name, hours(row["makespan"]), hours(same["bound"]), f"{row['ratio']:.4f}", f"{100 * row['idle']:.2f} %"]
         for name, row in same["orders"].items()])


def drawn_table(drawn):
    def of(name, key, factor, digits):
        return report.spread([factor * draw[name][key] for draw in drawn], digits)

    return report.table(["order of the queue", "makespan / lower bound", "idle, %"],
                        [[name, of(name, "ratio", 1, 4), of(name, "idle", 100, 2)] for name in ORDERS])


def paragraphs(measured):
    same, drawn, rates = measured["even"], measured["uneven"], list(measured["rates"].values())
    workers, steps = measured["workers"], measured["context"]["steps"]
    ratios = [draw[next(iter(ORDERS))]["ratio"] for draw in drawn]
    greater = "longest trial" if same["longest"] * workers > same["total"] else "share of the work"
    return [
        f"{measured['trials']:,} trials, one of each variant, {measured['epochs']} epochs of {IMAGES:,} images, on "
        f"{workers} workers, such as GPUs, each of which trains one trial at a time. **Nothing of this has run on such a "
        f"cluster.** A trial's time is estimated: {PASSES} x its multiply-accumulates for an image x images, at "
        f"{statistics.median(rates) / 1e9:.0f} G a second, the median of what steps of {len(rates)} variants reached on "
        f"two cores of a CPU ({steps}). No GPU was measured, so the hours are not those of GPUs; the ratio to the lower "
        "bound and the idle share hold at any rate that all trials have in common.",
        f"The lower bound is the larger of a worker's share of the work, {hours(same['total'] / workers)} h, and the "
        f"longest trial, `{measured['longest']}`, {hours(same['longest'])} h: here it is the {greater}.",
        orders_table(same),
        f"No order of the queue can come to more than {same['any_order']:.3f} of the lower bound (Graham). That also "
        "covers what this leaves out: Ray has a queue for each set of needs, and between trials of unequal memory the "
        "order in which they begin is its own.",
        f"## Times that the order does not know\n\nSteps of the {len(rates)} variants reached {min(rates) / 1e9:.0f} to "
        f"{max(rates) / 1e9:.0f} G multiply-accumulates a second, so trials take up to {max(rates) / min(rates):.1f} "
        "times as long as others of equal work. Below, each trial has one of these rates, drawn "
        f"{len(drawn)} times, and the order is by work as before; median, least and most.",
        drawn_table(drawn),
        f"Of {len(drawn)} draws, {sum(ratio < 1.01 for ratio in ratios)} are within a hundredth of the lower bound in "
        "fractal-ray's order. What is not in it: the start of a process for each trial, data that are loaded, merging, "
        "machines that are lost, and steps of small networks, which multiply-accumulates do not bound on a GPU.",
    ]


def main():
    parser = report.arguments(__doc__)
    parser.add_argument("--workers", type=int, default=64)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--draws", type=int, default=100, help="of uneven rates (100)")
    parser.add_argument("--steps", type=pathlib.Path, default=report.ROOT / "docs/results/step-speed.json",
                        help="measured steps (docs/results/step-speed.json)")
    options = report.parsed(parser)
    if options.quick:
        options.draws = 2
    trials = trials_of(options)
    rates = rates_of(options.steps)
    even_seconds = even(trials, statistics.median(rates.values()))
    measured = {
        "context": report.context(steps=f"`{options.steps.resolve().relative_to(report.ROOT)}`",
                                  seeds=f"0 to {options.draws - 1}, of the drawn rates"),
        "workers": options.workers, "epochs": options.epochs, "trials": len(trials),
        "longest": max(trials, key=lambda trial: even_seconds[trial.number]).variant,
        "rates": rates,
        "even": schedule(trials, even_seconds, options.workers),
        "uneven": [shares(trials, list(rates.values()), options.workers, seed) for seed in range(options.draws)],
    }
    title = f"A schedule of the whole registry on {options.workers} workers, worked out"
    report.write(options.output, "schedule", title, measured, paragraphs(measured))
    return 0


if __name__ == "__main__":
    sys.exit(main())
