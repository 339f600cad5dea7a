"""A patch is taken off and put on again, on request: what that proves, and who notices."""

from __future__ import annotations

import sys
import textwrap
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import World

CAME_BACK = "proved: the same object came back, and the patch stands again"


def proved(world: World, source: str) -> list[str]:
    """Return what a program printed: `proof(what)` is the evidence that a proof gave."""
    world.overt.write(
        "main.py",
        """
import overt
def passing(original, *args, **more):
    return original(*args, **more)
def proof(what):
    said = overt.explain(what, prove=True)
    return [line.strip() for line in said.splitlines() if "proved: " in line]
"""
        + textwrap.dedent(source),
    )
    done = world.overt.plain(sys.executable, "main.py")
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()


@pytest.mark.parametrize(
    ("target", "more"),
    [
        ("json:dumps", ""),
        ("shapes:Base.method", ""),
        ("shapes:Base.static", ""),
        ("shapes:Base.computed", ""),
        ("shapes:Sub.method", ""),
        ("shapes:Base", ""),
        ("shapes:table['key']", ""),
        ("shapes:one.method", ""),
        ("json:dumps", "reach='everywhere'"),
        ("shapes:Base.__init__", "reach='everywhere'"),
        ("shapes:Base.computed", "reach='everywhere'"),
        ("re:Pattern.search", "reach='everywhere'"),
    ],
)
def test_nothing_is_different_afterwards(world: World, target: str, more: str) -> None:
    """The same objects under the same names in the same order, and the patch works."""
    world.overt.write(
        "shapes.py",
        """
class Base:
    def __init__(self): self.made = True
    def method(self): return 1
    @staticmethod
    def static(): return 1
    @property
    def computed(self): return 1
class Sub(Base): pass
one = Base()
table = {"key": len, "other": 1}
""",
    )
    said = proved(
        world,
        f"""
        import json, re, shapes
        def spaces():
            found = [json, shapes, shapes.Base, shapes.Sub, shapes.one]
            spaces = [dict(vars(each)) for each in found] + [dict(shapes.table)]
            return [[(key, id(value)) for key, value in each.items()] for each in spaces]
        handle = overt.around({target!r}, passing, owner="acme", {more}).install()
        before = spaces()
        json.dumps(1), shapes.Base().method(), shapes.Sub().computed, re.compile("a").search("a")
        shapes.table["key"]("a"), shapes.one.method(), shapes.Sub().method(), shapes.Base.static()
        calls = handle.stats.calls
        print(*proof({target!r}), spaces() == before, handle.state)
        json.dumps(1), shapes.Base().method(), shapes.Sub().computed, re.compile("a").search("a")
        shapes.table["key"]("a"), shapes.one.method(), shapes.Sub().method(), shapes.Base.static()
        print(calls > 0, handle.stats.calls == 2 * calls)
        handle.remove()
        print(overt.explain({target!r}, prove=True).count("proved: "))
        """,
    )
    assert said[0].startswith("proved: the same ")
    assert said[0].endswith(" True on")
    assert said[1:] == ["True True", "0"]


def test_layers_at_one_target_are_off_together(world: World) -> None:
    """And come back in their order."""
    said = proved(
        world,
        """
        import json
        order = []
        def noting(name):
            return lambda original, *args, **more: (order.append(name), original(*args))[1]
        for name in ("inner", "outer"):
            overt.around("json:dumps", noting(name), owner=name).install()
        copy = json.dumps
        print(*proof("json:dumps"), sep="\\n")
        json.dumps(1), copy(2)
        print(order)
        """,
    )
    together = f"{CAME_BACK}; the 2 patches of Overt at it were off together"
    assert said == [together, together, "['outer', 'inner', 'outer', 'inner']"]


def test_what_is_buried_or_busy_is_left_alone_and_says_why(world: World) -> None:
    """A call that is inside, from where the proof is asked for, too."""
    said = proved(
        world,
        """
        import json
        handle = overt.around("json:dumps", lambda original, *args, **more: proof("json:dumps"))
        handle.install()
        print(*json.dumps(1))
        print(*proof("json:dumps"))
        ours = json.dumps
        json.dumps = lambda x: ours(x)
        print(*proof("json:dumps"), handle.state)
        """,
    )
    assert said == [
        "not proved: 1 call is inside of it",
        CAME_BACK,
        "not proved: something else was put at its name: taken off, it would stay below that and "
        "pass calls through buried",
    ]


def test_where_a_write_runs_code_of_the_program_nothing_is_tried(world: World) -> None:
    """A metaclass, a module or an instance that has a say in it could let others run."""
    world.overt.write(
        "watched.py",
        """
import sys, types
class Meta(type):
    def __setattr__(cls, name, value):
        print("written")
        super().__setattr__(name, value)
class Base(metaclass=Meta):
    def method(self): return 1
class Module(types.ModuleType):
    def __setattr__(self, name, value):
        super().__setattr__(name, value)
def function(): return 1
sys.modules[__name__].__class__ = Module
""",
    )
    said = proved(
        world,
        """
        import watched
        for target in ("watched:Base.method", "watched:function"):
            overt.around(target, passing).install()
            print(*proof(target))
        """,
    )
    left = "not proved: writing there may run code of the program, and then others could see it off"
    assert said == ["written", left, left]


def test_a_name_that_would_move_within_its_class_is_left_alone(world: World) -> None:
    """An inherited method is patched by a name that its class did not have."""
    said = proved(
        world,
        """
        class Base:
            def method(self): return 1
        class Sub(Base): pass
        overt.around("__main__:Sub.method", passing).install()
        print(*proof("__main__:Sub.method"))
        Sub.later = 1
        print(*proof("__main__:Sub.method"), list(vars(Sub))[-2:])
        """,
    )
    assert said == [
        CAME_BACK,
        "not proved: the name would be put back behind others of its namespace that came since "
        "['method', 'later']",
    ]


def test_patches_of_others_are_tried_by_their_name(world: World) -> None:
    """Replaced, added and deleted names; not the code of a function, nor what is off or below."""
    said = proved(
        world,
        """
        import json, sys
        overt.watch()
        import base64, decimal
        json.dumps = lambda *args: ""
        json.added = lambda: 1
        del base64.b32hexdecode
        json.load.__code__ = (lambda fp, **kw: 1).__code__
        sys.modules["decimal"] = sys
        proof(len), overt.ledger()  # imports
        before = list(vars(json).items()), list(sys.modules.items())
        for patch in overt.ledger():
            print(patch.target, *proof("p" + str(patch.id)))
        print(before == (list(vars(json).items()), list(sys.modules.items())))
        lower = json.dumps
        json.dumps = lambda *args: lower(*args)
        print(*proof("p1"))
        """,
    )
    took = "proved: its name took back the very object that was there, and then the patch"
    assert said[0] == f"json:dumps {took}"
    assert said[1] == f"json:added {took}"
    assert said[3].startswith("json:load not proved: the interpreter tells audit hooks")
    assert said[4] == f"sys.modules:decimal {took}"
    assert said[5] == "True"
    assert said[6].startswith("not proved: it no longer stands at its name: a 'function' does")


def test_threads_never_see_the_patch_off(world: World) -> None:
    """While it is proved over and over, each call gets what the patch returns."""
    said = proved(
        world,
        """
        import sys, threading, time
        sys.setswitchinterval(1e-5)
        overt.patch("time:time", lambda: "patched", owner="acme").install()
        stop, seen = False, set()
        def calling():
            while not stop:
                seen.add(time.time())
                sum(range(100))  # outside of the patch
        threads = [threading.Thread(target=calling) for _ in range(4)]
        for thread in threads: thread.start()
        said, end = set(), time.monotonic() + 30
        for i in range(100_000):
            said.update(proof("time:time"))
            known = any(line.startswith("proved") for line in said)
            if i >= 300 and (known or time.monotonic() > end): break
        stop = True
        for thread in threads: thread.join()
        print(seen, known)
        """,
    )
    assert said == ["{'patched'} True"]
