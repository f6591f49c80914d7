#!/usr/bin/env python3
"""The time that a variant of a sweep takes, beside the published way of running one.

    python3 bench/published_way.py        # docs/results/published-way.md

A sweep over small variants, one epoch of 5,000 images each: `fractal train`, one process for all, by recipe `published` and
by recipe `fast`; and published_trial.py, a process for each. In turns, in one run, with the same images. Times are of whole
processes, divided by the number of variants.
"""

import json
import pathlib
import subprocess
import sys
import tempfile
import time

import contenders
import random_images
import report

VARIANTS = ["compact/d1-c1-conv3", "compact/d2-c1-conv3.bn.relu", "compact/d2-c2-conv3.bn.relu", "compact/d3-c1-relu.conv3.bn"]
TRAINING, TEST = 5000, 1000
RECIPES = ("published", "fast")


def seconds_of(command):
    began = time.perf_counter()
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"published_way.py: {command[0]} ends with {done.returncode}:\n{done.stdout}{done.stderr}")
    return time.perf_counter() - began


def ours(options, recipe, data, run):
    """Seconds of a sweep over all variants."""
    return seconds_of([report.program(options.build, "fractal"), "train", *options.variants, "--recipe", recipe, "--epochs", 1,
                       "--validation-images", 0, "--data", "cifar10", "--data-dir", data, "--run", run])


def theirs(networks, data):
    """Seconds of a process for each variant."""
    script = pathlib.Path(__file__).with_name("published_trial.py")
    return sum(seconds_of([sys.executable, script, network, data]) for network in networks)


def measure(options):
    rounds = []
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        data = random_images.write(folder / "data", options.images, TEST)
        networks = [contenders.exported(options, variant, folder) for variant in options.variants]
        for turn in range(options.rounds):
            seconds = {recipe: ours(options, recipe, data, folder / f"{turn}-{recipe}") for recipe in RECIPES}
            rounds.append(seconds | {"published way": theirs(networks, data)})
            print(json.dumps(rounds[-1]), file=sys.stderr, flush=True)
    return rounds


def paragraphs(measured):
    count = len(measured["variants"])
    rows = []
    for name, title in {"published": "`fractal train --recipe published`", "fast": "`fractal train --recipe fast`",
                        "published way": "a process for each variant, PyTorch"}.items():
        times = [turn[name] / count for turn in measured["rounds"]]
        ratio = [turn["published way"] / turn[name] for turn in measured["rounds"]]
        rows.append([title, report.spread(times, 2), report.spread(ratio)])
    return [
        f"One epoch of {measured['images']} images and an evaluation on {TEST}, {count} variants: "
        f"{', '.join(f'`{variant}`' for variant in measured['variants'])}. Recipe `published` is the pipeline's own (batch 16, "
        "fp32); `fast` is this project's (batch 128, bf16 where the machine gains from it). The published way is "
        "re-implemented in `bench/published_trial.py`: import of PyTorch, per-sample transforms in a loader of two processes, "
        "three passes over the training images.",
        report.table(["way", "seconds for a variant", "the published way takes so many times as long"], rows),
    ]


def main():
    parser = report.arguments(__doc__)
    parser.add_argument("variants", nargs="*", default=VARIANTS)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--images", type=int, default=TRAINING)
    options = report.parsed(parser)
    if options.quick:
        options.variants, options.rounds, options.images = VARIANTS[:1], 1, 320
    context = report.context(rounds=options.rounds, seeds="0", data="random images in the format of CIFAR-10")
    measured = {"context": context, "variants": options.variants, "images": options.images, "rounds": measure(options)}
    report.write(options.output, "published-way", "A variant of a sweep, beside the published way", measured,
                 paragraphs(measured))


if __name__ == "__main__":
    sys.exit(main())
