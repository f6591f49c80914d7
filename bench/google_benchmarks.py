#!/usr/bin/env python3
"""The programs of Google Benchmark, their figures in one report.

    python3 bench/google_benchmarks.py            # docs/results/micro.md

The registry (look-up, a walk, costs), each pass of each fused kernel against memcpy and of convolutions against
LibTorch's, forward, forward with backward and full step of named variants, whether a step waits for its data, and what
a large store of results costs to rank.
"""

import json
import subprocess
import sys

import report
import step_speed

MIB = 2**20


def run(options, program, *arguments):
    """What Google Benchmark reports of a program of the build."""
    command = [report.program(options.build, program), *map(str, arguments), "--benchmark_format=json"]
    said = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
    done = json.loads(said or '{"benchmarks": []}')  # where there is nothing of ours to measure
    failed = [row for row in done["benchmarks"] if row.get("error_occurred")]
    if failed:
        sys.exit(f"{program}: {failed[0]['name']}: {failed[0]['error_message']}")
    return done


def kept(row):
    """What the report's JSON keeps of a row."""
    dropped = {"family_index", "per_family_instance_index", "run_type", "repetitions", "repetition_index", "threads",
               "aggregate_unit", "run_name", "aggregate_name"}
    return {key: value for key, value in row.items() if key not in dropped}


def medians(options, program, *arguments):
    done = run(options, program, *arguments, f"--benchmark_repetitions={1 if options.quick else 5}",
               "--benchmark_report_aggregates_only=true")
    rows = [row for row in done["benchmarks"] if row.get("aggregate_name", "median") == "median"]
    return [kept(row) | {"name": row["run_name"]} for row in rows], done["context"]


def registry(options):
    rows, _ = medians(options, "fractal_bench_registry")
    by_name = {row["name"]: row for row in rows}
    walk = by_name["walk_with_null_executor"]
    lines = [["a variant by name, of all", f"{by_name['find_by_name']['cpu_time']:.0f} ns"],
             ["a walk of `paper/d5-c6-conv3.bn.relu` with a null executor, for each layer",
              f"{1e9 * walk['layer']:.1f} ns"],
             ["costs of a network that is known at run time only",
              f"{by_name['cost_at_run_time']['cpu_time'] / 1000:.1f} µs"]]
    return rows, ["## The registry", report.table(["what", "time"], lines)]


def kernels(options):
    more = ["--benchmark_filter=/bn.relu/k=[12]/"] if options.quick else []
    rows, context = medians(options, "fractal_bench_kernels", *more)
    copy = float(context["memcpy_bytes_per_second"])
    # Statistics are those of one map, whatever it is joined with or pooled.
    passes = ("statistics", "forward", "reduce", "backward", "forward/pool", "reduce/pool", "backward/pool")
    found = {}
    for row in rows:
        of_type, chain, maps, what = row["name"].split("/min_time")[0].split("/", 3)
        found.setdefault(of_type, {}).setdefault(f"{chain}, {maps}", {})[what] = row
    tables = []
    for of_type, title in (("bf16", "bfloat16"), ("fp32", "float32")):
        lines = [[chain, *(f"{by_pass[one]['bytes'] / 1e9:.1f} ({by_pass[one]['of_copy']:.2f})" if one in by_pass else ""
                           for one in passes)] for chain, by_pass in found[of_type].items()]
        tables += [f"In {title}:", report.table(["chain", *(one.replace("/pool", ", pooled") for one in passes)], lines)]
    text = ("Gigabytes a second that each pass reads and writes, one thread, maps of 512 images, 64 channels, 32 × 32 pixels; "
            f"in brackets the part of what memcpy moves in the same run, {copy / 1e9:.1f} GB a second. "
            "k maps meet in a join; k=1 is the chain alone. A pooled pass is that of the join and the 2x2 pool behind it.")
    return {"memcpy_bytes_per_second": copy, "rows": rows}, ["## Pointwise chains and joins", text, *tables]


def convolutions(options):
    more = ["--benchmark_filter=@4x4/"] if options.quick else []
    rows, _ = medians(options, "fractal_bench_convolutions", *more)
    passes = ("forward", "data", "weights")
    found = {}
    for row in rows:
        sizes, what, kernel = row["name"].split("/min_time")[0].split("/")
        found.setdefault((sizes, kernel), {})[what] = row
    lines = [[f"{sizes}, {kernel}", *(f"{by_pass[one]['FLOPs'] / 1e9:.0f} ({by_pass[one]['of_library']:.2f})"
                                      for one in passes)]
             for (sizes, kernel), by_pass in found.items()]
    if not rows:
        return rows, ["## Convolutions", "None of this project's own: they need AVX512-BF16, which this processor lacks."]
    text = ("3x3 convolutions of 128 images in bfloat16 by one thread, GFLOP a second of convolving directly; in brackets the "
            "part of the time that LibTorch's takes, in turns with it.")
    return rows, ["## Convolutions", text,
                  report.table(["channels, pixels", "forward", "backward to data", "backward to weights"], lines)]


def variants(options):
    names = ["compact/d1-c2-conv3.bn.relu"] if options.quick else step_speed.VARIANTS
    setting = ("--batch", 128, "--amp", "bf16", f"--benchmark_min_time={0.05 if options.quick else 0.5}")
    rows, context = medians(options, "fractal_bench", *names, *setting)
    by_muon, _ = medians(options, "fractal_bench", *names, *setting, "--optimizer", "muon", "--benchmark_filter=^step/")
    by_muon = [row | {"name": f"muon {row['name']}"} for row in by_muon]
    titles = {"forward": "forward", "backward": "forward and backward", "step": "step", "muon step": "step by Muon"}
    lines = []
    for name in names:
        for what, title in titles.items():
            row = next(row for row in rows + by_muon if row["name"].startswith(f"{what}/{name}/"))
            lines.append([f"`{name}`, {title}", f"{row['real_time']:.1f}", f"{row['images']:,.0f}",
                          f"{100 * row['of_matmul']:.0f} %", f"{row['peak_bytes'] / MIB:.0f}"])
    text = ("Batch 128, bfloat16, steps by plain SGD with momentum, and by the optimizer of recipe `fast`. `forward` is an "
            "evaluation. FLOPs utilisation is against "
            f"a product of matrices in the same run, {2 * float(context['matrix_macs_per_second']) / 1e9:.0f} GFLOP a "
            "second; those of convolving directly count, of which Winograd's filtering does fewer. Any selection: "
            "`fractal_bench --select tiny-deep --benchmark_filter=^step/`.")
    return rows + by_muon, ["## Variants", text,
                            report.table(["variant", "ms", "images a second", "FLOPs utilisation", "peak, MiB"], lines)]


def data(options):
    rows, context = medians(options, "fractal_bench_data", f"--benchmark_min_time={0.2 if options.quick else 2}")
    by_name = {row["name"].removesuffix("/real_time"): row for row in rows}
    titles = {"step/one_batch": "a step, always on the same batch",
              "step/made_together": "a step on batches that all threads make when one is needed",
              "step/prefetched": "a step on batches that a thread of their own makes ahead",
              "metrics": "of that, loss and accuracy for the report",
              "one_thread/one_batch": "a step on one thread, always on the same batch",
              "one_thread/prefetched": "a step on one thread, on batches that another thread makes ahead"}
    lines = [[title, f"{by_name[name]['real_time']:.3f}",
              f"{100 * by_name[name]['waiting']:.1f} %" if "waiting" in by_name[name] else ""]
             for name, title in titles.items()]
    text = (f"The smallest variant of `compact`, `{context['variant']}`, by recipe `fast` (batch 128) on `shapes`. *Waiting* is "
            "the part of the time that the training thread spends asking for a batch. With as many threads as there are cores a "
            "trial has all of them make a batch when it is needed, since one more thread would hold up the others; with fewer, as "
            "by `--threads 1`, another thread makes batches ahead.")
    return rows, ["## Data and metrics", text, report.table(["what", "ms", "waiting"], lines)]


def results(options):
    rows, _ = medians(options, "fractal_bench_results")
    titles = {"open_and_rank": "opened and ranked, counts and failures with it, as `fractal rank` does",
              "open_and_rank_search": "the same of a search that has pruned 19 of 20",
              "rank_where": "the first where `depth = 3 AND parameters < 2000`", "look": "a look of `fractal watch`",
              "tell": "a note of where a trial stands"}
    by_name = {row["name"]: row for row in rows}
    unit = {"ms": 1, "us": 1e-3}
    lines = [[title, f"{by_name[name]['real_time'] * unit[by_name[name]['time_unit']]:.2f}"] for name, title in titles.items()]
    return rows, ["## Results", "A store of 50,000 trials, of 2,500 variants with 20 seeds each and three epochs each.",
                  report.table(["what", "ms"], lines)]


PARTS = {"registry": registry, "kernels": kernels, "convolutions": convolutions, "variants": variants, "data": data,
         "results": results}


def main():
    parser = report.arguments(__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"some of {', '.join(PARTS)} (all)")
    options = report.parsed(parser)
    unknown = [part for part in options.parts if part not in PARTS]
    if unknown:
        parser.error(f"there is no part {unknown[0]}: expected some of {', '.join(PARTS)}")
    measured = {"context": report.context(repetitions=1 if options.quick else 5, seeds="none")}
    paragraphs = []
    for part in options.parts or PARTS:
        measured[part], of_part = PARTS[part](options)
        paragraphs += of_part
    report.write(options.output, "micro", "Parts by themselves", measured, paragraphs)


if __name__ == "__main__":
    sys.exit(main())
