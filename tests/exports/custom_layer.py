"""A network with a layer of the user's own, exported: by its PyTorch source, and as TorchScript by its C++ forward.

    custom_layer.py --fractal build/bin/example_custom_family

Both answer alike, though they come from two texts; ONNX, which has neither, is refused by name.
"""

from __future__ import annotations

import argparse
import pathlib
import subprocess
import sys
import tempfile

import torch

from loaded_module import module_of

VARIANT = "gated/d1-c2-conv3.bn.relu.gate"
TRAINING = ["--epochs", "1", "--validation-images", "9744", "--threads", "1"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fractal", required=True, help="a driver that has the layer")
    options = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory(prefix="fractal-custom-layer-") as scratch:
        folder = pathlib.Path(scratch)

        def run(*words: str) -> subprocess.CompletedProcess[str]:
            return subprocess.run([options.fractal, *words], cwd=folder, capture_output=True, text=True)

        run("train", VARIANT, *TRAINING, "--run", "run").check_returncode()
        for form, file in (("pytorch", "network.py"), ("torchscript", "network.pt")):
            run("export", VARIANT, "--run", "run", "--to", form, "--out", file).check_returncode()
        network = module_of(folder / "network.py").load(str(folder / "network.safetensors")).eval()
        images = torch.randn(5, 3, 32, 32)
        with torch.no_grad():
            theirs, ours = network(images), torch.jit.load(folder / "network.pt")(images)
        error = ((theirs - ours).norm() / ours.norm()).item()
        assert error <= 1e-5, f"logits differ by {error:.1e}"
        refused = run("export", VARIANT, "--run", "run", "--to", "onnx", "--out", "network.onnx")
        assert refused.returncode == 64 and "layer 'gate' (mine::ChannelGate) has no form in ONNX" in refused.stderr
        assert not (folder / "network.onnx").exists()
    print(f"{VARIANT}: logits differ by {error:.1e}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
