"""`overt review` of processes that run."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Overt

PROGRAM = """
import json, time
def dumps(*words, **more): return ""
json.dumps = dumps
print("ready", flush=True)
while True:
    json.dumps(1)
    time.sleep(0.01)
"""


@pytest.fixture
def living(overt: Overt) -> int:
    """Return the pid of a service `demo` that has made one patch."""
    overt.write("copies.py", "from json import dumps\nimport json\n")
    overt.write("app.py", "import copies\n" + PROGRAM)
    process = overt.start("run", "--name", "demo", "--", "python", "app.py")
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process.pid


def reviewed(overt: Overt, *words: str) -> dict[str, Any]:
    done = overt("review", *words, "--json")
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def test_a_process_is_reviewed_by_pid_by_service_or_as_the_only_one(
    overt: Overt, living: int
) -> None:
    """The command names the process as the question did."""
    for words, process in ((str(living), str(living)), ("demo", "demo"), ("", str(living))):
        review = reviewed(overt, *filter(None, [words]))
        (patch,) = review["patches"]
        assert patch["pids"] == [living]
        assert patch["command"] == f"overt off {process} --owner __main__ --target json:dumps"
        assert "copies" in patch["patch"]["reach"]["stale"]
    evidence = patch["answers"][5]["evidence"][0]
    assert evidence.startswith("the process can switch it, and was not asked to")


def test_what_is_off_is_reviewed_as_off(
    overt: Overt, living: int, wait_for: Callable[..., Any]
) -> None:
    """With what happened to it, by whom and why."""
    assert overt("off", "demo", "--all", "--reason", "too slow").returncode == 0
    review = reviewed(overt, "demo")
    assert review["patches"][0]["answers"][5]["said"] == "It is off now."
    (event,) = [each for each in review["events"] if each["kind"] == "switch"]
    assert event["said"].startswith("off everything, by control: ")
    assert "(too slow); off: p1" in event["said"]
    done = overt("review", "demo", "--html", "live.html")
    assert (done.returncode, done.stdout[:17]) == (0, "overt: live.html:")
    assert "too slow" in (overt.cwd / "live.html").read_text()


def test_strict_and_wrong_use(overt: Overt, living: int) -> None:
    """Findings are exit status 1; a process and a command at once are wrong; nobody is 4."""
    done = overt("review", "demo", "--strict")
    assert done.returncode == 1
    assert done.stdout.startswith("overt: 1 patch in 1 process, ")
    assert overt("review", "demo", "--", "python", "app.py").returncode == 2
    assert overt("review", "other").returncode == 4
