#!/usr/bin/env python3
"""Where the time of a training step goes: each part beside what this machine's peaks allow.

    python3 bench/roofline.py        # docs/results/roofline.md

fractal_bench_roofline counts FLOPs and bytes of each pass by a reading of the network's type, measures the peaks (a
product of bfloat16 matrices, a copy of memory by all threads), times each convolution by itself, and watches the parts
of real steps. This script makes the table.
"""

import json
import subprocess
import sys

import report
import step_speed


def lines_of(group):
    """Rows of one group of parts, whose time was measured together: with the first."""
    rows = []
    for number, part in enumerate(group["parts"]):
        def figure(key, digits=1, part=part):
            return f"{part[key]:.{digits}f}" if part[key] else ""

        rows.append([part["part"], part["passes"] or "", figure("gflop", 2), figure("mb"), figure("bound_ms"),
                     figure("alone_ms"), f"{group['measured_ms']:.1f}" if number == 0 else "〃"])
    return rows


def sums_of(groups):
    """Milliseconds of some groups: bound, alone, measured."""
    def total(key):
        return sum(part[key] or 0 for group in groups for part in group["parts"])

    return total("bound_ms"), total("alone_ms"), sum(group["measured_ms"] for group in groups)


def is_convolution(group):
    return group["parts"][0]["part"].startswith("convolutions")


def account(record):
    """The paragraphs of one variant."""
    groups = record["groups"]
    rows = [row for group in groups for row in lines_of(group)]
    bound, _, measured = sums_of(groups)
    rows.append(["**all**", "", "", "", f"**{bound:.1f}**", "", f"**{measured:.1f}**"])
    table = report.table(["part", "passes", "GFLOP", "MB", "bound, ms", "alone, ms", "measured, ms"], rows)
    convolutions = [group for group in groups if is_convolution(group)]
    others = [group for group in groups if not is_convolution(group)]
    bound, alone, measured = sums_of(convolutions)
    rest_bound, _, rest = sums_of(others)
    whole = measured + rest
    text = (f"A step takes {record['step_ms']:.1f} ms ({record['watched_ms']:.1f} while it is watched). Convolutions are "
            f"{100 * measured / whole:.0f} % of it: {measured:.1f} ms, where the same ones by themselves take "
            f"{alone:.1f} ms and the peaks allow {bound:.1f}. The rest is {rest:.1f} ms, where the peaks allow "
            f"{rest_bound:.1f}. Were the rest free, a step could be {whole / measured:.2f} times as fast and no more; "
            f"at the peaks throughout, {whole / (bound + rest_bound):.2f} times.")
    return [f"## `{record['variant']}`", table, text]


def paragraphs(measured):
    about = (f"Batch {measured['batch']}, bfloat16 by autocast. This machine's peaks in the same run: "
             f"{measured['peak_gflop_per_second']:.0f} GFLOP a second in a product of bfloat16 matrices, "
             f"{measured['peak_gb_per_second']:.1f} GB a second read plus written in a copy of memory, "
             f"{measured['threads']} threads.\n\n"
             "*Bound* is, pass by pass, the larger of FLOPs and bytes at those peaks; a map that stays in the cache "
             "between two passes may beat it, and so may Winograd's filtering, since FLOPs are those of convolving "
             "directly. *Alone* is the time of the same convolutions called by themselves, by LibTorch, on "
             "bfloat16 maps. *Measured* is the part's time in the step, 〃 where it "
             "was measured with the line above. Joins are the chains, means and pools that are fused with them.")
    return [about, *(paragraph for record in measured["records"] for paragraph in account(record))]


def main():
    parser = report.arguments(__doc__)
    parser.add_argument("variants", nargs="*", default=step_speed.VARIANTS)
    parser.add_argument("--batch", type=int, default=128)
    options = report.parsed(parser)
    repeats = 5
    if options.quick:
        options.variants, repeats = ["compact/d3-c3-bn.relu.conv3"], 2
    context = report.context(batch=options.batch, seeds="none: weights and images do not matter to time")
    command = [report.program(options.build, "fractal_bench_roofline"), *options.variants, "--batch", str(options.batch),
               "--repeats", str(repeats)]
    measured = {"context": context} | json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    report.write(options.output, "roofline", "Where the time of a training step goes", measured, paragraphs(measured))


if __name__ == "__main__":
    sys.exit(main())
