"""overt.explain: the review of one object."""

from __future__ import annotations

import sys
import textwrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conftest import World


def explained(world: World, *questions: str) -> list[str]:
    """Return how each of these is explained, in a program with a few patches."""
    source = """
    import json, threading, time, overt
    overt.watch()
    before = json.dumps
    def dumps(*words, **more): return ""
    json.dumps = dumps
    threading.Thread.mark = print
    overt.patch("time:time", lambda: 0.0, owner="acme", reason="no clock").install()
    """
    asked = "\n".join(f"print(repr(overt.explain({each})), end='\\0')" for each in questions)
    world.overt.write("main.py", textwrap.dedent(source) + asked)
    done = world.overt.plain(sys.executable, "main.py")
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.split("\0")[:-1]


def test_old_and_new_value_target_and_id_are_the_same_question(world: World) -> None:
    """Whatever of a patch one has at hand, the six answers are those of the patch."""
    said = explained(world, "json.dumps", "before", "'json:dumps'", "'p1'")
    assert said[0].startswith("overt: 1 patch in 1 process, ")
    assert "json:dumps  replaced, stdlib, on" in said[0]
    assert "6 Can it be disabled without a rewrite? Yes: overt off --owner __main__" in said[0]
    assert set(said) == {said[0]}


def test_a_class_and_a_module_are_explained_by_what_is_in_them(world: World) -> None:
    """And by nothing else."""
    thread, module = explained(world, "threading.Thread", "json")
    assert "threading:Thread.mark  added" in thread
    assert "json:dumps" not in thread
    assert "json:dumps  replaced" in module


def test_a_governed_patch_is_explained_by_what_stands_at_the_name(world: World) -> None:
    """With its reason and its way back."""
    (said,) = explained(world, "time.time")
    assert "time:time  replaced" in said
    assert "By its handle" in said


def test_what_nobody_patched_is_said_to_be(world: World) -> None:
    """Without watching, that patches of others were not seen is said too."""
    assert explained(world, "len") == ["overt: no patch of this is known"]
    world.overt.write("main.py", "import overt\nprint(overt.explain(len))\n")
    done = world.overt.plain(sys.executable, "main.py")
    assert done.stdout == "overt: no patch of this is known; patches of others are not watched\n"
