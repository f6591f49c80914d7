#!/usr/bin/env python3
"""Times beside PyTorch's, of the same networks, in one run: of a training step, or of an evaluation.

    python3 bench/step_speed.py                       # docs/results/step-speed.md
    python3 bench/step_speed.py --pass evaluation     # docs/results/inference.md

The contenders take turns, round by round: this project's fused kernels, with Winograd's filtering (`fused`) and without
(`direct`), its reference kernels, PyTorch eager and torch.compile (the module that `fractal export --to pytorch` writes),
all in bfloat16 by autocast and channels last; and for steps PyTorch as the published pipeline set it (fp32, NCHW, its
clipping and its optimizer, one tensor at a time), at the common batch and at its own of 16. A step is forward,
cross-entropy, backward and SGD with momentum on one batch; an evaluation is the forward pass alone, in which the fused
kernels fold BatchNorm and ReLU into convolutions.

A round's figure is the median of its passes; tables give the median over the rounds and their spread. The MACs of a
step are three times the forward pass's; the matrix product that they are held against is timed in each round. Needs
PyTorch, of LibTorch's version.
"""

import json
import pathlib
import statistics
import sys
import tempfile
import time

import contenders
import report

VARIANTS = [
    "paper/d3-c2-conv3",
    "paper/d3-c2-conv3.bn.relu",
    "compact/d4-c4-conv3.bn.relu",
    "paper/d5-c3-conv3.bn.relu.drop20",
    "compact/d3-c3-bn.relu.conv3",
    "compact/d3-c5-conv3.bn.relu",
]
MATRIX = 2048
PUBLISHED_BATCH = 16
STARTS = 45  # seconds that a variant's contenders take until all are ready, torch.compile most of them


def matrix_rate():
    """Multiply-accumulates a second of a product of bfloat16 matrices, the best of five, as bench/workload.cpp has it."""
    import torch

    a = torch.randn(MATRIX, MATRIX).to(torch.bfloat16)
    product = a @ a
    seconds = []
    for _ in range(5):
        began = time.perf_counter()
        torch.matmul(a, a, out=product)
        seconds.append(time.perf_counter() - began)
    return MATRIX**3 / min(seconds)


def macs_of(options, variant):
    return json.loads(report.fractal(options, "show", variant, "--json"))["macs"]


def commands_of(options, variant, network):
    ours = {name: contenders.fractal(options.build, variant, options.batch, kernels, options.what)
            for name, kernels in (("fused", "auto"), ("direct", "direct"), ("reference", "reference"))}
    theirs = {kind: contenders.pytorch(network, options.batch, kind, options.what) for kind in ("eager", "compile")}
    if options.what == "step":
        theirs["published"] = contenders.pytorch(network, options.batch, "published", options.what)
        theirs["published at 16"] = contenders.pytorch(network, PUBLISHED_BATCH, "published", options.what)
    return ours | theirs


def measure(options, variant):
    rates = []
    with tempfile.TemporaryDirectory() as folder:
        commands = commands_of(options, variant, contenders.exported(options, variant, folder))
        seconds = max(60 * options.minutes / len(options.variants) - STARTS, 0.3 * options.rounds * len(commands))
        times, first = contenders.in_turns(commands, options.rounds, seconds, lambda: rates.append(matrix_rate()))
    if "published at 16" in times:  # as long as it takes for the images of the common batch
        times["published at 16"] = [ms * options.batch / PUBLISHED_BATCH for ms in times["published at 16"]]
    return {
        "variant": variant,
        "ms": times,
        "compile_seconds": first["compile"],
        "matrix_macs_per_second": rates,
        "macs": (3 if options.what == "step" else 1) * options.batch * macs_of(options, variant),
    }


def ratio(record, other):
    return statistics.median(contenders.ratios(record["ms"], other, "fused"))


def best_of_both(record):
    return min(ratio(record, "eager"), ratio(record, "compile"))


def times_table(records, batch):
    names = list(records[0]["ms"])
    return report.table(
        [f"milliseconds for {batch} images", *names, "torch.compile's first pass, s"],
        [[f"`{record['variant']}`", *(report.spread(record["ms"][name]) for name in names),
          f"{record['compile_seconds']:.0f}"] for record in records])


def ratios_table(records):
    others = [name for name in records[0]["ms"] if name != "fused"]
    rows = []
    for record in records:
        rate = 1000 * record["macs"] / statistics.median(record["ms"]["fused"])
        rows.append([f"`{record['variant']}`",
                     *(report.spread(contenders.ratios(record["ms"], name, "fused"), 2) for name in others),
                     f"{best_of_both(record):.2f}",
                     f"{100 * rate / statistics.median(record['matrix_macs_per_second']):.0f} %"])
    return report.table(["times the fused one's time", *others, "better of eager and compile", "FLOPs utilisation"], rows)


def conclusion(records):
    best = [best_of_both(record) for record in records]
    lines = [f"To the better of eager and torch.compile, the median ratio over the variants is "
             f"**{statistics.median(best):.2f}**, the least {min(best):.2f}."]
    if "published" in records[0]["ms"]:
        published = [ratio(record, "published") for record in records]
        own = [ratio(record, "published at 16") for record in records]
        lines.append(f"To the published setting it is **{statistics.median(published):.2f}**, the least "
                     f"{min(published):.2f}; image by image with the batch of 16 that was published, "
                     f"{statistics.median(own):.2f} and {min(own):.2f}.")
    else:
        folded = [ratio(record, "reference") for record in records]
        lines.append(f"Folding and fusing gain {statistics.median(folded):.2f} over this project's reference kernels, "
                     f"{min(folded):.2f} at least.")
    return " ".join(lines)


def paragraphs(measured):
    records = measured["records"]
    about = ("Passes of one network in turns, median over the rounds with the least and the most. `fused`, `direct` and "
             "`reference` are this project's, by `--kernels auto`, `--kernels direct` (fused, without Winograd's "
             "filtering) and `--kernels reference`. All but the published setting compute in bfloat16 by autocast, "
             "channels last, and step by plain SGD with momentum.")
    if "published" in records[0]["ms"]:
        about += (" The published setting is fp32 and NCHW, with its clipping; `at 16` runs in its own batches of 16, "
                  "as often as it takes for as many images.")
    return [about, times_table(records, measured["context"]["batch"]),
            "Ratios are taken round by round. Utilisation is of the multiply-accumulates a second that a product of "
            "bfloat16 matrices reached in the same rounds, the best of five; those of convolving directly count, of which "
            "Winograd's filtering does fewer, so it may pass 100 %.", ratios_table(records), conclusion(records)]


def main():
    parser = report.arguments(__doc__)
    parser.add_argument("variants", nargs="*", default=VARIANTS)
    parser.add_argument("--pass", dest="what", choices=["step", "evaluation"], default="step")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--minutes", type=float, help="that all of it takes, about (12, or 5 for evaluation)")
    parser.add_argument("--batch", type=int, default=128)
    options = report.parsed(parser)
    options.minutes = options.minutes or {"step": 12.0, "evaluation": 5.0}[options.what]
    if options.quick:
        options.variants, options.rounds, options.minutes = ["compact/d3-c3-bn.relu.conv3"], 2, 0.5
    try:
        import torch  # noqa: F401
    except ImportError:
        print("step_speed.py needs PyTorch: run it with the Python of .venv", file=sys.stderr)
        return 74
    name, title = {"step": ("step-speed", "A training step beside PyTorch's"),
                   "evaluation": ("inference", "An evaluation beside PyTorch's")}[options.what]
    measured = {"context": report.context(batch=options.batch, rounds=options.rounds,
                                          seeds="0; weights and images do not matter to time"), "records": []}
    for variant in options.variants:
        measured["records"].append(measure(options, variant))
        print(f"{variant}: {json.dumps(measured['records'][-1]['ms'])}", file=sys.stderr, flush=True)
    report.write(options.output, name, title, measured, paragraphs(measured))
    return 0


if __name__ == "__main__":
    sys.exit(main())
