"""What all reports of benchmarks have in common: what they were measured with, their tables, and their files.

Each script that reports by it writes NAME.json, the measurements, and NAME.md, which is made of them and of nothing else.
"""

import argparse
import concurrent.futures
import datetime
import json
import os
import pathlib
import platform
import shlex
import statistics
import subprocess
import sys
import threading

ROOT = pathlib.Path(__file__).resolve().parents[1]
CORES = os.cpu_count() or 1


def line_of(*command):
    """The first line that a command prints; empty where it fails."""
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return done.stdout.strip().splitlines()[0] if done.returncode == 0 and done.stdout.strip() else ""


def field_of(file, key):
    """The value of a `key : value` line of a file in /proc."""
    try:
        lines = pathlib.Path(file).read_text(encoding="utf-8").splitlines()
    except OSError:
        return ""
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith(key)), "")


def commit():
    """Of the sources, marked where they were changed since; reports themselves do not count."""
    name = line_of("git", "rev-parse", "--short", "HEAD") or "unknown"
    changes = line_of("git", "status", "--porcelain", "--untracked-files=no", "--", ".", ":!docs/results")
    return name + (" with changes" if changes else "")


def libtorch():
    """Version of the LibTorch that Python sees, which is the build's, and the threads that it takes by itself.

    Another process says so: the peak memory of a program that is measured begins with that of the process that starts
    it, and torch takes 200 MiB."""
    said = line_of(sys.executable, "-c", "import torch; print(torch.__version__, torch.get_num_threads())").split()
    return (said[0], int(said[1])) if said else ("unknown", os.environ.get("OMP_NUM_THREADS", "unknown"))


def context(**more):
    """Commit, machine, versions and date of a measurement that begins now."""
    version, threads = libtorch()
    kib = field_of("/proc/meminfo", "MemTotal").split()
    cpu = "/proc/cpuinfo"
    known = set(field_of(cpu, "flags").split())
    units = [name for name in ("avx2", "avx512f", "avx512_bf16", "amx_bf16") if name in known]
    return {
        "command": " ".join([f"python3 {pathlib.Path(sys.argv[0]).resolve().relative_to(ROOT)}",
                             *map(shlex.quote, sys.argv[1:])]),
        "commit": commit(),
        "hardware": f"{field_of(cpu, 'model name') or platform.processor()} ({', '.join(units)}), "
                    f"{CORES} cores, {round(int(kib[0]) / 2**20) if kib else '?'} GiB",
        "threads": threads,
        "load when it began": f"{os.getloadavg()[0]:.1f}",
        "versions": f"{line_of(os.environ.get('CXX', 'g++'), '--version')}; LibTorch {version}; "
                    f"Python {platform.python_version()}",
        **more,
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
    }


def table(head, rows):
    """A Markdown table. The first column is text, the others are numbers."""
    lines = ["| " + " | ".join(head) + " |", "| --- |" + " --: |" * (len(head) - 1)]
    lines += ["| " + " | ".join(map(str, row)) + " |" for row in rows]
    return "\n".join(lines)


def spread(values, digits=1):
    """Median, least and most, as tables give them."""
    return f"{statistics.median(values):.{digits}f} ({min(values):.{digits}f}-{max(values):.{digits}f})"


def write(folder, name, title, measured, paragraphs):
    """NAME.json and NAME.md in `folder`; `measured` has its context under `context`."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.json").write_text(json.dumps(measured, indent=1) + "\n", encoding="utf-8")
    head = "\n".join(["| | |", "| --- | --- |"] + [f"| {key} | {value} |" for key, value in measured["context"].items()])
    text = "\n\n".join([f"# {title}", head, *paragraphs]) + "\n"
    (folder / f"{name}.md").write_text(text, encoding="utf-8")
    print(text, flush=True)


def arguments(documentation):
    """A parser with what every script takes."""
    parser = argparse.ArgumentParser(description=documentation, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build", help="folder of the build (build)")
    parser.add_argument("--output", type=pathlib.Path,
                        help="folder of the report (docs/results, or bench in the build's with --quick)")
    parser.add_argument("--quick", action="store_true", help="as little as shows that it works; no figure to keep")
    return parser


def parsed(parser):
    """What was given, the folders of the output and of trials decided; with --quick they are apart from those of figures."""
    options = parser.parse_args()
    if hasattr(options, "run_name"):
        options.run = options.run or (options.build / "bench" if options.quick else ROOT / "runs") / options.run_name
    if getattr(options, "data_dir", None):  # stores keep the command, and where a machine has its data is not for them
        os.environ["FRACTAL_DATA"] = str(options.data_dir.resolve())
    options.output = options.output or (options.build / "bench" if options.quick else ROOT / "docs/results")
    return options


def data_argument(parser):
    """Adds the folder of CIFAR-10, for scripts that train or score on it."""
    parser.add_argument("--data-dir", type=pathlib.Path, help="folder of CIFAR-10's files (or $FRACTAL_DATA)")


def trial_arguments(parser, run):
    """Adds what scripts take that train trials; `run` is the name of their folder below runs."""
    data_argument(parser)
    parser.add_argument("--epochs", type=int, default=5, help="for each trial (5)")
    parser.add_argument("--jobs", type=int, default=CORES, help="trials at once (one for each core)")
    parser.add_argument("--run", type=pathlib.Path,
                        help=f"folder of trials (runs/{run}, or bench/{run} in the build's with --quick)")
    parser.set_defaults(run_name=run)


def data_flags(options):
    """The program's flags for that data set, or with --quick for one that needs no files."""
    return ["--data", "shapes" if options.quick else "cifar10"]


def program(build, name):
    """A program of the build; ends the script where there is none."""
    path = pathlib.Path(build).resolve() / "bin" / name
    if not path.exists():
        print(f"{pathlib.Path(sys.argv[0]).name}: {path} is missing; run ./dev build", file=sys.stderr)
        sys.exit(74)
    return str(path)


def fractal(options, *arguments):
    """What the program of a build prints; ends the script where it fails. Stores keep the command, so paths are from the
    root."""
    named = [os.path.relpath(word, ROOT) if isinstance(word, pathlib.Path) else str(word) for word in arguments]
    command = [os.path.relpath(program(options.build, "fractal"), ROOT), *named]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    if done.returncode != 0:
        print(f"{pathlib.Path(sys.argv[0]).name}: {' '.join(command)} ended with {done.returncode}:\n{done.stderr}",
              file=sys.stderr)
        sys.exit(1)
    return done.stdout


def at_once(jobs, work, things):
    """What `work` makes of each, in their order, so many at a time. After a failure or Ctrl-C no other is begun."""
    ending = threading.Event()

    def one(thing):
        if ending.is_set():
            raise concurrent.futures.CancelledError
        try:
            return work(thing)
        except BaseException:
            ending.set()
            raise

    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        try:
            results = [pool.submit(one, thing) for thing in things]
            concurrent.futures.wait(results, return_when=concurrent.futures.FIRST_EXCEPTION)
        finally:
            ending.set()
            pool.shutdown(wait=False, cancel_futures=True)
        return [result.result() for result in results]
