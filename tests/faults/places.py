"""Places that cannot be written: a full disk, a read-only one, a folder without permission, one that is removed; and memory.

    places.py --fractal build/bin/fractal --shim build/lib/libfault_calls.so CASE

In each case a sweep has finished its first trial when it meets the fault. It must end with exit status 74 and say which
file and why; what it had recorded must stand; and once there is room again, `--resume` must end as if nothing had been.
Exit status 77: the case needs something that is not there (root and mount, for the full disk).

In the case `memory` the system takes away what the second trial would need. It must be tried again within less, and learn
what it would have.
"""

from __future__ import annotations

import argparse
import os
import pathlib
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile

from inject import IO_ERROR, SAVE_EVERY, WORK, calls_of
from small_sweep import Sweep, Work, differences, outcome_of, rows_of

SKIPPED = 77


class Stopped:
    """A sweep that stands still after its first trial, in the midst of the second."""

    def __init__(self, options: argparse.Namespace, folder: pathlib.Path, run: pathlib.Path) -> None:
        WORK.write_data(folder / "data")
        whole = Sweep(options.fractal, WORK, folder / "data", folder / "whole", SAVE_EVERY)
        log = folder / "whole.log"
        shim = {"LD_PRELOAD": options.shim}
        process = whole.start(**shim, FRACTAL_FAULT_FOLDER=str(whole.run), FRACTAL_FAULT_LOG=str(log))
        process.communicate()
        assert process.returncode == 0
        self.expected = outcome_of(whole.run)
        saves = [call for call, _ in calls_of(log) if call.name == "rename" and call.file == "state/2.safetensors"]
        self.sweep = Sweep(options.fractal, WORK, folder / "data", run, SAVE_EVERY)
        at = {"FRACTAL_FAULT_AT": str(saves[1].number), "FRACTAL_FAULT_DOES": "stop"}
        self.process = self.sweep.start(**shim, **at, FRACTAL_FAULT_FOLDER=str(run), FRACTAL_FAULT_LOG=str(folder / "log"))
        _, status = os.waitpid(self.process.pid, os.WUNTRACED)
        assert os.WIFSTOPPED(status), f"the sweep did not stop: {status}"
        self.recorded = self.record()

    def record(self) -> list[object]:
        """What is recorded of the first trial."""
        trials = [row for row in rows_of(self.sweep.run, "trials") if row["id"] == 1]
        assert trials and trials[0]["disposition"] == "finished", trials
        return [*trials, (self.sweep.run / "weights" / "1.safetensors").read_bytes()]

    def go_on(self, *reasons: str) -> None:
        """Lets the sweep meet its fault, which it must report with one of the reasons."""
        self.process.send_signal(signal.SIGCONT)
        _, errors = self.process.communicate()
        said = [line for line in errors.splitlines() if line.startswith("fractal: ")]
        assert self.process.returncode == IO_ERROR, f"exit {self.process.returncode}:\n{errors}"
        assert said and any(reason in said[-1] for reason in reasons), f"expected one of {reasons}:\n{errors}"
        assert str(self.sweep.run) in said[-1], f"it names no file:\n{errors}"
        print(said[-1])

    def begin_fails(self, *reasons: str) -> None:
        """So must a sweep that begins there."""
        process = self.sweep.start()
        _, errors = process.communicate()
        assert process.returncode == IO_ERROR, f"exit {process.returncode}:\n{errors}"
        assert any(reason in errors for reason in reasons), f"expected one of {reasons}:\n{errors}"
        print(errors.strip().splitlines()[-1])

    def finish(self) -> None:
        process = self.sweep.start()
        output, errors = process.communicate()
        assert process.returncode == 0, f"exit {process.returncode}:\n{output}{errors}"
        wrong = differences(outcome_of(self.sweep.run), self.expected)
        assert not wrong, "\n".join(wrong)


def in_memory(folder: pathlib.Path) -> pathlib.Path:
    """A small file system, or the end of the test."""
    place = folder / "small"
    place.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(place)], capture_output=True, text=True)
    if mounted.returncode != 0:
        print(f"skipped: a file system to fill needs root and mount ({mounted.stderr.strip() or 'no root'})")
        sys.exit(SKIPPED)
    return place


def fill(file: pathlib.Path) -> None:
    """Makes a file as large as its disk lets it be."""
    with file.open("ab", buffering=0) as stream:
        try:
            while stream.write(bytes(4096)):
                pass
        except OSError:
            pass


def full_disk(options: argparse.Namespace, folder: pathlib.Path) -> None:
    place = in_memory(folder)
    try:
        stopped = Stopped(options, folder, place / "run")
        filling = place / "filling"
        fill(filling)
        stopped.go_on("No space left on device", "full")
        fill(filling)  # what was half written has been removed
        stopped.begin_fails("No space left on device", "full")
        filling.unlink()
        assert stopped.record() == stopped.recorded
        stopped.finish()
    finally:
        subprocess.run(["umount", str(place)], check=True)


def read_only(options: argparse.Namespace, folder: pathlib.Path) -> None:
    place = in_memory(folder)
    mount = ["mount", "-o"]
    try:
        stopped = Stopped(options, folder, place / "run")
        stopped.process.kill()
        stopped.process.communicate()
        subprocess.run([*mount, "remount,ro", str(place)], check=True)
        stopped.begin_fails("Read-only file system")
        ranked = subprocess.run([options.fractal, "rank", str(stopped.sweep.run)], capture_output=True, text=True)
        assert ranked.returncode in (0, IO_ERROR), ranked.stderr
        subprocess.run([*mount, "remount,rw", str(place)], check=True)
        assert stopped.record() == stopped.recorded
        stopped.finish()
    finally:
        subprocess.run(["umount", str(place)], check=True)


def no_permission(options: argparse.Namespace, folder: pathlib.Path) -> None:
    stopped = Stopped(options, folder, folder / "run")
    folders = [stopped.sweep.run, stopped.sweep.run / "state", stopped.sweep.run / "weights"]
    for each in folders:
        each.chmod(0o555)
    if os.geteuid() == 0:  # whom no permission stops, unless it gives that power up
        stopped.process.kill()
        stopped.process.communicate()
        powers = "-dac_override,-dac_read_search"
        command = ["setpriv", f"--bounding-set={powers}", f"--inh-caps={powers}", *stopped.sweep.resume]
        if shutil.which("setpriv") is None:
            print("skipped: root is stopped by no permission, and setpriv is not there")
            sys.exit(SKIPPED)
        process = subprocess.run(command, capture_output=True, text=True)
        assert process.returncode == IO_ERROR, f"exit {process.returncode}:\n{process.stderr}"
        assert "Permission denied" in process.stderr or "readonly" in process.stderr, process.stderr
        print(process.stderr.strip().splitlines()[-1])
    else:
        stopped.go_on("Permission denied")
        stopped.begin_fails("Permission denied", "readonly")
    for each in folders:
        each.chmod(0o755)
    assert stopped.record() == stopped.recorded
    stopped.finish()


def removed(options: argparse.Namespace, folder: pathlib.Path) -> None:
    stopped = Stopped(options, folder, folder / "run")
    shutil.rmtree(stopped.sweep.run)
    stopped.go_on("No such file or directory")
    stopped.finish()  # begins anew


# The second one's activations are most of what it needs; with BatchNorm no micro-batches would change what it learns.
WIDE = Work(
    variants=("compact/d1-c1-conv3", "compact/d1-c4-conv3.bn.relu"),
    recipe=("--epochs", "1", "--batch", "200", "--amp", "off", "--validation-images", "0"),
    images=200,
    test_images=20,
)


def memory(options: argparse.Namespace, folder: pathlib.Path) -> None:
    WIDE.write_data(folder / "data")
    whole = Sweep(options.fractal, WIDE, folder / "data", folder / "whole", "1h")
    shim = {"LD_PRELOAD": options.shim}
    log = folder / "whole.log"
    process = whole.start(**shim, FRACTAL_FAULT_FOLDER=str(whole.run), FRACTAL_FAULT_LOG=str(log))
    process.communicate()
    assert process.returncode == 0
    peak = next(row["peak_bytes"] for row in rows_of(whole.run, "trials", keep_times=True) if row["id"] == 2)
    end_of_first = next(call for call, _ in calls_of(log) if call.name == "rename" and call.file == "weights/1.safetensors")

    tight = Sweep(options.fractal, WIDE, folder / "data", folder / "tight", "1h")
    at = {"FRACTAL_FAULT_AT": str(end_of_first.number), "FRACTAL_FAULT_DOES": "stop"}
    process = tight.start(**shim, **at, FRACTAL_FAULT_FOLDER=str(tight.run), FRACTAL_FAULT_LOG=str(folder / "log"))
    _, status = os.waitpid(process.pid, os.WUNTRACED)
    assert os.WIFSTOPPED(status), f"the sweep did not stop: {status}"
    taken = int(re.search(r"VmData:\s+(\d+) kB", pathlib.Path(f"/proc/{process.pid}/status").read_text())[1]) * 1024
    limit = taken + peak * 6 // 10
    resource.prlimit(process.pid, resource.RLIMIT_DATA, (limit, limit))
    process.send_signal(signal.SIGCONT)
    _, errors = process.communicate()
    assert process.returncode == 0, f"exit {process.returncode}:\n{errors}"
    retried = re.findall("out of memory at .*: tried again within .*", errors)
    assert retried, f"nothing ran out of memory:\n{errors}"
    wrong = differences(outcome_of(tight.run), outcome_of(whole.run))
    assert not wrong, "\n".join(wrong)
    print(f"{peak >> 20} MiB were wanted\n" + "\n".join(retried))


CASES = {"memory": memory, "full_disk": full_disk, "read_only": read_only, "no_permission": no_permission, "removed": removed}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fractal", required=True, help="the driver")
    parser.add_argument("--shim", required=True, help="the library with the faulty calls")
    parser.add_argument("case", choices=CASES)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="fractal-places-") as scratch:
        CASES[options.case](options, pathlib.Path(scratch))
    return 0


if __name__ == "__main__":
    sys.exit(main())
