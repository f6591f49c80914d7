"""Makes a report whose trials are kept from nothing, and again from the kept rows alone: it must say the same.

    kept_rows.py --build build best

The trials are as short as --quick makes them, and run in a folder that is removed.
"""

import argparse
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]


def made(report, build, run, output, *flags):
    """The report without its head, which tells the time."""
    script = [sys.executable, "-B", ROOT / "bench" / f"{report}.py", "--quick", "--jobs", "1", "--build", build]
    done = subprocess.run([*script, "--run", run, "--output", output, *flags], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{report}.py {' '.join(flags)} ended with {done.returncode}:\n{done.stderr}")
    _title, _head, *paragraphs = (output / f"{report}.md").read_text(encoding="utf-8").split("\n\n")
    return paragraphs


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, required=True, help="folder of the build")
    parser.add_argument("report", help="a script of bench, without .py")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        run, output = (pathlib.Path(folder) / name for name in ("run", "output"))
        first = made(options.report, options.build, run, output)
        if missing := [one for one in first if re.search(r"not trained yet|\| failed \|$", one, re.MULTILINE)]:
            sys.exit(f"{options.report}.py left trials out:\n" + "\n\n".join(missing))
        shutil.rmtree(run)
        again = made(options.report, options.build, run, output, "--time-limit", "0")
    for before, after in zip(first, again, strict=True):
        if before != after:
            sys.exit(f"{options.report}.py says from the kept rows:\n{after}\nand said when it had trained them:\n{before}")
    print(f"{options.report}: {len(first)} paragraphs, the same from the kept rows")


if __name__ == "__main__":
    main()
