"""Exported Python modules against the C++ networks: the same logits from the same weights, in evaluation.

    pytorch.py --fractal build/bin/fractal --dump build/bin/parity_dump

Takes registered variants over all axes, lets parity_dump run each for a step and write its weights and logits, loads
`fractal export --to pytorch` as a module, gives it the weights through a safetensors file, and compares.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import pathlib
import subprocess
import sys
import tempfile

import torch
from safetensors.torch import load_file, save_file

MOST_MACS = 700_000_000  # of one image: what is larger repeats the same rule, and takes long


def sample(fractal: str) -> list[dict[str, object]]:
    """One registered variant for each depth and columns of each family, the orders taking turns."""
    rows = json.loads(subprocess.run([fractal, "list", "--json"], capture_output=True, text=True, check=True).stdout)
    cells: dict[tuple[object, ...], list[dict[str, object]]] = {}
    for row in rows:
        if row["macs"] <= MOST_MACS or row["family"] == "larsson":
            cells.setdefault((row["family"], row["depth"], row["columns"]), []).append(row)
    return [cell[7 * place % len(cell)] for place, cell in enumerate(cells.values())]


def module_of(source: pathlib.Path):
    specification = importlib.util.spec_from_file_location(source.stem, source)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fractal", required=True, help="the driver")
    parser.add_argument("--dump", required=True, help="parity_dump")
    options = parser.parse_args()
    torch.set_num_threads(1)
    rows = sample(options.fractal)
    worst, wrong = 0.0, []
    with tempfile.TemporaryDirectory(prefix="fractal-export-") as scratch:
        folder = pathlib.Path(scratch)
        (folder / "names.txt").write_text("".join(f"{row['full_name']}\n" for row in rows))
        subprocess.run([options.dump, "--names", str(folder / "names.txt"), "--dtype", "float32", "--batch", "3",
                        "--steps", "1", "--out-dir", str(folder)], check=True)
        for index, row in enumerate(rows):
            source, weights = folder / f"module{index}.py", folder / f"weights{index}.safetensors"
            command = [options.fractal, "export", row["name"], "--to", "pytorch", "--out", str(source)]
            subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
            dump = load_file(folder / f"{index}.safetensors")
            state = {key.removeprefix("initial/"): value for key, value in dump.items() if key.startswith("initial/")}
            state |= {key.removeprefix("buffer/"): value for key, value in dump.items() if key.startswith("buffer/")}
            save_file(state, weights)
            network = module_of(source).load(str(weights)).eval()
            with torch.no_grad():
                logits = network(dump["input"])
            error = ((logits - dump["output_eval"]).norm() / dump["output_eval"].norm()).item()
            worst = max(worst, error)
            if not error <= 1e-5 or set(network.state_dict()) != set(state):
                wrong.append(f"{row['name']}: logits differ by {error:.1e}")
            (folder / f"{index}.safetensors").unlink()
    axes = {axis: sorted({str(row[axis]) for row in rows}) for axis in ("family", "depth", "columns")}
    print(f"{len(rows)} variants, {axes}, {len({row['layer_order'] for row in rows})} orders: largest difference {worst:.1e}")
    if len(rows) < 40:
        wrong.append(f"only {len(rows)} variants were compared")
    print("\n".join(wrong), file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
