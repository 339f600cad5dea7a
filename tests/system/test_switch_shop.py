"""The drill: vendors are switched off and on under load, in a shop that knows nothing of it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Overt

SHOP = Path(__file__).resolve().parents[2] / "examples" / "shop" / "run.py"
WORKERS = 2


def patches_of_workers(overt: Overt) -> list[int]:
    """Return how many patches each worker has that both vendors have instrumented."""
    listed = overt("list", "--json")
    if listed.returncode != 0:
        return []
    processes = [json.dumps(p) for p in json.loads(listed.stdout)["processes"]]
    workers = [p for p in processes if "sentry-sdk" in p and "opentelemetry" in p]
    return [p.count('"target"') for p in workers]


def are_settled(overt: Overt) -> bool:
    """Tell whether all workers are instrumented, and for a second nothing was added."""
    before = patches_of_workers(overt)
    time.sleep(1)
    return len(before) == WORKERS and patches_of_workers(overt) == before


def switch(overt: Overt, verb: str, owner: str) -> int:
    """Switch an owner in all processes, and return how many of its patches obeyed."""
    done = overt(verb, "--owner", owner, "--reason", "drill")
    assert done.returncode in (0, 5), done.stderr + done.stdout
    together = re.search(r"together: (\d+) of (\d+) patches", done.stdout)
    assert together, done.stdout
    obeyed, all_of_them = int(together[1]), int(together[2])
    if verb == "on":
        assert obeyed == all_of_them
    else:  # one wrapper of sentry-sdk serves two targets, with another one over it at one of them
        assert all_of_them - obeyed <= WORKERS
        assert done.stdout.count("stays on: the patch no longer stands") == all_of_them - obeyed
    return obeyed


def test_vendors_are_switched_off_and_on_under_load(
    overt: Overt, wait_for: Callable[..., Any]
) -> None:
    """In both orders, in all workers at once, and no request fails."""
    for needed in ("gevent", "gunicorn", "sentry_sdk", "opentelemetry"):
        pytest.importorskip(needed)
    prefix = f"{overt.command} run --report {overt.cwd}/r.json --"
    words = ["--serve", "gunicorn", "--requests", "1200", "--redis", "off", "--prefix", prefix]
    shop = subprocess.Popen(
        [sys.executable, str(SHOP), *words],
        env=overt.environment,
        cwd=overt.cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        stdin=subprocess.DEVNULL,
        text=True,
    )
    try:
        wait_for(lambda: are_settled(overt), "instrumented workers")
        for order in (("sentry-sdk", "opentelemetry"), ("opentelemetry", "sentry-sdk")):
            assert all(switch(overt, "off", owner) > 20 for owner in order)
            assert all(switch(overt, "on", owner) > 20 for owner in order)
        printed, _ = shop.communicate(timeout=120)
    finally:
        shop.kill()
        shop.wait()
    assert shop.returncode == 0, printed
    assert re.search(r"load: \d+ requests, 0 failures", printed), printed
    assert overt.sockets() == []
