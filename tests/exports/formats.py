"""Exported networks against the C++ ones: the same logits from the same weights, in each format.

    formats.py --fractal build/bin/fractal --dump build/bin/export_dump

Takes registered variants over all axes, lets export_dump give each weights and write its logits, and compares what the
reference libraries make of the exports: PyTorch of the Python module, ONNX Runtime of the ONNX model (which ONNX's own
checker has passed), PyTorch of the TorchScript archive, the safetensors package of the weights.
"""

from __future__ import annotations

import argparse
import collections
import json
import pathlib
import subprocess
import sys
import tempfile
from collections.abc import Iterator

import onnx
import onnxruntime
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from loaded_module import module_of

MOST_MACS = 700_000_000  # of one image: what is larger repeats the same rule, and takes long
TOLERANCE = 1e-5  # norm of the difference over the norm of the logits
AT_ONCE = 8  # variants whose files are there at a time

Row = dict[str, object]


def sample(fractal: str) -> list[Row]:
    """One registered variant for each depth and columns of each family, the orders taking turns."""
    rows = json.loads(subprocess.run([fractal, "list", "--json"], capture_output=True, text=True, check=True).stdout)
    cells: dict[tuple[object, ...], list[Row]] = {}
    for row in rows:
        if row["macs"] <= MOST_MACS or row["family"] == "larsson":
            cells.setdefault((row["family"], row["depth"], row["columns"]), []).append(row)
    return [cell[7 * place % len(cell)] for place, cell in enumerate(cells.values())]


class Case:
    """One variant: its weights as C++ wrote them, and as Python does."""

    def __init__(self, fractal: str, row: Row, folder: pathlib.Path) -> None:
        self.fractal, self.row, self.folder = fractal, row, folder
        self.stem = str(row["full_name"]).removeprefix("net/")
        self.state = load_file(self.file(".safetensors"))
        self.images, self.logits = load_file(self.file(".logits")).values()
        save_file(self.state, self.file(".python"))

    def file(self, suffix: str) -> pathlib.Path:
        return self.folder / (self.stem + suffix)

    def export(self, form: str, suffix: str, weights: str = ".safetensors") -> pathlib.Path:
        out = self.file(suffix)
        command = [self.fractal, "export", self.row["name"], "--to", form, "--weights", self.file(weights), "--out", out]
        subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
        return out

    # Each of these gives the logits of one format, and asserts what else its readers rely on.

    def pytorch(self) -> Tensor:
        source = self.export("pytorch", ".py")
        network = module_of(source).load(str(source.with_suffix(".safetensors"))).eval()
        assert network.state_dict().keys() == self.state.keys()
        return network(self.images)

    def onnx(self) -> Tensor:
        # Weights that the safetensors package wrote, in its own order, are the same weights.
        model = self.export("onnx", ".onnx", weights=".python")
        onnx.checker.check_model(str(model), full_check=True)
        session = onnxruntime.InferenceSession(str(model), providers=["CPUExecutionProvider"])
        answer = [torch.from_numpy(session.run(["logits"], {"images": part.numpy()})[0]) for part in self.parts()]
        return torch.cat(answer)

    def torchscript(self) -> Tensor:
        archive = torch.jit.load(self.file(".pt"))
        assert not archive.training
        assert archive.state_dict().keys() == self.state.keys()
        return torch.cat([archive(part) for part in self.parts()])

    def safetensors(self) -> Tensor:
        copy = load_file(self.export("safetensors", ".copy", weights=".python"))
        assert copy.keys() == self.state.keys()
        assert all(copy[key].equal(value) for key, value in self.state.items())
        return self.logits

    def parts(self) -> tuple[Tensor, ...]:
        """The images in batches of two sizes, since both are to be free."""
        return self.images.split([2, 1])


FORMATS = (Case.pytorch, Case.onnx, Case.torchscript, Case.safetensors)


def cases(options: argparse.Namespace, rows: list[Row]) -> Iterator[Case]:
    for first in range(0, len(rows), AT_ONCE):
        some = rows[first : first + AT_ONCE]
        with tempfile.TemporaryDirectory(prefix="fractal-export-") as scratch:
            subprocess.run([options.dump, scratch, *(str(row["name"]) for row in some)], check=True)
            for row in some:
                yield Case(options.fractal, row, pathlib.Path(scratch))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fractal", required=True, help="the driver")
    parser.add_argument("--dump", required=True, help="export_dump")
    options = parser.parse_args()
    torch.set_num_threads(1)
    rows = sample(options.fractal)
    worst: collections.Counter[str] = collections.Counter()
    wrong = []
    for case in cases(options, rows):
        for form in FORMATS:
            with torch.no_grad():
                error = ((form(case) - case.logits).norm() / case.logits.norm()).item()
            worst[form.__name__] = max(worst[form.__name__], error)
            if not error <= TOLERANCE:
                wrong.append(f"{case.row['name']} as {form.__name__}: logits differ by {error:.1e}")
    axes = {axis: sorted({str(row[axis]) for row in rows}) for axis in ("family", "depth", "columns")}
    print(f"{len(rows)} variants, {axes}, {len({row['layer_order'] for row in rows})} orders; largest differences:")
    print("\n".join(f"  {form:12} {error:.1e}" for form, error in worst.items()))
    if len(rows) < 40:
        wrong.append(f"only {len(rows)} variants were compared")
    print("\n".join(wrong), file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
