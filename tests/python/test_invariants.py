"""What must hold of the sources, of the built files and of an import of overt."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import World

OURS = ("core", "python", "cli", "tests", "bench", "examples", "tools", "cmake")
SOURCES = {".cpp", ".h", ".py", ".pyi", ".txt", ".cmake", ".md", ".sh", ".toml", ".pth"}


def sources(repository: Path, *folders: str) -> list[Path]:
    """Return our files below some folders, without what tools leave there."""
    found = [
        path
        for folder in folders
        for path in sorted((repository / folder).rglob("*"))
        if path.is_file()
        and not any(part.startswith((".", "__pycache__")) for part in path.parts[-6:])
    ]
    assert found
    return found


def test_core_knows_no_python(repository: Path) -> None:
    """Neither the core nor the command includes a header of Python or of nanobind."""
    for path in sources(repository, "core", "cli"):
        if path.suffix in {".cpp", ".h"}:
            lines = [line for line in path.read_text().splitlines() if line.startswith("#include")]
            assert not [x for x in lines if "Python.h" in x or "nanobind" in x], path


def test_every_file_is_short(repository: Path) -> None:
    """No file of ours has five hundred lines."""
    long = {
        str(path.relative_to(repository)): lines
        for path in sources(repository, *(f for f in OURS if (repository / f).is_dir()))
        if path.suffix in SOURCES
        and path.name != "requirements.txt"
        and (lines := len(path.read_text().splitlines())) >= 500
    }
    assert long == {}


@pytest.mark.parametrize("which", ["extension", "command"])
def test_built_files_bring_their_cxx_runtime(
    world: World, native_library: Path, which: str
) -> None:
    """Whoever installs a wheel needs no C++ library: it is linked statically."""
    readelf = shutil.which("readelf")
    if readelf is None:
        pytest.skip("no readelf")
    path = native_library if which == "extension" else world.overt.command
    listed = subprocess.run(
        [readelf, "-d", path], capture_output=True, text=True, check=True
    ).stdout
    needed = {
        line.split("[")[1].rstrip("]\n") for line in listed.splitlines() if "(NEEDED)" in line
    }
    assert {name.split(".so")[0] for name in needed} <= {
        "libc",
        "libm",
        "ld-linux-x86-64",
        "ld-linux-aarch64",
    }


def test_extension_exports_only_its_entry(native_library: Path) -> None:
    """Nothing of ours or of the C++ library can collide with another extension of the process."""
    nm = shutil.which("nm")
    if nm is None:
        pytest.skip("no nm")
    words = [nm, "-D", "--defined-only", native_library]
    listed = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    assert {line.split()[-1] for line in listed.splitlines()} == {"PyInit__native"}


IMPORT = """
import gc, json, os, sys, builtins
def state():
    with open("/proc/self/maps") as file: maps = file.read().splitlines()
    return {
        "modules": sorted(sys.modules),
        "tasks": len(os.listdir("/proc/self/task")),
        "files": sorted(os.listdir("/proc/self/fd"))[:-1],
        "namespaces": {n: sorted(map(str, vars(m))) for n, m in sorted(sys.modules.items())
                       if hasattr(m, "__dict__")},
        "builtins": {k: id(v) for k, v in vars(builtins).items()},
        "classes": {repr(c): sorted(map(str, vars(c))) for c in object.__subclasses__()},
        "path": [sys.path, sys.meta_path.__len__(), sys.path_hooks.__len__()],
        "environment": dict(os.environ),
        "hooks": [sys.getprofile(), sys.gettrace(), str(sys.excepthook), str(sys.displayhook)],
        "here": sorted(os.listdir(".")),
        "maps": sorted({l.split()[-1] for l in maps if ".so" in l}),
    }
before = state()
import overt
after = state()
print(json.dumps([before, after]))
"""


def test_import_changes_nothing(world: World) -> None:
    """After `import overt` there are our modules, and all else is as it was."""
    world.overt.write("main.py", IMPORT)
    done = world.overt.plain(sys.executable, "main.py")
    assert done.stderr == ""
    before, after = json.loads(done.stdout)
    new = set(after.pop("modules")) - set(before.pop("modules"))
    assert new == {"overt"}
    old, now = before.pop("namespaces"), after.pop("namespaces")
    old["__main__"] += ["before", "overt"]
    now = {name: names for name, names in now.items() if name not in new}
    assert {n for n in old if sorted(old[n]) != sorted(now[n])} == set()
    classes = set(after["classes"]) - set(before["classes"])
    assert {c for c in classes if "nanobind" not in c and "overt" not in c} == set()
    assert {c for c in before.pop("classes") if c not in after["classes"]} == set()
    after.pop("classes")
    assert before == after


def test_hook_is_one_line_that_waits_for_overt_run(repository: Path, world: World) -> None:
    """overt.pth imports nothing of ours where OVERT_RUN is not set."""
    text = (repository / "python" / "overt.pth").read_text()
    assert len(text.splitlines()) == 1
    assert text.startswith("import ")
    done = world.overt.plain(sys.executable, "-X", "importtime", "-c", "")
    assert "overt" not in done.stderr
    assert "encodings" in done.stderr


# Imported by our hook or by what it needs, before the program's first line.
PRESENT = {"overt", "overt._boot", "overt._native", "atexit"}


def test_governed_program_finds_few_modules_more(world: World) -> None:
    """Under `overt run` a program starts with the modules it always had, and with those of ours."""
    world.overt.write("main.py", "import sys; print(*sorted(sys.modules))\n")
    plain = set(world.overt.plain(sys.executable, "main.py").stdout.split())
    governed = set(world.overt.run(sys.executable, "main.py").stdout.split())
    assert governed - plain <= PRESENT
    assert plain <= governed


def test_governed_program_keeps_its_objects(world: World) -> None:
    """Hooks, signals, threads, descriptors and the environment are those of a plain run."""
    source = """
import json, os, signal, sys, threading
print(json.dumps([
    sys.argv, sys.path, sys.flags.__repr__(), len(sys.meta_path), len(sys.path_hooks),
    str(signal.getsignal(signal.SIGTERM)), str(signal.getsignal(signal.SIGINT)),
    threading.active_count(),
    str(sys.excepthook), str(threading.excepthook), sys.gettrace(), sys.getprofile(),
    [n for n in os.listdir("/proc/self/fd") if int(n) < 1000],
    sorted(k for k in os.environ if k != "OVERT_RUN"), __name__, os.getcwd(),
]))
"""
    world.overt.write("main.py", source)
    plain = world.overt.plain(sys.executable, "main.py").stdout
    governed = world.overt.run(sys.executable, "main.py").stdout
    assert json.loads(governed) == json.loads(plain)
