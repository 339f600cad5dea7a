"""Who refers to what was patched: users in the application, subclasses, and the narrower target."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from conftest import World


def reach(world: World, **modules: str) -> dict[str, Any]:
    """Return the reach of what main.py patches, by target; these modules are the application."""
    for name, source in modules.items():
        world.overt.write(f"{name}.py", source)
    done = world.overt("run", "--report", "r.json", "--", sys.executable, "main.py")
    assert done.returncode == 0, done.stderr
    return {each["target"]: each["reach"] for each in world.overt.json()["patches"]}


def test_users_are_modules_of_the_application_by_the_name_they_use(world: World) -> None:
    """The object, its class or its module; not who made the patch, nor the standard library."""
    found = reach(
        world,
        clock="import time\n",
        late="from time import time as now\n",
        other="import json\n",
        main="import time, clock, late, other\ntime.time = lambda: 0.0\n",
    )
    users = found["time:time"]
    assert sorted(users["users"]) == ["clock:time", "late:now"]
    assert users["user_modules"] == 2
    assert users["stale"] == ["late"]


def test_subclasses_are_counted_with_theirs(world: World) -> None:
    """Who inherits from the class that a patch is in."""
    found = reach(
        world,
        workers="import threading\nclass A(threading.Thread): pass\nclass B(A): pass\n",
        main="import threading, workers\nthreading.Thread.mark = print\n",
    )
    subclasses = found["threading:Thread.mark"]
    assert {"workers:A", "workers:B"} <= set(subclasses["subclasses"])
    assert subclasses["subclass_count"] >= 2


def test_a_metaclass_is_not_asked(world: World) -> None:
    """What a class says of its subclasses is not what runs."""
    found = reach(
        world,
        odd="class M(type):\n    def __subclasses__(cls): raise SystemExit(9)\n"
        "class A(metaclass=M):\n    def f(self): pass\nclass B(A): pass\n",
        main="import odd\nodd.A.f = lambda self: 1\n",
    )
    assert found["odd:A.f"]["subclasses"] == ["odd:B"]


def test_the_review_names_the_narrower_target(world: World) -> None:
    """Where one module of the application uses it, that module can be patched instead."""
    reach(
        world,
        clock="from time import time as now\n",
        main="import time, clock\ntime.time = lambda: 0.0\n",
    )
    done = world.overt("review", "--from", "r.json", "--json")
    answer = json.loads(done.stdout)["patches"][0]["answers"][3]
    text = " ".join(answer["evidence"])
    assert "used by 1 module of the application: clock:now" in text
    assert "can be patched there, at clock:now" in text
