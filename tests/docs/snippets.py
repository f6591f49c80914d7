#!/usr/bin/env python3
"""Holds the snippets of the documents against the project, so that none of them goes stale.

    snippets.py cpp     --compiler g++ --include DIR ... FILE.md ...   compiles the C++
    snippets.py console --bin DIR FILE.md ...                          runs or checks the commands
    snippets.py files   FILE.md ...                                    finds what is quoted and linked
    snippets.py messages --compiler g++:PATH --include DIR ... FILE.md  asks compilers for their messages

A fenced block says what it is:

    ```cpp         declarations, compiled without LibTorch; a block sees those before it and may redefine them
    ```cpp from F  (or another language) lines of file F, in order; a line `…` stands for lines left out
    ```text as C says of F  what compiler C, g++ or clang++, says of file F, `…` as above; parts of lines will do
    ```console     lines after `$ ` are commands, the others are their output; `…` stands for any lines
"""

import argparse
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
HEADERS = ["spec/network.hpp", "spec/parse.hpp", "plan/cost.hpp", "plan/fingerprint.hpp",
           "registry/registry.hpp", "registry/selection.hpp"]
RUN = {"list", "show", "help", "--help", "--version"}  # commands that take no time
UNCHECKED = {"cd", "git", "export", "ctest", "wc", "sqlite3", "python3", "g++", "pip", "sbatch"}


class Block:
    def __init__(self, file, line, info, lines):
        self.where, self.info, self.lines = f"{file}:{line}", info.split(), lines
        self.file, self.line = file, line
        self.language = self.info[0] if self.info else ""
        self.quotes = self.info[2] if self.info[1:2] == ["from"] else None


def blocks(files):
    for file in files:
        fence, opened = None, 0
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
            mark = re.match(r"( *)```(.*)", line)
            if fence is None and mark:
                fence, opened, lines = mark, number, []
            elif fence is not None and mark and not mark[2]:
                yield Block(file, opened, fence[2], lines)
                fence = None
            elif fence is not None:
                lines.append(line.removeprefix(fence[1]))
        if fence is not None:
            sys.exit(f"{file}:{opened}: the block is never closed")


def compile_cpp(files, options):
    """All C++ of a document as one unit, each block in a namespace inside that of the block before it."""
    count = 0
    for file in files:
        head = [f"#include <fractal/{header}>" for header in HEADERS]
        body, depth = [], 0
        for block in blocks([file]):
            if block.language != "cpp" or block.quotes:
                continue
            head += [line for line in block.lines if line.startswith("#include")]
            body += [f"namespace block{depth} {{", f'#line {block.line + 1} "{file}"']
            body += ["" if line.startswith("#include") else line for line in block.lines]
            depth += 1
        if depth == 0:
            continue
        count += depth
        source = "\n".join(head + body + ["}" * depth, ""])
        command = [*options.compiler, "-std=c++20", "-fsyntax-only", "-Wall", "-Wextra", "-Werror"]
        command += ["-x", "c++", "-"]
        command += [f"-I{folder}" for folder in options.include]
        result = subprocess.run(command, input=source, text=True, capture_output=True)
        if result.returncode:
            sys.exit(result.stderr)
    return f"{count} C++ snippets compile"


def shows(output, expected):
    """Whether the expected lines stand in the output in their order, without a gap but at `…`."""
    have = [line.rstrip() for line in output.splitlines()]
    at, gap = 0, False
    for line in (line.rstrip() for line in expected):
        if line == "…":
            gap = True
        elif gap:
            if line not in have[at:]:
                return line
            at, gap = have.index(line, at) + 1, False
        else:
            if at >= len(have) or have[at] != line:
                return line
            at += 1
    return None if gap or at == len(have) else have[at]


def check_fractal(words, options):
    """A command that takes time: its flags are flags, its patterns and selections describe variants."""
    program = str(options.bin / "fractal")
    command = words[1:3] if words[1] == "data" else words[1:2]
    known = subprocess.run([program, *command, "--help"], text=True, capture_output=True).stdout
    flags = [word.split("=")[0] for word in words if word.startswith("--")]
    unknown = [flag for flag in flags if not re.search(rf"(?<![\w-]){flag}(?![\w-])", known)]
    if unknown:
        return f"fractal {' '.join(command)} --help knows no {', '.join(unknown)}"
    if words[1] not in ("train", "search", "score"):
        return None
    wanted, rest = [], iter(words[2:])
    for word in rest:
        if word in ("--select", "--exclude", "--where"):
            wanted += [word, next(rest)]
        elif word.startswith("--"):
            if re.search(rf"(?m)^  (?:--[\w-]+, )?{word} \S", known):  # it takes a value
                next(rest)
        else:
            wanted.append(word)
    if not wanted:  # it goes on with a run
        return None
    listed = subprocess.run([program, "list", "--names", *wanted], text=True, capture_output=True)
    return listed.stderr if listed.returncode else None


def check_fractal_ray(words, options):
    """Its own flags stand in its help; the others, and the variants, are those of `fractal train`."""
    usage = (ROOT / "python" / "fractal_ray" / "cli.py").read_text(encoding="utf-8")
    if not re.search(rf"(?m)^  fractal-ray {words[1]} ", usage):
        return f"fractal-ray has no command {words[1]}"
    rest, theirs = iter(words[2:] if words[1] == "train" else words[3:]), []
    for word in rest:
        own = re.search(rf"(?m)^  {word}( [A-Z]+)?  ", usage) if word.startswith("--") else None
        if own is None:
            theirs.append(word)
        elif own[1]:
            next(rest)
    return check_fractal(["fractal", "train", *theirs], options) if theirs else None


def check_settings(words, options):
    """Settings, presets and names of tests that do not exist would be taken without a word."""
    cmake = "".join(path.read_text() for path in [ROOT / "CMakeLists.txt", *ROOT.glob("cmake/*.cmake")])
    for word, following in zip(words, [*words[1:], ""]):
        option = re.match(r"-D(FRACTAL_\w+)", word)
        if option and not re.search(rf"\b{option[1]}\b", cmake):
            return f"there is no CMake option {option[1]}"
        if word == "--preset" and f'"name": "{following}"' not in (ROOT / "CMakePresets.json").read_text():
            return f"there is no preset {following}"
        if word == "-R" and (options.bin.parent / "CTestTestfile.cmake").exists():
            ctest = ["ctest", "--test-dir", str(options.bin.parent), "-N"]
            tests = subprocess.run(ctest, text=True, capture_output=True).stdout
            for pattern in following.split("|"):
                if not re.search(rf": .*{pattern}", tests):
                    return f"no test has {pattern} in its name"
    return None


def check_command(command, output, options):
    words = shlex.split(command)
    words[0] = words[0].removeprefix("build/bin/")
    if words[0] in ("./dev", "cmake"):
        if fault := check_settings(words, options):
            return fault
        verb = subprocess.run([str(ROOT / "dev"), *words[1:2], "--help"], text=True, capture_output=True)
        return verb.stderr if words[0] == "./dev" and verb.returncode else None
    if words[0] == "fractal-ray":
        return check_fractal_ray(words, options)
    if (options.bin / words[0]).exists():
        if words[0] == "fractal" and words[1] not in RUN and "--help" not in words:
            return check_fractal(words, options)
        with tempfile.TemporaryDirectory() as folder:
            shell = f'PATH={shlex.quote(str(options.bin))}:"$PATH"; {command.removeprefix("build/bin/")}'
            result = subprocess.run(["bash", "-c", shell], cwd=folder, text=True, capture_output=True)
        missing = shows(result.stdout + result.stderr, output) if output else None
        if missing is not None:
            return f"the output differs at: {missing}\n--- it is:\n{result.stdout}{result.stderr}"
        refused = any(line.startswith("fractal:") for line in output)
        return None if refused == (result.returncode != 0) else result.stderr
    return None if words[0] in UNCHECKED else "this script does not know the program"


def run_console(files, options):
    count = 0
    for block in blocks(files):
        if block.language != "console":
            continue
        commands = []
        for line in block.lines:
            if line.startswith("$ "):
                commands.append((line[2:].split("  #")[0], []))
            elif commands:
                commands[-1][1].append(line)
        for command, output in commands:
            count += 1
            if fault := check_command(command, output, options):
                sys.exit(f"{block.where}: {command}\n{fault}")
    return f"{count} commands are right"


def find_files(files, _):
    count = 0
    for block in blocks(files):
        if block.quotes is None:
            continue
        count += 1
        path = ROOT / block.quotes
        have = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        have = [line.strip() for line in have]
        wanted, at = [line.strip() for line in block.lines if line.strip()], -1
        for place, line in enumerate(wanted):
            if line == "…":
                continue
            starts = place == 0 or wanted[place - 1] == "…"
            following = [i for i in range(at + 1, len(have)) if have[i]]
            found = line in have[at + 1:] if starts else bool(following) and have[following[0]] == line
            if not found:
                sys.exit(f"{block.where}: {block.quotes} does not have, there: {line}")
            at = have.index(line, at + 1)
    for file in files:
        text = re.sub(r"```.*?```", "", file.read_text(encoding="utf-8"), flags=re.S)
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)|src=\"([^\"]+)\"", text):
            target = target[0] or target[1]
            if not target.startswith("http"):
                count += 1
                if not (file.parent / target).exists():
                    sys.exit(f"{file}: there is no {target}")
    return f"{count} quotes and links are right"


def check_messages(files, options):
    """Messages as a compiler has them, and tables of texts beside the compile-fail test that expects each."""
    compilers = dict(pair.split(":", 1) for pair in options.compiler)
    count = 0
    for block in blocks(files):
        if block.info[1:2] != ["as"]:
            continue
        count += 1
        compiler, source = compilers.get(block.info[2]), block.info[-1]
        if not compiler:
            continue  # not on this machine
        command = [compiler, "-std=c++20", "-fsyntax-only", str(ROOT / source)]
        command += [f"-I{folder}" for folder in options.include]
        said = subprocess.run(command, env=os.environ | {"LC_ALL": "C"}, text=True, capture_output=True).stderr
        at = 0
        for line in (line for line in block.lines if line != "…"):
            found = said.find(line, at)
            if found < 0:
                sys.exit(f"{block.where}: {block.info[2]} does not say: {line}\n--- it says:\n{said}")
            at = found + len(line)
    for file in files:
        for text, link in re.findall(r"^\|[^|]*\| `([^`|]+)` \| \[\w+\]\(([^)]+)\) \|$", file.read_text("utf-8"), re.M):
            count += 1
            source = (file.parent / link).read_text("utf-8")
            expected = " ".join(re.findall(r"^// expect: (.*)$", source, re.M))
            if text != expected:
                sys.exit(f"{file}: of {link} the table says\n  {text}\nand the test expects\n  {expected}")
    if count < 10:
        sys.exit(f"only {count} messages were found")
    return f"{count} messages are what compilers say"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=["cpp", "console", "files", "messages"])
    parser.add_argument("files", nargs="+", type=lambda name: pathlib.Path(name).resolve())
    parser.add_argument("--compiler", action="append", default=[])
    parser.add_argument("--include", action="append", default=[])
    parser.add_argument("--bin", type=pathlib.Path)
    options = parser.parse_args()
    check = {"cpp": compile_cpp, "console": run_console, "files": find_files, "messages": check_messages}[options.what]
    print(check(options.files, options))


if __name__ == "__main__":
    main()
