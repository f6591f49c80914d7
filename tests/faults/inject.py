"""Lets each file call of a sweep fail, come up short, or be the last before a kill; resumed, the sweep ends as if not.

    inject.py --fractal build/bin/fractal --shim build/lib/libfault_calls.so [--each-way] [--all] [--share 1/4] [--seed 1]

Counts the calls that a small sweep makes on the files of its run folder (writes, syncs, renames, opens, locks, …, its
own and SQLite's), undisturbed, and those that a sweep makes which is resumed after a kill. Then one call after the other
goes wrong, each in a sweep of its own. Whatever happened, no file may be half written, `--resume` must finish, with the
undisturbed sweep's rows (times apart) and, byte for byte, its weights, and no file more may lie in the folder.

A call site is a call on one kind of file, such as fsync on a trial's state. Each site is met once, at one of its calls
and by one thing that can go wrong there, drawn by --seed; with --each-way once for each such thing. With --all every call
is, in each way. --share 1/4 takes a quarter.
"""

from __future__ import annotations

import argparse
import collections
import concurrent.futures
import dataclasses
import pathlib
import random
import re
import shutil
import sys
import tempfile
import time

from progress import Progress
from small_sweep import Sweep, Work, differences, half_written, outcome_of

WORK = Work(
    variants=("compact/d1-c1-conv3", "compact/d1-c2-conv3.bn"),
    recipe=("--epochs", "2", "--batch", "20", "--amp", "off", "--validation-images", "20"),
    images=60,
    test_images=20,
)
SAVE_EVERY = "1"
DATA_ERROR, IO_ERROR = 65, 74
# What a call fails with in practice; a kill can come anywhere.
ERRORS = {
    "open-to-write": ["ENOSPC", "EACCES"],
    "mkdir": ["ENOSPC", "EACCES"],
    "write": ["ENOSPC", "EIO"],
    "pwrite": ["ENOSPC", "EIO"],
    "writev": ["ENOSPC", "EIO"],
    "ftruncate": ["ENOSPC", "EIO"],
    "fallocate": ["ENOSPC", "EIO"],
    "rename": ["EACCES", "EIO"],
    "unlink": ["EACCES"],
    "remove": ["EACCES"],
}
IN_PART = {"write", "pwrite"}


@dataclasses.dataclass(frozen=True)
class Call:
    number: int
    name: str
    file: str

    def site(self) -> str:
        return f"{self.name} {re.sub('[0-9]+', 'N', self.file)}"


@dataclasses.dataclass(frozen=True)
class Case:
    """`call` goes wrong as `does` says, in a sweep that begins or in one that is resumed."""

    resumed: bool
    call: Call
    does: str

    def text(self) -> str:
        where = "resumed" if self.resumed else "begun"
        return f"{self.does} at call {self.call.number}, {self.call.name} {self.call.file}, {where}"


def calls_of(log: pathlib.Path) -> list[tuple[Call, str]]:
    """The calls that the shim wrote down, each with what it did to it."""
    found = []
    for line in log.read_text().splitlines():
        number, name, file, *does = line.split(" ")
        found.append((Call(int(number), name, file), does[0] if does else ""))
    return found


def cases_of(calls: list[Call], resumed: bool, options: argparse.Namespace, draws: random.Random) -> list[Case]:
    """What shall go wrong among these calls."""
    sites = collections.defaultdict(list)
    for call in calls:
        sites[call.site()].append(call)
    cases = []
    for at_site in sites.values():
        name = at_site[0].name
        ways = [*ERRORS.get(name, ["EIO"]), "kill"] + (["short"] if name in IN_PART else [])
        for call in at_site if options.all else [draws.choice(at_site)]:
            chosen = ways if options.all or options.each_way else [draws.choice(ways)]
            cases += [Case(resumed, call, does) for does in chosen]
    return cases


class Bench:
    """The undisturbed sweep, a run folder to resume, and trials of what goes wrong."""

    def __init__(self, program: str, shim: str, folder: pathlib.Path) -> None:
        self.program, self.shim, self.folder = program, shim, folder
        WORK.write_data(folder / "data")
        whole = self.sweep(folder / "whole")
        self.begun = self.watched(whole, folder / "whole.log")
        self.expected = outcome_of(folder / "whole")
        # Killed in the midst of its second trial, it has states, epochs and a log to go on with.
        saves = [call for call in self.begun if call.site() == "rename state/N.safetensors" and "2" in call.file]
        killed = self.sweep(folder / "killed")
        self.meet(killed, Case(False, saves[len(saves) // 2], "kill"), folder / "killed.log")
        shutil.copytree(folder / "killed", folder / "resumed")
        self.resumed = self.watched(self.sweep(folder / "resumed"), folder / "resumed.log")
        self.check(folder / "resumed")

    def sweep(self, run: pathlib.Path) -> Sweep:
        return Sweep(self.program, WORK, self.folder / "data", run, SAVE_EVERY)

    def start(self, sweep: Sweep, log: pathlib.Path, **environment: str):
        folder = {"FRACTAL_FAULT_FOLDER": str(sweep.run), "FRACTAL_FAULT_LOG": str(log), "LD_PRELOAD": self.shim}
        return sweep.start(**folder, **environment)

    def watched(self, sweep: Sweep, log: pathlib.Path) -> list[Call]:
        """The calls of a sweep that nothing befalls."""
        process = self.start(sweep, log)
        output, errors = process.communicate()
        if process.returncode != 0:
            raise AssertionError(f"the undisturbed sweep ended with {process.returncode}:\n{output}{errors}")
        return [call for call, _ in calls_of(log)]

    def meet(self, sweep: Sweep, case: Case, log: pathlib.Path) -> int:
        """Lets it happen. The exit status, which must be one that it may have."""
        process = self.start(sweep, log, FRACTAL_FAULT_AT=str(case.call.number), FRACTAL_FAULT_DOES=case.does)
        _, errors = process.communicate()
        met = [call for call, does in calls_of(log) if does]
        if [call.site() for call in met] != [case.call.site()]:
            raise AssertionError(f"it happened at {met or 'no call'}")
        status = process.returncode
        allowed = {"kill": [-9], "short": [0]}.get(case.does, [0, IO_ERROR])
        if case.call.name == "pread":  # SQLite takes a file that a disk cannot read for a damaged one
            allowed = [*allowed, DATA_ERROR]
        if status not in allowed:
            raise AssertionError(f"it ended with {status}, expected one of {allowed}:\n{errors}")
        said = [line for line in errors.splitlines() if line.startswith("fractal: ")]
        if status > 0 and not (said and str(sweep.run) in said[-1]):
            raise AssertionError(f"it did not say which file failed:\n{errors}")
        return status

    def check(self, run: pathlib.Path) -> None:
        if wrong := differences(outcome_of(run), self.expected):
            raise AssertionError("it is not the undisturbed sweep:\n  " + "\n  ".join(wrong))

    def try_case(self, number: int, case: Case) -> int:
        run = self.folder / f"run{number}"
        sweep = self.sweep(run)
        if case.resumed:
            shutil.copytree(self.folder / "killed", run)
        try:
            status = self.meet(sweep, case, self.folder / f"run{number}.log")
            if wrong := half_written(run):
                raise AssertionError("\n".join(wrong))
            process = sweep.start()
            output, errors = process.communicate()
            if process.returncode != 0:
                raise AssertionError(f"it could not be gone on with ({process.returncode}):\n{output}{errors}")
            self.check(run)
        except AssertionError as fault:
            raise AssertionError(f"{case.text()}: {fault}") from None
        shutil.rmtree(run)
        return status


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fractal", required=True, help="the driver")
    parser.add_argument("--shim", required=True, help="the library with the faulty calls")
    parser.add_argument("--each-way", action="store_true", help="each thing that can go wrong at a site, not one")
    parser.add_argument("--all", action="store_true", help="every call in each way, not one of each site")
    parser.add_argument("--share", default="1/1", help="1/4: the first of four parts of the cases")
    parser.add_argument("--seed", type=int, default=1, help="of the calls that are drawn")
    parser.add_argument("--jobs", type=int, default=2, help="sweeps at a time")
    options = parser.parse_args()
    part, parts = (int(word) for word in options.share.split("/"))
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="fractal-inject-") as scratch:
        bench = Bench(options.fractal, options.shim, pathlib.Path(scratch))
        draws = random.Random(options.seed)
        known = {call.site() for call in bench.begun}
        # A resumed sweep makes many of the same calls: of these sites one of both kinds is enough.
        new = [call for call in bench.resumed if options.all or call.site() not in known]
        cases = cases_of(bench.begun, False, options, draws) + cases_of(new, True, options, draws)
        cases = cases[part - 1 :: parts]
        faults = 0
        ended: collections.Counter[tuple[str, int]] = collections.Counter()
        with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
            futures = {pool.submit(bench.try_case, number, case): case for number, case in enumerate(cases)}
            progress = Progress(len(cases), "cases")
            for number, future in enumerate(concurrent.futures.as_completed(futures), 1):
                try:
                    ended[futures[future].does, future.result()] += 1
                except AssertionError as fault:
                    faults += 1
                    print(fault, file=sys.stderr, flush=True)
                progress.done(number)
    sites = len(known | {call.site() for call in new})
    print(f"{len(cases)} cases at {sites} call sites ({len(bench.begun)} calls of a sweep that begins, "
          f"{len(bench.resumed)} of one that is resumed), {time.monotonic() - began:.0f} s")
    for (does, status), count in sorted(ended.items()):
        print(f"  {does:8} exit {status:3}: {count}")
    print(f"{faults} did not go as they must" if faults else
          "all were gone on with, to the rows, weights and files of the undisturbed sweep")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
