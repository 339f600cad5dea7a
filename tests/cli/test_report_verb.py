"""Sessions of `overt report`: journals in every state, in every form.

`golden/` holds the journals and what is printed for them. To write what is printed anew, after a
look at the difference: OVERT_WRITE_GOLDEN=1 pytest tests/cli/test_report_verb.py
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Overt

GOLDEN = Path(__file__).parent / "golden"
KILLED = "overt: this process has not ended in order, or still runs\n"

FORMS = {
    "shop.table": ("report", "shop.journal"),
    "shop.internal": ("report", "--internal", "shop.journal"),
    "shop.text": ("report", "--text", "shop.journal"),
    "shop.json": ("report", "--json", "shop.journal"),
    "child.table": ("report", "child.journal"),
}


@pytest.fixture
def journals(overt: Overt) -> Path:
    """Copy the journals to where the command runs."""
    for journal in GOLDEN.glob("*.journal"):
        shutil.copy(journal, overt.cwd)
    return overt.cwd


@pytest.mark.parametrize("form", FORMS)
def test_a_report_looks_like_this(overt: Overt, journals: Path, form: str) -> None:
    """The table, the text and the JSON of a journal, to the byte; nothing can steer a terminal."""
    done = overt(*FORMS[form])
    golden = GOLDEN / form
    if os.environ.get("OVERT_WRITE_GOLDEN"):
        golden.write_text(done.stdout)
    assert done.stdout == golden.read_text()
    assert done.stderr == ("" if form.startswith("shop") else KILLED)
    assert done.returncode == 0
    assert "\x1b" not in done.stdout
    assert "\u202e" not in done.stdout or form == "shop.json"


def test_the_json_is_overt_report_1(overt: Overt, journals: Path) -> None:
    """A program can rely on the schema and its fields."""
    report = json.loads(overt("report", "--json", "shop.journal").stdout)
    assert report["schema"] == "overt.report/1"
    assert (report["pid"], report["modules"], report["watch_ms"]) == (6, 312, 4.25)
    assert [patch["id"] for patch in report["patches"]] == [1, 2, 3, 4, 5, 6, 8]
    assert report["conflicts"] == [
        {"target": "http.client:HTTPConnection.putrequest", "patches": [1, 4]}
    ]


def test_a_torn_journal_is_read_up_to_the_tear(overt: Overt, journals: Path) -> None:
    """Cut anywhere, a journal gives what its whole lines say; only the head must be whole."""
    whole = (journals / "shop.journal").read_bytes()
    ends = [at + 1 for at, byte in enumerate(whole) if byte == ord("\n")]
    for lines, cut in [
        (1, ends[0]),
        (1, ends[0] + 5),
        (2, ends[1]),
        (4, ends[4] - 2),
        (8, ends[8]),
    ]:
        (journals / "torn.journal").write_bytes(whole[:cut])
        done = overt("report", "--json", "torn.journal")
        assert (done.returncode, done.stderr) == (0, KILLED)
        entries = [json.loads(line) for line in whole[:cut].decode().splitlines()[1:lines]]
        patched = [entry["patch"]["id"] for entry in entries if "patch" in entry]
        assert [patch["id"] for patch in json.loads(done.stdout)["patches"]] == patched


FOREIGN = {
    "empty": (b"", "the journal is empty"),
    "half a head": (b'{"overt.journal": 1, "run"', "this is no journal of overt"),
    "text": (b"hello\n", "this is no journal of overt"),
    "a report": (b'{"schema": "overt.report/1"}\n', "this is no journal of overt"),
    "another version": (b'{"overt.journal": 2}\n', "this is no journal of overt"),
    "bytes": (bytes(range(256)), "this is no journal of overt"),
    "a head without its fields": (b'{"overt.journal": 1}\n', "damaged journal: "),
    "a field of another kind": (
        b'{"overt.journal":1,"run":1,"pid":"x","started_by":[],"argv":2,"python":null}\n',
        "damaged journal: ",
    ),
    "deep nesting": (b"[" * 100_000, "this is no journal of overt"),
}


@pytest.mark.parametrize("name", FOREIGN)
def test_what_is_no_journal_is_told_in_one_line(overt: Overt, name: str) -> None:
    """Foreign, empty and damaged files: exit code 2, nothing on standard output."""
    content, what = FOREIGN[name]
    (overt.cwd / "x.journal").write_bytes(content)
    done = overt("report", "x.journal")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"overt: x.journal: {what}")
    assert done.stderr.count("\n") == 1


WITHOUT_PARENT = {"missing": 4, "of another run": 2, "empty": 2}


@pytest.mark.parametrize("state", WITHOUT_PARENT)
def test_a_forked_journal_needs_its_parents(overt: Overt, journals: Path, state: str) -> None:
    """What happened before the fork stands in the parent's journal: without it, no report."""
    parent = journals / "shop.journal"
    text = parent.read_text()
    parent.write_text("" if state == "empty" else text.replace("6-18", "6-19"))
    if state == "missing":
        parent.unlink()
    done = overt("report", "child.journal")
    assert (done.returncode, done.stdout) == (WITHOUT_PARENT[state], "")
    assert done.stderr.count("\n") == 1


def test_a_journal_that_is_its_own_parent_has_an_end(overt: Overt, journals: Path) -> None:
    """Damaged files cannot keep the command busy."""
    shutil.copy(journals / "child.journal", journals / "shop.journal")
    assert overt("report", "child.journal").stderr.count("\n") == 1


def test_a_journal_that_cannot_be_opened_is_told(overt: Overt, journals: Path) -> None:
    """What the system says is passed on: it is not said that there is no such file."""
    loop = journals / "loop.journal"
    loop.symlink_to(loop)
    done = overt("report", "loop.journal")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "overt: loop.journal: cannot read this journal: Too many levels of symbolic links\n"
    )


def test_a_pipe_is_read_like_a_file(overt: Overt, journals: Path) -> None:
    """`overt report <(ssh host cat 7.journal)` works, as the file is read once and to its end."""
    done = overt("report", "/dev/stdin", input=(journals / "shop.journal").read_text())
    assert done.stdout == (GOLDEN / "shop.table").read_text()


def test_a_reader_that_stops_early_is_no_error_of_ours(overt: Overt, journals: Path) -> None:
    """`overt report ... | head -1` ends quietly; a full disk does not."""
    done = overt.plain("sh", "-c", "overt report --text shop.journal | head -1")
    assert (done.stdout.count("\n"), done.stderr) == (1, "")
    with open("/dev/full", "w") as full:
        done = overt("report", "shop.journal", stdout=full, stderr=subprocess.PIPE)
    assert (done.returncode, done.stderr) == (2, "overt: cannot write to standard output\n")
