"""What was asked for: the arguments of `fractal train`, kept in the run folder so that others add and go on.

RUN/requests holds a JSON file for each submission, named so that they sort by time, and `lock`, which the process holds
that sends the run's trials to Ray.
"""

from __future__ import annotations

import contextlib
import dataclasses
import fcntl
import json
import os
import pathlib
import time
from collections.abc import Iterator

from fractal_ray.errors import FractalRayError

# What the driver reads from its environment has to be the same on all machines.
PREFIX = "FRACTAL_"


@dataclasses.dataclass(frozen=True)
class Submission:
    """`arguments` are those of `fractal train` without its run; the paths in them are relative to `directory`."""

    program: str
    arguments: list[str]
    directory: str
    environment: dict[str, str]

    @classmethod
    def of_this_shell(cls, program: str, arguments: list[str]) -> Submission:
        environment = {name: value for name, value in os.environ.items() if name.startswith(PREFIX)}
        return cls(program, arguments, os.getcwd(), environment)

    def with_flags(self, *flags: str) -> Submission:
        more = [flag for flag in flags if flag not in self.arguments]
        return dataclasses.replace(self, arguments=[*self.arguments, *more])


def folder_of(run: pathlib.Path) -> pathlib.Path:
    return run / "requests"


def write(run: pathlib.Path, submission: Submission) -> None:
    """Whole or not at all, even if the machine stops meanwhile."""
    folder = folder_of(run)
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{time.time_ns()}-{os.getpid()}.json"
    unfinished = target.with_suffix(".tmp")
    with unfinished.open("w", encoding="utf-8") as file:
        json.dump(dataclasses.asdict(submission), file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    unfinished.rename(target)


def read_all(run: pathlib.Path) -> dict[str, Submission]:
    """By the names of their files, the first one first."""
    submissions = {}
    for file in sorted(folder_of(run).glob("*.json")):
        try:
            submissions[file.name] = Submission(**json.loads(file.read_text(encoding="utf-8")))
        except (ValueError, TypeError) as error:
            message = f"{file} is damaged ({error}): remove it, and add what it asked for again"
            raise FractalRayError(message, 65) from error
    return submissions


@contextlib.contextmanager
def lock(run: pathlib.Path) -> Iterator[bool]:
    """Whether this process is now the one that sends the run's trials; then it is until the context ends."""
    folder = folder_of(run)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
