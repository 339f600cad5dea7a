"""Families of processes: who reports what when they do not end in order."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Overt

START = "import os, signal, subprocess, sys, threading, time\nthreading.Thread.root = print\n"


def has_ended(pid: int) -> bool:
    """Say whether a process is gone, or waits for somebody to ask how it ended."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return True
    return status.rpartition(")")[2].split()[0] == "Z"


def test_grandchildren_are_in_the_roots_report(overt: Overt, patches: Callable[..., str]) -> None:
    """Every process below the root has a report and one line in the root's, at any depth."""
    overt.write("leaf.py", patches("leaf"))
    overt.write(
        "middle.py",
        patches("middle") + "import os, subprocess, sys\n"
        "if os.fork(): os.wait(); sys.exit()\nsubprocess.run([sys.executable, 'leaf.py'])\n",
    )
    app = overt.write("app.py", START + "subprocess.run([sys.executable, 'middle.py'])")
    assert overt.report("python", app).returncode == 0
    lines = overt.json()["children"]
    assert sorted(line["started_by"] for line in lines) == ["fork", "spawn", "spawn"]
    reports = sorted(overt.targets(line["report"]) for line in lines)
    assert reports == [
        ["threading:Thread.leaf"],
        ["threading:Thread.middle"],
        ["threading:Thread.middle"],
    ]
    assert overt.runs() == []


@pytest.mark.parametrize("death", ["os.kill(os.getpid(), signal.SIGKILL)", "os._exit(0)"])
def test_the_root_writes_the_report_of_a_child_that_was_killed(overt: Overt, death: str) -> None:
    """A child that ends without a chance to report loses nothing that it did until then."""
    app = overt.write(
        "app.py",
        START + f"if not os.fork():\n    threading.Thread.child = print; {death}\nos.wait()",
    )
    assert overt.report("python", app).returncode == 0
    (line,) = overt.json()["children"]
    assert line["ended"]
    assert overt.targets(line["report"]) == ["threading:Thread.root", "threading:Thread.child"]


def test_a_child_that_outlives_the_root_reports_later(
    overt: Overt, wait_for: Callable[..., Any]
) -> None:
    """It is said to run still, and its own report has what it did after the root had gone."""
    app = overt.write(
        "app.py",
        START + "r, w = os.pipe()\n"
        "here, say = os.pipe()\n"
        "if os.fork():\n"
        "    os.read(here, 1)\n"
        "else:\n"
        "    os.close(w); os.write(say, b'!'); os.read(r, 1)\n"
        "    while os.path.exists('wait'): time.sleep(0.01)\n"
        "    threading.Thread.child = print\n",
    )
    (overt.cwd / "wait").touch()
    process = overt.start("run", "--report", "r.json", "--", "python", app)
    assert process.wait(30) == 0
    (line,) = overt.json()["children"]
    assert not line["ended"]
    assert overt.runs() == []
    (overt.cwd / "wait").unlink()
    own = overt.cwd / line["report"]
    wait_for(own.exists, "the report of the child")
    assert overt.targets(own) == ["threading:Thread.root", "threading:Thread.child"]


def test_a_daemon_reports_in_its_own_name(overt: Overt, wait_for: Callable[..., Any]) -> None:
    """A double fork that closes every descriptor is followed, and no file of its own is touched."""
    app = overt.write(
        "app.py",
        START + "if os.fork(): os._exit(0)\n"
        "os.setsid()\n"
        "if os.fork(): os._exit(0)\n"
        "os.closerange(0, 4096)\n"
        "os.open(os.devnull, os.O_RDWR); os.dup(0); os.dup(0)\n"
        "files = [open(f'own_{n}', 'w') for n in range(2)]\n"
        "os.dup2(files[0].fileno(), 1000)\n"
        "threading.Thread.daemon_method = print\n",
    )
    assert overt.report("python", app, to="reports/").returncode == 0
    own = wait_for(lambda: list(overt.cwd.glob("reports/*.json")), "the report of the daemon")
    assert overt.targets(own[0]) == ["threading:Thread.root", "threading:Thread.daemon_method"]
    assert [path.read_text() for path in overt.cwd.glob("own_*")] == ["", ""]
    journal = overt("report", "--json", own[0].with_suffix(".journal"))
    assert "threading:Thread.daemon_method" in journal.stdout


def test_a_run_inside_a_run_is_its_own(overt: Overt, patches: Callable[..., str]) -> None:
    """A nested `overt run` reports on its program, as asked there; the outer one does not."""
    overt.write("inner.py", patches("inner"))
    inner = ["overt", "run", "--report", "inner.json", "--", "python", "inner.py"]
    app = overt.write("app.py", START + f"subprocess.run({inner})")
    assert overt.report("python", app).returncode == 0
    assert overt.targets("inner.json") == ["threading:Thread.inner"]
    assert overt.targets() == ["threading:Thread.root"]
    assert overt.json()["children"] == []


def test_a_run_that_becomes_a_run_reports_once(overt: Overt, patches: Callable[..., str]) -> None:
    """`overt run -- overt run -- CMD` is `overt run -- CMD`."""
    app = overt.write("app.py", patches("mark"))
    done = overt.run("overt", "run", "--report", "r.json", "--", "python", app)
    assert (done.returncode, done.stderr) == (0, "")
    assert overt.targets() == ["threading:Thread.mark"]
    assert overt.runs() == []


def test_a_process_that_executes_another_python_reports_as_that(
    overt: Overt, patches: Callable[..., str]
) -> None:
    """exec keeps the pid: what counts is the program that the process became."""
    overt.write("next.py", patches("after"))
    app = overt.write("app.py", START + "os.execl(sys.executable, 'python', 'next.py')")
    assert overt.report("python", app).returncode == 0
    assert overt.targets() == ["threading:Thread.after"]
    assert overt.json()["argv"] == ["python", "next.py"]
    assert overt.runs() == []


def test_every_python_of_a_shell_script_reports(overt: Overt, patches: Callable[..., str]) -> None:
    """Where CMD is no Python, each Python that it starts is a root: its own table, its children."""
    overt.write("child.py", patches("child"))
    overt.write("one.py", START + "subprocess.run([sys.executable, 'child.py'])")
    overt.write("two.py", patches("two"))
    script = overt.write("start.sh", "python one.py\npython two.py & python two.py\nwait\nexit 3\n")
    done = overt.run("sh", script)
    assert done.returncode == 3
    assert done.stderr.count("\novert: ") == 3
    assert done.stderr.count("threading:Thread.two") == 2
    assert done.stderr.count("threading:Thread.child") == 1
    assert overt.runs() == []
    assert overt.report("sh", script).returncode == 3
    reports = [overt.json(path) for path in sorted(overt.cwd.glob("r.*.json"))]
    assert sorted(len(report["children"]) for report in reports) == [0, 0, 0, 1]
    assert not (overt.cwd / "r.json").exists()


def test_a_shell_that_becomes_python_is_the_root(overt: Overt, patches: Callable[..., str]) -> None:
    """`exec python` at the end of a start script keeps the report's name."""
    overt.write("app.py", patches("mark"))
    script = overt.write("start.sh", "python -c pass\nexec python app.py\n")
    assert overt.report("sh", script).returncode == 0
    assert overt.targets() == ["threading:Thread.mark"]


def test_a_child_in_another_interpreter_is_left_alone(overt: Overt) -> None:
    """`python -I` and a child with an empty environment run as they do alone."""
    app = overt.write(
        "app.py",
        START + "for words in (['-I'], ['-E'], ['-S']):\n"
        "    subprocess.run([sys.executable, *words, '-c', 'print(1)'])\n"
        "subprocess.run([sys.executable, '-c', 'print(2)'], env={})\n",
    )
    done = overt.report("python", app)
    assert (done.stdout, done.stderr) == ("1\n1\n1\n2\n", "")
    assert overt.json()["children"] == []


def test_directories_of_dead_runs_are_swept(overt: Overt) -> None:
    """A root that was killed leaves its private directory to the next run; living ones stay."""
    app = overt.write("app.py", START + "os.kill(os.getpid(), signal.SIGKILL)")
    assert overt.run("python", app).returncode == -signal.SIGKILL
    (left,) = overt.runs()
    assert overt.run("python", "-c", "pass").returncode == 0
    assert overt.runs() == [left]  # young: in another container its root might just have started
    os.utime(overt.runtime / "overt" / left, (0, 0))
    assert overt.run("python", "-c", "pass").returncode == 0
    assert overt.runs() == []


def test_a_directory_that_is_still_written_is_not_swept(
    overt: Overt, wait_for: Callable[..., Any]
) -> None:
    """A child that outlived a killed root keeps its journal, however old the directory is."""
    app = overt.write(
        "app.py",
        START + "pid = os.fork()\nif pid: print(pid, flush=True)\n"
        "threading.Thread.mark = print\ntime.sleep(60)\n",
    )
    process = overt.start("run", "--", "python", app)
    assert process.stdout is not None
    child = int(process.stdout.readline())
    process.kill()
    process.wait()
    (left,) = overt.runs()
    directory = overt.runtime / "overt" / left
    wait_for((directory / f"{child}.journal").exists, "the journal of the child")
    os.utime(directory, (0, 0))
    overt.run("python", "-c", "pass")
    assert overt.runs() == [left]
    os.kill(child, signal.SIGKILL)
    wait_for(lambda: has_ended(child), "the end of the child")

    def is_swept() -> bool:
        overt.run("python", "-c", "pass")
        return overt.runs() == []

    wait_for(is_swept, "the next start that sweeps")
