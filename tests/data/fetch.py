"""`fractal data fetch` against a server on this machine that breaks, lies and stands still.

    fetch.py --fractal build/bin/fractal

The archive has the official members in their official sizes, filled with few different bytes, so that it is small.
"""

from __future__ import annotations

import argparse
import hashlib
import http.server
import io
import json
import os
import pathlib
import random
import re
import signal
import subprocess
import sys
import tarfile
import tempfile
import threading
import time

FOLDER, ARCHIVE = "cifar-100-binary", "cifar-100-binary.tar.gz"
SIZES = {"train.bin": 50_000 * 3074, "test.bin": 10_000 * 3074}


def expect(condition: bool, what: str) -> None:
    if not condition:
        sys.exit(f"it is not so that {what}")


def archive_of(*members: tuple[str, int] | tarfile.TarInfo, noise: int = 0) -> bytes:
    """A gzipped tar file of members of zeros; the first begins with so many bytes that do not compress."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz", compresslevel=1) as tar:
        for member in members:
            if isinstance(member, tarfile.TarInfo):
                tar.addfile(member)
                continue
            name, size = member
            info = tarfile.TarInfo(name)
            info.size = size
            # A label is the first two bytes of 3074; noise is kept below the classes' numbers.
            head = bytes(byte % 20 for byte in random.Random(0).randbytes(noise))
            tar.addfile(info, io.BytesIO(head + bytes(size - len(head))))
            noise = 0
    return out.getvalue()


class Server(http.server.ThreadingHTTPServer):
    """Serves one archive, with the manners that a test asks for."""

    daemon_threads = True

    def __init__(self, content: bytes) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.content = content
        self.cut_after: int | None = None  # bytes that a connection lives for
        self.ranges = True  # whether it can begin in the middle
        self.slow = False  # a little at a time
        self.status = 200
        self.requests: list[int] = []  # where each began
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/pub"


class Handler(http.server.BaseHTTPRequestHandler):
    server: Server

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        server = self.server
        if server.status != 200 or self.path != f"/pub/{ARCHIVE}":
            self.send_error(server.status if server.status != 200 else 404)
            return
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        begin = int(asked[1]) if asked and server.ranges else 0
        server.requests.append(begin)
        body = server.content[begin:]
        self.send_response(206 if begin else 200)
        self.send_header("Content-Length", str(len(body)))
        if begin:
            self.send_header("Content-Range", f"bytes {begin}-{len(server.content) - 1}/{len(server.content)}")
        self.end_headers()
        if server.cut_after is not None:
            body = body[: server.cut_after]
        try:
            for at in range(0, len(body), 16384):
                self.wfile.write(body[at : at + 16384])
                if server.slow:
                    time.sleep(0.05)
        except OSError:
            pass  # the client is gone
        self.close_connection = True


class Client:
    def __init__(self, program: str, url: str, content: bytes) -> None:
        self.program, self.url, self.sha256 = program, url, hashlib.sha256(content).hexdigest()

    def command(self, folder: pathlib.Path, *words: str) -> list[str]:
        return [self.program, "data", "fetch", "cifar100", "--dir", str(folder), "--url", self.url, *words]

    def __call__(self, folder: pathlib.Path, *words: str, status: int = 0, official: bool = False) -> str:
        checksum = [] if official else ["--sha256", self.sha256]
        result = subprocess.run(self.command(folder, *checksum, *words), capture_output=True, text=True)
        text = result.stdout + result.stderr
        expect(result.returncode == status, f"{words} ends with {status}, not {result.returncode}:\n{text}")
        return text


def files_of(folder: pathlib.Path) -> list[str]:
    return sorted(str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file())


WHOLE = [f"{FOLDER}/test.bin", f"{FOLDER}/train.bin"]


def check_downloads(program: str, scratch: pathlib.Path, content: bytes) -> None:
    server = Server(content)
    client = Client(program, server.url, content)

    folder = scratch / "plain"
    client(folder)
    expect(files_of(folder) == WHOLE, f"{files_of(folder)} is the data and nothing else")
    expect({name: (folder / FOLDER / name).stat().st_size for name in SIZES} == SIZES, "the files have their sizes")
    shown = json.loads(subprocess.run([program, "data", "show", "cifar100-coarse", "--data-dir", str(folder), "--json"],
                                      capture_output=True, text=True, check=True).stdout)
    expect(shown["images"]["training"] == 50_000 and len(shown["classes"]) == 20, "what was fetched can be read")
    expect(sum(each["training"] for each in shown["classes"][1:]) > 0, "not all labels are zero")
    asked = len(server.requests)
    expect("is there already" in client(folder) and len(server.requests) == asked, "what is there is not fetched again")

    # A connection that breaks again and again is taken up where it broke.
    folder, server.requests, server.cut_after = scratch / "cut", [], len(content) // 4
    report = json.loads(client(folder, "--json").splitlines()[0])
    expect(report["downloaded_bytes"] == len(content), f"{report} has every byte once")
    expect(len(server.requests) >= 4 and server.requests == sorted(set(server.requests)), f"{server.requests} go on")
    expect(files_of(folder) == WHOLE, "a broken download ends whole")

    # Without ranges it begins anew.
    folder, server.requests, server.ranges, server.cut_after = scratch / "anew", [], False, None
    folder.mkdir()
    (folder / f"{ARCHIVE}.part").write_bytes(content[:1000])
    expect("begins anew" in client(folder) and files_of(folder) == WHOLE, "a server without ranges serves as well")

    # Such a server whose connections break gets no further however often it is asked.
    folder, server.requests, server.cut_after = scratch / "never", [], len(content) // 4
    message = client(folder, status=74)
    expect("did not come to the end" in message and len(server.requests) < 20, f"{server.requests}: {message}")

    # Stopped and killed, the next run goes on; a complete part is only checked.
    folder, server.requests, server.ranges, server.slow = scratch / "stopped", [], True, True
    server.cut_after = None
    for by in (signal.SIGINT, signal.SIGKILL):
        process = subprocess.Popen(client.command(folder, "--sha256", client.sha256), stderr=subprocess.PIPE, text=True)
        part, begun = folder / f"{ARCHIVE}.part", time.monotonic()
        before = part.stat().st_size if part.exists() else 0
        while not (part.exists() and part.stat().st_size > before + 100_000) and time.monotonic() < begun + 60:
            time.sleep(0.02)
        process.send_signal(by)
        _, errors = process.communicate()
        expect(process.returncode == (130 if by == signal.SIGINT else -9), f"{by} ends it, not {process.returncode}")
        expect(by == signal.SIGKILL or "goes on where it was" in errors, errors)
    server.slow, size = False, part.stat().st_size
    client(folder)
    expect(server.requests[-1] == size > 200_000, f"{server.requests} ends at {size}")
    expect(files_of(folder) == WHOLE, "a stopped download ends whole")
    folder = scratch / "complete"
    folder.mkdir()
    (folder / f"{ARCHIVE}.part").write_bytes(content)
    client(folder)
    expect(files_of(folder) == WHOLE, "a part that is whole is taken")

    # A wrong checksum: nothing is unpacked, and nothing stays in the way.
    folder = scratch / "wrong"
    message = client(folder, status=65, official=True)
    expect("expected 58a81ae192c2" in message and "it was removed" in message, message)
    expect(files_of(folder) == [], f"{files_of(folder)} is nothing")
    client(folder)

    # Refusals of the server, and no server.
    folder, server.status = scratch / "refused", 404
    message = client(folder, status=74)
    expect("404" in message and "By hand" in message and str(folder) in message, message)
    server.shutdown()
    server.server_close()
    message = client(folder, status=74)
    expect("By hand" in message and ARCHIVE in message and server.url in message, message)
    (folder / ARCHIVE).write_bytes(content)
    client(folder)
    expect(files_of(folder) == [ARCHIVE, *WHOLE], "an archive put there by hand is taken without a network, and stays")
    (folder / FOLDER / "test.bin").write_bytes(b"mine")
    expect("is there already, with 4 bytes" in client(folder, status=65), "somebody's file is not overwritten")
    expect((folder / FOLDER / "test.bin").read_bytes() == b"mine", "somebody's file stays")


def check_archives(program: str, scratch: pathlib.Path) -> None:
    """Archives that nobody should unpack, each with the checksum that is expected."""

    def special(name: str, kind: bytes, target: str = "") -> tarfile.TarInfo:
        info = tarfile.TarInfo(name)
        info.type, info.linkname = kind, target
        return info

    train, test = ((f"{FOLDER}/{name}", size) for name, size in SIZES.items())
    small = (f"{FOLDER}/train.bin", 3074)
    hostile = {
        "traversal": (archive_of(small, ("../escaped", 10)), "'" + f"{FOLDER}/train.bin' of 3074 bytes; expected"),
        "outside": (archive_of(("../escaped", 10), small), "'../escaped', which would be outside"),
        "inside and out": (archive_of((f"{FOLDER}/../../escaped", 10)), "which would be outside"),
        "absolute": (archive_of((str(scratch / "escaped"), 10)), "which would be outside"),
        "symlink": (archive_of(special(f"{FOLDER}/train.bin", tarfile.SYMTYPE, "/etc/passwd")), "link or a device"),
        "hard link": (archive_of(special(f"{FOLDER}/train.bin", tarfile.LNKTYPE, "/etc/passwd")), "link or a device"),
        "device": (archive_of(special(f"{FOLDER}/train.bin", tarfile.CHRTYPE)), "link or a device"),
        "folder": (archive_of(special(f"{FOLDER}/train.bin", tarfile.DIRTYPE)), "does not hold"),
        "bomb": (archive_of((f"{FOLDER}/other.bin", 1 << 28)), "none of the files it should hold"),
        "lacking": (archive_of(test), "does not hold"),
        "twice": (archive_of(test, test, train), "twice"),
        "cut off": (archive_of(train, test)[:-20_000], "is damaged"),
        "no archive": (b"<html>not found</html>", "no gzipped tar file"),
        "empty": (b"", "no gzipped tar file"),
    }
    for number, (what, (content, expected)) in enumerate(hostile.items()):
        folder = scratch / f"hostile{number}"
        folder.mkdir()
        (folder / ARCHIVE).write_bytes(content)
        message = Client(program, "http://127.0.0.1:9", content)(folder, status=65)
        expect(expected in message, f"{what}: {message}")
        expect(files_of(folder) == [ARCHIVE], f"{what}: {files_of(folder)} is the archive alone")
    expect(not (scratch / "escaped").exists(), "nothing escaped")
    folder = scratch / "extras"
    folder.mkdir()
    content = archive_of((f"{FOLDER}/readme.html", 100), train, ("./" + f"{FOLDER}/test.bin", SIZES["test.bin"]))
    (folder / ARCHIVE).write_bytes(content)
    Client(program, "http://127.0.0.1:9", content)(folder)
    expect(files_of(folder) == [ARCHIVE, *WHOLE], "a read-me is left in its archive")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fractal", required=True, help="the driver")
    options = parser.parse_args()
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        del os.environ[name]
    content = archive_of(*((f"{FOLDER}/{name}", size) for name, size in SIZES.items()), noise=1_500_000)
    with tempfile.TemporaryDirectory(prefix="fractal-fetch-") as scratch:
        folder = pathlib.Path(scratch).resolve()
        check_downloads(options.fractal, folder, content)
        check_archives(options.fractal, folder)
    print(f"an archive of {len(content)} bytes was fetched over every obstacle, and hostile ones were refused")


if __name__ == "__main__":
    main()
