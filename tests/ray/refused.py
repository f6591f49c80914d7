"""What `fractal-ray` refuses, before it starts or joins a cluster, and that its pins agree.

    refused.py --fractal build/bin/fractal --backend build/lib/libfake_trainer.so
"""

from __future__ import annotations

import pathlib
import re
import sys
import tempfile

from machines import ROOT, FractalRay, arguments, check

CASES = [
    # arguments, status, words of the message
    (["trian"], 64, "trian is no command: there are train, add and resume"),
    (["train", "compact/d1-c1-conv3", "--shard", "1/2"], 64, "--shard is not for fractal-ray: each trial is a shard already"),
    (["train", "compact/d1-c1-conv3", "--resume=run"], 64, "--resume is not for fractal-ray"),
    (["train", "compact/d1-c1-conv3", "--threads", "0", "--run", "run"], 64, "--threads is 0: say how many threads"),
    (["train", "compact/d1-c1-conv33", "--run", "run"], 64, "compact/d1-c1-conv33 is no variant"),
    (["train", "compact/d1-c1-conv3", "--lr", "-1", "--run", "run"], 64, "--lr is -1: expected a number, above 0"),
    (["train", "compact/d1-c1-conv3", "--cpus", "many"], 64, "invalid int value: 'many'"),
    (["train", "compact/d1-c1-conv3", "--cpus", "0"], 64, "--cpus is 0: expected a whole number from 1 on"),
    (["train", "compact/d1-c1-conv3", "--gpus", "1.5"], 64, "--gpus is 1.5: expected a part of one, such as 0.5, or a whole"),
    (["train", "compact/d1-c1-conv3", "--gpus", "-1"], 64, "--gpus is -1: expected a part of one, such as 0.5, or a whole"),
    (["train", "compact/d1-c1-conv3", "--gpus", "inf"], 64, "--gpus is inf: expected a part of one, such as 0.5, or a whole"),
    (["train", "compact/d1-c1-conv3", "--retries", "-1"], 64, "--retries is -1: expected a whole number from 0 on"),
    (["train", "compact/d1-c1-conv3", "--address", "head"], 64, "--address is head: expected HOST:PORT, ray://HOST:PORT or auto"),
    (["train", "compact/d1-c1-conv3", "--address", "127.0.0.1:1", "--run", "other"], 74, "--address is 127.0.0.1:1: nothing answers at "),
    (["add"], 64, "add wants the run's folder first"),
    (["add", "nowhere", "compact/d1-c1-conv3"], 74, "nowhere is no run of fractal-ray"),
    (["resume", "nowhere"], 74, "nowhere is no run of fractal-ray"),
]


def main() -> int:
    options = arguments(__doc__)
    with tempfile.TemporaryDirectory(prefix="fractal-ray-") as scratch:
        command = FractalRay(options.fractal, None, FRACTAL_BACKEND=options.backend)
        for words, status, message in CASES:
            words = [str(pathlib.Path(scratch) / word) if word in ("run", "other", "nowhere") else word for word in words]
            said = command.run(*words, status=status)
            check(message in said and "Traceback" not in said, f"{' '.join(words)} says '{message}':\n{said}")
        requests = pathlib.Path(scratch) / "run" / "requests"
        check(not list(requests.glob("*.json")), "what is refused is not kept")
        requests.mkdir(parents=True, exist_ok=True)
        (requests / "1.json").write_text('{"program": 1')
        said = command.run("resume", requests.parent, "--cpus", "1", "--no-dashboard", status=65)
        check("1.json is damaged" in said, f"a damaged request is named:\n{said}")
    pins = [re.search(pattern, (ROOT / file).read_text(), re.MULTILINE)[1] for pattern, file in (
        (r"^pip +ray\[default\] +(\S+)$", "cmake/dependencies.txt"),
        (r'"ray\[default\]==([^"]+)"', "python/pyproject.toml"))]
    check(pins[0] == pins[1], f"one version of Ray is pinned: {pins}")
    print(f"{len(CASES) + 1} cases are refused in order; Ray {pins[0]}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
