"""What is asked of the driver: which trials there are and what each needs, and one table of all."""

from __future__ import annotations

import dataclasses
import json
import os
import pathlib
import subprocess
import time

from fractal_ray.errors import FractalRayError
from fractal_ray.submission import Submission

BUSY = 75  # the driver's status where another process holds the run
# Whoever plans or merges holds the run for a moment only; who holds it for longer trains in it.
PATIENCE = 10.0  # seconds
ASK_AGAIN = 0.2


@dataclasses.dataclass(frozen=True)
class PlannedTrial:
    """One trial that is still to be trained. `memory_bytes` is the predicted peak of its tensors."""

    number: int
    shard: str
    variant: str
    seed: int
    epochs: int
    macs: int
    memory_bytes: int

    @property
    def work(self) -> int:
        """What trials are compared by: multiply-accumulates for one image of each epoch."""
        return self.macs * self.epochs

    def __str__(self) -> str:
        return self.variant + (f" seed {self.seed}" if self.seed else "")


@dataclasses.dataclass(frozen=True)
class Plan:
    """What a submission comes to: `threads` and `device` are those of each trial."""

    submission: Submission
    trials: list[PlannedTrial]
    threads: int
    device: str


def _outcome(command: list[str], directory: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """What came of the driver, which waits for its turn at the run."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            done = subprocess.run(command, cwd=directory, env=os.environ | environment, capture_output=True, text=True,
                                  check=False)
        except OSError as error:
            raise FractalRayError(f"{command[0]} cannot be run: {error.strerror}; name the program by --fractal", 74) from error
        if done.returncode != BUSY or time.monotonic() >= until:
            return done
        time.sleep(ASK_AGAIN)


def _run(command: list[str], directory: str, environment: dict[str, str]) -> str:
    """What the driver prints. Its refusals pass through, with its words and its status."""
    done = _outcome(command, directory, environment)
    if done.returncode != 0:
        words = done.stderr.strip().removeprefix("fractal: ")
        raise FractalRayError(words or f"{command[0]} ended with {done.returncode}", done.returncode)
    return done.stdout


def plan(submission: Submission, run: pathlib.Path) -> Plan:
    """Records what is asked for in the run, as pending, and says what of it is still to be trained."""
    command = [submission.program, "train", *submission.arguments, "--run", str(run), "--plan-only", "--json"]
    lines = [json.loads(line) for line in _run(command, submission.directory, submission.environment).splitlines()]
    trials = [
        PlannedTrial(line["trial"], line["shard"], line["variant"], line["seed"], line["epochs"], line["macs"],
                     line["memory_bytes"])
        for line in lines if line["event"] == "planned"
    ]
    end = lines[-1]
    return Plan(submission, trials, end["threads"], end["device"])


def merge(program: str, run: pathlib.Path, shards: list[pathlib.Path]) -> dict[str, int]:
    """Takes the results of `shards` into the run; how many trials of it stand where."""
    output = _run([program, "merge", str(run), *map(str, shards), "--json"], os.getcwd(), {})
    return json.loads(output)["dispositions"]
