"""A small sweep of the real driver, and what of its outcome must be equal however it came about."""

from __future__ import annotations

import dataclasses
import json
import os
import pathlib
import random
import re
import sqlite3
import struct
import subprocess

TIMES = {"seconds", "images_per_second", "latency", "started", "ended", "peak_bytes", "predicted_peak_bytes"}


@dataclasses.dataclass(frozen=True)
class Work:
    """What is trained, on how many random images."""

    variants: tuple[str, ...]
    recipe: tuple[str, ...]
    images: int
    test_images: int
    verb: str = "train"  # or search

    def write_data(self, folder: pathlib.Path) -> None:
        """Random images in the format of CIFAR-10: a label byte, then 3,072 pixel bytes."""
        draws = random.Random(0)
        folder.mkdir()
        for name, count in {"data_batch_1.bin": self.images, "test_batch.bin": self.test_images}.items():
            records = (bytes([draws.randrange(10)]) + draws.randbytes(3072) for _ in range(count))
            (folder / name).write_bytes(b"".join(records))


class Sweep:
    """One run folder, begun by `begin` and gone on with by `resume`."""

    def __init__(self, program: str, work: Work, data: pathlib.Path, run: pathlib.Path, save_every: str) -> None:
        common = ["--data-dir", str(data), "--threads", "1", "--save-every", save_every]
        self.run = run
        self.search = work.verb == "search"
        self.begin = [program, work.verb, *work.variants, "--data", "cifar10", *work.recipe, "--run", str(run), *common]
        self.resume = [program, work.verb, "--resume", str(run), *common]

    def command(self) -> list[str]:
        """The first command, until there is what can be gone on with."""
        begun = (self.run / "search.json").exists() if self.search else rows_of(self.run, "trials")
        return self.resume if begun else self.begin

    def start(self, **environment: str) -> subprocess.Popen[str]:
        variables = os.environ | {"OMP_NUM_THREADS": "1"} | environment
        pipe = subprocess.PIPE
        return subprocess.Popen(self.command(), stdout=pipe, stderr=pipe, text=True, env=variables)


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
        weights = run / "weights" / f"{row['id']}.safetensors"
        if weights.exists():
            found[f"weights {row['id']}"] = weights.read_bytes()
    for row in rows_of(run, "epochs"):
        found[f"trial {row['trial']} epoch {row['epoch']}"] = row
    found["files"] = sorted(str(file.relative_to(run)) for file in run.rglob("*"))
    return found


def results_of(run: pathlib.Path) -> dict[str, object]:
    """What must be equal on one machine and on many: all but the names of files, of which there are the shards' besides."""
    found = outcome_of(run)
    del found["files"]
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


def half_written(run: pathlib.Path) -> list[str]:
    """Files that stand under their own names and are not whole."""
    wrong = []
    for file in run.rglob("*.safetensors"):
        content = file.read_bytes()
        try:
            length = struct.unpack("<Q", content[:8])[0]
            header = json.loads(content[8 : 8 + length])
            ends = [tensor["data_offsets"][1] for name, tensor in header.items() if name != "__metadata__"]
            whole = 8 + length + max(ends, default=0) == len(content)
        except (struct.error, ValueError):
            whole = False
        if not whole:
            wrong.append(f"{file.relative_to(run)} is half written")
    settings = run / "settings.json"
    if settings.exists() and not re.fullmatch(r"\{.*\}\n", settings.read_text(), re.DOTALL):
        wrong.append("settings.json is half written")
    return wrong
