"""How long after `off` is sent the process has taken it: from request to answer, by percentile.

The answer comes after the flags that calls read are stored. Asked about 500 times a second, of a
program that waits, of one whose four threads run Python, and of one that holds the GIL in C; and
once with the whole command, `overt off`, start included.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import machine

from run import OVERT, command

LIMIT = 1000.0  # microseconds, of the 99th percentile
KINDS = {"idle": "idle", "busy": "4 busy threads", "held": "GIL held in C"}


@contextmanager
def governed(kind: str) -> Iterator[tuple[int, Path, dict[str, str]]]:
    """Run a program under `overt run`; yield its pid, its socket and its environment."""
    with tempfile.TemporaryDirectory(prefix="overt-bench-") as directory:
        environ = {**os.environ, "OVERT_RUNTIME_DIR": directory}
        words = [str(OVERT), "run", "--report", f"{directory}/r.json", "--"]
        process = subprocess.Popen(
            [*words, *command("switched.py", kind)],
            env=environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(0.2)
        try:
            yield process.pid, Path(directory) / "overt" / f"{process.pid}.sock", environ
        finally:
            process.kill()
            process.communicate()


def requests(path: Path, count: int) -> list[float]:
    """Microseconds from a request to its answer, off and on in turns."""
    taken = []
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))
        answers = client.makefile("rb")
        for i in range(count):
            params = {"on": [{"scope": "owner", "owner": "bench"}], "reason": "bench"}
            frame = {"jsonrpc": "2.0", "id": i, "method": ("off", "on")[i % 2], "params": params}
            line = json.dumps(frame).encode() + b"\n"
            start = time.perf_counter()
            client.sendall(line)
            answer = answers.readline()
            taken.append((time.perf_counter() - start) * 1e6)
            assert b'"result"' in answer, answer
            time.sleep(0.002)
    return sorted(taken)


def commands(pid: int, environ: dict[str, str], count: int) -> list[float]:
    """Microseconds of the whole command."""
    taken = []
    for i in range(count):
        verb = ("off", "on")[i % 2]
        start = time.perf_counter()
        words = [OVERT, verb, str(pid), "--owner", "bench"]
        subprocess.run(words, env=environ, capture_output=True, check=True)
        taken.append((time.perf_counter() - start) * 1e6)
    return sorted(taken)


def row(what: str, taken: list[float]) -> float:
    p50, p99, p999 = (taken[min(len(taken) - 1, int(len(taken) * q))] for q in (0.5, 0.99, 0.999))
    print(f"  {what:28} {p50:9.0f} {p99:9.0f} {p999:9.0f} {taken[-1]:9.0f}")
    return p99


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the requests")
    count = 500 if parser.parse_args().quick else 5000
    for name, value in machine.describe().items():
        print(f"{name:10} {value}")
    print(f"\n  {'microseconds':28} {'p50':>9} {'p99':>9} {'p99.9':>9} {'most':>9}")
    worst = 0.0
    for kind, what in KINDS.items():
        with governed(kind) as (pid, path, environ):
            worst = max(worst, row(f"request, {what}", requests(path, count)))
            row(f"command, {what}", commands(pid, environ, count // 50))
    held = worst <= LIMIT
    print(f"\np99 of a request at most {LIMIT:.0f} us: {'PASS' if held else 'LOSS'}")
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
