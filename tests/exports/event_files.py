"""TensorBoard's own package reads what `fractal train --tensorboard` wrote, also after a kill and a resume.

    event_files.py --fractal build/bin/fractal

A small sweep on images in the format of CIFAR-10 is killed in its midst and gone on with. Each trial is then a run of
TensorBoard, whose curves are the epochs of the results: every step once, the same figures, hyperparameters beside them.
"""

from __future__ import annotations

import argparse
import json
import pathlib
import signal
import struct
import subprocess
import sys
import tempfile
import time

from tensorboard.backend.event_processing.plugin_event_accumulator import EventAccumulator
from tensorboard.backend.event_processing.plugin_event_multiplexer import EventMultiplexer
from tensorboard.plugins.hparams import plugin_data_pb2
from tensorboard.util import tensor_util

from small_data import write_data

VARIANTS = ["compact/d1-c1-conv3.bn.relu", "compact/d1-c2-conv3.bn.relu"]
CURVES = {"loss/train": "train_loss", "accuracy/train": "train_accuracy", "loss/validation": "validation_loss",
          "accuracy/validation": "validation_accuracy", "lr": "lr", "images_per_second": "images_per_second"}


def results(program: str, run: pathlib.Path, view: str) -> list[dict[str, object]]:
    command = [program, "results", str(run), "--view", view, "--to", "jsonl"]
    output = subprocess.run(command, check=True, text=True, capture_output=True).stdout
    return [json.loads(line) for line in output.splitlines()]


def has_epoch(program: str, run: pathlib.Path) -> bool:
    """Whether one is recorded, of a run that may not be there yet."""
    command = [program, "results", str(run), "--view", "epochs", "--to", "jsonl"]
    return bool(subprocess.run(command, check=False, capture_output=True).stdout)


def scalars(run: EventAccumulator, tag: str) -> dict[int, float]:
    """The curve by step; a step that stands there twice is an error."""
    events = run.Tensors(tag)
    steps = [event.step for event in events]
    if len(set(steps)) != len(steps):
        sys.exit(f"{tag} has steps twice: {steps}")
    return {event.step: float(tensor_util.make_ndarray(event.tensor_proto)) for event in events}


def as_float32(value: float) -> float:
    return struct.unpack("f", struct.pack("f", value))[0]


def compare(program: str, run: pathlib.Path, curves: pathlib.Path) -> int:
    multiplexer = EventMultiplexer().AddRunsFromDirectory(str(curves))
    multiplexer.Reload()
    trials = results(program, run, "trials")
    epochs = results(program, run, "epochs")
    expected = {f"{trial['variant']}-seed{trial['seed']}-trial{trial['id']}": trial for trial in trials}
    if set(multiplexer.Runs()) != set(expected):
        sys.exit(f"TensorBoard has the runs {sorted(multiplexer.Runs())}, expected {sorted(expected)}")
    points = 0
    for name, trial in expected.items():
        accumulator = multiplexer.GetAccumulator(name)
        rows = [row for row in epochs if row["trial"] == trial["id"]]
        for tag, column in CURVES.items():
            wanted = {row["epoch"]: as_float32(row[column]) for row in rows}
            if scalars(accumulator, tag) != wanted:
                sys.exit(f"{name}: {tag} is {scalars(accumulator, tag)}, expected {wanted}")
            points += len(wanted)
        test = scalars(accumulator, "accuracy/test")
        if test != {trial["epochs"]: as_float32(trial["test_accuracy"])}:
            sys.exit(f"{name}: accuracy/test is {test}, expected {trial['test_accuracy']}")
        contents = accumulator.SummaryMetadata("_hparams_/session_start_info").plugin_data.content
        start = plugin_data_pb2.HParamsPluginData.FromString(contents).session_start_info
        if start.hparams["lr"].number_value != trial["lr"] or start.hparams["variant"].string_value != trial["variant"]:
            sys.exit(f"{name}: the hyperparameters are {start.hparams}")
        contents = accumulator.SummaryMetadata("_hparams_/session_end_info").plugin_data.content
        if plugin_data_pb2.HParamsPluginData.FromString(contents).session_end_info.status != 1:
            sys.exit(f"{name}: the session did not end well")
    return points


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--fractal", required=True)
    program = parser.parse_args().fractal
    with tempfile.TemporaryDirectory(prefix="fractal-tensorboard-") as name:
        folder = pathlib.Path(name)
        write_data(folder / "data")
        run, curves = folder / "run", folder / "curves"
        machine = ["--data-dir", str(folder / "data"), "--threads", "1"]
        begin = [program, "train", *VARIANTS, "--data", "cifar10", "--epochs", "4", "--batch", "20", "--amp", "off",
                 "--validation-images", "60", "--run", str(run), "--tensorboard", str(curves), *machine]
        process = subprocess.Popen(begin, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while process.poll() is None and not has_epoch(program, run):
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
        if process.wait() != -signal.SIGKILL:
            sys.exit(f"the sweep ended with {process.returncode} before it could be killed")
        # What a machine that stops may leave: half a record. TensorBoard reads on, and the resumed run mends it.
        for file in curves.rglob("*tfevents*"):
            with file.open("ab") as stream:
                stream.write(b"\x20\x00\x00\x00\x00")
        EventMultiplexer().AddRunsFromDirectory(str(curves)).Reload()
        resume = [program, "train", "--resume", str(run), *machine]
        subprocess.run(resume, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        print(f"TensorBoard reads {compare(program, run, curves)} points of {len(VARIANTS)} trials as they were recorded")


if __name__ == "__main__":
    main()
