"""The parity test: runs the C++ program `parity_dump` on a sample of networks and holds it to the reference.

    python compare.py --program build/bin/parity_dump [--dtype float64|float32|both] [--only GLOB] [--keep DIR]

The program is called as `parity_dump --names FILE --dtype D --batch B --steps N --seed S --out-dir DIR`; for
line i of FILE it writes DIR/i.safetensors, the tensors: `input`, `target`, `initial/<key>`, `output`,
`loss`, `grad/<key>`, `grad/input`, `buffer/<key>`, `output_eval`, `losses`, `final/<key>` (see trial.py).

An error is norm(difference) / max(norm(reference), floor), the reference always in float64, on the very
numbers that the program started from. Some tensors are zero in exact arithmetic (the gradient of a BatchNorm
bias whose only way on is a 1x1 convolution and another BatchNorm) and hold nothing but rounding; so the floor
is a thousandth of the largest norm among the network's tensors of the same kind (gradients, buffers, final
weights).

The bound is max(small, 2 * PyTorch's own error) with small = 1e-9 in float64; in float32 1e-5 up to depth 3,
columns 2, and 1e-6 beyond. In float64 `small` alone decides nearly always: only at depth 5, columns 6 do
PyTorch's two memory formats themselves part by 1e-9 for some weights. In float32 a quarter of the shallow
networks need the second term: gradients of their BatchNorm nearly cancel, and PyTorch's own error exceeds
1e-5 there; their outputs and losses keep it.

PyTorch's own error is no single number: in float32 NCHW and channels_last differ by up to two orders of
magnitude, and one ReLU or pool that flips moves all gradients behind it. So it is the largest over several
runs of PyTorch in the tested type, both formats first and then images and weights moved by one unit in the
last place; they are drawn only while a bound is exceeded, and only so many. Which tensor a flip hits is
chance, so PyTorch's own error is taken for a kind of tensor, once for its worst tensor and once for the
median, and ours is held to both.

Ten SGD steps at this learning rate are chaotic in some deep networks: two runs of PyTorch then part by more
than any bound. Losses are compared for as many leading steps, and final weights (in float64) where, PyTorch's
own runs agree to 1e-11 in float64 and 1e-3 in float32; what that leaves out is counted and printed.
"""

from __future__ import annotations

import argparse
import collections
import dataclasses
import fnmatch
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator

import torch
from safetensors.torch import load_file
from torch import Tensor

import sample
from reference import Network
from spec import parse
from trial import Trial, record

Tensors = dict[str, Tensor]


@dataclasses.dataclass(frozen=True)
class Rule:
    """How strictly one dtype is compared."""

    small: float  # an error below this is well in any case
    shallow: float  # the same up to depth 3, columns 2
    predictable: float  # losses and final weights are compared while PyTorch agrees with itself to this
    own_runs: int  # the most runs of PyTorch that may be drawn for one network
    kinds: tuple[str, ...]


FIRST_STEP = ("output", "loss", "output_eval", "grad", "buffer")
RULES = {
    "float64": Rule(1e-9, 1e-9, 1e-11, 4, (*FIRST_STEP, "final")),
    "float32": Rule(1e-6, 1e-5, 1e-3, 12, FIRST_STEP),
}
FLOOR_SHARE = 1e-3
OWN_FACTOR = 2.0


@dataclasses.dataclass(frozen=True)
class Run:
    """What the program is asked for."""

    dtype: str
    batch: int = 4
    steps: int = 10
    seed: int = 1


@dataclasses.dataclass
class Outcome:
    """The comparison of one network in one dtype."""

    failures: list[str] = dataclasses.field(default_factory=list)
    worst: dict[str, float] = dataclasses.field(default_factory=dict)  # the largest error of each kind
    extent: Extent | None = None  # None where nothing could be compared
    own_runs: int = 0  # runs of PyTorch that it took to know its own error


def kind_of(key: str) -> str:
    """`grad/unit0…` is of kind `grad`; a key without a slash is a kind of its own."""
    return key.partition("/")[0]


def errors(candidate: Tensors, reference: Tensors, kind: str) -> dict[str, float]:
    """The error of every tensor of one kind; not a number where the candidate holds one."""
    norms = {key: value.double().norm().item() for key, value in reference.items() if kind_of(key) == kind}
    floor = max(FLOOR_SHARE * max(norms.values(), default=0.0), sys.float_info.min)
    return {
        key: (candidate[key].double() - reference[key].double()).norm().item() / max(norm, floor)
        for key, norm in norms.items()
    }


def loss_error(candidate: Tensors, reference: Tensors, steps: int) -> float:
    """The error of the first `steps` losses, taken as one vector."""
    ours, theirs = candidate["losses"][:steps].double(), reference["losses"][:steps].double()
    return ((ours - theirs).norm() / theirs.norm()).item()


def worst_of(found: dict[str, float]) -> float:
    """The largest error, or not a number where one is."""
    return max(found.values(), key=lambda error: (error != error, error), default=0.0)


def shape_failures(dump: Tensors, reference: Tensors) -> list[str]:
    """Tensors that are missing, superfluous, of another shape or type, or not finite."""
    found = [f"{key} is missing" for key in reference.keys() - dump.keys()]
    found += [f"{key} is not expected" for key in dump.keys() - reference.keys()]
    for key in sorted(reference.keys() & dump.keys()):
        ours, theirs = dump[key], reference[key]
        if ours.shape != theirs.shape:
            found.append(f"{key} has shape {list(ours.shape)}, expected {list(theirs.shape)}")
        elif not theirs.is_meta and theirs.isfinite().all() and not ours.isfinite().all():
            found.append(f"{key} is not finite")
    return sorted(found)


def split_dump(name: str, dump: Tensors, run: Run) -> tuple[Trial, Tensors]:
    """The trial that a dump ran and the tensors that it claims; ValueError where it is another trial."""
    dtype = getattr(torch, run.dtype)
    for key, value in dump.items():
        wanted = torch.int64 if key == "target" else dtype
        if value.dtype != wanted:
            raise ValueError(f"{key} is {value.dtype}, expected {wanted}")
    spec = parse(name)
    given = {key: value for key, value in dump.items() if kind_of(key) in ("input", "target", "initial")}
    with torch.device("meta"):
        expected = {f"initial/{key}": value for key, value in Network(spec).state_dict().items()}
        expected["input"] = torch.empty(run.batch, spec.channels, spec.height, spec.width)
        expected["target"] = torch.empty(run.batch)
    bad = shape_failures(given, expected)
    if bad:
        raise ValueError("; ".join(bad[:4]))
    claims = {key: value for key, value in dump.items() if key not in given}
    images, target = given.pop("input"), given.pop("target")
    initial = {key.removeprefix("initial/"): value for key, value in given.items()}
    return Trial(name, initial, images, target, run.seed, run.steps), claims


@dataclasses.dataclass(frozen=True)
class Extent:
    """How far training is compared: beyond, PyTorch does not agree with itself."""

    steps: int
    final: bool

    @staticmethod
    def of(own: list[Tensors], reference: Tensors, bound: float) -> Extent:
        """The leading losses, and whether the final weights too, that all of PyTorch's runs reproduce."""
        steps = len(reference["losses"])
        while steps > 0 and not all(loss_error(run, reference, steps) <= bound for run in own):
            steps -= 1
        return Extent(steps, all(worst_of(errors(run, reference, "final")) <= bound for run in own))


def measures(candidate: Tensors, reference: Tensors, rule: Rule, extent: Extent) -> dict[str, float]:
    """What a run is judged by: the worst error of each kind and its median, and the leading losses."""
    found: dict[str, float] = {}
    for kind in rule.kinds:
        of_kind = errors(candidate, reference, kind)
        if not of_kind or (kind == "final" and not extent.final):
            continue
        found[kind] = worst_of(of_kind)
        if len(of_kind) > 1:
            found[f"median {kind}"] = statistics.median(of_kind.values())
    if extent.steps:
        found["losses"] = loss_error(candidate, reference, extent.steps)
    return found


def compare_trial(trial: Trial, claims: Tensors, dtype: str) -> Outcome:
    """Judges what the program claims for one trial, drawing runs of PyTorch while a bound is exceeded."""
    rule, spec = RULES[dtype], parse(trial.name)
    small = rule.shallow if spec.depth <= 3 and spec.columns <= 2 else rule.small
    reference = record(trial, torch.float64)
    failures = shape_failures(claims, reference)
    if failures:
        return Outcome(failures)
    runs = own_runs(trial, getattr(torch, dtype))
    own: list[Tensors] = []
    while True:
        extent = Extent.of(own, reference, rule.predictable)
        ours = measures(claims, reference, rule, extent)
        theirs = [measures(run, reference, rule, extent) for run in own]
        failures = []
        for what, error in ours.items():
            own_error = max((run[what] for run in theirs), default=0.0)
            if not error <= max(small, OWN_FACTOR * own_error):
                failures.append(
                    f"{what}: error {error:.2e}, PyTorch's own {own_error:.2e} in {len(own)} runs"
                )
                failures += (
                    largest(errors(claims, reference, what)) if what in ("grad", "buffer", "final") else []
                )
        if not failures or len(own) == rule.own_runs:
            worst = {what: error for what, error in ours.items() if not what.startswith("median")}
            return Outcome(failures, worst, extent, len(own))
        own.append(next(runs))


def largest(found: dict[str, float], count: int = 3) -> list[str]:
    """A line for each of the largest errors."""
    ordered = sorted(found, key=lambda key: (found[key] != found[key], found[key]), reverse=True)
    return [f"  {key} {found[key]:.2e}" for key in ordered[:count]]


def own_runs(trial: Trial, dtype: torch.dtype) -> Iterator[Tensors]:
    """PyTorch in the tested type: NCHW, channels_last, then both in turn with images and weights moved.

    In float64 the first is the reference itself and is left out.
    """
    formats = (torch.contiguous_format, torch.channels_last)
    for memory_format in formats if dtype == torch.float32 else formats[1:]:
        yield record(trial, dtype, memory_format)
    generator = torch.Generator().manual_seed(trial.seed)
    while True:
        for memory_format in reversed(formats):
            yield record(moved_by_one_ulp(trial, generator), dtype, memory_format)


def moved_by_one_ulp(trial: Trial, generator: torch.Generator) -> Trial:
    """The trial with every number of its images and weights moved to its neighbour, up or down at random."""

    def move(value: Tensor) -> Tensor:
        up = torch.rand(value.shape, generator=generator) < 0.5
        infinite = torch.full_like(value, float("inf"))
        return torch.where(up, torch.nextafter(value, infinite), torch.nextafter(value, -infinite))

    initial = {key: value if "running_" in key else move(value) for key, value in trial.initial.items()}
    return dataclasses.replace(trial, initial=initial, images=move(trial.images))


def compare_dump(name: str, dump: Tensors, run: Run) -> Outcome:
    """Compares one dump of the network `name` with the reference."""
    try:
        trial, claims = split_dump(name, dump, run)
    except ValueError as error:
        return Outcome([str(error)])
    return compare_trial(trial, claims, run.dtype)


def run_program(program: str, names: list[str], run: Run, folder: pathlib.Path) -> None:
    """One process writes the dumps of all names; SystemExit with its command where it fails."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.safetensors"):
        old.unlink()
    listing = folder / "names.txt"
    listing.write_text("".join(f"{name}\n" for name in names))
    command = [program, "--names", str(listing), "--dtype", run.dtype, "--batch", str(run.batch)]
    command += ["--steps", str(run.steps), "--seed", str(run.seed), "--out-dir", str(folder)]
    done = subprocess.run(command, env=os.environ | {"OMP_NUM_THREADS": "1"}, check=False)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(command)}\nended with {done.returncode}")


def compare_all(names: list[str], program: str, run: Run, folder: pathlib.Path) -> int:
    """Runs and compares all names in one dtype and prints a line for each; the number that failed."""
    dtype = run.dtype
    start = time.monotonic()
    run_program(program, names, run, folder)
    ran = time.monotonic()
    outcomes: list[Outcome] = []
    worst: dict[str, float] = collections.defaultdict(float)
    for index, name in enumerate(names):
        path = folder / f"{index}.safetensors"
        if path.exists():
            outcome = compare_dump(name, load_file(path), run)
        else:
            outcome = Outcome([f"the program wrote no {path.name}"])
        outcomes.append(outcome)
        figures = "  ".join(f"{kind} {error:.0e}" for kind, error in outcome.worst.items())
        print(f"{'FAIL' if outcome.failures else 'ok  '} {dtype} {name}  {figures}", flush=True)
        for line in outcome.failures[:8]:
            print(f"       {line}")
        if len(outcome.failures) > 8:
            print(f"       and {len(outcome.failures) - 8} more")
        for kind, error in outcome.worst.items():
            worst[kind] = max(worst[kind], error)
    failed = sum(bool(outcome.failures) for outcome in outcomes)
    print(
        f"{dtype}: {len(names) - failed} of {len(names)} networks agree; "
        f"program {ran - start:.0f} s, comparison {time.monotonic() - ran:.0f} s"
    )
    print("  worst errors: " + ", ".join(f"{kind} {error:.1e}" for kind, error in worst.items()))
    extents = [outcome.extent for outcome in outcomes if outcome.extent]
    complete = sum(extent.steps == run.steps for extent in extents)
    partial = len(extents) - complete
    print(f"  all {run.steps} losses compared for {complete}, the leading ones for {partial}")
    if "final" in RULES[dtype].kinds:
        print(f"  final weights compared for {sum(extent.final for extent in extents)}")
    print(
        f"  within the small bound alone: {sum(not outcome.own_runs for outcome in outcomes)}; "
        f"most runs of PyTorch drawn for one: {max(outcome.own_runs for outcome in outcomes)}"
    )
    return failed


def main(arguments: list[str]) -> int:
    """The command line; 0 when every network agrees, 1 when one does not, 64 for a wrong command."""
    parser = argparse.ArgumentParser(
        description="Compares the C++ networks with an independent PyTorch reference."
    )
    parser.add_argument("--program", help="path of parity_dump")
    parser.add_argument("--dtype", choices=("float64", "float32", "both"), default="both")
    parser.add_argument("--only", default="*", metavar="GLOB", help="full names to keep of the sample")
    parser.add_argument("--batch", type=int, default=Run.batch)
    parser.add_argument("--steps", type=int, default=Run.steps)
    parser.add_argument("--seed", type=int, default=Run.seed)
    parser.add_argument("--keep", metavar="DIR", help="write the dumps here and leave them")
    parser.add_argument("--list", action="store_true", help="print the sample's names and stop")
    options = parser.parse_args(arguments)
    names = [name for name in sample.all_names() if fnmatch.fnmatchcase(name, options.only)]
    if not names:
        print(
            f"--only '{options.only}' matches none of the sample's names; --list prints them", file=sys.stderr
        )
        return 64
    if options.list:
        print("\n".join(names))
        return 0
    if not options.program:
        print("--program is missing: the path of parity_dump", file=sys.stderr)
        return 64
    torch.set_num_threads(1)
    failed = 0
    for dtype in ("float64", "float32") if options.dtype == "both" else (options.dtype,):
        with tempfile.TemporaryDirectory(prefix="parity-") as scratch:
            folder = pathlib.Path(options.keep or scratch) / dtype
            run = Run(dtype, options.batch, options.steps, options.seed)
            failed += compare_all(names, options.program, run, folder)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
