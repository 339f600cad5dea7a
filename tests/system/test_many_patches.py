"""Very many patches in one process: all of them are listed, switched and taken off."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

import pytest
from test_faults_processes import HEAD
from tiers import tiers

if TYPE_CHECKING:
    from conftest import Overt

SOURCE = """
import random
for i in range({count}):
    exec(f"def f{{i}}(x): return x", vars(sys.modules["prog"]))
before = dict(vars(sys.modules["prog"]))
def patched(original, x): return -original(x)
made = [overt.around(f"prog:f{{i}}", patched, owner=f"o{{i % 100}}") for i in range({count})]
for handle in made: handle.install()
def answers(): return sum(globals()[f"f{{i}}"](1) for i in range({count}))
for line in iter(sys.stdin.readline, ""):
    print(answers(), flush=True)
    if line == "remove\\n":
        random.shuffle(made)
        for handle in made: handle.remove()
        now = dict(vars(sys.modules["prog"]))
        print(all(now[f"f{{i}}"] is before[f"f{{i}}"] for i in range({count})), flush=True)
"""


@pytest.mark.parametrize("count", tiers(2_000, 100_000))
def test_all_are_listed_switched_and_removed(overt: Overt, count: int) -> None:
    """With one command, for all and for one owner of a hundred."""
    app = overt.write("app.py", HEAD + SOURCE.format(count=count))
    process = overt.start("run", "--", "python", app, stdin=subprocess.PIPE)
    assert process.stdin is not None
    assert process.stdout is not None
    pid = str(process.pid)

    def answer(line: str = "call") -> int:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(line + "\n")
        process.stdin.flush()
        return int(process.stdout.readline())

    assert answer() == -count
    listed = json.loads(overt("list", pid, "--json").stdout)["processes"][0]["patches"]
    assert len({patch["target"] for patch in listed if patch["origin"] == "governed"}) == count
    overt("off", pid, "--all")
    assert answer() == count
    overt("on", pid, "--all")
    assert answer() == -count
    overt("off", pid, "--owner", "o7")
    assert answer() == -count + 2 * (count // 100)
    assert answer("remove") == -count + 2 * (count // 100)
    assert process.stdout.readline() == "True\n"
