"""Registries: named lists that others fill, with an order, groups, and an owner of each entry."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, cast, overload

import overt._native as _native
from overt._errors import Error
from overt._ledger import Owner, Site

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

type Order = Literal["registration", "name", "priority"] | Sequence[str]
type Duplicates = Literal["error", "replace", "ignore", "keep"]


class EntryError(Error, LookupError):
    """A registry has no such entry, or one that does not load."""

    code = "entry"


@dataclass(frozen=True, slots=True)
class Entry[T]:
    """One entry of a registry: what was registered, by whom and where."""

    name: str
    value: T
    group: str | None
    priority: int
    owner: Owner
    site: Site
    entry_point: str | None


@dataclass(frozen=True, slots=True)
class Result[T]:
    """What one entry made of a call: a value, or the exception that it raised."""

    entry: Entry[T]
    value: Any = None
    error: Exception | None = None


@dataclass(frozen=True, slots=True)
class Snapshot[T]:
    """A registry as it stood. Opaque: made for `restore()`."""

    state: _native.RegistryState
    values: dict[int, T]


class Group[T]:
    """The entries of one group of a registry, in the registry's order. Made by `Registry.group()`.

    Iterating gives the objects that are there at that moment: what is registered meanwhile, by an
    entry that is called or by another thread, comes with the next iteration.
    """

    __slots__ = ("_core", "_group", "_name")

    def __init__(self, name: str, core: _native.Registry, group: str | None) -> None:
        self._name, self._core, self._group = name, core, group

    def __repr__(self) -> str:
        group = "" if self._group is None else f", group {self._group!r}"
        return f"<overt.{type(self).__name__} {self._name!r}{group}: {', '.join(self.names())}>"

    def __iter__(self) -> Iterator[T]:
        return iter(self._core.values(self._group, None))

    def __len__(self) -> int:
        return len(self._core.values(self._group, None))

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and bool(self._core.values(self._group, name))

    def __getitem__(self, name: str) -> T:
        """The object of that name, the first one in order where there are several."""
        found = self._core.values(self._group, name)
        if not found:
            raise EntryError(f"{self._where()} has no entry {name!r}{self._those()}", name)
        return cast("T", found[0])

    def get(self, name: str, default: T | None = None) -> T | None:
        """The same, or `default` where there is none."""
        found = self._core.values(self._group, name)
        return found[0] if found else default

    def names(self) -> tuple[str, ...]:
        """The names of the entries, in order."""
        return tuple(fields[0] for fields in self._core.entries(self._group, None))

    def entries(self, name: str | None = None) -> tuple[Entry[T], ...]:
        """The entries in order, all or those of one name."""
        return tuple(
            Entry(name, value, group, priority, Owner(*owner), Site(*site), entry_point)
            for name, value, group, priority, owner, site, entry_point in self._core.entries(
                self._group, name
            )
        )

    def call(self, /, *args: Any, **kwargs: Any) -> list[Any]:
        """Call every entry in order and return what they returned; an exception ends it."""
        return [value(*args, **kwargs) for value in self._core.values(self._group, None)]

    def results(self, /, *args: Any, **kwargs: Any) -> Iterator[Result[T]]:
        """Call one entry after the other, as far as the results are asked for.

        An exception is a result, so that one entry cannot keep the others from being called.
        """
        for entry in self.entries():
            try:
                value = cast("Any", entry.value)(*args, **kwargs)
            except Exception as error:  # noqa: BLE001  # handed on, with whose it is
                yield Result(entry, error=error)
            else:
                yield Result(entry, value)

    @overload
    def register[V](
        self, name: str, value: V, /, *, priority: int = 0, owner: str | Owner | None = None,
        duplicates: Duplicates | None = None, group: str | None = None,
    ) -> V: ...  # fmt: skip

    @overload
    def register[V](
        self, name: str | None = None, /, *, priority: int = 0, owner: str | Owner | None = None,
        duplicates: Duplicates | None = None, group: str | None = None,
    ) -> Callable[[V], V]: ...  # fmt: skip

    @overload
    def register[V](
        self, value: V, /, *, priority: int = 0, owner: str | Owner | None = None,
        duplicates: Duplicates | None = None, group: str | None = None,
    ) -> V: ...  # fmt: skip

    def register(
        self,
        *what: Any,
        priority: int = 0,
        owner: str | Owner | None = None,
        duplicates: Duplicates | None = None,
        group: str | None = None,
    ) -> Any:
        """Register an object and return it; or, without the object, a decorator that does.

            exporters.register("csv", export_csv)
            @exporters.register                     # under the function's own name
            @exporters.register("csv", priority=5)

        The owner is the calling distribution, unless it is given.
        """
        if len(what) > 2 or (len(what) == 2 and not isinstance(what[0], str)):
            raise TypeError("register() takes a name, an object, or both: register('csv', f)")
        name = what[0] if what and isinstance(what[0], str) else None
        into = group if group is not None else self._group

        if len(what) == 2 or (what and name is None and what[0] is not None):
            self._add(what[-1], name, into, priority, owner, None, duplicates)
            return what[-1]

        # Only here: without memory for a function CPython 3.12 frees its code twice.
        def decorate(value: Any) -> Any:
            self._add(value, name, into, priority, owner, None, duplicates)
            return value

        return decorate

    def unregister(self, name: str) -> None:
        """Remove the entry of that name, or all of them where there are several."""
        if not self._core.reset(self._group, name):
            raise EntryError(f"{self._where()} has no entry {name!r}{self._those()}", name)

    def reset(self, group: str | None = None) -> None:
        """Remove every entry, or those of one group."""
        self._core.reset(group if group is not None else self._group, None)

    def _add(
        self,
        value: Any,
        name: str | None,
        group: str | None,
        priority: int,
        owner: str | Owner | None,
        entry_point: str | None,
        duplicates: Duplicates | None,
    ) -> None:
        if name is None:
            name = getattr(value, "__name__", None)
        if not isinstance(name, str) or not name:
            raise Error(f"{value!r} has no name: register('its name', it)", self._name)
        if isinstance(owner, str):
            owner = Owner(owner, None, owner)
        fields = None if owner is None else (owner.name, owner.version or "", owner.package)
        self._core.add(value, name, group, priority, fields, entry_point or "", duplicates)

    def _where(self) -> str:
        group = "" if self._group is None else f", group {self._group!r},"
        return f"registry {self._name!r}{group}"

    def _those(self) -> str:
        names = ", ".join(map(repr, sorted(set(self.names()))))
        return f": it has {names}" if names else ": it is empty"


class Registry[T](Group[T]):
    """A registry, with the entries of all its groups. Made and found by `overt.registry(name)`."""

    __slots__ = ()

    @property
    def name(self) -> str:
        """What `overt.registry()` was called with."""
        return self._name

    @property
    def order(self) -> str:
        """What decides the order: registration, name, priority, or listed."""
        return self._core.order

    @property
    def duplicates(self) -> str:
        """What happens when a name is taken: error, replace, ignore or keep."""
        return self._core.duplicates

    def reorder(self, order: Order) -> None:
        """Put the registry in another order, for all who use it."""
        self._core.reorder(*_order_words(order))

    def group(self, group: str) -> Group[T]:
        """The entries of one group; entries that are registered there go into it."""
        return Group(self._name, self._core, group)

    def groups(self) -> tuple[str, ...]:
        """The groups that have entries, by name."""
        return tuple(sorted({fields[2] for fields in self._core.entries(None, None)} - {None}))

    def load(
        self,
        entry_points: str | None = None,
        *,
        group: str | None = None,
        on_error: Literal["raise", "warn"] = "raise",
    ) -> tuple[Entry[T], ...]:
        """Register what installed distributions offer under a group of entry points.

        That group is called like the registry unless it is given. Each distribution owns its own
        entries. All are registered or none, by name and distribution; what is there already is not
        loaded again. With `on_error="warn"` those that do not load are left out. Returns the new
        ones.
        """
        from importlib.metadata import entry_points as installed

        if on_error not in ("raise", "warn"):
            raise Error(f"on_error is 'raise' or 'warn', not {on_error!r}", self._name)
        known = {(entry.entry_point, entry.owner.name) for entry in self.entries()}
        found = []
        points = list(installed(group=entry_points or self._name))
        for point in sorted(points, key=lambda point: (point.name, _owner(point).name)):
            if (_text(point), _owner(point).name) in known:
                continue
            try:
                found.append((point, point.load()))
            except Exception as error:
                what = f"entry point {_text(point)} of {_owner(point).name} does not load: {error}"
                if on_error == "raise":
                    raise EntryError(what, point.name) from error
                _warn(what)
        with self._all_or_none():
            for point, value in found:
                self._add(value, point.name, group, 0, _owner(point), _text(point), None)
        new = {_text(point) for point, _ in found}
        return tuple(entry for entry in self.entries() if entry.entry_point in new)

    def snapshot(self) -> Snapshot[T]:
        """Everything there is in the registry now, for `restore()`."""
        return Snapshot(self._core.state(), self._core.copy_of_values())

    def restore(self, snapshot: Snapshot[T]) -> None:
        """Make the registry what it was: entries, their order, and its rules."""
        self._core.restore(snapshot.state, snapshot.values)

    @contextmanager
    def temporary(self) -> Iterator[Registry[T]]:
        """A block at whose end the registry is again what it was at its start."""
        before = self.snapshot()
        try:
            yield self
        finally:
            self.restore(before)

    @contextmanager
    def _all_or_none(self) -> Iterator[None]:
        before = self.snapshot()
        try:
            yield
        except BaseException:
            self.restore(before)
            raise


def registry(
    name: str, *, order: Order | None = None, duplicates: Duplicates | None = None
) -> Registry[Any]:
    """The registry of that name, which is made when it is first asked for.

    `order` is "registration" (the default), "name", "priority" (highest first) or a sequence of
    names that come first. `duplicates` says what happens when a name is taken: "error" (the
    default), "replace", "ignore" or "keep" (both). Whoever states one of them first decides;
    stating something else is an error, leaving it out never is.
    """
    word, listed = (None, []) if order is None else _order_words(order)
    core = _native.Registry(name, word, listed, duplicates)
    return _open.setdefault(name, Registry(name, core, None))


def registries() -> tuple[Registry[Any], ...]:
    """Every registry of this process, by name."""
    return tuple(_open[name] for name in sorted(_open))


_open: dict[str, Registry[Any]] = {}


def _order_words(order: Order) -> tuple[str, list[str]]:
    return (order, []) if isinstance(order, str) else ("listed", [*order])


def _owner(point: EntryPoint) -> Owner:
    package = point.module.partition(".")[0]
    if point.dist is None:
        return Owner(package, None, package)
    return Owner(point.dist.name, point.dist.version, package)


def _text(point: EntryPoint) -> str:
    return f"{point.name} = {point.value} [{point.group}]"


def _warn(what: str) -> None:
    import warnings

    warnings.warn(what, RuntimeWarning, stacklevel=3)
