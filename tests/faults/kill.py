"""Kills sweeps of the real driver at random moments and resumes them: the results equal an undisturbed run's.

    kill.py --fractal build/bin/fractal [--verb train|search] [--kills 20] [--seed 1]

Trains a few small variants on a small data set in the format of CIFAR-10, or searches among them, once undisturbed. Then
the same sweep is begun, killed by SIGKILL after a random time, resumed, killed again, and so on until it ends by itself; a new sweep
then begins, until there were as many kills as asked for. Each finished sweep must have the undisturbed one's rows
(times apart) and, byte for byte, its weights; no trial may be missing, superfluous or trained anew from its start.
"""

from __future__ import annotations

import argparse
import collections
import dataclasses
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import time

from progress import Progress
from small_sweep import Sweep, Work, differences, finished_of, outcome_of, rows_of

# BatchNorm and dropout, one column and several, with and without anything but convolutions; 15 steps an epoch.
WORK = Work(
    variants=("compact/d1-c3-conv3.bn.relu", "compact/d2-c2-conv1.bn.conv3", "paper/d1-c1-conv3.bn.relu.drop20"),
    recipe=("--epochs", "3", "--batch", "20", "--amp", "off", "--drop-path", "mixed", "--validation-images", "60"),
    images=360,
    test_images=100,
)
# Rungs at 1 and 3 epochs, and more candidates, of whom some are pruned and some still pause when the budget is used up.
SEARCH = dataclasses.replace(
    WORK,
    variants=(*WORK.variants, "compact/d1-c1-conv3.relu", "compact/d1-c2-conv3.bn", "compact/d2-c1-conv3.bn.relu"),
    recipe=(*WORK.recipe, "--method", "asha", "--eta", "2", "--budget", "13epochs"),
    verb="search",
)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fractal", required=True, help="the driver")
    parser.add_argument("--verb", choices=("train", "search"), default="train")
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1, help="of the moments")
    options = parser.parse_args()
    draws = random.Random(options.seed)
    work = SEARCH if options.verb == "search" else WORK

    with tempfile.TemporaryDirectory(prefix="fractal-kill-") as scratch:
        folder = pathlib.Path(scratch)
        work.write_data(folder / "data")
        began = time.monotonic()
        whole = Sweep(options.fractal, work, folder / "data", folder / "whole", "1h").start()
        output, errors = whole.communicate()
        if whole.returncode != 0:
            sys.exit(f"the undisturbed sweep ended with {whole.returncode}:\n{output}{errors}")
        seconds = time.monotonic() - began
        expected = outcome_of(folder / "whole")
        dispositions = collections.Counter(row["disposition"] for row in rows_of(folder / "whole", "trials"))
        wanted = {"finished"} if work.verb == "train" else {"finished", "pruned"}
        if set(dispositions) != wanted or dispositions.total() != len(work.variants):
            sys.exit(f"the undisturbed sweep has trials that are {dict(dispositions)}, expected {sorted(wanted)}")

        kills = sweeps = mid_epoch = 0
        progress = Progress(options.kills, "kills")
        while kills < options.kills:
            sweeps += 1
            run = folder / f"run{sweeps}"
            # Every step, every few, by the clock, and at the end of epochs alone.
            sweep = Sweep(options.fractal, work, folder / "data", run, draws.choice(["1", "4", "0.05s", "1h"]))
            finished: dict[object, object] = {}
            while True:
                process = sweep.start()
                try:
                    # The last kill has been made: this one ends by itself.
                    wait = draws.uniform(0, seconds) if kills < options.kills else None
                    output, errors = process.communicate(timeout=wait)
                except subprocess.TimeoutExpired:
                    process.send_signal(signal.SIGKILL)
                    process.communicate()
                    kills += 1
                    progress.done(kills)
                    mid_epoch += any((run / "state").glob("*.safetensors")) if (run / "state").exists() else 0
                if process.returncode not in (0, -signal.SIGKILL):
                    sys.exit(f"sweep {sweeps} ended with {process.returncode} after {kills} kills:\n{output}{errors}")
                again = [trial for trial, ended in finished.items() if finished_of(run).get(trial) != ended]
                if again:
                    sys.exit(f"sweep {sweeps}, after {kills} kills, trained again what had finished: {again}")
                finished = finished_of(run)
                if process.returncode == 0:
                    break
            wrong = differences(outcome_of(run), expected)
            if wrong:
                sys.exit(f"sweep {sweeps}, after {kills} kills, is not the undisturbed one:\n  " + "\n  ".join(wrong))
        if mid_epoch == 0:
            sys.exit(f"none of {kills} kills came while a trial's state was on disk: nothing was shown")
        print(f"{kills} kills in {sweeps} sweeps of {len(work.variants)} trials ({seconds:.1f} s undisturbed), {mid_epoch} of "
              "them with a trial's state on disk: all rows and weights are those of the undisturbed sweep")
    return 0


if __name__ == "__main__":
    sys.exit(main())
