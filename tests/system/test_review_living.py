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


def test_removal_is_proved_on_request(overt: Overt, living: int) -> None:
    """With what came of it for each patch, and in the journal who asked and why."""
    (patch,) = reviewed(overt, "demo", "--prove", "--reason", "upgrade")["patches"]
    said = "its name took back the very object that was there, and then the patch"
    assert patch["answers"][1]["evidence"][-1] == f"proved: {said}"
    assert patch["patch"]["proof"]["proved"] is True
    (event,) = [each for each in reviewed(overt, "demo")["events"] if each["kind"] == "proof"]
    assert event["said"].startswith("proof of removal, by uid ")
    assert event["said"].endswith("(upgrade); proved: p1")
    journal = overt("journal", "demo")
    assert "(upgrade); proved: p1" in journal.stdout
    done = overt("review", "demo", "--prove", "--html", "live.html")
    assert done.returncode == 0
    assert f"proved: {said}" in (overt.cwd / "live.html").read_text()
    assert overt("off", "demo", "--all", "--wait", "accepted").returncode == 0
    (patch,) = reviewed(overt, "demo", "--prove")["patches"]
    assert patch["answers"][1]["evidence"][-1] == "not proved: it is off"


def test_a_process_that_hangs_proves_nothing(overt: Overt) -> None:
    """It is told, and the review is made of what is known; nothing is done later for nobody."""
    overt.write(
        "app.py",
        "import json, re\n"
        "json.dumps = lambda *words: ''\n"
        "print('ready', flush=True)\n"
        "re.match('(a*)*b', 'a' * 40)\n",
    )
    process = overt.start("run", "--name", "demo", "--", "python", "app.py")
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    done = overt("review", "demo", "--prove", "--json")
    assert done.returncode == 5
    assert "Python came to no safe point, so nothing more was proved" in done.stderr
    (patch,) = json.loads(done.stdout)["patches"]
    assert "removal was not tried in this run" in patch["answers"][1]["evidence"]


def test_only_what_runs_can_prove_anything(overt: Overt) -> None:
    """A command that is run for the review is none, and a reason is for a proof."""
    done = overt("review", "--prove", "--", "python", "-c", "0")
    assert (done.returncode, "--prove asks processes that run" in done.stderr) == (2, True)
    assert overt("review", "demo", "--reason", "why").returncode == 2
