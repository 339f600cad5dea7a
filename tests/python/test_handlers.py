"""What the bytecode of a patch says about tracebacks, on each Python that is supported."""

from __future__ import annotations

import sys
import textwrap
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import World

# What stands in the body of a wrapper around `call()` -> what its handlers do.
BODIES = {
    "return call()": [],
    "try:\n    return call()\nexcept ValueError:\n    return None": ["swallows"],
    "try:\n    call()\nexcept Exception as error:\n    print(error)": ["swallows"],
    "try:\n    call()\nexcept Exception:\n    print()\n    raise": ["raises_again"],
    "try:\n    call()\nexcept Exception as error:\n    raise": ["raises_again"],
    "try:\n    call()\nexcept Exception:\n    raise KeyError(1)": ["replaces"],
    "try:\n    call()\nexcept Exception:\n    raise KeyError(1) from None": ["drops_cause"],
    "try:\n    call()\nexcept Exception as error:\n    raise KeyError(1) from error": [],
    "try:\n    return call()\nfinally:\n    print()": [],
    "try:\n    return call()\nfinally:\n    return 1": ["swallows"],
    "with lock:\n    return call()": ["leaves_it"],
    "for i in range(3):\n    try:\n        return call()\n    except OSError:\n        continue": [
        "swallows"
    ],
    "try:\n    x = 1 + 1\nexcept OverflowError:\n    pass\nreturn call()": [],  # around no call
    "try:\n    call()\nexcept ValueError:\n    raise\nexcept OSError:\n    pass": [
        "raises_again",
        "swallows",
    ],
    "try:\n    call()\nexcept* ValueError:\n    print()": ["swallows"],
    "try:\n    call()\nexcept* ValueError as group:\n    pass": ["swallows"],
    "try:\n    call()\nexcept* ValueError as group:\n    raise": ["raises_again"],
    "try:\n    call()\nexcept* ValueError:\n    raise KeyError(1) from None": ["drops_cause"],
    "try:\n    call()\nexcept* ValueError:\n    if lock:\n        raise": [
        "swallows",
        "raises_again",
    ],
    "try:\n    call()\nexcept* ValueError:\n    raise\nexcept* OSError:\n    pass": [
        "raises_again",
        "swallows",
    ],
    "x = [each for each in call()]": [],
}


def handlers(world: World, target: str, source: str) -> Any:
    """Return what a report says of the handlers of a target's patch."""
    main = world.overt.write("main.py", source)
    done = world.overt("run", "--report", "r.json", "--", sys.executable, main)
    assert done.returncode == 0, done.stderr
    (patch,) = [each for each in world.overt.json()["patches"] if each["target"] == target]
    return patch["handlers"]


def test_each_way_of_handling_is_told(world: World) -> None:
    """Swallowed, raised again, replaced, with its cause dropped; and what handles nothing."""
    source = "import threading\n"
    for index, body in enumerate(BODIES):
        # `return` in a `finally` is a SyntaxWarning since 3.14: it goes nowhere here.
        source += f"def f{index}(call, lock=None):\n{textwrap.indent(body, '    ')}\n"
        source += f"threading.Thread.mark{index} = f{index}\n"
    world.overt.write("main.py", source)
    done = world.overt("run", "--report", "r.json", "--", sys.executable, "-W", "ignore", "main.py")
    assert done.returncode == 0, done.stderr
    found = {each["target"]: each["handlers"] for each in world.overt.json()["patches"]}
    for index, (body, expected) in enumerate(BODIES.items()):
        kinds = [each["does"] for each in found[f"threading:Thread.mark{index}"]]
        assert kinds == expected, body


def test_coroutines_and_nested_blocks_are_read_too(world: World) -> None:
    """An `async with` leaves errors to its manager; a handler within a `with` is the code's own."""
    source = """
    import threading
    async def managed(call, lock):
        async with lock:
            return await call()
    async def awaited(call):
        try:
            return await call()
        except OSError:
            return None
    def nested(call, lock):
        with lock:
            try:
                return call()
            except OSError:
                pass
    for function in managed, awaited, nested:
        setattr(threading.Thread, function.__name__, function)
    """
    world.overt.write("main.py", textwrap.dedent(source))
    done = world.overt("run", "--report", "r.json", "--", sys.executable, "main.py")
    assert done.returncode == 0, done.stderr
    found = {each["target"][17:]: each["handlers"] for each in world.overt.json()["patches"]}
    assert [each["does"] for each in found["managed"]] == ["leaves_it"]
    assert found["awaited"] == [{"does": "swallows", "line": 10}]
    assert "swallows" in [each["does"] for each in found["nested"]]


def test_the_line_is_that_of_the_handler(world: World) -> None:
    """As a reviewer would look for it."""
    source = "import time\ndef slow(s):\n    try:\n        print(s)\n    except OSError:\n"
    source += "        pass\ntime.sleep = slow\n"
    assert handlers(world, "time:sleep", source) == [{"does": "swallows", "line": 6}]


def test_what_is_no_python_code_is_not_read(world: World) -> None:
    """Null, not an empty list."""
    assert handlers(world, "time:sleep", "import time\ntime.sleep = print\n") is None


def test_wrappers_of_wrapt_are_read_behind_their_attributes(world: World) -> None:
    """The inner function is what runs; governed patches are read by their advice."""
    pytest.importorskip("wrapt")
    source = """
    import json, time, wrapt, overt
    def quiet(wrapped, instance, args, kwargs):
        try:
            return wrapped(*args, **kwargs)
        except Exception:
            return None
    wrapt.wrap_function_wrapper("threading", "Thread.start", quiet)
    @overt.around("json:dumps")
    def again(original, *args, **kwargs):
        try:
            return original(*args, **kwargs)
        except TypeError:
            raise
    again.install()
    """
    world.overt.write("main.py", textwrap.dedent(source))
    done = world.overt("run", "--report", "r.json", "--", sys.executable, "main.py")
    assert done.returncode == 0, done.stderr
    found = {each["target"]: each["handlers"] for each in world.overt.json()["patches"]}
    assert found["threading:Thread.start"] == [{"does": "swallows", "line": 7}]
    assert found["json:dumps"] == [{"does": "raises_again", "line": 14}]
