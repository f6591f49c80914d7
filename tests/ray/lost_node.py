"""A node is lost in mid-sweep, with the trial that it trains: the sweep goes on without it, and its table is complete.

    lost_node.py --fractal build/bin/fractal --backend build/lib/libfake_trainer.so

Trains by a backend without LibTorch, whose figures follow from every step done, on a cluster of a head that trains
nothing and two nodes of one CPU, all of them processes of this machine. One node is killed while it trains a trial that
has a saved state, after at least one trial has finished.
"""

from __future__ import annotations

import collections
import pathlib
import re
import sys
import tempfile
import time
import urllib.request

from machines import FractalRay, arguments, check, machines, said_by, trained_by, wait_until
from small_sweep import differences, finished_of, results_of, rows_of

TRIALS = 6
EPOCHS = 4
SWEEP = ["compact/d1-c[12]-conv3", "--epochs", EPOCHS, "--seeds", TRIALS // 2, "--save-every", 2]


def finished_in(shards: pathlib.Path) -> dict[str, object]:
    """When the trial of each shard ended, of those that have finished."""
    return {shard.name: ended for shard in shards.glob("*") for ended in finished_of(shard).values()}


def half_done(shards: pathlib.Path, name: str) -> bool:
    """Whether the shard's trial has a saved state, an epoch behind it and more than one to go."""
    rows = rows_of(shards / name, "trials")
    done = [row["epochs_done"] for row in rows if row["disposition"] == "running"]
    return bool(done) and 1 <= done[0] < EPOCHS - 1 and any((shards / name / "state").glob("*"))


def beginnings(log: pathlib.Path) -> dict[tuple[str, str], list[int]]:
    """By variant and seed, the epochs at which the backend began to train it, in order."""
    found = collections.defaultdict(list)
    for line in log.read_text().splitlines():
        variant, seed, epoch = line.split()
        found[variant, seed].append(int(epoch))
    return found


def check_dashboard(said: str) -> None:
    address = re.search(r"Ray's dashboard: (http://\S+)", said)
    check(address, f"the dashboard's address is shown:\n{said}")
    with urllib.request.urlopen(address[1], timeout=30) as page:
        check(page.status == 200, f"the dashboard answers: {page.status}")


def main() -> int:
    options = arguments(__doc__)
    with tempfile.TemporaryDirectory(prefix="fractal-ray-") as scratch, machines(2, dashboard=True) as cluster:
        folder = pathlib.Path(scratch)
        FractalRay(options.fractal, None, FRACTAL_BACKEND=options.backend).driver(
            "train", *SWEEP, "--threads", 1, "--run", folder / "whole")

        run, log = folder / "run", folder / "beginnings"
        shards = run / "shards"
        command = FractalRay(options.fractal, cluster.address, FRACTAL_BACKEND=options.backend,
                             FRACTAL_FAKE_STEP_MS="100", FRACTAL_FAKE_OUTCOMES=str(log))
        process = command.start("train", *SWEEP, "--run", run)

        def to_lose() -> tuple[object, str] | None:
            """A node that trains what is half done, and that trial, after another trial has finished."""
            if process.poll() is not None:
                sys.exit(f"the sweep ended before a node was lost:\n{said_by(process)}")
            if not finished_in(shards):
                return None
            under_way = ((node, name) for node in cluster.nodes for name in trained_by(node))
            return next(((node, name) for node, name in under_way if half_done(shards, name)), None)

        node, lost = wait_until(to_lose, "a trial has finished and another one has a state")
        done = rows_of(shards / lost, "trials")[0]["epochs_done"]
        finished = finished_in(shards)
        cluster.lose(node)
        lost_at = time.monotonic()
        stands = rows_of(shards / lost, "trials")[0]["disposition"]
        check(stands == "running", f"the lost trial had no time to say that it ends: {stands}")
        said = said_by(process)
        seconds = time.monotonic() - lost_at

        check(f"{TRIALS} finished in " in said, f"all is finished:\n{said}")
        check_dashboard(said)
        wrong = differences(results_of(run), results_of(folder / "whole"))
        check(not wrong, "the results are those of one machine:\n  " + "\n  ".join(wrong))
        check(finished_in(shards).items() >= finished.items(), "what had finished was not trained again")
        begun = beginnings(log)
        trial = rows_of(shards / lost, "trials")[0]
        again = begun.pop((trial["variant"], str(trial["seed"])))
        check(len(again) == 2 and again[0] == 0 and again[1] >= done,
              f"the lost trial went on from its state, {done} epochs done: it began at {again}")
        check(len(begun) == TRIALS - 1 and all(epochs == [0] for epochs in begun.values()),
              f"no other trial was begun twice: {dict(begun)}")
        print(f"{len(finished)} of {TRIALS} trials had finished when a node was lost with another, {done} of {EPOCHS} "
              f"epochs done; that went on from epoch {again[1]}, and all was finished {seconds:.0f} s later, as on one "
              "machine")
    return 0


if __name__ == "__main__":
    sys.exit(main())
