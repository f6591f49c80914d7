"""One trial as a Ray task: `fractal train --shard I/N` in a run folder of the trial's own.

The folder lies on storage that all machines share, so a task that Ray starts again elsewhere, after its node was lost,
goes on from the trial's last saved state. This module is sent to the workers by value: they need Ray and the driver, and
no installation of this package. So it imports nothing of it.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import pathlib
import signal
import socket
import sqlite3
import subprocess
import sys
import time

# Runs a command that is asked to save and end when its parent, the worker, is gone, and that hears SIGINT, which Ray
# blocks in its workers.
_TIED = """
import ctypes, os, signal, sys
ctypes.CDLL(None, use_errno=True).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG
if os.getppid() != int(sys.argv[1]):
    sys.exit(143)
signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT, signal.SIGTERM})
os.execv(sys.argv[2], sys.argv[2:])
"""

# The driver's exit status where another process holds the run: the one before, on a machine that is not quite lost.
_IN_USE = 75
_PATIENCE = 300.0  # seconds


class TrialLost(Exception):
    """The driver was ended by a signal that nobody here sent. Ray starts the task again."""


class TrialRefused(Exception):
    """The driver refused to train, with its own words."""


@dataclasses.dataclass(frozen=True)
class Task:
    """What a worker is to run, where, and with which additions to its environment."""

    command: list[str]
    directory: str
    environment: dict[str, str]
    shard: str  # the trial's run folder


@dataclasses.dataclass(frozen=True)
class Ended:
    """What became of a trial. `disposition` is the driver's word."""

    disposition: str
    reason: str
    seconds: float
    host: str


def _await(child: subprocess.Popen[bytes]) -> int:
    """The exit status. Ray cancels by an interrupt, which is heard between two short waits."""
    while True:
        try:
            return child.wait(timeout=0.2)
        except subprocess.TimeoutExpired:
            continue


def _run_once(task: Task) -> tuple[int, bool]:
    """The driver's exit status, and whether it was told to save and stop."""
    command = [sys.executable, "-c", _TIED, str(os.getpid()), *task.command]
    environment = os.environ | task.environment
    with open(pathlib.Path(task.shard) / "output", "ab") as output:
        child = subprocess.Popen(command, cwd=task.directory, env=environment, stdout=output, stderr=output)
        try:
            return _await(child), False
        except KeyboardInterrupt:
            child.send_signal(signal.SIGINT)
            return child.wait(), True


def _last_words(shard: pathlib.Path) -> str:
    lines = (shard / "output").read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return lines[-1].removeprefix("fractal: ") if lines else "it said nothing"


def _ended(shard: pathlib.Path) -> Ended:
    try:
        with contextlib.closing(sqlite3.connect(f"{(shard / 'results.sqlite').absolute().as_uri()}?mode=ro", uri=True)) as results:
            row = results.execute("SELECT disposition, reason, seconds FROM trials").fetchone()
    except sqlite3.OperationalError:  # there is no file, or no table in it yet
        row = None
    return Ended(*(row or ("pending", "stopped before it began", 0.0)), socket.gethostname())


def train(task: Task) -> Ended:
    """Trains the trial, from its last state where there is one. Raises TrialLost and TrialRefused."""
    shard = pathlib.Path(task.shard)
    shard.mkdir(parents=True, exist_ok=True)
    deadline = time.monotonic() + _PATIENCE
    while True:
        status, stopped = _run_once(task)
        if status == 0 or stopped:
            break
        if status == _IN_USE and time.monotonic() < deadline:
            time.sleep(1)
            continue
        if status < 0 or status in (128 + signal.SIGINT, 128 + signal.SIGTERM):
            raise TrialLost(f"the driver was ended by signal {status if status > 0 else -status}")
        raise TrialRefused(_last_words(shard))
    return _ended(shard)
