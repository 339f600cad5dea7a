"""An independent look at every namespace of this process, before and after.

Slow and simple on purpose, and unrelated to the watchers: two copies of all namespaces are compared
by identity. No code of the program runs for it: attributes are read through the descriptors of
`type` and of the module type, and no object is asked what it is.
"""

from __future__ import annotations

import contextlib
import dis
import gc
import json
import os
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from types import FunctionType, GenericAlias, MethodType, ModuleType, UnionType
from typing import Any

_module_dict: Any = ModuleType.__dict__["__dict__"].__get__
_class_dict = type.__dict__["__dict__"].__get__
_module_of_class: Any = type.__dict__["__module__"].__get__
_class_qualname = type.__dict__["__qualname__"].__get__
_mro = type.__dict__["__mro__"].__get__
_globals = FunctionType.__dict__["__globals__"].__get__

_SCALARS = (int, float, complex, bool, str, bytes, bytearray, range, slice, type(None), type(...))
_ANNOTATIONS = (GenericAlias, UnionType)
_WRAPPERS: dict[type, str] = {
    staticmethod: "__func__",
    classmethod: "__func__",
    MethodType: "__func__",
    property: "fget",
}
_ABSENT = object()


def _class_module(cls: type) -> Any:
    try:
        return _module_of_class(cls)
    except AttributeError:  # a type made in C need not say
        return None


def is_kind(value: object, kind: type) -> bool:
    """isinstance, but blind to what a proxy says about itself."""
    return kind in _mro(type(value))


@dataclass
class Namespace:
    """The names of one module or class, or the entries of sys.modules, and who they belong to."""

    space: str
    prefix: str  # of a target: "json:", "json.encoder:JSONEncoder."
    module: str
    holder: object
    names: dict[str, Any] = field(default_factory=dict)


def _text(value: object, default: str = "?") -> str:
    return value if type(value) is str else default


def _classes() -> list[type]:
    found: dict[int, type] = {}
    waiting = [object]
    while waiting:
        cls = waiting.pop()
        if id(cls) not in found:
            found[id(cls)] = cls
            waiting.extend(type.__subclasses__(cls))
    return list(found.values())


def _strings(names: dict[Any, Any]) -> dict[str, Any]:
    return {key: value for key, value in names.items() if type(key) is str}


class Snapshot:
    """Every namespace at one moment. It keeps what it saw alive, so that identities stay true."""

    def __init__(self) -> None:
        gc.collect()
        self.spaces = {id(sys.modules): Namespace("modules", "sys.modules:", "sys", sys.modules)}
        self.spaces[id(sys.modules)].names = _strings(sys.modules.copy())
        for module in list(sys.modules.values()):
            if is_kind(module, ModuleType):
                self._add_module(module)
        for cls in _classes():
            module = _text(_class_module(cls))
            prefix = f"{module}:{_class_qualname(cls)}."
            names = _strings(dict(_class_dict(cls)))
            self.spaces[id(cls)] = Namespace("type", prefix, module, cls, names)
        self.functions = {
            id(f): (f, f.__code__, f.__defaults__, f.__kwdefaults__)
            for f in gc.get_objects()
            if type(f) is FunctionType
        }

    def _add_module(self, module: object) -> None:
        names = _module_dict(module)
        name = _text(names.get("__name__"))
        own = _strings(dict(names))
        self.spaces[id(names)] = Namespace("module", f"{name}:", name, module, own)


def is_plain(value: Any, depth: int = 0) -> bool:
    """Numbers, strings, bytes, None, types in annotations, and containers of these."""
    kind = type(value)
    if kind in _SCALARS or kind in _ANNOTATIONS or _class_module(kind) == "typing":
        return True
    if kind is dict:
        return depth > 3 or all(is_plain(item, depth + 1) for item in value.values())
    if kind in (tuple, list, set, frozenset):
        return depth > 3 or all(is_plain(item, depth + 1) for item in value)
    return False


def _file(module: str) -> str:
    found = sys.modules.get(module)
    names = _module_dict(found) if is_kind(found, ModuleType) else {}
    return _text(names.get("__file__"), "")


def _definition(value: object) -> object:
    """The function inside a descriptor or bound method of the interpreter's own."""
    return getattr(value, _WRAPPERS[type(value)])


def _definer(value: object) -> str:
    """The module whose code runs when `value` is used, as far as its shape tells."""
    kind = type(value)
    if kind in _WRAPPERS:
        return _definer(_definition(value))
    if kind is FunctionType:
        return _text(_globals(value).get("__name__"))
    if is_kind(value, type):
        return _text(_class_module(value))
    if is_kind(value, ModuleType):
        return _text(_module_dict(value).get("__name__"))
    if kind is type(len):
        return _text(getattr(value, "__module__", None), "builtins")
    return _text(_class_module(kind))


def describe(value: object) -> dict[str, Any] | None:
    """A value as evidence for the rules of explain.py; None for a name that is not there."""
    if value is _ABSENT:
        return None
    names = {name for base in _mro(type(value)) for name in _class_dict(base)}
    definer = _definer(value)
    spec = _module_dict(value).get("__spec__") if is_kind(value, ModuleType) else None
    return {
        "type": f"{_class_module(type(value))}.{_class_qualname(type(value))}",
        "plain": is_plain(value),
        "callable": "__call__" in names,
        "descriptor": bool(names & {"__get__", "__set__", "__delete__"}),
        "class": is_kind(value, type),
        "module": is_kind(value, ModuleType),
        "spec": spec is not None,
        "copy": spec is not None and sys.modules.get(definer) is not value,
        "definer": definer,
        "file": _file(definer),
    }


def _same(old: object, new: object) -> bool:
    """The identical object, or another staticmethod, classmethod or property around the same."""
    if old is new:
        return True
    if type(old) is not type(new) or type(old) not in _WRAPPERS:
        return False
    if type(old) is property and type(new) is property:
        return old.fget is new.fget and old.fset is new.fset and old.fdel is new.fdel
    return _definition(old) is _definition(new)


def _frameworks(holder: object) -> list[str]:
    if not is_kind(holder, type):
        return []
    return [_text(_class_module(cls)) for cls in (type(holder), *_mro(holder)[1:])]


def _is_lazy(names: dict[str, Any], target: str) -> bool:
    """A module that adds this name on demand: in its __getattr__, or by a global statement."""
    name = target.rpartition(":")[2]
    functions = [value for value in names.values() if type(value) is FunctionType]
    return "__getattr__" in names or any(
        step.opname == "STORE_GLOBAL" and step.argval == name
        for function in functions
        if name in function.__code__.co_names
        for step in dis.get_instructions(function.__code__)
    )


def compare(before: Snapshot, after: Snapshot) -> list[dict[str, Any]]:
    """Every name that is not what it was, in the namespaces that were there before."""
    found = []

    def note(space: Namespace, target: str, old: object, new: object) -> None:
        found.append(
            {
                "target": target,
                "space": space.space,
                "module": space.module,
                "file": _file(space.module),
                "lazy": space.space == "module" and _is_lazy(space.names, target),
                "frameworks": [
                    {"module": name, "file": _file(name)} for name in _frameworks(space.holder)
                ],
                "old": describe(old),
                "new": describe(new),
            }
        )

    for key, was in before.spaces.items():
        now = after.spaces.get(key)
        if now is None:
            continue
        for name in was.names.keys() | now.names.keys():
            old, new = was.names.get(name, _ABSENT), now.names.get(name, _ABSENT)
            if not _same(old, new):
                note(was, now.prefix + name, old, new)
    for key, (function, *old_parts) in before.functions.items():
        _, *new_parts = after.functions[key]
        if any(old is not new for old, new in zip(old_parts, new_parts, strict=True)):
            module = _text(function.__globals__.get("__name__"))
            space = Namespace("function", "", module, function)
            note(space, f"{module}:{function.__qualname__}", *_changed(old_parts, new_parts))
    return found


def _changed(old_parts: Sequence[object], new_parts: Sequence[object]) -> tuple[object, object]:
    return next((o, n) for o, n in zip(old_parts, new_parts, strict=True) if o is not n)


@contextlib.contextmanager
def differences() -> Iterator[None]:
    """Write what the block changed to $OVERT_DIFFERENCES, as evidence for test_libraries.py."""
    began = time.time()
    before = Snapshot()
    yield
    changes = compare(before, Snapshot())
    spaces = {space.prefix for space in before.spaces.values()}
    entries = {f"sys.modules:{name}" for name in before.spaces[id(sys.modules)].names}
    result = {"began": began, "known": sorted(spaces | entries), "changes": changes}
    path = os.environ.get("OVERT_DIFFERENCES")
    if path is None:
        print("\n".join(sorted(change["target"] for change in changes)))
        return
    with open(path, "w", encoding="utf-8") as file:
        json.dump(result, file)
