"""There and back: trained here, trained on in PyTorch by the exported module, and taken back.

    round_trip.py --fractal build/bin/fractal
"""

from __future__ import annotations

import argparse
import json
import pathlib
import sqlite3
import subprocess
import sys
import tempfile

import torch
import torch.nn.functional as F
from safetensors.torch import save_file

from loaded_module import module_of

VARIANT = "compact/d2-c2-conv3.bn.relu"
TRAINING = ["--epochs", "1", "--validation-images", "9744", "--threads", "1", "--amp", "off", "--run", "run"]


class Driver:
    """The program, in a folder of its own."""

    def __init__(self, program: str, folder: pathlib.Path) -> None:
        self.program, self.folder = program, folder

    def __call__(self, *words: str, status: int = 0) -> str:
        done = subprocess.run([self.program, *words], cwd=self.folder, capture_output=True, text=True)
        assert done.returncode == status, f"{words}: exit {done.returncode}\n{done.stderr}"
        return done.stderr if status else done.stdout

    def accuracy(self, *words: str) -> float:
        (row,) = json.loads(self("eval", VARIANT, "--threads", "1", "--json", *words))
        return row["test_accuracy"]


def trained_on(source: pathlib.Path, out: pathlib.Path) -> torch.nn.Module:
    """The exported module after a few steps of its own, its weights saved as a user of PyTorch saves them."""
    torch.manual_seed(1)
    network = module_of(source).load(str(source.with_suffix(".safetensors"))).train()
    optimizer = torch.optim.SGD(network.parameters(), lr=0.01, momentum=0.9)
    for _ in range(3):
        optimizer.zero_grad()
        F.cross_entropy(network(torch.randn(16, 3, 32, 32)), torch.randint(10, (16,))).backward()
        optimizer.step()
    save_file(network.state_dict(), out)
    return network.eval()


def check(fractal: Driver, folder: pathlib.Path) -> None:
    fractal("train", VARIANT, *TRAINING)
    assert fractal.accuracy("--run", "run") == fractal.accuracy("--weights", "run/weights/1.safetensors")

    fractal("export", VARIANT, "--run", "run", "--to", "pytorch", "--out", "network.py")
    exported = module_of(folder / "network.py")
    with sqlite3.connect(folder / "run" / "results.sqlite") as store:
        (scale,) = store.execute("SELECT pixel_mean, pixel_std FROM trials").fetchall()
    assert [exported.MEAN, exported.STD] == [[float(number) for number in text.split()] for text in scale], scale
    tuned = folder / "tuned.safetensors"
    network = trained_on(folder / "network.py", tuned)
    fractal("export", VARIANT, "--weights", "tuned.safetensors", "--to", "torchscript", "--out", "network.pt")
    images = torch.randn(5, 3, 32, 32)
    with torch.no_grad():
        ours, theirs = torch.jit.load(folder / "network.pt")(images), network(images)
    assert (ours - theirs).norm() <= 1e-5 * theirs.norm()

    kept = {file: file.read_bytes() for file in (folder / "run" / "weights").iterdir()}
    for words in (["eval"], ["export", "--to", "onnx", "--out", "network.pt"]):
        command = [words[0], "compact/d2-c2-conv3.relu", *words[1:]]
        message = fractal(*command, "--weights", "tuned.safetensors", status=65)
        assert "tensor 'unit0.step1.column0.layer1.bias' does not belong to it" in message, message
    assert kept == {file: file.read_bytes() for file in (folder / "run" / "weights").iterdir()}
    torch.jit.load(folder / "network.pt")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fractal", required=True, help="the driver")
    options = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory(prefix="fractal-round-trip-") as scratch:
        check(Driver(options.fractal, pathlib.Path(scratch)), pathlib.Path(scratch))
    print(f"{VARIANT}: out to PyTorch and back")
    return 0


if __name__ == "__main__":
    sys.exit(main())
