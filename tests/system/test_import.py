"""`import overt` alone changes nothing, and no process is touched unless it was asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conftest import Overt

STATE = """
import builtins, gc, os, signal, sys, threading, time
from pathlib import Path
def state():
    status = Path("/proc/self/status").read_text().splitlines()
    return {
        "threads": [threading.active_count(), len(os.listdir("/proc/self/task"))],
        "descriptors": sorted(os.listdir("/proc/self/fd")),
        "sockets": "overt" in Path("/proc/self/net/unix").read_text(),
        "files": sorted(Path().rglob("*")),
        "signals": [line for line in status if line.startswith("Sig")],
        "environment": dict(os.environ),
        "path": [sys.path[:], sys.path_hooks[:], sys.meta_path[:]],
        "hooks": [sys.excepthook, sys.displayhook, sys.unraisablehook, sys.breakpointhook,
                  threading.excepthook, sys.gettrace(), sys.getprofile(), builtins.__import__,
                  builtins.open, builtins.__build_class__],
        "builtins": dict(vars(builtins)),
        "gc": [gc.get_threshold(), gc.callbacks[:], gc.isenabled()],
        "monitoring": [sys.monitoring.get_tool(number) for number in range(6)],
        "limits": [sys.getrecursionlimit(), sys.getswitchinterval(), sys.flags],
        "modules": {name: dict(vars(module)) for name, module in sys.modules.items()
                    if name in ("time", "os", "importlib", "threading", "signal", "atexit", "gc")},
    }
"""


def test_importing_overt_changes_nothing(overt: Overt) -> None:
    """No thread, descriptor, file, handler, hook, variable or name; no module but its own."""
    app = overt.write(
        "app.py",
        STATE + "import atexit\nstate(); before, modules = state(), set(sys.modules)\n"
        "import overt\n"
        "after, new = state(), set(sys.modules) - modules\n"
        "print({name for name in before if before[name] != after[name]}, sorted(new))\n",
    )
    done = overt.plain("python", "-W", "error", app)
    assert (done.stdout, done.stderr) == ("set() ['overt']\n", "")


def test_importing_overt_registers_nothing_for_forks(overt: Overt) -> None:
    """A program that imports overt and forks warns of nothing and does nothing more at its end."""
    app = overt.write(
        "app.py",
        "import atexit, os\nbefore = atexit._ncallbacks()\nimport overt\n"
        "print(overt.watching(), flush=True)\n"
        "if os.fork(): os.wait()\n",
    )
    done = overt.plain("python", "-W", "error", app)
    assert (done.returncode, done.stdout, done.stderr) == (0, "False\n", "")


def test_an_installed_overt_leaves_other_programs_alone(overt: Overt) -> None:
    """Without `overt run`, the hook in site-packages imports nothing."""
    app = overt.write("app.py", "import sys; print([n for n in sys.modules if 'overt' in n])")
    done = overt.plain("python", app)
    assert (done.stdout, done.stderr) == ("[]\n", "")


def test_a_variable_that_overt_did_not_write_stops_nothing(overt: Overt) -> None:
    """OVERT_RUN with another's text: one clear line, and the program runs."""
    app = overt.write("app.py", "print('done')")
    for text in ("1", "{}", '{"pid":1}', "probe"):
        done = overt.plain("python", app, env={"OVERT_RUN": text})
        assert (done.returncode, done.stdout) == (0, "done\n")
        assert done.stderr.count("\n") == (0 if text == "probe" else 1)


def test_another_version_of_overt_steps_aside(overt: Overt) -> None:
    """Settings of another version are not guessed at: the child says so and runs ungoverned."""
    app = overt.write(
        "app.py",
        "import os, re, subprocess, sys\nvariable = os.environ['OVERT_RUN']\n"
        "os.environ['OVERT_RUN'] = re.sub(r'(\"version\":\")[^\"]*', r'\\g<1>0.0.1', variable)\n"
        "print(subprocess.run([sys.executable, '-c', 'print(1)'], capture_output=True).stderr)\n",
    )
    done = overt.report("python", app)
    assert (done.returncode, done.stderr) == (0, "")
    assert "the command is overt 0.0.1, this interpreter has overt" in done.stdout
    assert overt.json()["children"] == []
