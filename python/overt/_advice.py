"""What to do about a patch that was left behind, in one sentence.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from typing import Any

type Told = tuple[bool, bool, Any]


def advice(record: dict[str, Any], fixture: str, before: Told, now: Told) -> str:
    """Say what would have undone it, for the way in which it was made."""
    target, via = record["target"], record["via"]
    name = target.rpartition(".")[2].rpartition(":")[2]
    kind = _unwrapped(before, now)
    if kind:
        return (
            f"it was a {kind} and is none now: save `vars(owner)[{name!r}]`, not `owner.{name}`, "
            "and put that back"
        )
    if record["governed"]:
        return "use the fixture overt_patch, `with` the handle, or call its remove()"
    if any(helper in ("unittest.mock", "mock") for helper in via):
        end = " after the `yield` of the fixture" if fixture else ": self.addCleanup(patcher.stop)"
        return f"stop the patcher{end}; or use `with mock.patch(...)`"
    if "pytest" in via:
        return "a MonkeyPatch() made by hand needs undo(): use `with pytest.MonkeyPatch.context()`"
    if via:
        return f"undo it the way {via[0]} offers, or use the fixture overt_patch"
    if target.startswith("sys.modules:"):
        entry = target.removeprefix("sys.modules:")
        return f"use monkeypatch.setitem(sys.modules, {entry!r}, ...)"
    if record["change"] == "deleted":
        return f"use monkeypatch.delattr({target.replace(':', '.')!r})"
    if fixture:
        return "put back what stood there after the `yield` of the fixture"
    if record["change"] == "code":
        return "keep the function's old code and defaults and put them back"
    return "use the fixture monkeypatch or overt_patch, or undo it before the test ends"


def _unwrapped(before: Told, now: Told) -> str:
    # What Owner.name gives is not what stood in the class.
    if not (before[0] and before[1] and now[1]):
        return ""
    was, value = before[2], now[2]
    if isinstance(was, staticmethod) and value is was.__func__:
        return "staticmethod"
    if isinstance(was, classmethod) and getattr(value, "__func__", None) is was.__func__:
        return "classmethod"
    return ""
