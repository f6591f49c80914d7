"""The command: what of its words is for Ray, and what for the driver."""

from __future__ import annotations

import argparse
import os
import pathlib
import shutil
import sys
import time

from fractal_ray import cluster, program, submission
from fractal_ray.console import say
from fractal_ray.errors import FractalRayError

USAGE = """\
fractal-ray: a sweep of `fractal train` on the machines of a Ray cluster

Usage:
  fractal-ray train [ARGUMENT...]       train what `fractal train ARGUMENT...` would
  fractal-ray add RUN [ARGUMENT...]     add trials to a run, also while it goes on
  fractal-ray resume RUN                go on with a run that was stopped

The ARGUMENTs are those of `fractal train`: variants, recipe, data, seeds. Each trial is a task that asks Ray for as many
CPUs as it has --threads (1), for the memory that it is predicted to take, and for a GPU where --device is cuda, which has
to be asked for on a machine that has one. It trains in a folder of its own, RUN/shards/<trial>, on storage that all
machines share; the results are RUN's, as of a run on one machine: fractal rank RUN, also meanwhile. Ctrl-C saves.

Options:
  --run DIR        folder for the results (runs/<time>)
  --address ADDR   a Ray cluster that is there: HOST:PORT, ray://HOST:PORT or auto; otherwise this machine becomes one
  --cpus N         CPUs of the cluster that is made of this machine (all)
  --gpus N         GPUs of one trial, also parts of one (1 with --device cuda)
  --retries N      start a trial again that was lost with its machine, so often at most (20)
  --retry-failed   train again what failed, was skipped or ran out of time
  --fractal FILE   the driver, at the same place on all machines (fractal, as the shell finds it)
  --no-dashboard   make a cluster of this machine without Ray's dashboard
  -h, --help       this text

Examples:
  fractal-ray train 'compact/d[23]-*' --epochs 5 --seeds 3 --run runs/wide
  fractal-ray train --select low-cost --data cifar10 --device cuda --address auto --run /shared/runs/wide
  fractal-ray add runs/wide 'paper/d2-c2-*' --epochs 5
"""

# Flags of `fractal train` that speak of the run as a whole, and what to do instead.
NOT_HERE = {
    "--resume": "fractal-ray resume RUN goes on, fractal-ray add RUN adds",
    "--shard": "each trial is a shard already",
    "--plan-only": "fractal train has it",
    "--json": "fractal results RUN gives the rows",
    "--time-limit": "stop by Ctrl-C or SIGTERM, which save",
    "--tensorboard": "fractal train --resume RUN --tensorboard DIR writes the curves when all is merged",
}


class Parser(argparse.ArgumentParser):
    def error(self, message: str) -> None:
        raise FractalRayError(f"{message} (fractal-ray --help says what it takes)", 64)


def parse(words: list[str]) -> tuple[argparse.Namespace, list[str]]:
    """The options for this program, and the arguments for the driver."""
    parser = Parser(add_help=False, allow_abbrev=False)
    parser.add_argument("--run", type=pathlib.Path)
    parser.add_argument("--address")
    parser.add_argument("--cpus", type=int)
    parser.add_argument("--gpus", type=float)
    parser.add_argument("--retries", type=int, default=20)
    parser.add_argument("--fractal")
    parser.add_argument("--no-dashboard", action="store_true")
    options, arguments = parser.parse_known_args(words)
    for argument in arguments:
        name = argument.split("=")[0]
        if name in NOT_HERE:
            raise FractalRayError(f"{name} is not for fractal-ray: {NOT_HERE[name]}", 64)
    if options.cpus is not None and options.cpus < 1:
        raise FractalRayError(f"--cpus is {options.cpus}: expected a whole number from 1 on", 64)
    if options.gpus is not None and not (0 <= options.gpus <= 1 or options.gpus > 1 and options.gpus.is_integer()):
        raise FractalRayError(f"--gpus is {options.gpus:g}: expected a part of one, such as 0.5, or a whole number", 64)
    if options.retries < 0:
        raise FractalRayError(f"--retries is {options.retries}: expected a whole number from 0 on", 64)
    if options.address:
        cluster.host_and_port(options.address)
    found = shutil.which(options.fractal or "fractal")
    if found is None:
        raise FractalRayError(f"there is no program {options.fractal or 'fractal'}: name the driver by --fractal", 64)
    options.fractal = os.path.abspath(found)
    return options, arguments


def submit(run: pathlib.Path, options: argparse.Namespace, arguments: list[str]) -> None:
    """Has the driver record what is asked for, or refuse it, and keeps it for whoever sends the trials."""
    asked = submission.Submission.of_this_shell(options.fractal, arguments)
    plan = program.plan(asked, run)
    if plan.threads == 0:  # one for each core: of which machine?
        if any(word.split("=")[0] == "--threads" for word in arguments):
            raise FractalRayError("--threads is 0: say how many threads, and so CPUs, each trial has", 64)
        asked = asked.with_flags("--threads=1")
        program.plan(asked, run)
    submission.write(run, asked)


def drive(run: pathlib.Path, options: argparse.Namespace, flags: tuple[str, ...]) -> int:
    """Sends the run's trials to Ray, unless somebody does already."""
    with submission.lock(run) as ours:
        if not ours:
            say(f"{run} goes on in another process, which takes the trials up")
            return 0
    submission.read_all(run)  # what is damaged is said before anything is started
    cluster.connect(options.address, options.cpus, not options.no_dashboard)
    from fractal_ray import sweep

    ended = sweep.drive(run, sweep.Options(options.fractal, options.gpus, options.retries, flags))
    if ended is None:
        return 0
    counts = ", ".join(f"{count} {disposition}" for disposition, count in ended.counts.items())
    say(f"{counts or 'nothing to train'} in {run}")
    if ended.stopped:
        say(f"to go on: fractal-ray resume {run}")
        return 130
    return 1 if ended.faults else 0


def command(words: list[str]) -> int:
    if not words or words[0] in ("-h", "--help", "help") or "--help" in words or "-h" in words:
        print(USAGE, end="")
        return 0 if words else 64
    verb = words[0]
    if verb == "train":
        options, arguments = parse(words[1:])
        run = (options.run or pathlib.Path(time.strftime("runs/%Y%m%d-%H%M%S", time.gmtime()))).absolute()
        submit(run, options, arguments)
        return drive(run, options, ())
    if verb not in ("add", "resume"):
        raise FractalRayError(f"{verb} is no command: there are train, add and resume", 64)
    if len(words) < 2 or words[1].startswith("-"):
        raise FractalRayError(f"{verb} wants the run's folder first: fractal-ray {verb} RUN", 64)
    run = pathlib.Path(words[1]).absolute()
    if not submission.folder_of(run).is_dir():
        raise FractalRayError(f"{run} is no run of fractal-ray: expected a folder that holds requests", 74)
    options, arguments = parse(words[2:])
    if options.run:
        raise FractalRayError(f"{verb} has its run already, {run}: leave out --run", 64)
    if verb == "resume":
        flags = tuple(argument for argument in arguments if argument == "--retry-failed")
        if len(flags) < len(arguments):
            raise FractalRayError("resume goes on with what was asked for: fractal-ray add RUN takes more", 64)
        return drive(run, options, flags)
    submit(run, options, arguments)
    with submission.lock(run) as idle:
        say(f"recorded; fractal-ray resume {run} trains it" if idle else "recorded; the run takes it up")
    return 0


def main() -> int:
    try:
        return command(sys.argv[1:])
    except FractalRayError as error:
        say(str(error))
        return error.status
    except KeyboardInterrupt:
        return 130
