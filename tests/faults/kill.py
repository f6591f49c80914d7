"""Kills sweeps of the real driver at random moments and resumes them: the results equal an undisturbed run's.

    kill.py --fractal build/bin/fractal [--kills 20] [--seed 1] [--keep DIR]

Trains a few small variants on a small data set in the format of CIFAR-10, once undisturbed. Then the same sweep is
begun, killed by SIGKILL after a random time, resumed, killed again, and so on until it ends by itself; a new sweep
then begins, until there were as many kills as asked for. Each finished sweep must have the undisturbed one's rows
(times apart) and, byte for byte, its weights; no trial may be missing, superfluous or trained anew from its start.
"""

from __future__ import annotations

import argparse
import os
import pathlib
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

# BatchNorm and dropout, one column and several, with and without anything but convolutions.
VARIANTS = ["compact/d1-c3-conv3.bn.relu", "compact/d2-c2-conv1.bn.conv3", "paper/d1-c1-conv3.bn.relu.drop20"]
RECIPE = ["--epochs", "3", "--batch", "20", "--amp", "off", "--drop-path", "mixed", "--validation-images", "60"]
IMAGES = 360  # 15 steps an epoch
TIMES = {"seconds", "images_per_second", "started", "ended", "peak_bytes",
         "predicted_peak_bytes"}


def write_data(folder: pathlib.Path) -> None:
    """Random images in the format of CIFAR-10: a label byte, then 3,072 pixel bytes."""
    draws = random.Random(0)
    folder.mkdir()
    for name, count in {"data_batch_1.bin": IMAGES, "test_batch.bin": 100}.items():
        records = (bytes([draws.randrange(10)]) + draws.randbytes(3072) for _ in range(count))
        (folder / name).write_bytes(b"".join(records))


class Sweep:
    """One run folder, begun by `begin` and gone on with by `resume`."""

    def __init__(self, program: str, data: pathlib.Path, run: pathlib.Path, save_every: str) -> None:
        common = ["--data-dir", str(data), "--threads", "1", "--save-every", save_every]
        self.run = run
        self.begin = [program, "train", *VARIANTS, "--data", "cifar10", *RECIPE, "--run", str(run), *common]
        self.resume = [program, "train", "--resume", str(run), *common]

    def command(self) -> list[str]:
        """The first command, until the results stand that can be gone on with."""
        return self.resume if rows_of(self.run, "trials") else self.begin

    def start(self) -> subprocess.Popen[str]:
        environment = os.environ | {"OMP_NUM_THREADS": "1"}
        pipe = subprocess.PIPE
        return subprocess.Popen(self.command(), stdout=pipe, stderr=pipe, text=True, env=environment)


def rows_of(run: pathlib.Path, view: str, keep_times: bool = False) -> list[dict[str, object]]:
    """The rows of a view of the results; none where there are no results yet."""
    file = run / "results.sqlite"
    if not file.exists():
        return []
    connection = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
    connection.row_factory = sqlite3.Row
    try:
        rows = [dict(row) for row in connection.execute(f"SELECT * FROM {view}")]
    except sqlite3.OperationalError:  # killed before the tables were made
        return []
    finally:
        connection.close()
    return [{key: value for key, value in row.items() if keep_times or key not in TIMES} for row in rows]


def finished_of(run: pathlib.Path) -> dict[object, object]:
    """When each finished trial ended: a trial that is trained anew would end anew."""
    rows = rows_of(run, "trials", keep_times=True)
    return {row["id"]: row["ended"] for row in rows if row["disposition"] == "finished"}


def outcome_of(run: pathlib.Path) -> dict[str, object]:
    """All that must be equal, by what it is called."""
    found: dict[str, object] = {}
    for row in rows_of(run, "trials"):
        found[f"trial {row['id']}"] = row
        found[f"weights {row['id']}"] = (run / "weights" / f"{row['id']}.safetensors").read_bytes()
    for row in rows_of(run, "epochs"):
        found[f"trial {row['trial']} epoch {row['epoch']}"] = row
    found["files"] = sorted(str(file.relative_to(run)) for file in run.rglob("*.safetensors*"))
    return found


def differences(found: dict[str, object], expected: dict[str, object]) -> list[str]:
    """What is not as it would be undisturbed."""
    lines = [f"{key} is missing" for key in expected.keys() - found.keys()]
    lines += [f"{key} should not be there" for key in found.keys() - expected.keys()]
    for key in sorted(expected.keys() & found.keys()):
        ours, theirs = found[key], expected[key]
        if ours == theirs:
            continue
        if isinstance(ours, dict) and isinstance(theirs, dict):
            parts = [f"{name} {ours.get(name)} != {theirs.get(name)}" for name in theirs if ours.get(name) != theirs[name]]
            lines.append(f"{key}: " + ", ".join(parts))
        else:
            lines.append(f"{key} differs")
    return lines


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fractal", required=True, help="the driver")
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1, help="of the moments")
    options = parser.parse_args()
    draws = random.Random(options.seed)

    with tempfile.TemporaryDirectory(prefix="fractal-kill-") as scratch:
        folder = pathlib.Path(scratch)
        write_data(folder / "data")
        began = time.monotonic()
        whole = Sweep(options.fractal, folder / "data", folder / "whole", "1h").start()
        output, errors = whole.communicate()
        if whole.returncode != 0:
            sys.exit(f"the undisturbed sweep ended with {whole.returncode}:\n{output}{errors}")
        seconds = time.monotonic() - began
        expected = outcome_of(folder / "whole")
        trials = sum(key.startswith("weights") for key in expected)
        if trials != len(VARIANTS):
            sys.exit(f"the undisturbed sweep has {trials} finished trials, expected {len(VARIANTS)}")

        kills = sweeps = mid_epoch = 0
        while kills < options.kills:
            sweeps += 1
            run = folder / f"run{sweeps}"
            # Every step, every few, by the clock, and at the end of epochs alone.
            sweep = Sweep(options.fractal, folder / "data", run, draws.choice(["1", "4", "0.05s", "1h"]))
            finished: dict[object, object] = {}
            while True:
                again = [trial for trial, ended in finished.items() if finished_of(run).get(trial) != ended]
                if again:
                    sys.exit(f"sweep {sweeps}, after {kills} kills, trained again what had finished: {again}")
                finished = finished_of(run)
                process = sweep.start()
                try:
                    # The last kill has been made: this one ends by itself.
                    wait = draws.uniform(0, seconds) if kills < options.kills else None
                    output, errors = process.communicate(timeout=wait)
                except subprocess.TimeoutExpired:
                    process.send_signal(signal.SIGKILL)
                    process.communicate()
                    kills += 1
                    mid_epoch += any((run / "state").glob("*.safetensors")) if (run / "state").exists() else 0
                    continue
                if process.returncode != 0:
                    sys.exit(f"sweep {sweeps} ended with {process.returncode} after {kills} kills:\n{output}{errors}")
                break
            wrong = differences(outcome_of(run), expected)
            if wrong:
                sys.exit(f"sweep {sweeps}, after {kills} kills, is not the undisturbed one:\n  " + "\n  ".join(wrong))
        print(f"{kills} kills in {sweeps} sweeps of {len(VARIANTS)} trials ({seconds:.1f} s undisturbed), {mid_epoch} of "
              "them with a trial's state on disk: all rows and weights are those of the undisturbed sweep")
    return 0


if __name__ == "__main__":
    sys.exit(main())
