"""Data files from Python to the driver: what was written is what is read, trained on, recorded and refused.

    own_data.py --fractal build/bin/fractal --dump build/bin/data_dump

Writes files by examples/own_data.py, as the guide tells people to.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import pathlib
import sqlite3
import subprocess
import sys
import tempfile

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "examples"))
import own_data  # noqa: E402

TINY = "compact/d1-c1-conv3.bn.relu"


class Driver:
    def __init__(self, program: str, folder: pathlib.Path) -> None:
        self.program, self.folder = program, folder

    def __call__(self, *words: object, status: int = 0) -> str:
        """What the driver prints; it must end with `status`."""
        command = [self.program, *map(str, words)]
        result = subprocess.run(command, cwd=self.folder, capture_output=True, text=True)
        if result.returncode != status:
            sys.exit(f"{' '.join(command)}\nended with {result.returncode}, expected {status}:\n{result.stdout}{result.stderr}")
        return result.stdout if status == 0 else result.stderr

    def train(self, file: object, *words: object, status: int = 0) -> str:
        recipe = ["--epochs", 2, "--batch", 50, "--amp", "off", "--run", "run"]
        return self("train", TINY, "--data", file, *recipe, *words, status=status)


def expect(condition: bool, what: str) -> None:
    if not condition:
        sys.exit(f"it is not so that {what}")


def rows(folder: pathlib.Path, query: str) -> list[tuple]:
    with sqlite3.connect(folder / "run" / "results.sqlite") as connection:
        return connection.execute(query).fetchall()


def digest_of(file: pathlib.Path) -> str:
    """SHA-256 of the header, with its keys sorted, and of the tensors."""
    content = file.read_bytes()
    end = 8 + int.from_bytes(content[:8], "little")
    header = json.dumps(json.loads(content[8:end]), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(header.encode() + content[end:]).hexdigest()


def check_bytes(dump: str, folder: pathlib.Path) -> None:
    """Every pixel, label and place of a file that has no order, no square images and many channels."""
    draws = np.random.default_rng(1)
    images = draws.integers(0, 256, (97, 5, 7, 4), dtype=np.uint8)
    labels = draws.permutation(np.arange(97) % 11)
    split = draws.permutation(np.arange(97) % 3)
    own_data.write_data(folder / "odd.safetensors", images, labels, split, classes=[f"class {label}" for label in range(11)])
    subprocess.run([dump, folder / "odd.safetensors", folder], check=True)
    train, test = split != own_data.TEST, split == own_data.TEST
    planes = images.transpose(0, 3, 1, 2)
    for name, expected in {"train.pixels": planes[train], "test.pixels": planes[test],
                           "train.labels": labels[train].astype(np.int32), "test.labels": labels[test].astype(np.int32),
                           "split.train": np.flatnonzero(split[train] == own_data.TRAINING).astype(np.uint32),
                           "split.validation": np.flatnonzero(split[train] == own_data.VALIDATION).astype(np.uint32)}.items():
        found = np.fromfile(folder / name, dtype=expected.dtype)
        expect(np.array_equal(found, expected.ravel()), f"{name} is what Python wrote")


def check_training(driver: Driver, folder: pathlib.Path) -> None:
    """A tiny variant learns from a file; its record says on what."""
    file = folder / "patches.safetensors"
    subprocess.run([sys.executable, own_data.__file__, file], check=True)
    digest = digest_of(file)
    images, _ = own_data.patches(1000)
    shown = json.loads(driver("data", "show", file, "--json"))
    expect(shown["name"] == f"patches@{digest[:12]}" and shown["contents"] == digest, "the name ends in the contents' hash")
    expect(shown["shape"] == [3, 32, 32], f"{shown['shape']} is 3x32x32")
    expect(shown["images"] == {"training": 700, "validation": 100, "test": 200}, f"{shown['images']} is the split")
    expect([each["name"] for each in shown["classes"]] == ["red", "green", "blue"], "the classes have their names")
    pixels = images[:700].reshape(-1, 3) / 255
    expect(np.allclose(shown["mean"], pixels.mean(0)), "the mean is that of the training images")
    expect(np.allclose(shown["std"], pixels.std(0)), "the standard deviation is that of the training images")
    expect("green" in driver("data", "show", file), "a person is told the classes")

    driver.train("patches.safetensors")
    columns = "data, data_file, train_images, validation_images, disposition, judged_by, parameters, pixel_mean, score"
    (row,) = rows(folder, f"SELECT {columns} FROM trials")
    expect(row[:6] == (shown["name"], str(file), 700, 100, "finished", "validation"), f"{row[:6]} is the record")
    listed = json.loads(driver("list", TINY, "--json"))[0]["parameters"]
    expect(row[6] == listed - 7 * 17, f"{row[6]} parameters are {listed} with a head of 3 classes instead of 10")
    expect(np.allclose([float(x) for x in row[7].split()], shown["mean"]), "the normalisation is recorded")
    expect(row[8] > 0.6, f"an accuracy of {row[8]} is above chance")
    expect("patches@" in driver("rank", "run", "--data", "patches"), "a file's name without its hash is enough to rank")
    driver("eval", TINY, "--run", "run")
    expect("0 of 1 trials" in subprocess.run(
        [driver.program, "train", TINY, "--data", file, "--epochs", "2", "--batch", "50", "--amp", "off", "--run", "run"],
        cwd=folder, capture_output=True, text=True).stderr, "the same again is done already")
    message = driver.train(file, "--validation-images", 50, status=64)
    expect("has a validation split of its own, of 100 images" in message, message)

    # Written anew, with its header's keys in whatever order, it is the same data set.
    for _ in range(3):
        subprocess.run([sys.executable, own_data.__file__, file], check=True)
        expect(json.loads(driver("data", "show", file, "--json"))["contents"] == digest, "the contents are the same")

    # Moved, the run's trials find it again by --data; changed, it is another data set.
    moved = folder / "moved.safetensors"
    file.rename(moved)
    expect("(--data FILE)" in driver("eval", TINY, "--run", "run", status=74), "a moved file is asked for")
    driver("eval", TINY, "--run", "run", "--data", moved)
    own_data.write_data(file, images[::-1], np.arange(1000) % 3, np.arange(1000) // 3 % 3, name="patches")
    message = driver("eval", TINY, "--run", "run", status=65)
    expect(f"was asked for on patches@{digest[:12]}, but" in message, message)
    driver.train(file)
    expect(len({name for (name,) in rows(folder, "SELECT data FROM trials")}) == 2, "a changed file is another data set")


def check_refusals(driver: Driver, folder: pathlib.Path) -> None:
    grey = folder / "grey.safetensors"
    own_data.write_data(grey, np.zeros((30, 28, 28, 1), np.uint8), np.arange(30) % 3, np.arange(30) // 3 % 3)
    message = driver("train", TINY, "--data", grey, "--run", "refused", status=64)
    expect(f"{TINY} takes images of 3x32x32, and those of grey@" in message and "are 1x28x28" in message, message)
    expect("INPUT 1x28x28" in message, message)
    expect(not (folder / "refused").exists(), "what is refused leaves no folder")
    labels = folder / "labels.safetensors"
    own_data.write_data(labels, np.zeros((30, 32, 32, 3), np.uint8), np.arange(30) % 3 - 1, np.arange(30) // 3 % 3)
    message = driver("train", TINY, "--data", labels, "--run", "refused", status=65)
    expect("has label -1 at image 0; expected 0 to 1" in message, message)
    expect("no file" in driver("train", TINY, "--data", "none.safetensors", status=74), "a file must be there")
    expect("ends in .safetensors" in driver("train", TINY, "--data", "pets.npz", status=64), "other endings are refused")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fractal", required=True, help="the driver")
    parser.add_argument("--dump", required=True, help="data_dump")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="fractal-own-data-") as scratch:
        folder = pathlib.Path(scratch).resolve()
        driver = Driver(options.fractal, folder)
        check_bytes(options.dump, folder)
        check_training(driver, folder)
        check_refusals(driver, folder)
    print("data files are read, trained on, recorded and refused as they should be")


if __name__ == "__main__":
    main()
