"""The examples in docs/ do what stands there."""

from __future__ import annotations

import doctest
import re
import subprocess
import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGES = [page.name for page in sorted(DOCS.glob("*.md")) if ">>> " in page.read_text("utf-8")]

RUN = "import doctest, sys; sys.exit(doctest.testfile(sys.argv[1], False).failed)"


def test_there_are_examples() -> None:
    """The pages are found."""
    assert "registries.md" in PAGES


@pytest.mark.parametrize("page", PAGES)
def test_examples_print_what_the_page_shows(page: str, tmp_path: Path) -> None:
    """Every example of a page is run, from the first to the last, in a process of its own."""
    text = (DOCS / page).read_text("utf-8")
    # A fence ends the output of an example only if there is a blank line instead of it.
    text = re.sub(r"^```.*$", "", text, flags=re.MULTILINE)
    assert doctest.DocTestParser().get_examples(text)
    (tmp_path / page).write_text(text, encoding="utf-8")
    ran = subprocess.run(
        [sys.executable, "-c", RUN, str(tmp_path / page)], capture_output=True, text=True
    )
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")
