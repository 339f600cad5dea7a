"""Overt's own reading of the installers' metadata agrees with importlib.metadata."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import World

# Writes from a frame that claims to be a module of each installed distribution, one file of each
# directory, and prints whom the ledger names beside whom importlib.metadata names.
PROGRAM = """
import http.client, importlib.metadata, json, os, sys
from collections import defaultdict
import overt

claims = defaultdict(set)
for distribution in importlib.metadata.distributions():
    identity = distribution.metadata["Name"], distribution.version
    for file in distribution.files or ():
        if file.suffix in (".py", ".so") and ".." not in file.parts:
            claims[os.fspath(distribution.locate_file(file))].add((identity, file.parts))

chosen, seen = [], set()
for path, owners in sorted(claims.items()):
    (identity, parts), *others = owners
    key = identity, parts[:-1][:3]
    if others or key in seen or "site-packages" not in path:
        continue
    seen.add(key)
    name = ".".join(parts).split(".py")[0].split(".cpython")[0].removesuffix(".__init__")
    chosen.append((path, name, identity))

overt.watch()
SOURCE = "import http.client; http.client.{name} = lambda: 0"
for i, (path, name, _) in enumerate(chosen):
    source = SOURCE.format(name=f"patch_{i}")
    exec(compile(source, path, "exec"), {"__name__": name, "__file__": path})
found = {p.target: (p.owner.name, p.owner.version) for p in overt.ledger()}
print(json.dumps([
    [path, identity, found.get(f"http.client:patch_{i}")]
    for i, (path, _, identity) in enumerate(chosen)
]))
"""
NOT_SEEN = {"pip", "overt"}


def test_owner_is_what_importlib_metadata_says(world: World) -> None:
    """Name and version agree for a file in each directory of each installed distribution."""
    world.install("Odd.Name_x", "1!2.0rc1+local", odd_name="x = 1\n", odd_pkg__sub="x = 1\n")
    world.install("flat", "0", _flat="x = 1\n")
    world.overt.write("main.py", PROGRAM)
    done = world.overt.plain(sys.executable, "main.py")
    assert done.stderr == ""
    rows = json.loads(done.stdout)
    names = {identity[0] for _, identity, _ in rows}
    assert {"Odd.Name_x", "flat", "pytest", "overt"} <= names
    wrong = [row for row in rows if row[1] != row[2] and row[1][0] not in NOT_SEEN]
    assert wrong == []


def test_owner_without_metadata_is_named_by_its_place(world: World) -> None:
    """A file in site-packages that no distribution claims is owned by its import name."""
    (world.site / "stray.py").write_text("def go(m): m.price = len\n")
    seen = world.run("import shop, stray\nstray.go(shop)\n")
    assert seen.owners == ["shop:price by stray"]


def test_owner_of_a_console_script_is_its_distribution(world: World) -> None:
    """A script that RECORD names by a relative path belongs to who installed it."""
    script = world.overt.write("bin/tool", "import shop\nshop.price = len\n")
    world.install("tool-kit", "4.2", tool_kit="x = 1\n")
    with (world.site / "tool_kit-4.2.dist-info" / "RECORD").open("a") as record:
        record.write("../bin/tool,,\n")
    world.overt("run", "--report", "r.json", "--", sys.executable, script)
    (patch,) = world.overt.json()["patches"]
    assert (patch["owner"]["name"], patch["owner"]["version"]) == ("tool-kit", "4.2")


def test_owner_of_an_editable_install_is_its_distribution(world: World) -> None:
    """A checkout that is installed in place has its distribution's name, and is an application."""
    world.overt.write(
        "checkout/plug.py", "import shop\ndef go(): shop.price = len\ndef f(): pass\n"
    )
    world.install("plug-in", "0.1")
    info = world.site / "plug_in-0.1.dist-info"
    url = {"url": (world.overt.cwd / "checkout").as_uri(), "dir_info": {"editable": True}}
    (info / "direct_url.json").write_text(json.dumps(url))
    world.tracer("plug.f = len", "import plug")
    main = f"import sys; sys.path.append({str(world.overt.cwd / 'checkout')!r})\n"
    seen = world.run(main + "import plug, tracer\nplug.go()\ntracer.go()\n")
    assert seen.owners == ["shop:price by plug-in 0.1", "plug:f by acme-tracer 1.4"]
    assert [patch["boundary"] for patch in seen.patches] == ["third-party", "application"]


def test_owner_of_an_egg_is_read(world: World) -> None:
    """Distributions of old installers, with egg-info, are known too."""
    info = world.site / "old_egg-0.3-py3.12.egg-info"
    info.mkdir(parents=True)
    (info / "PKG-INFO").write_text("Metadata-Version: 1.0\nName: old-egg\nVersion: 0.3\n")
    (info / "top_level.txt").write_text("egg\n")
    (world.site / "egg.py").write_text("def go(m): m.price = len\n")
    seen = world.run("import shop, egg\negg.go(shop)\n")
    assert seen.owners == ["shop:price by old-egg 0.3"]


def test_program_started_with_m_has_its_distribution(world: World) -> None:
    """`python -m tool` runs under the name __main__, and is still the distribution's code."""
    world.install("tool-kit", "4.2", **{"tool____main__": "import shop\nshop.price = len\n"})
    world.overt("run", "--report", "r.json", "--", sys.executable, "-m", "tool")
    (patch,) = world.overt.json()["patches"]
    assert patch["owner"] == {"name": "tool-kit", "version": "4.2", "package": "tool"}


def test_path_that_grows_later_is_read(world: World) -> None:
    """An import root that the program adds while it runs has owners as well."""
    late = world.overt.cwd / "late" / "site-packages"
    site, world.site = world.site, late
    world.install("late-root", "7", lateroot="def go(m): m.price = len\n")
    world.site = site
    main = f"import sys; sys.path.append({str(late)!r})\nimport shop, lateroot\nlateroot.go(shop)\n"
    assert world.run(main).owners == ["shop:price by late-root 7"]


DEFERRED = {
    "threading": "t = threading.Timer(0, setattr, (shop, 'price', fake))\nt.start(); t.join()",
    "concurrent.futures.thread": "from concurrent.futures import ThreadPoolExecutor\n"
    "with ThreadPoolExecutor(1) as pool: pool.submit(setattr, shop, 'price', fake).result()",
}


@pytest.mark.parametrize("module", DEFERRED)
def test_a_call_left_to_the_standard_library_is_of_who_made_the_value(
    world: World, module: str
) -> None:
    """Whoever asked is on no stack any more: the value tells, and the line is the library's."""
    world.tracer(DEFERRED[module], "import shop, threading\ndef fake(*args): pass")
    seen = world.run("import shop, tracer\ntracer.go()\n")
    assert seen.owners == ["shop:price by acme-tracer 1.4"]
    assert seen.patches[0]["site"]["module"] == module
