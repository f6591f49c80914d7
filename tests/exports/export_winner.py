"""What the example export_winner writes is the network that it had: PyTorch gives the logits that it printed.

    export_winner.py build/bin/example_export_winner
"""

from __future__ import annotations

import pathlib
import subprocess
import sys
import tempfile

import torch

with tempfile.TemporaryDirectory() as name:
    folder = pathlib.Path(name)
    said = subprocess.run([pathlib.Path(sys.argv[1]).resolve()], cwd=folder, capture_output=True, text=True, check=True)
    printed = torch.tensor([float(word) for word in said.stdout.split()[-4:]])
    sys.path.insert(0, name)
    from winner import load  # the file that was just written
    network = load(str(folder / "winner.safetensors")).eval()
    with torch.no_grad():
        logits = network(torch.ones(1, 1, 8, 8))[0]
    print(said.stdout, logits)
    sys.exit(0 if torch.allclose(logits, printed, atol=2e-5) else "the logits differ")
