"""A Ray cluster of several nodes in processes of this machine, and `fractal-ray` on it."""

from __future__ import annotations

import argparse
import contextlib
import os
import pathlib
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "faults"))

# Nothing leaves this machine or its folders for temporary files, and a slow machine gets its time.
os.environ.update({
    "RAY_USAGE_STATS_ENABLED": "0", "RAY_AUTH_MODE": "disabled", "RAY_agent_register_timeout_ms": "120000",
    "RAY_raylet_start_wait_time_s": "120", "OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1",
})

import ray  # noqa: E402
from ray.cluster_utils import Cluster  # noqa: E402

# Nodes take the machine's own address. On 127.0.0.1 nothing would find them: `ray.init` puts the former for the latter.
NODE = {"object_store_memory": 80 << 20, "memory": 4 << 30}
PATIENCE = 120.0


def wait_until(holds: Callable[[], object], what: str) -> Any:
    """What holds then."""
    deadline = time.monotonic() + PATIENCE
    while not (found := holds()):
        if time.monotonic() > deadline:
            sys.exit(f"waited {PATIENCE:.0f} s in vain until {what}")
        time.sleep(0.05)
    return found


class Machines:
    """Nodes of one CPU each, beside a head that trains nothing."""

    def __init__(self, nodes: int, dashboard: bool = False) -> None:
        self.cluster = Cluster()
        self.cluster.add_node(num_cpus=0, include_dashboard=dashboard, dashboard_port=0, wait=False, **NODE)
        self.nodes = [self.cluster.add_node(num_cpus=1, wait=False, **NODE) for _ in range(nodes)]
        self.cluster.wait_for_nodes(PATIENCE)

    @property
    def address(self) -> str:
        return self.cluster.address

    def lose(self, node: object) -> None:
        """Ends all of a node's processes at once and for good, as a power failure does: each is held first, so that none
        sees another one end."""
        raylet = raylet_of(node)
        for number in (signal.SIGSTOP, signal.SIGKILL):
            for process in (raylet, *children_of(raylet)):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process, number)
        self.cluster.remove_node(node, allow_graceful=False)
        self.nodes.remove(node)


def raylet_of(node: object) -> int:
    return node.all_processes["raylet"][0].process.pid


def trained_by(node: object) -> set[str]:
    """Names of the shards that processes of the node train."""
    found = set()
    for process in children_of(raylet_of(node)):
        with contextlib.suppress(OSError):
            words = pathlib.Path(f"/proc/{process}/cmdline").read_bytes().decode().split("\0")
            if "--shard" in words:
                found.add(pathlib.Path(words[words.index("--run") + 1]).name)
    return found


def children_of(raylet: int) -> list[int]:
    """Processes that carry the raylet's mark in their environment: its workers, and what these have started. One that
    has ended and was not waited for has no environment left."""
    mark = f"RAY_RAYLET_PID={raylet}".encode()
    found = []
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if mark in (folder / "environ").read_bytes().split(b"\0"):
                found.append(int(folder.name))
    return found


@contextlib.contextmanager
def machines(nodes: int, dashboard: bool = False) -> Iterator[Machines]:
    started = Machines(nodes, dashboard)
    try:
        yield started
    finally:
        ray.shutdown()
        started.cluster.shutdown()


class FractalRay:
    """The command, on a cluster that is there."""

    def __init__(self, fractal: str, address: str | None, **environment: str) -> None:
        self.fractal = fractal
        self.options = ["--fractal", fractal, *(["--address", address] if address else [])]
        self.environment = os.environ | {"PYTHONPATH": str(ROOT / "python")} | environment

    def start(self, *words: object) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "fractal_ray", *map(str, words), *self.options]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                env=self.environment, start_new_session=True)

    def run(self, *words: object, status: int = 0) -> str:
        """What it says, having ended with `status`."""
        return said_by(self.start(*words), status)

    def driver(self, *words: object) -> str:
        """The driver itself, as on one machine."""
        done = subprocess.run([self.fractal, *map(str, words)], capture_output=True, text=True, env=self.environment,
                              check=False)
        if done.returncode != 0:
            sys.exit(f"fractal {' '.join(map(str, words))} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
        return done.stdout


def said_by(process: subprocess.Popen[str], status: int = 0) -> str:
    output, errors = process.communicate(timeout=PATIENCE)
    if process.returncode != status:
        sys.exit(f"{' '.join(process.args)} ended with {process.returncode}, expected {status}:\n{output}{errors}")
    return output + errors


def arguments(documentation: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=documentation, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fractal", required=True, help="the driver")
    parser.add_argument("--backend", required=True, help="a backend without LibTorch, tests/unit/fake_trainer.cpp")
    return parser.parse_args()


def check(holds: object, what: str) -> None:
    if not holds:
        sys.exit(f"does not hold: {what}")
