"""The policy and the patches of a process: what is denied does not happen, or is taken back."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import World

GOVERNED = """
import overt, time, sys
def try_it(target, **options):
    try:
        handle = overt.patch(target, lambda *a: 0, **options).install()
    except overt.PolicyError as error:
        assert isinstance(error, overt.RefusedError) and error.code == "refused"
        print(error.target, error.rule, error.file, error.line, error.reason, str(error), sep="|")
    else:
        print(target, handle.state)
        handle.remove()
before = time.time
"""


def test_a_governed_patch_is_denied_before_it_happens(world: World) -> None:
    """overt.PolicyError has target, rule, file, line and reason; nothing has changed."""
    world.overt.write(
        "overt.toml", "[[policy.rule]]\ntarget = 'time:*'\naction = 'deny'\nreason = 'no clocks'\n"
    )
    main = world.overt.write(
        "main.py", GOVERNED + "try_it('time:time')\nassert time.time is before\n"
    )
    done = world.overt("run", "--", sys.executable, main)
    file = world.overt.cwd / "overt.toml"
    assert done.stdout == (
        f"time:time|1|{file}|1|no clocks|"
        f"time:time of __main__ is denied by rule 1 ({file}:1): no clocks\n"
    )
    assert "overt: no patches" in done.stderr


@pytest.mark.parametrize("where", ["cwd", "OVERT_CONFIG", "--policy"])
def test_the_file_is_found(world: World, where: str) -> None:
    """As the switches are: --policy, OVERT_CONFIG, the current directory; also without a run."""
    name = "overt.toml" if where == "cwd" else "p.toml"
    world.overt.write(name, "[policy]\ndefault = 'deny'\n")
    main = world.overt.write("main.py", GOVERNED + "try_it('time:time')\n")
    env = {"OVERT_CONFIG": "p.toml"} if where == "OVERT_CONFIG" else {}
    options = ["--policy", "p.toml"] if where == "--policy" else []
    for start in [("overt", "run", *options, "--")] + [()] * (where != "--policy"):
        done = world.overt.plain(*start, sys.executable, main, env=env)
        assert done.stdout.startswith("time:time|None|"), done
        assert "the standard library, in production" in done.stdout


def test_the_lifetime_and_the_phase_count(world: World) -> None:
    """One's own symbol is fine in a `with` block, with a ttl, and in a test."""
    world.overt.write("overt.toml", "[policy]\ndefault = 'deny'\n")
    world.overt.write("own.py", "def now(): return 1\n")
    main = world.overt.write(
        "main.py",
        GOVERNED
        + "import own\n"
        + "try_it('own:now')\n"
        + "try_it('own:now', ttl='1h')\n"
        + "with overt.patch('own:now', lambda: 2) as handle:\n"
        + "    print(own.now(), handle.record.lifetime)\n",
    )
    done = world.overt.plain(sys.executable, main)
    rows = done.stdout.splitlines()
    assert rows[0].startswith("own:now|None|")
    assert rows[0].endswith("no rule is about it")
    assert rows[1:] == ["own:now on", "2 scope"], done.stderr
    done = world.overt.plain(sys.executable, main, env={"OVERT_PHASE": "test"})
    assert done.stdout.splitlines()[0] == "own:now on"
    done = world.overt.plain(sys.executable, main, env={"OVERT_PHASE": "tests"})
    assert done.stderr.startswith(
        "overt: OVERT_PHASE=tests is neither test nor production; taken as production\n"
    )


def test_a_warning_tells_the_stack_once(world: World) -> None:
    """A foreign patch that needs a rule: the sentence, then the line that made it; once a patch."""
    world.overt.write("overt.toml", "[policy]\n")
    code = "for i in range(3):\n    shop.price = lambda: i\n    shop.price = old"
    world.tracer(code, "import shop\nold = shop.price")
    main = world.overt.write("main.py", "import tracer\ntracer.go()\n")
    done = world.overt("run", "--report", "r.json", "--", sys.executable, main)
    told = done.stderr.splitlines()
    assert told[0] == (
        "overt: policy: shop:price of acme-tracer 1.4 is warned about by the default (built in): "
        "nobody promised to take it back"
    )
    assert told[1:] == [f"    {world.site}/tracer.py:5  go", f"    {main}:2  <module>"]


ENFORCED = """
[policy]
enforce = true
default = 'allow'
[[policy.rule]]
owner = 'acme-tracer'
reason = 'not here'
action = 'deny'
"""


def test_what_is_denied_of_others_is_undone(world: World) -> None:
    """With enforce the original runs from the next safe point on; the journal says why."""
    world.overt.write("overt.toml", ENFORCED)
    world.tracer("shop.price = lambda *a, **k: 'traced'\nshop.Item.name = lambda self: 'traced'")
    world.audit("shop.sale = lambda: 'audited'")
    main = world.overt.write(
        "main.py",
        "import shop, tracer, audit\ntracer.go()\naudit.go()\n"
        "print(shop.price(), shop.Item().name(), shop.sale())\n",
    )
    done = world.overt("run", "--report", "d/", "--", sys.executable, main)
    assert done.stdout == "price name audited\n", done.stderr
    assert "is denied by rule 1" in done.stderr
    assert done.stderr.count("; it is switched off\n") == 2
    (journal,) = (world.overt.cwd / "d").glob("*.journal")
    entries = [json.loads(line) for line in journal.read_text().splitlines()]
    votes = [entry["switch"] for entry in entries if "switch" in entry]
    votes = [vote for vote in votes if vote["source"] != "file"]
    assert [(vote["source"], vote["reason"]) for vote in votes] == [("policy", "not here")] * 2
    assert votes[0]["actor"] == f"{world.overt.cwd}/overt.toml:5"


def test_without_enforce_it_stands(world: World) -> None:
    """A denial that is not enforced is a warning: the program is not changed."""
    world.overt.write("overt.toml", ENFORCED.replace("true", "false"))
    world.tracer("shop.price = lambda *a, **k: 'traced'")
    main = world.overt.write("main.py", "import shop, tracer\ntracer.go()\nprint(shop.price())\n")
    done = world.overt("run", "--report", "r.json", "--", sys.executable, main)
    assert done.stdout == "traced\n"
    assert "is denied by rule 1" in done.stderr
    assert "switched off" not in done.stderr


def test_a_broken_file_is_told_and_nothing_of_it_holds(world: World) -> None:
    """At the start on standard error, with line and column; the program runs."""
    source = "[off]\nall = true\n[policy]\ndefault = 'deny'\nenforced = true\n"
    world.overt.write("overt.toml", source)
    world.tracer("shop.price = lambda *a, **k: 'traced'")
    main = world.overt.write("main.py", "import shop, tracer\ntracer.go()\nprint(shop.price())\n")
    done = world.overt("run", "--report", "r.json", "--", sys.executable, main)
    assert done.stdout == "traced\n"
    assert done.stderr == (
        f"overt: {world.overt.cwd}/overt.toml:5:1: [policy] has no such key; it has default, "
        "enforce and rule; nothing of this file holds\n"
    )


def test_a_changed_file_is_followed(world: World, wait_for: Callable[..., Any]) -> None:
    """A policy that comes to deny takes patches back that stand; one that allows lets them be."""
    config = world.overt.write("overt.toml", "[policy]\ndefault = 'allow'\n")
    world.tracer("shop.price = lambda *a, **k: 'traced'")
    main = world.overt.write(
        "main.py",
        "import shop, tracer, sys\ntracer.go()\nprint('ready', flush=True)\n"
        "for line in sys.stdin: print(shop.price(), flush=True)\n",
    )
    words = ("run", "--report", "r.json", "--", sys.executable, str(main))
    process = world.overt.start(*words, stdin=subprocess.PIPE)
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"

    def price() -> str:
        process.stdin.write("\n")
        process.stdin.flush()
        return process.stdout.readline().strip()

    assert price() == "traced"
    config.write_text(ENFORCED)
    wait_for(lambda: price() == "price", "the denial")
    config.write_text("[policy]\ndefault = 'broken'\n")
    assert price() == "price"
    config.write_text("[policy]\ndefault = 'allow'\n")
    wait_for(lambda: price() == "traced", "the permission")


def test_a_pending_patch_is_asked_for_when_its_module_comes(world: World) -> None:
    """The import goes on; the refusal is reported as unraisable, with the rule."""
    world.overt.write("overt.toml", "[[policy.rule]]\ntarget = 'shop:price'\naction = 'deny'\n")
    main = world.overt.write(
        "main.py",
        "import overt\nhandle = overt.patch('shop:price', lambda *a, **k: 0).install()\n"
        "print(handle.state)\nimport shop\nprint(shop.price(), handle.state)\n",
    )
    done = world.overt.plain(sys.executable, main)
    assert done.stdout == "pending\nprice idle\n", done.stderr
    assert "overt._errors.PolicyError: " in done.stderr
    assert "is denied by rule 1" in done.stderr


def test_what_cannot_be_undone_is_not_said_to_be(world: World) -> None:
    """No function, and another one put above it at once: the warning says what is in the way."""
    world.overt.write("overt.toml", ENFORCED)
    world.tracer(
        "from functools import partial\n"
        "first, second = partial(str, 'first'), partial(str, 'second')\n"
        "shop.sale = first\n"
        "shop.sale = second"
    )
    main = world.overt.write("main.py", "import shop, tracer\ntracer.go()\nprint(shop.sale())\n")
    done = world.overt("run", "--report", "r.json", "--", sys.executable, main)
    assert done.stdout == "second\n"
    assert done.stderr.count("is denied by rule 1") == 2
    assert "; it cannot be switched off: what it replaced is gone" in done.stderr
    assert "; it cannot be switched off: what it put there is gone" in done.stderr
    assert "it is switched off" not in done.stderr
