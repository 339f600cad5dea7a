"""overt.testing: CleanTestCase, the runner for unittest, assert_clean()."""

from __future__ import annotations

import json
import subprocess
import sys
import unittest
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from plugin_run import SHOP

import overt
from overt.testing import CleanTestCase, Patches, assert_clean

SUITE = """
import unittest
from unittest import mock
import shop

class TestOne({base}):
    @classmethod
    def setUpClass(cls):
        patcher = mock.patch("shop.later"); patcher.start()
        cls.addClassCleanup(patcher.stop)
    def setUp(self):
        patcher = mock.patch("shop.Cart.total"); patcher.start()
        self.addCleanup(patcher.stop)
    def test_a_clean(self): self.assertIsInstance(shop.later, mock.Mock)
    def test_b_left(self): shop.now = print
    def test_c_after(self): self.assertEqual(shop.now(), "now")

class TestTwo(unittest.TestCase):
    @classmethod
    def setUpClass(cls): shop.Cart.left = print
    def test_d(self): pass
"""


def run(where: Path, base: str, *words: str) -> tuple[int, str]:
    """Run a suite with unittest, or with ours."""
    (where / "shop.py").write_text(SHOP)
    (where / "test_it.py").write_text("import overt.testing\n" + dedent(SUITE).format(base=base))
    done = subprocess.run(
        [sys.executable, "-m", *words], cwd=where, capture_output=True, text=True, timeout=60
    )
    return done.returncode, done.stderr


def test_mixin_fails_the_test_that_leaks(tmp_path: Path) -> None:
    """One failure, told with line and target."""
    code, text = run(tmp_path, "overt.testing.CleanTestCase", "unittest", "test_it")
    assert code == 1
    assert text.count("ended with a patch") == 1
    assert "FAIL: test_b_left" in text
    assert "shop:now  is now" in text
    assert "test_it.py:16, in TestOne.test_b_left" in text


def test_mixin_puts_back_what_was_left() -> None:
    """With overt_fix; and what was watched for one test is not watched after it."""

    class TestIt(CleanTestCase):
        overt_fix = True

        def test_left(self) -> None:
            json.dumps = print  # type: ignore[assignment]

    dumps, result = json.dumps, unittest.TestResult()
    TestIt("test_left").run(result)
    assert json.dumps is dumps
    assert not overt.watching()
    ((_, text),) = result.failures
    assert "json:dumps" in text


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], (1, ["test_b_left", "class TestTwo"], ["test_c_after"])),
        (["--overt-fix"], (1, ["test_b_left", "class TestTwo"], [])),
        (["--overt=warn", "--overt-fix"], (0, ["test_b_left", "class TestTwo"], [])),
    ],
)
def test_runner_finds_what_is_left(
    tmp_path: Path, words: list[str], expected: tuple[int, list[str], list[str]]
) -> None:
    """A suite without the mixin, run as `python -m unittest` does: tests and classes are judged."""
    code, text = run(tmp_path, "unittest.TestCase", "overt.testing", "unittest", *words, "test_it")
    assert code == expected[0], text
    for name in expected[1]:
        assert f"{name} ended with a patch that it did not start with" in text
    assert text.count("ended with") == 2, text
    for name in expected[2]:
        assert f"FAIL: {name}" in text
    assert "Ran 4 tests" in text


@pytest.mark.parametrize("words", [["pytest"], ["unittest", "--overt=loud"], []])
def test_runner_refuses_what_it_does_not_know(tmp_path: Path, words: list[str]) -> None:
    """With how it is used, and exit code 2."""
    code, text = run(tmp_path, "object", "overt.testing", *words)
    assert code == 2
    assert "usage: python -m overt.testing unittest" in text


def test_block_raises_with_what_is_left() -> None:
    """Fixed or not, as asked; a clean block says nothing; check() looks in between."""
    dumps = json.dumps
    with assert_clean():
        json.dumps, kept = print, json.dumps  # type: ignore[assignment]
        json.dumps = kept
    with pytest.raises(AssertionError, match="json:dumps"), assert_clean(fix=True):
        json.dumps = print  # type: ignore[assignment]
    assert json.dumps is dumps
    with assert_clean() as block:
        block.check()
        patch = overt.patch("json:dumps", lambda *a, **k: "")
        with patch, pytest.raises(AssertionError, match="patched through overt"):
            block.check()


def test_error_of_a_block_goes_first() -> None:
    """What was left is a note of it."""

    @assert_clean(fix=True)
    def fail() -> None:
        json.dumps = print  # type: ignore[assignment]
        raise KeyError("mine")

    with pytest.raises(KeyError) as caught:
        fail()
    assert "json:dumps" in caught.value.__notes__[0]


def test_decorator_is_a_block_of_its_own_each_time() -> None:
    """Also when it calls itself."""

    @assert_clean()
    def count(n: int) -> int:
        return n and 1 + count(n - 1)

    assert count(3) == 3


def test_patches_of_a_fixture_leave_in_any_order() -> None:
    """One that cannot go keeps no other; its error is raised at the end."""
    patches = Patches()
    handles: list[Any] = [patches("json:dumps", lambda *a, **k: "") for _ in range(1)]
    handles.append(patches.observe("json:loads"))
    handles[0].remove()
    patches.undo()
    assert overt.handles() == ()
