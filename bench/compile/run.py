#!/usr/bin/env python3
"""Compile-time benchmark of the metaprogramming, in the manner of metabench: seconds and memory of the compiler
for many variants, and how they grow with the number of variants, with the columns and with the length of the order.

    bench/compile/run.py [--output DIR] [--compiler g++] [--sizes 300,600,1200,2436,3000] [--repeat 3]

Writes compile.json, compile.md and its plots, compile-*.svg, into DIR. Seconds are processor time (user + sys) of the
compiler, the median of the repeats, with the cost of including the headers measured apart; memory is the compiler's peak.
"""

import itertools
import os
import pathlib
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "bench"))
import plot  # noqa: E402
import report as reports  # noqa: E402

VARIANTS_IN_A_UNIT = 41  # as many as family `paper` has layer orders
HEADER = "#include <fractal/registry/variant.hpp>\n"
# Public headers, each a unit of its own.
INCLUDES = ("spec/network.hpp", "plan/cost.hpp", "plan/fingerprint.hpp", "registry/variant.hpp", "registry/selection.hpp",
            "spec/parse.hpp")
LAYERS = {"conv3": "Conv<3>", "bn": "BatchNorm", "relu": "ReLU", "drop20": "Dropout<20>"}


def layer_orders():
    """The 41 distinct orders of family `paper`: of two that differ by ReLU beside dropout only, the first."""
    kept, seen = [], set()
    for length in range(1, len(LAYERS) + 1):
        for order in itertools.permutations(LAYERS, length):
            if "conv3" not in order:
                continue
            text = ".".join(order)
            canonical = text.replace("drop20.relu", "relu.drop20")
            if canonical not in seen:
                seen.add(canonical)
                kept.append(order)
    return kept


def variant(place, depth, columns, width, order):
    """One compiled module, as the generator emits it: with a cost that was worked out before, here any."""
    layers = ", ".join(LAYERS[layer] for layer in order)
    network = (f"Network<Input<3, 32, 32>, Depth<{depth}>, Columns<{columns}>, Layers<{layers}>, "
               f"Width<{width}>, Head<Flatten, 10>>")
    name = f"bench/d{depth}-c{columns}-{'.'.join(order)}"
    cost = "Cost{.parameters = 6253962, .macs = 267800576, .activation_bytes = 2850048, .firings = 12, .longest_path = 8}"
    return (f"extern const Variant v{place};\n"
            f"constinit const Variant v{place} =\n    variant<{network}>(\"{name}\", {cost});\n")


def unit(variants):
    """A translation unit of the given variants."""
    body = "".join(variant(place, *axes) for place, axes in enumerate(variants))
    return f"{HEADER}\nnamespace fractal::modules {{\n{body}}}  // namespace fractal::modules\n"


def widened(count):
    """`count` variants: one (depth, columns, width) after the other with all orders each, every depth and columns
    once before the next width. Both axes turn at once, and begin in their middle, so that a few groups cost about
    what all do on average."""
    depths, columns = (3, 2, 4, 1, 5), (3, 4, 2, 5, 1, 6)
    groups = ((depths[k % 5], columns[k % 6], 8 * (1 + k // 30)) for k in itertools.count())
    every = ((*group, order) for group in groups for order in layer_orders())
    return list(itertools.islice(every, count))


def units_of(variants):
    """Groups as the generator makes them: those of one width, depth and columns."""
    return [variants[i:i + VARIANTS_IN_A_UNIT] for i in range(0, len(variants), VARIANTS_IN_A_UNIT)]


class Compiler:
    def __init__(self, path, flags, folder):
        self.command = [path, *flags]
        self.folder = folder

    def version(self):
        return subprocess.run([self.command[0], "--version"], capture_output=True, text=True,
                              check=True).stdout.splitlines()[0]

    def measure(self, text):
        """Compiles one unit: processor seconds, wall seconds, peak MiB and KiB of code."""
        source, target = self.folder / "unit.cpp", self.folder / "unit.o"
        source.write_text(text)
        start = time.perf_counter()
        process = subprocess.Popen([*self.command, "-c", str(source), "-o", str(target)])
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            sys.exit(f"run.py: {self.command[0]} fails on {source}: see its message above")
        sizes = subprocess.run(["size", str(target)], capture_output=True, text=True, check=True)
        code = int(sizes.stdout.splitlines()[1].split()[0]) / 1024
        return {"seconds": usage.ru_utime + usage.ru_stime, "wall": wall, "mib": usage.ru_maxrss / 1024,
                "code_kib": code}


def progress(text):
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


def median_of(samples):
    """The median of each figure."""
    return {key: statistics.median(sample[key] for sample in samples) for key in samples[0]}


def total_of(samples):
    """The sum of seconds and code, and the largest peak of memory."""
    total = {key: sum(sample[key] for sample in samples) for key in ("seconds", "wall", "code_kib")}
    return total | {"mib": max(sample["mib"] for sample in samples)}


def measure_sizes(compiler, sizes, include, repeat):
    """Cost of N variants for each N. The units of a small N are the first of those of a large one, so each unit is
    compiled `repeat` times in all. The rounds go through the units in random order: what else the machine does
    in the meantime then weighs on no N more than on another."""
    groups_of = {size: [unit(group) for group in units_of(widened(size))] for size in sorted(sizes)}
    texts = sorted(set(itertools.chain.from_iterable(groups_of.values())))
    samples = {text: [] for text in texts}
    order = random.Random(0)
    for turn in range(repeat):
        order.shuffle(texts)
        for place, text in enumerate(texts):
            samples[text].append(compiler.measure(text))
            progress(f"round {turn + 1} of {repeat}, unit {place + 1} of {len(texts)}")

    rows = []
    for size, groups in groups_of.items():
        total = total_of([median_of(samples[text]) for text in groups])
        net = total["seconds"] - len(groups) * include["seconds"]
        rows.append(total | {"variants": size, "units": len(groups),
                             "ms_per_variant": 1000 * total["seconds"] / size,
                             "ms_per_variant_net": 1000 * net / size})
    return rows


def measure_axis(compiler, label, units, include, repeat):
    """Cost of a variant along one axis, the includes subtracted."""
    rows = []
    for value, variants in units:
        progress(f"{label} {value}")
        sample = median_of([compiler.measure(unit(variants)) for _ in range(repeat)])
        rows.append({label: value, "variants": len(variants), "mib": sample["mib"],
                     "ms_per_variant_net": 1000 * (sample["seconds"] - include["seconds"]) / len(variants)})
    return rows


def by_columns():
    return [(columns, [(3, columns, 64, order) for order in layer_orders()]) for columns in range(1, 9)]


def by_order_length():
    """Variants of one length each: rotations of `conv3.bn.relu.drop20` repeated, at several depths."""
    cycle = list(LAYERS)
    units = []
    for length in range(1, 9):
        orders = {tuple(cycle[(start + i) % 4] for i in range(length)) for start in range(4)}
        orders = sorted(order for order in orders if "conv3" in order)
        variants = [(depth, 3, width, order)
                    for width in range(8, 808, 8) for depth in range(1, 6) for order in orders]
        units.append((length, variants[:VARIANTS_IN_A_UNIT]))
    return units


def measure_includes(compiler, repeat):
    """Cost of each header by itself, beside that of an empty unit."""
    texts = {"nothing": "\n"} | {name: f"#include <fractal/{name}>\n" for name in INCLUDES}
    rows = []
    for name, text in texts.items():
        progress(name)
        sample = median_of([compiler.measure(text) for _ in range(repeat)])
        rows.append({"header": name, "seconds": sample["seconds"], "mib": sample["mib"]})
    return rows


def boost_version():
    header = pathlib.Path("/usr/include/boost/version.hpp")
    lines = [line.split() for line in header.read_text().splitlines()] if header.exists() else []
    return next((line[2].strip('"').replace("_", ".") for line in lines if line[:2] == ["#define", "BOOST_LIB_VERSION"]),
                "unknown")


def paragraphs(measured):
    include = measured["include"]
    sizes = reports.table(
        ["variants", "units", "user + sys, s", "ms for each", "less includes", "peak MiB", "KiB of code each"],
        [[row["variants"], row["units"], f"{row['seconds']:.1f}", f"{row['ms_per_variant']:.1f}",
          f"{row['ms_per_variant_net']:.1f}", f"{row['mib']:.0f}", f"{row['code_kib'] / row['variants']:.2f}"]
         for row in measured["sizes"]])
    parts = [
        "Processor time (user + sys) of the compiler, one at a time, no compiler cache; memory is its peak.",
        f"## Number of variants\n\nIncluding the headers takes {include['seconds']:.2f} s and {include['mib']:.0f} MiB of each "
        f"unit, which has up to {VARIANTS_IN_A_UNIT} variants.",
        sizes, f"Milliseconds for a variant, most by least: {measured['spread']:.3f}.",
        "![by number of variants](compile-variants.svg)"]
    for label, title in (("columns", "Columns"), ("layers", "Layers in the order")):
        rows = [[row[label], f"{row['ms_per_variant_net']:.1f}", f"{row['mib']:.0f}"] for row in measured[label]]
        parts += [f"## {title}", reports.table([title.lower(), "ms for a variant, less includes", "peak MiB"], rows)]
    parts += ["![by columns and layers](compile-axes.svg)", "![peak memory](compile-memory.svg)", "## Includes",
              reports.table(["a unit that includes", "user + sys, s", "peak MiB"],
                            [[f"`fractal/{row['header']}`" if "/" in row["header"] else row["header"],
                              f"{row['seconds']:.2f}", f"{row['mib']:.0f}"] for row in measured["includes"]])]
    return parts


def draw(folder, measured):
    def points(rows, x, y):
        return [(row[x], row[y]) for row in rows]

    plot.line_plot(folder / "compile-variants.svg", "Time of the compiler for one variant", "variants", "ms",
                   {"in all": points(measured["sizes"], "variants", "ms_per_variant"),
                    "less includes": points(measured["sizes"], "variants", "ms_per_variant_net")}, 0)
    axes = {label: measured[label] for label in ("columns", "layers")}
    plot.line_plot(folder / "compile-axes.svg", "Time of the compiler for one variant, less includes",
                   "columns, or layers in the order", "ms",
                   {label: points(rows, label, "ms_per_variant_net") for label, rows in axes.items()})
    plot.line_plot(folder / "compile-memory.svg", "Peak memory of the compiler", "columns, or layers in the order", "MiB",
                   {label: points(rows, label, "mib") for label, rows in axes.items()})


def main():
    parser = reports.arguments(__doc__)
    parser.add_argument("--compiler", default=os.environ.get("CXX", "g++"))
    parser.add_argument("--flags", default="-std=c++20 -O1", help="as the modules are compiled")
    parser.add_argument("--sizes", default="300,600,1200,2436,3000", help="numbers of variants")
    parser.add_argument("--repeat", type=int, default=3, help="of which the median counts")
    options = reports.parsed(parser)
    if options.quick:
        options.sizes, options.repeat = "41,82", 1
    if shutil.which(options.compiler) is None:
        parser.error(f"--compiler {options.compiler}: no such program; give g++ or clang++")
    try:
        sizes = [int(size) for size in options.sizes.split(",")]
    except ValueError:
        sizes = []
    if not sizes or min(sizes) < 1 or options.repeat < 1:
        parser.error(f"--sizes {options.sizes} --repeat {options.repeat}: expected whole numbers of at least 1")

    flags = options.flags.split()
    with tempfile.TemporaryDirectory() as folder:
        compiler = Compiler(options.compiler, [*flags, f"-I{ROOT / 'include'}"], pathlib.Path(folder))
        context = reports.context(compiler=compiler.version(), flags=" ".join(flags), boost=boost_version(),
                                  repeats=options.repeat)
        include = median_of([compiler.measure(HEADER) for _ in range(options.repeat)])
        measured = {"context": context, "include": include,
                    "sizes": measure_sizes(compiler, sizes, include, options.repeat)}
        each = [row["ms_per_variant"] for row in measured["sizes"]]
        measured["spread"] = max(each) / min(each)
        measured["columns"] = measure_axis(compiler, "columns", by_columns(), include, options.repeat)
        measured["layers"] = measure_axis(compiler, "layers", by_order_length(), include, options.repeat)
        measured["includes"] = measure_includes(compiler, options.repeat)
    progress("")
    reports.write(options.output, "compile", "What compiling variants costs", measured, paragraphs(measured))
    draw(options.output, measured)


if __name__ == "__main__":
    main()
