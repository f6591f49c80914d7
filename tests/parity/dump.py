"""What a program of dump_main.hpp has written."""

from __future__ import annotations

import argparse
import pathlib
import subprocess
import tempfile

from safetensors.torch import load_file
from torch import Tensor


def dump_of_program(description: str) -> dict[str, Tensor]:
    """Runs the program that --program names and reads its tensors."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--program", type=pathlib.Path, required=True)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "run.safetensors"
        subprocess.run([options.program, file], check=True)
        return load_file(file)
