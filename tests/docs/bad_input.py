#!/usr/bin/env python3
"""Holds docs/bad-input.md against the program: each row's input is made, and message and exit status compared.

    bad_input.py --fractal build/bin/fractal docs/bad-input.md [CASE...]

A row is named by the text in backquotes in its first column. Each has a function here, and each function a row.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import pathlib
import random
import re
import shutil
import sqlite3
import struct
import subprocess
import sys
import tempfile

RECORD = 3073
NAME = "compact/d1-c1-conv3"
RECIPE = ["--data", "cifar10", "--epochs", "2", "--batch", "20", "--amp", "off", "--validation-images", "20"]
CASES = {}


def case(function):
    """Names a function for the row of its name: it prepares the folder and gives the arguments, or runs what it takes."""
    CASES[function.__name__.replace("_", "-")] = function
    return function


class Place:
    """A working folder with CIFAR-10's files in `data`, a run that has finished in `run`, and one that was cut short in `cut`."""

    def __init__(self, program: pathlib.Path, folder: pathlib.Path) -> None:
        self.program, self.folder = program, folder
        self.run, self.results = folder / "run", folder / "run" / "results.sqlite"
        self.environment: dict[str, str] = {}

    def prepare(self) -> None:
        draws = random.Random(0)
        (self.folder / "data").mkdir()
        for name, count in {"data_batch_1.bin": 60, "test_batch.bin": 20}.items():
            records = (bytes([draws.randrange(10)]) + draws.randbytes(RECORD - 1) for _ in range(count))
            (self.folder / "data" / name).write_bytes(b"".join(records))
        for run, more in {"run": [], "cut": ["--trial-time-limit", "0.001s"]}.items():
            done = self.fractal("train", NAME, *RECIPE, "--data-dir", "data", "--run", run, *more)
            assert done.returncode == 0, done.stderr

    def fractal(self, *words: str) -> subprocess.CompletedProcess[str]:
        environment = {key: value for key, value in os.environ.items() if not key.startswith("FRACTAL_")}
        return subprocess.run([str(self.program), *words], cwd=self.folder, env=environment | self.environment,
                              capture_output=True, text=True, timeout=120)

    def data(self, name: str) -> pathlib.Path:
        return self.folder / "data" / name

    def train_on_data(self) -> list[str]:
        return ["train", NAME, *RECIPE, "--data-dir", "data", "--run", "new"]

    def evaluate(self) -> list[str]:
        return ["eval", NAME, "--run", "run", "--data-dir", "data"]

    def weights(self) -> pathlib.Path:
        return self.run / "weights" / "1.safetensors"

    def sql(self, *statements: str, results: pathlib.Path | None = None) -> None:
        connection = sqlite3.connect(results or self.results)
        for statement in statements:
            connection.execute(statement)
        connection.commit()
        connection.close()


def tensors(file: pathlib.Path) -> tuple[dict, bytes]:
    content = file.read_bytes()
    length = struct.unpack("<Q", content[:8])[0]
    return json.loads(content[8 : 8 + length]), content[8 + length :]


def write_tensors(file: pathlib.Path, header: dict, data: bytes) -> None:
    text = json.dumps(header).encode()
    file.write_bytes(struct.pack("<Q", len(text)) + text + data)


@case
def command(_):
    return ["trian"]


@case
def variant(_):
    return ["show", "paper/d3-c2-conv3.bn.rleu"]


@case
def glob(_):
    return ["list", "papr/*"]


@case
def selection(_):
    return ["list", "--select", "tiny"]


@case
def flag(_):
    return ["train", NAME, "--epoch", "3"]


@case
def number(_):
    return ["train", NAME, "--lr", "-1"]


@case
def word(_):
    return ["train", NAME, "--amp", "fp64"]


@case
def duration(_):
    return ["train", NAME, "--time-limit", "soon"]


@case
def size(_):
    return ["train", NAME, "--memory-budget", "2GB"]


@case
def shard(_):
    return ["train", NAME, "--shard", "5/4"]


@case
def backend(place):
    place.environment["FRACTAL_BACKEND"] = "nowhere.so"
    return ["train", NAME]


@case
def config_missing(_):
    return ["train", NAME, "--config", "nowhere.toml"]


def config(place: Place, text: str) -> list[str]:
    (place.folder / "recipe.toml").write_text(text)
    return ["train", NAME, "--config", "recipe.toml"]


@case
def config_key(place):
    return config(place, "epochz = 3\n")


@case
def config_value(place):
    return config(place, 'lr = "fast"\n')


@case
def data_name(_):
    return ["train", NAME, "--data", "cifar"]


@case
def data_folder(_):
    return ["train", NAME, "--data", "cifar10", "--data-dir", "nowhere"]


@case
def cifar_missing(place):
    place.data("test_batch.bin").unlink()
    return place.train_on_data()


@case
def cifar_size(place):
    place.data("data_batch_1.bin").write_bytes(place.data("data_batch_1.bin").read_bytes()[:5000])
    return place.train_on_data()


@case
def cifar_label(place):
    content = bytearray(place.data("data_batch_1.bin").read_bytes())
    content[2 * RECORD] = 10
    place.data("data_batch_1.bin").write_bytes(content)
    return place.train_on_data()


@case
def cifar_pipe(place):
    place.data("data_batch_1.bin").unlink()
    os.mkfifo(place.data("data_batch_1.bin"))
    return place.train_on_data()


@case
def run_missing(_):
    return ["rank", "nowhere"]


@case
def run_locked(place):
    with (place.run / "lock").open("r+") as lock:
        fcntl.lockf(lock, fcntl.LOCK_EX)
        return place.fractal("train", "--resume", "run")


@case
def run_link(place):
    (place.folder / "precious").write_text("not to be lost\n")
    (place.run / "lock").unlink(missing_ok=True)
    (place.run / "lock").symlink_to(place.folder / "precious")
    done = place.fractal("train", "--resume", "run")
    assert (place.folder / "precious").read_text() == "not to be lost\n"
    return done


@case
def results_damaged(place):
    content = bytearray(place.results.read_bytes())
    content[:16] = b"not an SQLite db"
    place.results.write_bytes(content)
    return ["rank", "run"]


@case
def results_log(place):
    place.results.rename(place.folder / "moved.sqlite")
    for kept in ("weights", "state"):
        shutil.rmtree(place.run / kept)
    (place.run / "results.sqlite-wal").write_bytes(b"rows of it")
    return ["train", NAME, "--run", "run"]


@case
def results_foreign(place):
    place.results.unlink()
    place.sql("CREATE TABLE something (x)")
    return ["train", NAME, "--run", "run"]


@case
def results_version(place):
    place.sql("PRAGMA user_version = 1")
    return ["rank", "run"]


@case
def results_tables(place):
    place.sql("CREATE TRIGGER t AFTER INSERT ON run BEGIN DELETE FROM epoch; END")
    return ["train", "--resume", "run"]


@case
def results_epochs(place):
    place.sql("DELETE FROM epoch WHERE epoch = 2")
    return ["replay", "run"]


@case
def results_recipe(place):
    place.sql("UPDATE recipe SET batch = 0", results=place.folder / "cut" / "results.sqlite")
    return ["train", "--resume", "cut", "--retry-failed"]


@case
def settings(place):
    file = place.folder / "cut" / "settings.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"threads": -1}))
    return ["train", "--resume", "cut", "--retry-failed"]


@case
def search_flags(place):
    return place.fractal("search", NAME, "--budget", "40", "--run", "search")


@case
def search(place):
    file = place.folder / "cut" / "search.json"
    file.write_text(json.dumps({"method": "asha", "eta": 3, "first_rung": 1, "seeds": 1, "budget": "", "trials": [1], "brackets": [2]}))
    return ["search", "--resume", "cut"]


@case
def data_changed(place):
    with place.data("data_batch_1.bin").open("ab") as stream:
        stream.write(bytes(20 * RECORD))
    return ["train", "--resume", "cut", "--retry-failed", "--data-dir", "data"]


@case
def data_other(place):
    with place.data("data_batch_1.bin").open("ab") as stream:
        stream.write(bytes(20 * RECORD))
    return ["train", NAME, *RECIPE, "--seed", "1", "--data-dir", "data", "--run", "run"]


@case
def data_none(place):
    (place.folder / "empty").mkdir()
    settings = (place.folder / "cut" / "settings.json").read_text()
    done = place.fractal("train", "--resume", "cut", "--data-dir", "empty")
    assert (place.folder / "cut" / "settings.json").read_text() == settings
    return done


@case
def results_gone(place):
    for file in place.run.glob("results.sqlite*"):
        file.unlink()
    return ["train", NAME, *RECIPE, "--data-dir", "data", "--run", "run"]


@case
def merge_manifest(place):
    place.sql("UPDATE run SET manifest = '0123456789abcdef'", results=place.folder / "cut" / "results.sqlite")
    return ["merge", "run", "cut"]


@case
def merge_images(place):
    place.sql("UPDATE trial SET train_images = 30", results=place.folder / "cut" / "results.sqlite")
    return ["merge", "run", "cut"]


@case
def merge_link(place):
    (place.folder / "precious").write_text("not to be copied\n")
    place.weights().unlink()
    place.weights().symlink_to(place.folder / "precious")
    done = place.fractal("merge", "new", "run")
    assert not (place.folder / "new" / "weights" / "1.safetensors").exists()
    return done


@case
def weights_missing(place):
    place.weights().unlink()
    return place.evaluate()


def own_data(place, labels=(0, 1, 0), split=(0, 0, 2), side=32, cut=0):
    """Trains on a data file of three images; the last `cut` bytes of it are missing."""
    pixels = bytes(3 * 3 * side * side)
    tensors = {"images": ("U8", [3, 3, side, side], pixels), "labels": ("I64", [3], struct.pack("<3q", *labels)),
               "split": ("U8", [3], bytes(split))}
    header, content = {}, b""
    for name, (kind, shape, data) in tensors.items():
        header[name] = {"dtype": kind, "shape": shape, "data_offsets": [len(content), len(content) + len(data)]}
        content += data
    text = json.dumps(header).encode()
    whole = struct.pack("<Q", len(text)) + text + content
    (place.folder / "own.safetensors").write_bytes(whole[:len(whole) - cut])
    return place.fractal("train", NAME, "--data", "own.safetensors", "--epochs", "1", "--validation-images", "1", "--run", "own")


@case
def own_missing(place):
    return place.fractal("train", NAME, "--data", "nowhere.safetensors", "--run", "own")


@case
def own_cut(place):
    return own_data(place, cut=1)


@case
def own_label(place):
    return own_data(place, labels=(0, -1, 1))


@case
def own_split(place):
    return own_data(place, split=(0, 2, 3))


@case
def own_size(place):
    return own_data(place, side=8)


@case
def weights_header(place):
    place.weights().write_bytes(place.weights().read_bytes()[:100])
    return place.evaluate()


@case
def weights_overflow(place):
    header, data = tensors(place.weights())
    header["head.weight"]["shape"] = [1 << 62, 1 << 62]
    write_tensors(place.weights(), header, data)
    return place.evaluate()


@case
def weights_checksum(place):
    content = bytearray(place.weights().read_bytes())
    content[-5] ^= 1
    place.weights().write_bytes(content)
    return place.evaluate()


@case
def weights_foreign(place):
    header, data = tensors(place.weights())
    header["tail.weight"] = header.pop("head.weight")
    write_tensors(place.weights(), header, data)
    return place.evaluate()


def export_tuned(place, header, data):
    write_tensors(place.folder / "tuned.safetensors", header, data)
    return ["export", NAME, "--to", "onnx", "--weights", "tuned.safetensors", "--out", "network.onnx"]


@case
def weights_file(place):
    header, data = tensors(place.weights())
    first = next(name for name in header if name.startswith("unit0"))
    header[first]["shape"].reverse()
    return export_tuned(place, header, data)


@case
def weights_form(place):
    header, data = tensors(place.weights())
    for name, tensor in header.items():
        if name != "__metadata__":
            tensor["dtype"] = "F16"
            tensor["data_offsets"] = [offset // 2 for offset in tensor["data_offsets"]]
    del header["__metadata__"]["fractal.checksum"]
    return export_tuned(place, header, bytes(len(data) // 2))


@case
def weights_choice(place):
    return ["eval", NAME, "--run", "run", "--weights", str(place.weights())]


def with_nan(data):
    return struct.pack("<f", float("nan")) + data[4:]


@case
def weights_finite(place):
    header, data = tensors(place.weights())
    del header["__metadata__"]["fractal.checksum"]
    return export_tuned(place, header, with_nan(data))


def begin_from_tuned(place, *more):
    return ["train", NAME, *RECIPE, "--data-dir", "data", "--run", "new", "--init-weights", "tuned.safetensors", *more]


@case
def init_weights(place):
    header, data = tensors(place.weights())
    next(tensor for name, tensor in header.items() if name.startswith("unit0"))["shape"].reverse()
    write_tensors(place.folder / "tuned.safetensors", header, data)
    return begin_from_tuned(place)


def asked_for_with_tuned(place):
    tuned = place.folder / "tuned.safetensors"
    shutil.copy(place.weights(), tuned)
    done = place.fractal(*begin_from_tuned(place, "--plan-only"))
    assert done.returncode == 0, done.stderr
    return tuned


@case
def init_weights_gone(place):
    asked_for_with_tuned(place).unlink()
    return ["train", "--resume", "new"]


@case
def init_weights_changed(place):
    tuned = asked_for_with_tuned(place)
    header, data = tensors(tuned)
    del header["__metadata__"]["fractal.checksum"]
    write_tensors(tuned, header, struct.pack("<f", 0.5) + data[4:])
    return ["train", "--resume", "new"]


@case
def state(place):
    return with_state(place, {"step": -1})


@case
def state_step(place):
    return with_state(place, {"step": 5})


@case
def state_finite(place):
    return with_state(place, {}, with_nan)


def with_state(place, progress, change=lambda data: data):
    """Goes on from a state that was changed, and tells what came of its trial."""
    file = place.folder / "cut" / "state" / "1.safetensors"
    header, data = tensors(file)
    metadata = header["__metadata__"]
    metadata["fractal.progress"] = json.dumps(json.loads(metadata["fractal.progress"]) | progress)
    if change(data) != data:
        del metadata["fractal.checksum"]
    write_tensors(file, header, change(data))
    done = place.fractal("train", "--resume", "cut", "--retry-failed")
    rows = sqlite3.connect(place.folder / "cut" / "results.sqlite").execute("SELECT id, disposition, reason FROM trial")
    done.stderr = "".join(f"fractal: trial {trial} {disposition}: {reason}" for trial, disposition, reason in rows)
    return done


def rows_of(document: pathlib.Path) -> dict[str, tuple[str, int]]:
    """Message and status by case."""
    rows = {}
    for line in document.read_text().splitlines():
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        if len(cells) == 5 and re.fullmatch("`[a-z-]+`", cells[0]):
            rows[cells[0].strip("`")] = (re.sub(r"\\([*|])", r"\1", cells[3]), int(cells[4]))
    return rows


def is_message(said: str, row: str) -> bool:
    pattern = ".*".join(re.escape(part.strip()) for part in row.split("…"))
    return re.fullmatch(pattern, said, re.DOTALL) is not None


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fractal", type=lambda name: pathlib.Path(name).resolve(), required=True, help="the driver")
    parser.add_argument("document", type=pathlib.Path)
    parser.add_argument("cases", nargs="*", help="all, if none is named")
    options = parser.parse_args()
    rows = rows_of(options.document)
    if rows.keys() != CASES.keys():
        sys.exit(f"rows without a case: {rows.keys() - CASES.keys()}, cases without a row: {CASES.keys() - rows.keys()}")
    wrong = 0
    with tempfile.TemporaryDirectory(prefix="fractal-bad-input-") as scratch:
        original = pathlib.Path(scratch) / "original"
        original.mkdir()
        Place(options.fractal, original).prepare()
        for name, (message, status) in rows.items():
            if options.cases and name not in options.cases:
                continue
            folder = pathlib.Path(scratch) / name
            shutil.copytree(original, folder)
            place = Place(options.fractal, folder)
            done = CASES[name](place)
            if isinstance(done, list):
                done = place.fractal(*done)
            said = [line.removeprefix("fractal: ") for line in done.stderr.splitlines() if line.startswith("fractal: ")]
            if done.returncode != status or not said or not is_message(said[-1], message):
                wrong += 1
                print(f"{name}: expected {status} and\n  {message}\nit is {done.returncode} and\n  {done.stderr.strip()}")
    print(f"{len(rows)} rows, {wrong} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
