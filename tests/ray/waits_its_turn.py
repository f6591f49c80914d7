"""A run that another process holds for a moment is waited for; one that is held for longer is left alone.

    waits_its_turn.py --fractal build/bin/fractal --backend build/lib/libfake_trainer.so
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import pathlib
import struct
import sys
import tempfile
from collections.abc import Iterator

from machines import FractalRay, arguments, check, said_by, wait_until

TRIALS = ["compact/d1-c1-conv3"]
WHOLE_FILE = struct.pack("hh4xqqi4x", fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)  # struct flock


@contextlib.contextmanager
def held(run: pathlib.Path) -> Iterator[None]:
    """The run, as a driver that writes to it holds it."""
    with (run / "lock").open("r+", encoding="utf-8") as file:
        fcntl.fcntl(file, fcntl.F_OFD_SETLK, WHOLE_FILE)
        yield


def main() -> int:
    options = arguments(__doc__)
    with tempfile.TemporaryDirectory(prefix="fractal-ray-") as scratch:
        folder = pathlib.Path(scratch)
        run, asked, driver = folder / "run", folder / "asked", folder / "fractal"
        driver.write_text(f'#!/bin/sh\necho "$*" >> "{asked}"\nexec "{options.fractal}" "$@"\n')
        driver.chmod(0o755)
        command = FractalRay(str(driver), None, FRACTAL_BACKEND=options.backend)
        command.driver("train", *TRIALS, "--threads", 1, "--run", run, "--plan-only")
        (run / "requests").mkdir()

        def times() -> int:
            return len(asked.read_text().splitlines())

        before = times()
        with held(run):
            process = command.start("add", run, *TRIALS, "--threads", "1")
            wait_until(lambda: process.poll() is not None or times() > before + 1, "the driver is asked once more")
            check(process.poll() is None, "it waits")
        check("recorded" in said_by(process), "it takes its turn")

        with held(run):
            said = command.run("add", run, *TRIALS, "--threads", "1", status=75)
        check("is in use by process" in said, f"what holds the run is named:\n{said}")
        check(len(list((run / "requests").glob("*.json"))) == 1, "only what was recorded is kept")
    print("a run that is held is waited for, and not for ever")
    return 0


if __name__ == "__main__":
    sys.exit(main())
