"""Where the report and the run's own files go, on machines that make it hard."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Overt

PATCH = "import os, shutil, sys, threading\nthreading.Thread.mark = print\n"
SPEAK = "print('done')\n"


def test_a_relative_report_stays_where_the_command_was_given(overt: Overt) -> None:
    """A program that changes its directory does not move its report."""
    app = overt.write("app.py", PATCH + "os.chdir('/')\n" + SPEAK)
    assert overt.report("python", app, to="./r.json").returncode == 0
    assert overt.targets() == ["threading:Thread.mark"]


def test_a_program_may_remove_its_directory(overt: Overt) -> None:
    """The report of a program that removes its working directory is written all the same."""
    app = overt.write("app.py", PATCH + "shutil.rmtree(os.getcwd())\n" + SPEAK)
    (overt.cwd / "gone").mkdir()
    done = overt.report("python", app, to="../r.json", cwd=overt.cwd / "gone")
    assert (done.returncode, done.stdout, done.stderr) == (0, "done\n", "")
    assert overt.targets() == ["threading:Thread.mark"]


def test_a_report_directory_that_the_program_removes_is_told(overt: Overt) -> None:
    """What cannot be written at the end is told in one line; the exit code is the program's."""
    app = overt.write("app.py", PATCH + "shutil.rmtree('reports')\n" + SPEAK + "sys.exit(3)\n")
    done = overt.report(
        "python",
        app,
        to="reports/r.json",
    )
    assert done.returncode == 2  # the directory of a report file is not made
    (overt.cwd / "reports").mkdir()
    done = overt.report("python", app, to="reports/r.json")
    assert (done.returncode, done.stdout) == (3, "done\n")
    assert done.stderr.startswith("overt: cannot write the report")
    assert done.stderr.count("\n") == 1
    assert overt.runs() == []


def test_a_directory_of_reports_is_made(overt: Overt) -> None:
    """`--report a/b/` makes what is missing and holds a journal and a report for each process."""
    app = overt.write("app.py", PATCH + "if not os.fork(): sys.exit()\nos.wait()")
    assert overt.report("python", app, to="a/b/").returncode == 0
    names = sorted(path.suffix for path in (overt.cwd / "a" / "b").iterdir())
    assert names == [".journal", ".journal", ".json", ".json"]
    assert overt.report("python", app, to="a/b").returncode == 0
    assert len(list((overt.cwd / "a" / "b").iterdir())) == 8
    assert overt.runs() == []


@pytest.mark.parametrize("unset", [("HOME",), ("TMPDIR",), ("PATH",), ("HOME", "TMPDIR", "LANG")])
def test_a_bare_environment_is_enough(overt: Overt, unset: tuple[str, ...]) -> None:
    """No variable of the environment has to be there."""
    app = overt.write("app.py", PATCH)
    python = overt.plain("which", "python").stdout.strip()
    for name in (*unset, "OVERT_RUNTIME_DIR"):
        del overt.environment[name]
    done = overt.report(python, app, env={"XDG_RUNTIME_DIR": str(overt.runtime)})
    assert (done.returncode, done.stderr) == (0, "")
    assert overt.targets() == ["threading:Thread.mark"]
    assert overt.runs() == []


def test_a_program_may_drop_its_environment(overt: Overt) -> None:
    """os.environ.clear() leaves later children alone; the report is written."""
    app = overt.write("app.py", PATCH + "os.environ.clear()\nos.system('env | grep OVERT; exit 0')")
    done = overt.report("python", app)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert overt.targets() == ["threading:Thread.mark"]


@pytest.mark.parametrize("closed", ["0", "1", "2", "0 1", "1 2", "0 1 2"])
def test_standard_streams_may_be_closed(overt: Overt, closed: str) -> None:
    """No file of Overt's takes the number of a stream that is closed."""
    app = overt.write(
        "app.py",
        PATCH + "import json\n"
        "numbers = os.listdir('/proc/self/fd')\n"
        "json.dump([n for n in '012' if n in numbers], open('open.json', 'w'))\n",
    )
    redirections = " ".join(f"{number}>&-" for number in closed.split())
    words = ("sh", "-c", f'exec "$@" {redirections}', "sh")
    assert overt.plain(*words, "python", app).returncode == 0
    plain = overt.json("open.json")
    assert (
        overt.plain(*words, "overt", "run", "--report", "r.json", "--", "python", app).returncode
        == 0
    )
    assert overt.json("open.json") == plain
    assert overt.targets() == ["threading:Thread.mark"]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Return a disk with room for 64 KiB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)]
    if os.geteuid() != 0 or subprocess.run(words, capture_output=True).returncode != 0:
        pytest.skip("only root can mount a file system")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)


FILL = """
with open(sys.argv[1] + "/fill", "wb", 0) as fill:
    try:
        while fill.write(b"x" * 4096): pass
    except OSError: pass
for number in range(20): setattr(threading.Thread, f"late_{number}", print)
"""


def test_a_disk_that_fills_up_is_told(overt: Overt, small_disk: Path) -> None:
    """The program goes on; one line says that there is no report; nothing half written stays."""
    app = overt.write("app.py", PATCH + FILL + SPEAK)
    done = overt.report("python", app, small_disk, to=str(small_disk / "r.json"))
    assert (done.returncode, done.stdout) == (0, "done\n")
    assert done.stderr == (
        f"overt: cannot write the report: No space left on device: {small_disk}/r.json\n"
    )
    assert [path.name for path in small_disk.iterdir()] == ["fill"]


def test_a_journal_on_a_full_disk_stays_readable(overt: Overt, small_disk: Path) -> None:
    """What got through before the disk was full can be read; the program does not notice."""
    app = overt.write("app.py", PATCH + FILL + SPEAK)
    done = overt.report("python", app, small_disk, to=f"{small_disk}/reports/")
    assert (done.returncode, done.stdout) == (0, "done\n")
    (journal,) = (small_disk / "reports").glob("*.journal")
    read = overt("report", "--json", journal)
    assert read.returncode == 0
    assert "threading:Thread.mark" in read.stdout


def test_a_full_runtime_directory_costs_nothing(overt: Overt, small_disk: Path) -> None:
    """Where the private journal cannot be written, a run that ends in order loses nothing."""
    app = overt.write("app.py", PATCH + SPEAK)
    (small_disk / "fill").write_bytes(b"x" * 65536)
    small_disk.chmod(0o700)
    done = overt.report("python", app, env={"OVERT_RUNTIME_DIR": str(small_disk)})
    assert (done.returncode, done.stdout, done.stderr) == (0, "done\n", "")
    assert overt.targets() == ["threading:Thread.mark"]


def test_a_read_only_disk_is_told_before_the_start(overt: Overt, small_disk: Path) -> None:
    """A report that cannot be written there stops the run; private files go elsewhere."""
    app = overt.write("app.py", PATCH + SPEAK)
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    for to in ("r.json", "reports/"):
        done = overt.report("python", app, to=f"{small_disk}/{to}")
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.count("\n") == 1
        assert "(Read-only file system)" in done.stderr
    done = overt.report("python", app, env={"OVERT_RUNTIME_DIR": str(small_disk)})
    assert (done.returncode, done.stdout, done.stderr) == (0, "done\n", "")
