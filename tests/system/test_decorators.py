"""Decorators of overt.wrapper are reached from the command line and the environment."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conftest import Overt

APP = """
import sys
import overt

@overt.wrapper
def traced(original, *args):
    return "traced " + original(*args)

@traced
def price():
    return "price"

print(price(), flush=True)
for line in sys.stdin:
    print(price(), flush=True)
"""


def test_off_and_on_from_outside(overt: Overt) -> None:
    """By owner and by target; the list of patches does not have it, the journal does."""
    process = overt.start("run", "--", "python", overt.write("app.py", APP), stdin=subprocess.PIPE)

    def says() -> str:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write("again\n")
        process.stdin.flush()
        return process.stdout.readline().strip()

    assert process.stdout is not None
    assert process.stdout.readline().strip() == "traced price"
    assert "1 of 1 patch off" in overt("off", "--owner", "__main__", "app.py").stdout
    assert says() == "price"
    assert "off: w1" in overt("journal", "app.py").stdout
    assert overt("list", "app.py").stdout.count("traced") == 0
    assert overt("on", "app.py", "--owner", "__main__").returncode == 0
    assert says() == "traced price"
    assert overt("off", "app.py", "--target", "__main__:traced").returncode == 0
    assert says() == "price"
    assert overt("on", "app.py", "--all").returncode == 0
    assert says() == "traced price"


def test_the_environment_switches_decorators_off(overt: Overt) -> None:
    """OVERT_OFF names their owner, as with patches."""
    app = overt.write("app.py", APP)
    done = overt.plain(sys.executable, app, env={"OVERT_OFF": "__main__"})
    assert (done.stdout, done.stderr) == ("price\n", "")
