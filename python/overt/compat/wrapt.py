"""The patching half of wrapt's interface, on Overt's engine.

An instrumentation moves over by changing its import:

    from overt.compat.wrapt import unwrap, wrap_function_wrapper

Its wrappers keep their signature `(wrapped, instance, args, kwargs)`. Its patches are governed from
then on: listed with their owner, counted, switched off and on from outside, removed in any order,
and the original is put back itself. docs/wrapt.md lists what differs from wrapt.
"""

from __future__ import annotations

import inspect
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import MethodType, ModuleType
from typing import Any

from overt import _native
from overt._patch import Handle
from overt.compat._wrapt_imports import (
    discover_post_import_hooks,
    notify_module_loaded,
    register_post_import_hook,
    when_imported,
)
from overt.compat._wrapt_installed import Installed
from overt.compat._wrapt_paths import (
    PathResolutionError,
    TargetModuleNotFoundError,
    WrapperChainTooDeepError,
    WrapperNotFoundError,
    WrapperNotOutermostError,
    resolve_owner,
    resolve_path,
)

__all__ = [
    "MISSING",
    "BoundFunctionWrapper",
    "FunctionWrapper",
    "ObjectProxy",
    "PathResolutionError",
    "TargetModuleNotFoundError",
    "WrapperChainTooDeepError",
    "WrapperNotFoundError",
    "WrapperNotOutermostError",
    "apply_patch",
    "discover_post_import_hooks",
    "find_wrapper",
    "is_wrapped_by",
    "notify_module_loaded",
    "patch_function_wrapper",
    "register_post_import_hook",
    "resolve_owner",
    "resolve_path",
    "scoped_function_wrapper",
    "unwrap",
    "unwrap_object",
    "unwrapped",
    "when_imported",
    "wrap_function_wrapper",
    "wrap_object",
    "wrapper_chain",
]

type Wrapper = Callable[[Any, Any, tuple[Any, ...], dict[str, Any]], Any]
type Enabled = bool | Callable[[], bool] | None


class _Missing:
    """Nothing was given, or nothing was there."""

    def __repr__(self) -> str:
        return "<overt.compat.wrapt.MISSING>"


MISSING = _Missing()


class _Recognising(type):
    """isinstance() is true for what stands at a wrapped name, too."""

    def __instancecheck__(cls, instance: object) -> bool:
        if type.__instancecheck__(cls, instance):
            return True
        inner = instance.__func__ if type(instance) is MethodType else instance
        return bool(_standing(inner))


class ObjectProxy(metaclass=_Recognising):
    """What isinstance() knows a wrapped function by. To make proxies, import it from wrapt."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        if cls.__module__ != __name__:
            raise TypeError(
                "overt.compat.wrapt has the patching half of wrapt; to derive from ObjectProxy or "
                "FunctionWrapper, import it from wrapt"
            )
        super().__init_subclass__(**kwargs)


class FunctionWrapper(ObjectProxy):
    """One wrapper that was installed: the handle for `unwrap_object()`.

    What stands at the name is the engine's; several wrappers of one name share it.
    """

    def __init__(self, wrapped: Any, wrapper: Wrapper, enabled: Enabled = None) -> None:
        self.__wrapped__ = wrapped
        self._self_wrapper = wrapper
        self._self_enabled = enabled
        self._self_patch: Handle | None = None
        self._self_standing: Any = None  # what was bound at the name for it
        self._self_place: tuple[Any, str] | None = None

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._self_wrapper(self.__wrapped__, None, args, kwargs)

    def __getattr__(self, name: str) -> Any:
        if name.startswith(("_self_", "__wrapped__")):
            raise AttributeError(name)
        return getattr(self.__wrapped__, name)

    def __repr__(self) -> str:
        return f"<FunctionWrapper of {self.__wrapped__!r} by {self._self_patch!r}>"


class BoundFunctionWrapper(ObjectProxy):
    """The same of a wrapped method that was looked up on an instance."""


class _Value:
    """One object that `wrap_object()` installed, whatever its type: the handle is the object."""

    def __init__(self, wrapped: Any, handle: Any) -> None:
        self.__wrapped__ = wrapped
        self._self_handle = handle
        self._self_patch: Handle | None = None
        self._self_standing: Any = handle
        self._self_place: tuple[Any, str] | None = None


type _Record = FunctionWrapper | _Value


_installed = Installed(lambda record: _handle(record))


def _standing(value: object) -> list[_Record]:
    """The wrappers that run when `value` is called, outermost first."""
    return _installed.standing.get(id(value), [])[::-1]


def _handle(record: _Record) -> Any:
    return record._self_handle if isinstance(record, _Value) else record


def _bound(place: tuple[Any, str]) -> Any:
    parent, attribute = place
    try:
        return vars(parent).get(attribute, MISSING)
    except TypeError:
        return getattr(parent, attribute, MISSING)


def _target(parent: Any, attribute: str) -> str:
    if isinstance(parent, ModuleType):
        return f"{parent.__name__}:{attribute}"
    owner = parent if inspect.isclass(parent) else type(parent)
    return f"{owner.__module__}:{owner.__qualname__}.{attribute}"


def _govern(
    advice: str, parent: Any, attribute: str, function: Any, made_as: _native.GovernedPatch | None
) -> Handle:
    patch = _native.make_patch(
        advice, _target(parent, attribute), function, None, None, owner="", reason="",
        reach="name", scope="process", ttl=None, layer="", fail="original", notes=False,
        again=True, as_value=advice == "replace", root=parent, attribute=attribute,
        made_as=made_as,
    )  # fmt: skip
    return Handle(patch)


def _install(record: _Record, parent: Any, attribute: str, patch: Handle) -> None:
    patch.install()
    record._self_patch = patch
    _installed.add(record, (parent, attribute))
    _look_again((parent, attribute))


def _look_again(place: tuple[Any, str]) -> None:
    """Note what stands at a name: all layers that follow each other there share it."""
    now = _bound(place)
    for record in _installed.at(place):
        patch = record._self_patch
        if isinstance(record, FunctionWrapper) and patch and patch.state in ("on", "off"):
            _installed.stand(record, now)


def _advice(record: FunctionWrapper, parent: Any, raw: Any) -> Callable[..., Any]:
    """The wrapper with the engine's signature: the original first, then the call's arguments."""
    wrapper, enabled = record._self_wrapper, record._self_enabled
    check = enabled if callable(enabled) else None
    while isinstance(record_of := raw, FunctionWrapper):
        raw = record_of.__wrapped__
    binds = inspect.isclass(parent) and (
        isinstance(raw, classmethod)
        or (hasattr(type(raw), "__get__") and not isinstance(raw, (staticmethod, type)))
    )
    if binds:

        def bound(original: Any, instance: Any, /, *args: Any, **kwargs: Any) -> Any:
            wrapped = MethodType(original, instance)
            if check is not None and not check():
                return wrapped(*args, **kwargs)
            return wrapper(wrapped, instance, args, kwargs)

        return bound
    owner = getattr(raw, "__self__", None)
    instance = None if isinstance(owner, ModuleType) else owner

    def plain(original: Any, /, *args: Any, **kwargs: Any) -> Any:
        if check is not None and not check():
            return original(*args, **kwargs)
        return wrapper(original, instance, args, kwargs)

    return plain


def _wrap_function(
    target: Any,
    name: str,
    wrapper: Wrapper,
    enabled: Enabled,
    made_as: _native.GovernedPatch | None = None,
) -> FunctionWrapper:
    parent, attribute, original = resolve_path(target, name)
    chain = _standing(original)
    record = FunctionWrapper(_handle(chain[0]) if chain else original, wrapper, enabled)
    raw = chain[-1].__wrapped__ if chain else original
    advice = _advice(record, parent, raw)
    patch = _govern("around", parent, attribute, advice, made_as)
    _install(record, parent, attribute, patch)
    if enabled is False:
        patch.off()
    return record


def _deferred(target: Any, name: str, wrapper: Wrapper, enabled: Enabled) -> FunctionWrapper | None:
    if not (isinstance(target, str) and target.endswith("?")):
        return _wrap_function(target, name, wrapper, enabled)
    module = target.removesuffix("?")
    if module in sys.modules:
        return _wrap_function(sys.modules[module], name, wrapper, enabled)
    # Whoever asks now is the owner then.
    asked = _native.make_patch(
        "observe", f"{module}:{name}", None, None, None, owner="", reason="", reach="name",
        scope="process", ttl=None, layer="", fail="original", notes=False, again=True,
    )  # fmt: skip

    def hook(imported: ModuleType) -> None:
        _wrap_function(imported, name, wrapper, enabled, asked)

    register_post_import_hook(hook, module)
    return None


def wrap_function_wrapper(target: Any, name: str, wrapper: Wrapper) -> FunctionWrapper | None:
    """Wrap the function at a path; `wrapper(wrapped, instance, args, kwargs)` runs in its place.

    `target` is a module or its name, a class, or an instance. "module?" waits until the module is
    imported, and returns None then; else the handle for `unwrap_object()` is returned.
    """
    return _deferred(target, name, wrapper, None)


def patch_function_wrapper(
    target: Any, name: str, _enabled: Any = MISSING, *, enabled: Any = MISSING
) -> Callable[[Wrapper], Wrapper]:
    """Make a decorator that wraps the function at a path with what it decorates.

    `enabled` may be a boolean, or a function that is asked at each call.
    """
    if _enabled is not MISSING:
        if enabled is not MISSING:
            raise TypeError("patch_function_wrapper() got multiple values for argument 'enabled'")
        warnings.warn(
            "Passing 'enabled' positionally to patch_function_wrapper() is deprecated; pass it as "
            "a keyword argument.",
            DeprecationWarning,
            stacklevel=2,
        )
        enabled = _enabled

    def decorate(wrapper: Wrapper) -> Wrapper:
        _deferred(target, name, wrapper, None if enabled is MISSING else enabled)
        return wrapper

    return decorate


def wrap_object(
    target: Any,
    name: str,
    factory: Callable[..., Any],
    args: tuple[Any, ...] = (),
    kwargs: dict[str, Any] | None = None,
) -> Any:
    """Replace the object at a path by `factory(object, *args, **kwargs)`, which is returned."""
    parent, attribute, original = resolve_path(target, name)
    if factory is FunctionWrapper:
        return _wrap_function(target, name, *args, **{"enabled": None, **(kwargs or {})})
    chain = _standing(original)
    wrapped = factory(original, *args, **(kwargs or {}))
    record = _Value(_handle(chain[0]) if chain else original, wrapped)
    _install(record, parent, attribute, _govern("replace", parent, attribute, wrapped, None))
    return wrapped


def apply_patch(parent: Any, attribute: str, replacement: Any) -> None:
    """Set an attribute: not governed, as in wrapt."""
    setattr(parent, attribute, replacement)


def wrapper_chain(obj: Any, *, limit: int = 64) -> Iterator[Any]:
    """Iterate over the wrappers of an object, outermost first, and what they wrap at last."""
    seen: list[Any] = []
    ids: set[int] = set()
    current = obj
    while True:
        chain = _standing(current)
        entry = _handle(chain[0]) if chain else current
        if id(entry) in ids:
            return
        if len(seen) >= limit:
            raise WrapperChainTooDeepError(f"wrapper chain of {obj!r} exceeded {limit} levels")
        seen.append(entry)
        ids.add(id(entry))
        yield entry
        record = chain[0] if chain else entry
        try:
            current = record.__wrapped__
        except AttributeError:
            return


def unwrapped(obj: Any, *, limit: int = 64) -> Any:
    """The object behind all wrappers."""
    last = obj
    for last in wrapper_chain(obj, limit=limit):  # noqa: B007
        pass
    return last


def find_wrapper(
    obj: Any,
    handle: Any = None,
    *,
    predicate: Callable[[Any], Any] | None = None,
    limit: int = 64,
) -> Any:
    """Find a wrapper among those of an object, by identity or by a predicate; None if not there."""
    if handle is None and predicate is None:
        raise TypeError("find_wrapper() requires a wrapper handle or a predicate")
    for entry in wrapper_chain(obj, limit=limit):
        if (handle is None or entry is handle) and (predicate is None or predicate(entry)):
            return entry
    return None


def is_wrapped_by(
    obj: Any,
    handle: Any = None,
    *,
    predicate: Callable[[Any], Any] | None = None,
    limit: int = 64,
) -> bool:
    """Tell whether `find_wrapper()` finds one."""
    return find_wrapper(obj, handle, predicate=predicate, limit=limit) is not None


def unwrap_object(target: Any, name: str, handle: Any, *, missing_ok: bool = False) -> Any:
    """Remove one wrapper, wherever it stands among others, by what the wrapping returned.

    Raises WrapperNotFoundError when it is not there (None is returned with `missing_ok`), and
    WrapperNotOutermostError when others put something over it that is no wrapper.
    """
    try:
        current = resolve_path(target, name)[2]
        found = find_wrapper(current, handle)
    except PathResolutionError:
        found = None
    record = _installed.handles.get(id(found))
    if found is None or record is None:
        if missing_ok:
            return None
        raise WrapperNotFoundError(f"handle {handle!r} not found on {target!r}.{name}")
    for above in wrapper_chain(current):
        if above is found:
            break
        if id(above) not in _installed.handles:
            raise WrapperNotOutermostError(
                f"cannot remove {type(found).__name__} from {target!r}.{name}: wrapped by "
                f"{type(above).__name__}"
            )
    _remove(record)
    return found


def _remove(record: _Record) -> None:
    assert record._self_patch is not None
    assert record._self_place is not None
    place = record._self_place
    record._self_patch.remove()
    _installed.remove(record)
    for other in _installed.handles.values():
        if other.__wrapped__ is _handle(record):
            other.__wrapped__ = record.__wrapped__
    _look_again(place)


def unwrap(target: Any, name: str) -> None:
    """Remove the outermost wrapper of a path, if there is one; "module.Class" names a class.

    It takes the place of `opentelemetry.instrumentation.utils.unwrap`.
    """
    if isinstance(target, str) and "." in target and target not in sys.modules:
        module, _, cls = target.rpartition(".")
        name, target = f"{cls}.{name}", module
    current = resolve_path(target, name)[2]
    for entry in wrapper_chain(current):
        if id(entry) in _installed.handles:
            unwrap_object(target, name, entry)
        return


@contextmanager
def scoped_function_wrapper(target: Any, name: str, wrapper: Wrapper) -> Iterator[None]:
    """Wrap the function at a path for the length of a `with` block."""
    if isinstance(target, str) and target.endswith("?"):
        raise ValueError("a target that is to be imported later cannot be wrapped for a block")
    handle = wrap_function_wrapper(target, name, wrapper)
    try:
        yield
    finally:
        unwrap_object(target, name, handle)
