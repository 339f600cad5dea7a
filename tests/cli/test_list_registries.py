"""Sessions of `overt list --registries`."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Any

    from conftest import Overt

SOURCE = """
import os, overt
exporters = overt.registry("shop.exporters", order="priority")
exporters.register("csv", print)
exporters.register("tab", repr, priority=5, group="text", owner="shop-tab")
overt.registry("shop.checks", order=["b", "a"], duplicates="keep")
print(os.getpid(), flush=True)
os.read(0, 1)
"""


def started(overt: Overt, source: str = SOURCE) -> int:
    """Start a program with two registries; return its pid."""
    app = overt.write("app.py", source)
    process = overt.start("run", "--", "python", app, stdin=subprocess.PIPE)
    assert process.stdout is not None
    return int(process.stdout.readline())


def lines(text: str) -> list[str]:
    """Return the lines of a table with one space between cells, without this run's numbers."""
    text = re.sub(r"\d\d:\d\d:\d\d", "TIME", re.sub(r"3\.\d+\.\d+", "3.X.Y", text))
    return [" ".join(line.split()) for line in text.splitlines()]


def test_registries_are_listed_with_their_entries(overt: Overt) -> None:
    """By name, in their order, with who registered what at which line."""
    pid = started(overt)
    done = overt("list", "--registries")
    assert (done.returncode, done.stderr) == (0, "")
    assert lines(done.stdout.replace(str(overt.cwd), "HOME")) == [
        "pid service python registries entries since command",
        f"{pid} app.py 3.X.Y 2 2 TIME python HOME/app.py",
        "",
        "name group priority owner value registered at",
        "shop.checks, as listed: b a; a name that is taken: keep",
        "shop.exporters, by priority; a name that is taken: error",
        "tab text 5 shop-tab builtins:repr HOME/app.py:5",
        "csv - 0 __main__ builtins:print HOME/app.py:4",
    ]


def test_registries_as_json_are_those_of_the_report(overt: Overt) -> None:
    """overt.list/1 with `registries` in place of `patches`, narrowed by owner."""
    started(overt)
    (process,) = json.loads(overt("list", "--registries", "--json").stdout)["processes"]
    assert "patches" not in process
    assert [r["name"] for r in process["registries"]] == ["shop.checks", "shop.exporters"]
    assert [e["name"] for e in process["registries"][1]["entries"]] == ["tab", "csv"]
    narrowed = overt("list", "--registries", "--json", "--owner", "shop_tab").stdout
    (registry,) = json.loads(narrowed)["processes"][0]["registries"]
    assert [entry["name"] for entry in registry["entries"]] == ["tab"]


def test_more_entries_than_a_page_holds_are_all_listed(overt: Overt) -> None:
    """Pages are put together: 1,203 entries, each once and in order."""
    many = "for i in range(1200): exporters.register(f'e{i:04}', print)\nprint(os.getpid()"
    started(overt, SOURCE.replace("print(os.getpid()", many))
    (process,) = json.loads(overt("list", "--registries", "--json").stdout)["processes"]
    names = [entry["name"] for entry in process["registries"][1]["entries"]]
    assert names == ["tab", "csv", *(f"e{i:04}" for i in range(1200))]


def test_registries_of_a_service_are_told_once(overt: Overt, wait_for: Callable[..., Any]) -> None:
    """What forked workers have alike is one line with their number; what one has is told so."""
    fork = "if os.fork() == 0: exporters.register('own', print), os.read(0, 1), os._exit(0)\n"
    started(overt, SOURCE.replace("print(os.getpid()", fork + "print(os.getpid()"))
    wait_for(lambda: "1 of 2" in overt("list", "--registries").stdout, "the child")
    told = lines(overt("list", "--registries").stdout)
    assert told[4].endswith("registered at processes")
    assert [line[-6:] for line in told if line.startswith(("tab", "csv", "own"))] == [
        "2 of 2",
        "2 of 2",
        "1 of 2",
    ]


def test_options_of_patches_do_not_go_with_registries(overt: Overt) -> None:
    """--sort, --target, --boundary and --internal are about patches: exit status 2."""
    for words in (["--sort", "id"], ["--target", "a:b"], ["--boundary", "own"], ["--internal"]):
        done = overt("list", "--registries", *words)
        assert (done.returncode, done.stdout) == (2, "")
        assert "excludes" in done.stderr


def test_an_older_process_is_told_apart(overt: Overt) -> None:
    """One that does not know the question is an error that names it, not an empty table."""
    directory = overt.runtime / "overt"
    directory.mkdir(mode=0o700, exist_ok=True)
    old_server(directory / f"{os.getpid()}.sock")
    done = overt("list", "--registries")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"overt: {os.getpid()}: this process runs overt 0.0.9, which does not tell of its "
        "registries; overt.registries() does, inside\n"
    )


def old_server(path: Path) -> None:
    """Answer one client as a server did that had patches to list, and nothing else."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    path.chmod(0o600)
    listener.listen()

    answers = {"hello": {"protocol": 1, "overt": "0.0.9"}, "list": {"patches": [], "more": False}}

    def serve() -> None:
        client, _ = listener.accept()
        with listener, client, client.makefile() as stream:
            for line in stream:
                told = {"jsonrpc": "2.0", "id": 1, "result": answers[json.loads(line)["method"]]}
                client.sendall(json.dumps(told).encode() + b"\n")

    threading.Thread(target=serve, daemon=True).start()
