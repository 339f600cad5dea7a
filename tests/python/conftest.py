"""A program with installed distributions of its own, and what Overt sees of it.

The cast of most tests: `shop` (distribution shop-core 2.0) is patched by `tracer` (acme-tracer 1.4)
and by `audit` (audit 0.9), which are called from the application's `main.py`.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator
    from types import ModuleType

    from conftest import Overt

SHOP = """
import time
LIMIT = 10
HOOK = None
clock = time.time
def price(amount=1, *, tax=0): return "price"
def sale(): return "sale"
class Item:
    label = "plain"
    def name(self): return "name"
    @staticmethod
    def parse(): return "parse"
    @classmethod
    def create(cls): return "create"
    @property
    def cost(self): return "cost"
    class Part:
        def fit(self): return "fit"
class Special(Item):
    def only(self): return "only"
class Meta(type):
    def build(cls): return "build"
class Built(metaclass=Meta): pass
class Slotted:
    __slots__ = ("x",)
    def size(self): return "size"
default = Item()
"""


def value(described: dict[str, Any]) -> str:
    """Return an old or a new value in one phrase: "function shop:price", "None", "nothing"."""
    if not described:
        return "nothing"
    name = f"{described['module'] or ''}:{described['qualname'] or ''}".strip(":")
    return f"{described['type']} {name}".strip()


class Seen:
    """The report of one run."""

    def __init__(self, done: subprocess.CompletedProcess[str], report: dict[str, Any]) -> None:
        self.stdout = done.stdout
        self.report = report
        self.patches: list[dict[str, Any]] = report["patches"]

    @property
    def rows(self) -> list[str]:
        """Each patch as "replaced shop:price", with what is not as usual: "(reverted, x2)"."""
        return [row(patch) for patch in self.patches]

    @property
    def values(self) -> list[str]:
        """Each patch as "replaced shop:price: function shop:price -> function tracer:fake"."""
        return [f"{row(p)}: {value(p['old'])} -> {value(p['new'])}" for p in self.patches]

    @property
    def owners(self) -> list[str]:
        """Each patch as "shop:price by acme-tracer 1.4 via wrapt"."""
        return [f"{p['target']} by {owner(p)}{via(p)}" for p in self.patches]

    @property
    def conflicts(self) -> list[str]:
        """Each conflict as "shop:price: acme-tracer, audit", innermost first."""
        names = {patch["id"]: patch["owner"]["name"] for patch in self.patches}
        return [
            f"{conflict['target']}: {', '.join(names[i] for i in conflict['patches'])}"
            for conflict in self.report["conflicts"]
        ]


def row(patch: dict[str, Any]) -> str:
    """Return change and target of a patch, with what is not as usual."""
    remarks = ["reverted"] if patch["reverted"] else []
    remarks += [f"layer {patch['layer']}"] if patch["layer"] != 1 else []
    remarks += [f"x{patch['times']}"] if patch["times"] != 1 else []
    return f"{patch['change']} {patch['target']}" + (f" ({', '.join(remarks)})" if remarks else "")


def owner(patch: dict[str, Any]) -> str:
    """Return the owner with its version, which the application has none of."""
    return " ".join(filter(None, (patch["owner"]["name"], patch["owner"]["version"])))


def via(patch: dict[str, Any]) -> str:
    """Return the helpers of a patch in the words of the table."""
    return f" via {', '.join(patch['via'])}" if patch["via"] else ""


def indented(code: str) -> str:
    """Return the body of a function."""
    return "".join(f"    {line}\n" for line in code.strip().splitlines())


class World:
    """A directory with distributions and a program, run under `overt run`."""

    def __init__(self, overt: Overt) -> None:
        self.overt = overt
        self.site = overt.cwd / "site-packages"
        overt.environment["PYTHONPATH"] = str(self.site)

    def install(self, name: str, version: str, **modules: str) -> None:
        """Make a distribution of modules, named like `top` or `package__module`."""
        lines = []
        for module, source in modules.items():
            path = module.replace("__", "/", 1) + ".py"
            if "/" in path:
                package = self.site / path.rpartition("/")[0] / "__init__.py"
                package.parent.mkdir(parents=True, exist_ok=True)
                package.touch()
            (self.site / path).parent.mkdir(parents=True, exist_ok=True)
            (self.site / path).write_text(source)
            lines.append(f"{path},,\n")
        info = self.site / f"{name.replace('-', '_')}-{version}.dist-info"
        info.mkdir(parents=True, exist_ok=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        (info / "RECORD").write_text("".join(lines))

    def tracer(self, code: str, head: str = "import shop") -> None:
        """Install acme-tracer, whose `tracer.go()` does `code`."""
        self.install("acme-tracer", "1.4", tracer=f"{head}\ndef go():\n{indented(code)}")

    def audit(self, code: str, head: str = "import shop") -> None:
        """Install audit, whose `audit.go()` does `code`."""
        self.install("audit", "0.9", audit=f"{head}\ndef go():\n{indented(code)}")

    def run(self, main: str, *options: str, status: int = 0, stderr: str | None = "") -> Seen:
        """Run main.py under Overt. What it prints on standard error must be `stderr`."""
        (self.overt.cwd / "main.py").write_text(main)
        words = ("run", *options, "--report", "r.json", "--", sys.executable, "main.py")
        done = self.overt(*words)
        assert done.returncode == status, done.stderr
        assert stderr is None or done.stderr == stderr
        report = self.overt.json("r.json")
        assert report["dropped"] == 0
        return Seen(done, report)

    def sees(self, code: str, head: str = "import shop", main: str = "") -> Seen:
        """Let acme-tracer do `code` and check what holds for each patch that is seen."""
        self.tracer(code, head)
        seen = self.run(f"import shop\n{main}\nimport tracer\ntracer.go()\n")
        lines = (self.site / "tracer.py").read_text().splitlines()
        marked = [i for i, line in enumerate(lines, 1) if line.endswith("# here")]
        for patch in seen.patches:
            assert (owner(patch), patch["owner"]["package"]) == ("acme-tracer 1.4", "tracer")
            assert patch["site"]["file"] == str(self.site / "tracer.py")
            assert patch["site"]["module"] == "tracer"
            assert patch["site"]["line"] in (marked or range(3, len(lines) + 1))
            assert patch["stack"][0] == patch["site"] or patch["via"] or patch["stack"]
            assert patch["state"] == ("reverted" if patch["reverted"] else "on")
        return seen


@pytest.fixture
def world(overt: Overt) -> World:
    """Return a directory where the distribution shop-core is installed."""
    made = World(overt)
    made.install("shop-core", "2.0", shop=SHOP)
    return made


@pytest.fixture
def cast() -> Iterator[ModuleType]:
    """Return patch_cast.py, imported anew. A test that leaves a patch behind fails."""
    import overt

    sys.modules.pop("patch_cast", None)
    yield importlib.import_module("patch_cast")
    left = overt.handles()
    overt.reset()
    sys.modules.pop("patch_cast", None)
    assert left == ()
    assert overt.handles() == ()


@pytest.fixture
def observed(cast: ModuleType) -> Iterator[Callable[..., tuple[Any, Any]]]:
    """Return what puts a function into patch_cast and observes it: (function, handle)."""
    import overt

    with contextlib.ExitStack() as stack:

        def observe(function: Any) -> tuple[Any, Any]:
            setattr(cast, function.__name__, function)
            handle = stack.enter_context(overt.observe(f"patch_cast:{function.__name__}"))
            return getattr(cast, function.__name__), handle

        yield observe


@pytest.fixture(scope="session")
def repository() -> Path:
    """Return the checkout that these tests lie in."""
    return Path(__file__).resolve().parents[2]


@pytest.fixture
def native_library() -> Path:
    """Return the extension that is installed beside these tests."""
    import overt._native as native

    return Path(os.path.realpath(native.__file__))
