"""Threads that still run inside a patch that was removed.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import sys
import threading
import time
from typing import TYPE_CHECKING, Any

from overt._leaks import ThreadLeak

if TYPE_CHECKING:
    from types import CellType, FrameType

    from overt._native import Touch

PATIENCE = 0.25  # seconds: a thread that is about to leave is no leak


def find(undone: list[Touch], told: set[tuple[object, ...]]) -> list[ThreadLeak]:
    """Look, and look again until nobody is inside or the patience is at its end."""
    removed = [(touch.target, value) for touch in undone if (value := _removed(touch)) is not None]
    found = _new(removed, told)
    end = time.monotonic() + PATIENCE
    while found and time.monotonic() < end:
        time.sleep(0.005)
        found = _new(removed, told)
    return found


def _new(removed: list[tuple[str, Any]], told: set[tuple[object, ...]]) -> list[ThreadLeak]:
    return [leak for leak in _inside(removed) if leak.key not in told]


def _removed(touch: Touch) -> Any:
    known, there, value = touch.before()
    if not (known and there) or value is touch.now()[2]:
        return None
    return value if callable(value) else getattr(value, "__func__", None)


def _inside(removed: list[tuple[str, Any]]) -> list[ThreadLeak]:
    if not removed:
        return []
    codes: dict[Any, list[tuple[str, Any]]] = {}
    for target, value in removed:
        codes.setdefault(getattr(value, "__code__", None), []).append((target, value))
    codes.pop(None, None)
    objects = {id(value): target for target, value in removed if not hasattr(value, "__code__")}
    found = []
    for ident, frame in sys._current_frames().items():
        if ident == threading.get_ident():
            continue
        inside = _first_inside(frame, codes, objects)
        if inside is not None:
            at, target = inside
            code = at.f_code
            site = (at.f_globals.get("__name__", ""), code.co_qualname, code.co_filename, 0)
            line = at.f_lineno or code.co_firstlineno
            found.append(ThreadLeak(_name(ident), ident, target, (*site[:3], line)))
    return found


def _first_inside(
    frame: FrameType | None, codes: dict[Any, list[tuple[str, Any]]], objects: dict[int, str]
) -> tuple[FrameType, str] | None:
    while frame is not None:
        code = frame.f_code
        for name, function in codes.get(code, ()):
            if _is_of(frame, function):
                return frame, name
        # A method of an object that is called, as mocks are.
        if objects and code.co_argcount and code.co_varnames[0] == "self":
            target = objects.get(id(frame.f_locals.get("self")))
            if target is not None:
                return frame, target
        frame = frame.f_back
    return None


def _is_of(frame: FrameType, function: Any) -> bool:
    # Wrappers that one factory makes share their code; what they close over tells them apart.
    cells = getattr(function, "__closure__", None) or ()
    held = frame.f_locals
    return all(
        held.get(name, cell) is _content(cell)
        for name, cell in zip(frame.f_code.co_freevars, cells, strict=False)
    )


def _content(cell: CellType) -> object:
    try:
        return cell.cell_contents
    except ValueError:  # nothing was assigned yet
        return cell


def _name(ident: int) -> str:
    for thread in threading.enumerate():
        if thread.ident == ident:
            return thread.name
    return str(ident)
