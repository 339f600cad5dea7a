"""The whole scene, on loopback and on free ports: supplier, redis, shop, load, and a clean end.

  python examples/shop/run.py
  python examples/shop/run.py --serve gunicorn --prefix "overt run --"

PREFIX is put before the server's command, so what it names starts the server (and only the server;
the supplier and the load run as they are). The server's stderr is this terminal. Exit status: the
load's if it failed, then the server's.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import secrets
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from types import FrameType

from processes import Child, free_port

HERE = Path(__file__).resolve().parent
SECONDS_TO_OPEN = 60.0
SECONDS_TO_LOAD = 300.0
SERVERS = {
    "werkzeug": [sys.executable, str(HERE / "app.py")],
    "gunicorn": [sys.executable, "-m", "gunicorn", "-c", str(HERE / "gunicorn.conf.py")],
}


def main() -> int:
    arguments = parse()
    signal.signal(signal.SIGTERM, _leave)
    with ExitStack() as stack:
        fresh = stack.enter_context(tempfile.TemporaryDirectory(prefix="shop-run-"))
        data = Path(arguments.keep or fresh).resolve()
        data.mkdir(parents=True, exist_ok=True)
        environ = dict(os.environ)
        environ["SHOP_DATA"] = str(data)
        environ["SHOP_SECRET"] = secrets.token_hex()
        environ["SHOP_TELEMETRY"] = "off" if arguments.no_telemetry else "on"
        environ["SHOP_REDIS_URL"] = start_redis(stack, data, arguments.redis)
        start_supplier(stack, environ)

        port = free_port()
        environ["SHOP_PORT"] = str(port)
        command = [*shlex.split(arguments.prefix), *SERVERS[arguments.serve]]
        print(f"run: {shlex.join(command)}", flush=True)
        server = stack.enter_context(Child("the shop", command, environ))
        server.wait_for_port(port, SECONDS_TO_OPEN)

        url = f"http://127.0.0.1:{port}"
        load = [sys.executable, str(HERE / "load.py"), "--url", url]
        load += ["--requests", str(arguments.requests), "--threads", str(arguments.threads)]
        before = processor_seconds(server.pid)
        loaded = subprocess.run(load, timeout=SECONDS_TO_LOAD).returncode
        used = processor_seconds(server.pid) - before
        print(f"run: the load took {used:.2f} s of the shop's processor time")
        if loaded:
            show_log(data / "shop.log")
        if arguments.stay:
            stay(url, server)
        start = time.perf_counter()
        stopped = server.stop(getattr(signal, f"SIG{arguments.stop}"))
        print(f"run: the shop closed in {time.perf_counter() - start:.1f} s, status {stopped}")
    return loaded or stopped


def processor_seconds(pid: int) -> float:
    """What a process has used so far, without its children."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--serve", choices=sorted(SERVERS), default="werkzeug")
    parser.add_argument("--prefix", default="", help="words before the server's command")
    parser.add_argument("--requests", type=int, default=400)
    parser.add_argument("--threads", type=int, default=4)
    parser.add_argument("--redis", choices=("auto", "on", "off"), default="auto")
    parser.add_argument("--stop", choices=("TERM", "INT"), default="TERM")
    parser.add_argument("--keep", metavar="DIR", help="database, log and mail stay in DIR")
    parser.add_argument("--no-telemetry", action="store_true", help="as if never instrumented")
    parser.add_argument("--stay", action="store_true", help="serve on after the load, until Ctrl-C")
    return parser.parse_args()


def start_redis(stack: ExitStack, data: Path, wanted: str) -> str:
    """A redis of our own, never one that happens to run here: its keys are not ours to touch."""
    binary = shutil.which("redis-server")
    if wanted == "off" or (wanted == "auto" and not binary):
        return ""
    if binary is None or importlib.util.find_spec("redis") is None:
        sys.exit("run: --redis on needs redis-server on the PATH and the redis package")
    port = free_port()
    command = [binary, "--bind", "127.0.0.1", "--port", str(port), "--dir", str(data)]
    command += ["--save", "", "--appendonly", "no", "--loglevel", "warning"]
    redis = stack.enter_context(Child("redis", command, quiet=True))
    redis.wait_for_port(port, SECONDS_TO_OPEN)
    return f"redis://127.0.0.1:{port}/0"


def start_supplier(stack: ExitStack, environ: dict[str, str]) -> None:
    port, feed = free_port(), free_port()
    command = [sys.executable, str(HERE / "supplier.py")]
    command += ["--port", str(port), "--feed-port", str(feed)]
    supplier = stack.enter_context(Child("the supplier", command))
    for each in (port, feed):
        supplier.wait_for_port(each, SECONDS_TO_OPEN)
    environ["SHOP_SUPPLIER_URL"] = f"http://127.0.0.1:{port}"
    environ["SHOP_SUPPLIER_FEED"] = f"127.0.0.1:{feed}"


def stay(url: str, server: Child) -> None:
    print(f"run: the shop (process {server.pid}) stays open at {url}; Ctrl-C closes it", flush=True)
    try:
        while server.running():
            time.sleep(0.2)
    except KeyboardInterrupt:
        print()


def show_log(path: Path) -> None:
    lines = path.read_text().splitlines() if path.exists() else []
    print("\n".join(["run: the end of the shop's log:", *lines[-40:]]), file=sys.stderr)


def _leave(number: int, frame: FrameType | None) -> None:
    sys.exit(128 + number)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (RuntimeError, subprocess.TimeoutExpired) as error:
        sys.exit(f"run: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
