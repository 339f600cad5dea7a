"""Other interpreters of the process are left alone, and do not disturb the main one's watching."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import World

HEAD = """
import json, shop, sys
try:
    import _interpreters
except ImportError:  # 3.12
    import _xxsubinterpreters as _interpreters
def create(isolated):
    if isolated:
        return _interpreters.create()
    if sys.version_info >= (3, 13):
        return _interpreters.create("legacy")
    return _interpreters.create(isolated=False)
def run(code, isolated):
    interpreter = create(isolated)
    failure = _interpreters.run_string(interpreter, code)
    assert failure is None, failure
    _interpreters.destroy(interpreter)
"""
KINDS = pytest.mark.parametrize("isolated", [True, False], ids=["isolated", "legacy"])


@KINDS
def test_program_with_another_interpreter_is_as_without_us(world: World, isolated: bool) -> None:
    """Nothing is printed, the program goes on, and the main interpreter is watched to the end."""
    code = "import json, sys; json.dumps = len; print('inner')"
    main = f"shop.price = len\nrun({code!r}, {isolated})\nshop.sale = len\nprint('outer')\n"
    seen = world.run(HEAD + main)
    assert seen.rows == ["replaced shop:price", "replaced shop:sale"]
    assert sorted(seen.stdout.split()) == ["inner", "outer"]


@KINDS
def test_many_interpreters_come_and_go(world: World, isolated: bool) -> None:
    """Threads with interpreters of their own end before the program, in any order."""
    main = f"""
import threading
threads = [threading.Thread(target=run, args=("import json", {isolated})) for _ in range(4)]
for thread in threads: thread.start()
for thread in threads: thread.join()
shop.price = len
"""
    assert world.run(HEAD + main).rows == ["replaced shop:price"]


def test_watch_in_another_interpreter_is_refused(world: World) -> None:
    """There is one watcher, of the main interpreter: the others are told so and cannot stop it."""
    code = """
import overt
try: overt.watch()
except RuntimeError as error: assert "main interpreter" in str(error), error
else: raise AssertionError("watched")
assert not overt.watching()
overt.unwatch()
"""
    main = f"run({code!r}, False)\nimport overt\nassert overt.watching()\nshop.price = len\n"
    assert world.run(HEAD + main).rows == ["replaced shop:price"]
