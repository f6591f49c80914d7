"""The Ray cluster that a sweep runs on: one that is there, or one that this machine becomes."""

from __future__ import annotations

import os
import re
import socket

from fractal_ray.console import say
from fractal_ray.errors import FractalRayError

OBJECT_STORE_BYTES = 80 << 20  # results are a few numbers
PATIENCE = 10.0  # seconds; Ray itself tries for minutes, and then ends the process
_LOCAL = ("localhost", "127.0.0.1", "::1")


def host_and_port(address: str) -> tuple[str, int] | None:
    """Of HOST:PORT and ray://HOST:PORT; none of auto."""
    if address == "auto":
        return None
    found = re.fullmatch(r"(?:ray://)?(?:\[(?P<v6>[^\]]+)\]|(?P<host>[^:/\[\]]+)):(?P<port>\d{1,5})", address)
    if found is None or not 0 < int(found["port"]) < 1 << 16:
        raise FractalRayError(f"--address is {address}: expected HOST:PORT, ray://HOST:PORT or auto", 64)
    return found["v6"] or found["host"], int(found["port"])


def _check_that_it_answers(address: str, own_address: str) -> None:
    place = host_and_port(address)
    if place is None:
        return
    host, port = place
    if host in _LOCAL and not address.startswith("ray://"):
        host = own_address  # as Ray takes it
    try:
        socket.create_connection((host, port), PATIENCE).close()
    except OSError as error:
        reason = error.strerror or error
        raise FractalRayError(f"--address is {address}: nothing answers at {host}, port {port} ({reason}): expected the "
                              "head of a Ray cluster, which ray start --head begins", 74) from error


def connect(address: str | None, cpus: int | None, dashboard: bool) -> None:
    """To the cluster at `address`, or to one that this machine becomes, of so many CPUs."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    import ray  # a second or more, so not for what is refused
    import ray.util

    if address:
        _check_that_it_answers(address, ray.util.get_node_ip_address())
        try:
            context = ray.init(address=address, log_to_driver=False)
        except (ConnectionError, RuntimeError) as error:
            reason = str(error).strip().splitlines()[0]
            raise FractalRayError(f"--address is {address}: {reason} (expected a Ray cluster that runs: ray start --head "
                                  "begins one; without --address this machine becomes one)", 74) from error
    else:
        # Also where RAY_ADDRESS, or a ray start of this machine, names another.
        context = ray.init(address="local", num_cpus=cpus, include_dashboard=dashboard, log_to_driver=False,
                           object_store_memory=OBJECT_STORE_BYTES)
    if context.dashboard_url:
        say(f"Ray's dashboard: http://{context.dashboard_url}")
