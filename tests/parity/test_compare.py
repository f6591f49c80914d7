"""Holds the power of the parity test: a right dump passes, and a dump that is slightly wrong is reported."""

from __future__ import annotations

import io
import pathlib
import sys
import tempfile
import unittest
from contextlib import redirect_stderr, redirect_stdout
from unittest import mock

import torch
from torch import Tensor, nn

import compare
import reference
from trial import Trial, make_trial, record

DROPOUT = "net/3x32x32-d2-c3-w4-flat10-conv3.bn.relu.drop20"
PLAIN = "net/3x32x32-d2-c3-w4-gap10-conv3.bn.relu"

# Stands for the C++ program: the reference itself in the other memory format.
STAND_IN = """#!{python}
import argparse, sys
sys.path[:0] = [{tests!r}]
import torch
from safetensors.torch import save_file
from test_compare import as_dump
from trial import make_trial, record
parser = argparse.ArgumentParser()
for option in ("--names", "--dtype", "--out-dir"):
    parser.add_argument(option)
for option in ("--batch", "--steps", "--seed"):
    parser.add_argument(option, type=int)
o = parser.parse_args()
dtype = getattr(torch, o.dtype)
with open(o.names) as names:
    for index, name in enumerate(names.read().split()):
        trial = make_trial(name, o.batch, o.steps, o.seed, dtype)
        dump = as_dump(trial, record(trial, dtype, torch.channels_last))
        save_file({{key: value.contiguous() for key, value in dump.items()}}, f"{{o.out_dir}}/{{index}}.safetensors")
"""


def as_dump(trial: Trial, recorded: dict[str, Tensor]) -> dict[str, Tensor]:
    """What a program that computed `recorded` writes."""
    initial = {f"initial/{key}": value for key, value in trial.initial.items()}
    return {"input": trial.images, "target": trial.target} | initial | recorded


def nested_join(values: list[Tensor]) -> Tensor:
    """The mean of means that a naive recursion computes: wrong from three values on."""
    mean = values[0]
    for value in values[1:]:
        mean = (mean + value) * 0.5
    return mean


class HastyBatchNorm(reference.BatchNorm):
    """Batch normalisation whose running statistics move by 0.11 instead of 0.1."""

    def forward(self, x: Tensor) -> Tensor:
        statistics = (self.running_mean, self.running_var)
        return nn.functional.batch_norm(x, *statistics, self.weight, self.bias, self.training, 0.11, 1e-5)


class Power(unittest.TestCase):
    def setUp(self) -> None:
        torch.set_num_threads(1)

    def failures(self, name: str, dump: dict[str, Tensor], dtype: str = "float64") -> list[str]:
        """What the comparison reports of a dump."""
        return compare.compare_dump(name, dump, compare.Run(dtype, batch=4, steps=4, seed=1)).failures

    def right_dump(self, name: str, dtype: torch.dtype = torch.float64) -> dict[str, Tensor]:
        """A dump that is right, computed in the other memory format."""
        trial = make_trial(name, 4, 4, 1, dtype)
        return as_dump(trial, record(trial, dtype, torch.channels_last))

    def assert_reported(self, name: str, dump: dict[str, Tensor], what: str, dtype: str = "float64") -> None:
        """The dump fails and a line names `what`."""
        found = self.failures(name, dump, dtype)
        self.assertTrue(any(what in line for line in found), found)

    def test_a_right_dump_passes(self) -> None:
        for name in (DROPOUT, PLAIN, "net/3x32x32-d5-c5-w4-flat10-bn.relu.drop20.conv3"):
            for dtype in ("float64", "float32"):
                with self.subTest(name=name, dtype=dtype):
                    self.assertEqual(
                        self.failures(name, self.right_dump(name, getattr(torch, dtype)), dtype), []
                    )

    def test_a_millionth_of_one_gradient_is_reported(self) -> None:
        dump = self.right_dump(DROPOUT)
        key = "grad/unit1.step3.column0.layer0.weight"
        generator = torch.Generator().manual_seed(3)
        noise = torch.randn(dump[key].shape, generator=generator, dtype=torch.float64)
        dump[key] = dump[key] + 1e-6 * noise * dump[key].norm() / noise.norm()
        self.assert_reported(DROPOUT, dump, key)

    def test_every_kind_of_tensor_is_looked_at(self) -> None:
        right = self.right_dump(DROPOUT)
        keys = {
            "output": "output",
            "loss": "loss",
            "output_eval": "output_eval",
            "grad/input": "grad/input",
            "grad/head.bias": "grad/head.bias",
            "buffer/unit0.step4.column2.layer1.running_var": "running_var",
            "losses": "losses",
            "final/unit0.step1.column0.layer0.weight": "final/unit0.step1.column0.layer0.weight",
        }
        for key, what in keys.items():
            with self.subTest(key):
                self.assert_reported(DROPOUT, right | {key: right[key] * (1 + 1e-6)}, what)

    def test_a_late_loss_alone_is_reported(self) -> None:
        dump = self.right_dump(DROPOUT)
        dump["losses"] = dump["losses"].clone()
        dump["losses"][-1] *= 1 + 1e-6
        self.assert_reported(DROPOUT, dump, "losses")

    def test_nested_joins_are_reported(self) -> None:
        for name in (DROPOUT, "net/3x32x32-d4-c4-w4-flat10-bn.relu.drop20.conv3"):
            for dtype in ("float64", "float32"):
                with self.subTest(name=name, dtype=dtype), mock.patch.object(reference, "join", nested_join):
                    dump = self.right_dump(name, getattr(torch, dtype))
                with self.subTest(name=name, dtype=dtype):
                    self.assert_reported(name, dump, "output", dtype)

    def test_other_masks_are_reported(self) -> None:
        trial = make_trial(DROPOUT, 4, 4, 1, torch.float64)
        other = Trial(trial.name, trial.initial, trial.images, trial.target, seed=2, steps=4)
        self.assert_reported(DROPOUT, as_dump(trial, record(other, torch.float64)), "output")

    def test_a_wrong_momentum_of_the_running_statistics_is_reported(self) -> None:
        with mock.patch.object(reference, "BatchNorm", HastyBatchNorm):
            dump = self.right_dump(PLAIN)
        found = self.failures(PLAIN, dump)
        self.assertTrue(any("buffer" in line for line in found), found)
        self.assertFalse(any("grad" in line for line in found), found)

    def test_a_coarser_arithmetic_in_float32_is_reported(self) -> None:
        dump = self.right_dump(PLAIN, torch.float32)
        coarse = {
            key: value.bfloat16().float() for key, value in dump.items() if compare.kind_of(key) == "grad"
        }
        self.assert_reported(PLAIN, dump | coarse, "median grad", "float32")

    def test_missing_misshapen_and_infinite_tensors_are_reported(self) -> None:
        right = self.right_dump(PLAIN)
        key = "grad/head.weight"
        self.assert_reported(PLAIN, {k: v for k, v in right.items() if k != key}, f"{key} is missing")
        self.assert_reported(PLAIN, {k: v for k, v in right.items() if k != "input"}, "input is missing")
        self.assert_reported(PLAIN, right | {"grad/extra": right[key]}, "grad/extra is not expected")
        self.assert_reported(PLAIN, right | {key: right[key].t()}, f"{key} has shape")
        self.assert_reported(PLAIN, right | {key: right[key] * float("nan")}, f"{key} is not finite")
        self.assert_reported(PLAIN, right | {"output": right["output"].float()}, "expected torch.float64")
        self.assert_reported(PLAIN, right | {"input": right["input"][:2]}, "input has shape")
        self.assert_reported(PLAIN, right | {"losses": right["losses"][:3]}, "losses has shape")
        initial = "initial/unit0.step1.column0.layer0.weight"
        self.assert_reported(PLAIN, {k: v for k, v in right.items() if k != initial}, f"{initial} is missing")


class CommandLine(unittest.TestCase):
    def run_compare(self, *arguments: str) -> tuple[int, str]:
        """The exit status of compare.py and what it printed."""
        out = io.StringIO()
        with redirect_stdout(out), redirect_stderr(out):
            status = compare.main(list(arguments))
        return status, out.getvalue()

    def test_a_whole_run_with_a_stand_in_for_the_program(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            program = pathlib.Path(folder) / "stand-in"
            tests = str(pathlib.Path(__file__).parent)
            program.write_text(STAND_IN.format(python=sys.executable, tests=tests))
            program.chmod(0o755)
            status, printed = self.run_compare(
                "--program", str(program), "--only", "*-d2-c3-*-prejoin", "--steps", "2"
            )
        self.assertEqual(status, 0, printed)
        self.assertIn("float64: 1 of 1 networks agree", printed)
        self.assertIn("float32: 1 of 1 networks agree", printed)

    def test_a_program_that_writes_nothing_or_fails(self) -> None:
        only = ("--only", "*-d2-c3-*-prejoin", "--dtype", "float64")
        status, printed = self.run_compare("--program", "/bin/true", *only)
        self.assertEqual(status, 1)
        self.assertIn("the program wrote no 0.safetensors", printed)
        with self.assertRaises(SystemExit):
            self.run_compare("--program", "/bin/false", *only)

    def test_wrong_commands(self) -> None:
        self.assertEqual(self.run_compare("--only", "nothing")[0], 64)
        self.assertEqual(self.run_compare()[0], 64)


if __name__ == "__main__":
    unittest.main()
