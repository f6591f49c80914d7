"""Trials are added to a sweep that goes on; it is stopped, which saves, and gone on with; its table is complete.

    added_and_stopped.py --fractal build/bin/fractal --backend build/lib/libfake_trainer.so

Trains by a backend without LibTorch, whose figures follow from every step done, on a cluster that `fractal-ray` makes of
this machine, and on one of a head and two nodes, all of them processes of this machine.
"""

from __future__ import annotations

import argparse
import os
import pathlib
import re
import signal
import sys
import tempfile

from machines import FractalRay, arguments, check, machines, said_by, wait_until
from small_sweep import differences, finished_of, results_of, rows_of

FIRST = ["compact/d1-c[12]-conv3", "--epochs", "3", "--seeds", "2", "--no-weights"]
MORE = ["compact/d1-c3-conv3", "--epochs", "4"]  # which keeps no weights either, as the run remembers


def sweep(options: argparse.Namespace, place: str, address: str | None, run: pathlib.Path,
          expected: dict[str, object]) -> None:
    """On a cluster that is there, or on one that `fractal-ray` makes of this machine."""
    quick = FractalRay(options.fractal, address, FRACTAL_BACKEND=options.backend)
    command = FractalRay(options.fractal, address, FRACTAL_BACKEND=options.backend, FRACTAL_FAKE_STEP_MS="200")
    if address is None:
        for each in (quick, command):
            each.options += ["--cpus", "2", "--no-dashboard"]
    shards = run / "shards"
    process = command.start("train", *FIRST, "--run", run)
    wait_until(lambda: process.poll() is not None or any(shards.glob("*/state/*")), "a trial is under way")
    said = command.run("add", run, *MORE)
    check("the run takes it up" in said, f"add says who trains it:\n{said}")
    joined = command.run("train", *FIRST, "--run", run)
    check("goes on in another process" in joined, f"a second command joins the first:\n{joined}")

    def stands(disposition: str, epochs_done: int) -> bool:
        rows = [row for shard in shards.glob("*") for row in rows_of(shard, "trials")]
        return any((row["disposition"], row["epochs_done"]) == (disposition, epochs_done) for row in rows)

    wait_until(lambda: stands("finished", 3) and stands("running", 1), "a trial has ended and another one is under way")
    os.killpg(process.pid, signal.SIGINT)  # as Ctrl-C does: all processes of the terminal's job
    said = said_by(process, 130)
    check(f"to go on: fractal-ray resume {run}" in said, f"the way on is named:\n{said}")
    trials = rows_of(run, "trials", keep_times=True)
    finished = finished_of(run)
    check(len(trials) == 5, f"the added trial is in the table: {len(trials)}")
    check(finished, "what had finished is in the table")
    stopped = [trial for trial in trials if trial["disposition"] == "interrupted"]
    check(stopped and all("stopped by Ctrl-C" in str(trial["reason"]) for trial in stopped),
          f"what was under way has saved and says why: {trials}")

    said = quick.run("resume", run)
    check(re.search(r"5 finished in ", said), f"all is finished:\n{said}")
    wrong = differences(results_of(run), expected)
    check(not wrong, "the results are those of one machine:\n  " + "\n  ".join(wrong))
    check(finished_of(run).items() >= finished.items(), "what had finished was not trained again")
    said = quick.run("resume", run)
    check("0 trials sent" in said and "5 finished" in said, f"nothing is left to do:\n{said}")

    before = results_of(run)
    quick.driver("merge", run, *shards.glob("*"))
    check(results_of(run) == before, "merging again changes nothing")
    print(f"{place}: {len(finished)} of 5 trials finished, {len(stopped)} saved when it was stopped; then all, as on one "
          "machine")


def main() -> int:
    options = arguments(__doc__)
    with tempfile.TemporaryDirectory(prefix="fractal-ray-") as scratch:
        folder = pathlib.Path(scratch)
        driver = FractalRay(options.fractal, None, FRACTAL_BACKEND=options.backend)
        for trials in (FIRST, MORE):
            driver.driver("train", *trials, "--run", folder / "whole")
        expected = results_of(folder / "whole")
        sweep(options, "a cluster of its own", None, folder / "alone", expected)
        with machines(2) as cluster:
            sweep(options, "two nodes", cluster.address, folder / "nodes", expected)
    return 0


if __name__ == "__main__":
    sys.exit(main())
