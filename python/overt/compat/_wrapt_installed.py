"""What is installed through overt.compat.wrapt: the thousandth is found as fast as the first.

Every access happens with the GIL held and between two lines of Python; a race of two threads that
wrap the same name is decided by the engine, which has the last word on what stands there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class Installed:
    """Everything that is installed, found by what stands at its name, its place and its handle.

    Each list is oldest first. An id stays true as long as its object is in one of the records.
    """

    def __init__(self, handle_of: Callable[[Any], Any]) -> None:
        self._handle_of = handle_of
        self.standing: dict[int, list[Any]] = {}
        self.places: dict[tuple[int, str], list[Any]] = {}
        self.handles: dict[int, Any] = {}

    def add(self, record: Any, place: tuple[Any, str]) -> None:
        record._self_place = place
        self.places.setdefault((id(place[0]), place[1]), []).append(record)
        self.handles[id(self._handle_of(record))] = record
        self.stand(record, record._self_standing)

    def stand(self, record: Any, value: Any) -> None:
        """Another object stands for the record at its name from now on."""
        self._leave(record)
        record._self_standing = value
        if value is not None:
            self.standing.setdefault(id(value), []).append(record)

    def at(self, place: tuple[Any, str]) -> tuple[Any, ...]:
        return tuple(self.places.get((id(place[0]), place[1]), ()))

    def remove(self, record: Any) -> None:
        self._leave(record)
        del self.handles[id(self._handle_of(record))]
        parent, attribute = record._self_place or (None, "")
        there = self.places[id(parent), attribute]
        there.remove(record)
        if not there:
            del self.places[id(parent), attribute]

    def _leave(self, record: Any) -> None:
        there = self.standing.get(id(record._self_standing), [])
        if record in there:
            there.remove(record)
            if not there:
                del self.standing[id(record._self_standing)]
