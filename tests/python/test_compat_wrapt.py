"""The patching half of wrapt's interface, on Overt's engine."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from types import ModuleType

import pytest

import overt
from overt.compat import wrapt

SOURCE = """
LIMIT = 10
def price(amount=1): return "price", amount
class Item:
    def name(self, *args, **kwargs): return "name", args, kwargs
    @classmethod
    def create(cls, x=0): return cls, x
    @staticmethod
    def parse(x=0): return "parse", x
    def __call__(self): return "called"
class Special(Item): ...
class Made:
    def __init__(self, x): self.x = x
async def soon(x): return x
"""


@pytest.fixture
def shop():
    """A module to patch."""
    made = ModuleType("wrapt_shop")
    sys.modules["wrapt_shop"] = made
    exec(SOURCE, made.__dict__)
    yield made
    overt.reset()
    for index in ("standing", "places", "handles"):
        getattr(wrapt._installed, index).clear()
    del sys.modules["wrapt_shop"]


def recorder():
    """A wrapper that notes what it is given, as text."""
    seen = []

    def wrapper(wrapped, instance, args, kwargs):
        seen.append((instance, args, kwargs))
        return "wrapped", wrapped(*args, **kwargs)

    return wrapper, seen


def test_function(shop) -> None:
    """A function has no instance; what the wrapper returns is the result."""
    wrapper, seen = recorder()
    wrapt.wrap_function_wrapper("wrapt_shop", "price", wrapper)
    assert shop.price(2) == ("wrapped", ("price", 2))
    assert shop.price(amount=3) == ("wrapped", ("price", 3))
    assert seen == [(None, (2,), {}), (None, (), {"amount": 3})]
    assert shop.price.__name__ == "price"


def test_methods(shop) -> None:
    """The instance is the object, or the class of a class method; `wrapped` is bound to it."""
    wrapper, seen = recorder()
    for name in ("name", "create", "parse"):
        wrapt.wrap_function_wrapper(shop, f"Item.{name}", wrapper)
    item = shop.Special()
    assert item.name(1, b=2) == ("wrapped", ("name", (1,), {"b": 2}))
    assert shop.Item.name(item, 1) == ("wrapped", ("name", (1,), {}))
    assert shop.Special.create(5) == ("wrapped", (shop.Special, 5))
    assert item.parse(6) == ("wrapped", ("parse", 6))
    assert [instance for instance, _, _ in seen] == [item, item, shop.Special, None]
    assert isinstance(shop.Item.__dict__["create"], classmethod)


def test_wrapped_is_a_bound_method(shop) -> None:
    """A wrapper may ask it what a bound method can be asked."""
    told = []

    def wrapper(wrapped, instance, args, kwargs):
        told.append((wrapped.__name__, wrapped.__qualname__, wrapped.__self__ is instance))
        return wrapped(*args, **kwargs)

    wrapt.wrap_function_wrapper(shop.Item, "name", wrapper)
    shop.Item().name()
    assert told == [("name", "Item.name", True)]


def test_instance_alone(shop) -> None:
    """A method wrapped on one object is wrapped there only, and leaves nothing behind."""
    wrapper, seen = recorder()
    one, other = shop.Item(), shop.Item()
    handle = wrapt.wrap_function_wrapper(one, "name", wrapper)
    assert one.name(1) == ("wrapped", ("name", (1,), {}))
    assert other.name(1) == ("name", (1,), {})
    assert seen == [(one, (1,), {})]
    assert wrapt.unwrap_object(one, "name", handle) is handle
    assert vars(one) == {}


def test_class_and_coroutine(shop) -> None:
    """A class is called as before; a coroutine function gives what the wrapper makes of it."""
    wrapper, seen = recorder()
    wrapt.wrap_function_wrapper(shop, "Made", wrapper)
    assert shop.Made(3)[1].x == 3
    assert seen == [(None, (3,), {})]

    async def later(wrapped, instance, args, kwargs):
        return "wrapped", await wrapped(*args, **kwargs)

    wrapt.wrap_function_wrapper(shop, "soon", later)
    with pytest.raises(StopIteration) as done:
        shop.soon(4).send(None)
    assert done.value.value == ("wrapped", 4)


def test_patches_are_governed(shop) -> None:
    """They have an owner and a place in the ledger, count their calls, and can be switched off."""
    wrapper, _ = recorder()
    handle = wrapt.wrap_function_wrapper("wrapt_shop", "Item.name", wrapper)
    name = "wrapt_shop:Item.name"
    (patch,) = [p for p in overt.ledger() if p.target == name and not p.reverted]
    assert (patch.origin, patch.owner.name, patch.state) == ("governed", __name__, "on")
    assert patch.site.function == "test_patches_are_governed"
    (governed,) = overt.handles()
    shop.Item().name()
    assert governed.stats.calls == 1
    governed.off()
    assert shop.Item().name() == ("name", (), {})
    governed.on()
    assert shop.Item().name()[0] == "wrapped"
    wrapt.unwrap_object(shop, "Item.name", handle)
    assert governed.state == "idle"


def test_removal_restores_the_original_itself(shop) -> None:
    """In any order, with others in between, down to the inherited name that was shadowed."""
    original, inherited = shop.price, shop.Special.__dict__.copy()
    wrapper, _ = recorder()
    handles = [wrapt.wrap_function_wrapper(shop, "price", wrapper) for _ in range(3)]
    assert shop.price()[1][1][1] == ("price", 1)
    for index in (1, 0, 0):
        handle = handles.pop(index)
        assert wrapt.is_wrapped_by(shop.price, handle)
        assert wrapt.unwrap_object(shop, "price", handle) is handle
        assert not wrapt.is_wrapped_by(shop.price, handle)
    assert shop.price is original
    handle = wrapt.wrap_function_wrapper(shop.Special, "name", wrapper)
    wrapt.unwrap_object(shop, "Special.name", handle)
    assert shop.Special.__dict__ == inherited
    with pytest.raises(wrapt.WrapperNotFoundError):
        wrapt.unwrap_object(shop, "price", handle)
    assert wrapt.unwrap_object(shop, "price", handle, missing_ok=True) is None


def test_enabled(shop) -> None:
    """A patch that is not enabled calls the original; a function is asked at each call."""
    answer = []

    @wrapt.patch_function_wrapper(shop, "price", enabled=lambda: bool(answer))
    def wrapper(wrapped, instance, args, kwargs):
        return "wrapped"

    assert shop.price() == ("price", 1)
    answer.append(1)
    assert shop.price() == "wrapped"

    @wrapt.patch_function_wrapper(shop, "Item.parse", enabled=False)
    def never(wrapped, instance, args, kwargs):
        raise AssertionError

    assert shop.Item.parse() == ("parse", 0)


def test_object_is_replaced_by_what_the_factory_makes(shop) -> None:
    """wrap_object() puts the factory's object there itself, also over other wrappers."""
    made = wrapt.wrap_object(shop, "LIMIT", lambda old, more: old + more, (5,))
    assert (made, shop.LIMIT) == (15, 15)
    assert wrapt.unwrap_object(shop, "LIMIT", made) == 15
    assert shop.LIMIT == 10

    def factory(old):
        return lambda: ("factory", old())

    function = wrapt.wrap_object(shop, "price", factory)
    assert shop.price is function
    assert shop.price() == ("factory", ("price", 1))


def test_wrapped_is_recognised(shop) -> None:
    """isinstance() knows what stands at a wrapped name, and nothing else."""
    wrapper, _ = recorder()
    wrapt.wrap_function_wrapper(shop, "price", wrapper)
    wrapt.wrap_function_wrapper(shop, "Item.name", wrapper)
    assert isinstance(shop.price, wrapt.ObjectProxy)
    assert isinstance(shop.price, wrapt.FunctionWrapper)
    assert isinstance(shop.Item().name, wrapt.BoundFunctionWrapper)
    assert not isinstance(shop.Item.parse, wrapt.ObjectProxy)
    assert not isinstance(None, wrapt.ObjectProxy)
    with pytest.raises(TypeError, match="import it from wrapt"):
        type("Proxy", (wrapt.ObjectProxy,), {})


def test_deferred_patch_belongs_to_who_asked(shop) -> None:
    """ "module?" waits for the import, and the owner is who called, not who imports."""
    sys.modules.pop("colorsys", None)
    wrapper, seen = recorder()
    assert wrapt.wrap_function_wrapper("colorsys?", "rgb_to_hsv", wrapper) is None
    import colorsys

    assert colorsys.rgb_to_hsv(0, 0, 0)[0] == "wrapped"
    (patch,) = [p for p in overt.ledger() if p.target.startswith("colorsys:") and not p.reverted]
    assert patch.owner.name == __name__
    assert patch.site.function == "test_deferred_patch_belongs_to_who_asked"
    assert len(seen) == 1


def test_errors_keep_their_meaning(shop) -> None:
    """Each is what code that catches wrapt's expects it to be."""
    with pytest.raises(AttributeError, match="'nothing' in path 'nothing'") as raised:
        wrapt.wrap_function_wrapper(shop, "nothing", lambda *a: None)
    assert type(raised.value) is wrapt.PathResolutionError
    with pytest.raises(ModuleNotFoundError, match=r"'no\.such'") as missing:
        wrapt.wrap_function_wrapper("no.such", "f", lambda *a: None)
    assert type(missing.value) is wrapt.TargetModuleNotFoundError
    wrapper, _ = recorder()
    handle = wrapt.wrap_function_wrapper(shop, "price", wrapper)
    inner = shop.price

    def closure():
        return inner()

    closure.__wrapped__ = inner  # type: ignore[attr-defined]
    shop.price = closure
    with pytest.raises(wrapt.WrapperNotOutermostError, match="wrapped by function"):
        wrapt.unwrap_object(shop, "price", handle)


INSTRUMENTATION = """
import importlib.util, sys, threading
from concurrent.futures import ThreadPoolExecutor
NAME = "opentelemetry.instrumentation.threading"
spec = importlib.util.find_spec(NAME)
source = open(spec.origin).read()
for old, new in (("from wrapt import", "from overt.compat.wrapt import"),
                 ("from opentelemetry.instrumentation.utils import unwrap",
                  "from overt.compat.wrapt import unwrap")):
    assert old in source
    source = source.replace(old, new)
module = importlib.util.module_from_spec(spec)
sys.modules[NAME] = module
exec(compile(source, spec.origin, "exec"), module.__dict__)
import overt
from opentelemetry import context
places = [(threading.Thread, "start"), (threading.Thread, "run"), (threading.Timer, "run"),
          (ThreadPoolExecutor, "submit")]
before = [vars(owner)[name] for owner, name in places] + [dict(vars(threading.Timer))]
instrumentor = module.ThreadingInstrumentor()
instrumentor.instrument()
def carried():
    seen, token = [], context.attach(context.set_value("key", "value"))
    try:
        look = lambda: seen.append(context.get_value("key"))
        thread = threading.Thread(target=look); thread.start(); thread.join()
        timer = threading.Timer(0, look); timer.start(); timer.join()
        with ThreadPoolExecutor(1) as pool: pool.submit(look).result()
    finally:
        context.detach(token)
    return seen
print(carried())
owned = [p for p in overt.ledger() if p.owner.name == "opentelemetry-instrumentation-threading"]
print(len(owned), {p.state for p in owned}, sorted({p.target for p in owned})[-1])
for handle in overt.handles(): handle.off()
print(carried())
for handle in overt.handles(): handle.on()
instrumentor.uninstrument()
after = [vars(owner)[name] for owner, name in places] + [dict(vars(threading.Timer))]
print(carried(), all(a is b for a, b in zip(before[:-1], after)), before[-1] == after[-1])
"""


@pytest.mark.skipif(
    importlib.util.find_spec("opentelemetry") is None, reason="the shop's requirements are missing"
)
def test_instrumentation_of_opentelemetry_works_by_changing_an_import() -> None:
    """Its threads carry the context, it can be switched off, and it uninstruments without trace."""
    done = subprocess.run(
        [sys.executable, "-c", INSTRUMENTATION], capture_output=True, text=True, timeout=120
    )
    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        "['value', 'value', 'value']",
        "5 {'on'} threading:Timer.start",
        "[None, None, None]",
        "[None, None, None] True True",
    ]
