"""Registries as a program uses them: names, groups, order, duplicates, calls, restoring."""

from __future__ import annotations

import gc
import threading
import weakref

import pytest

import overt


@pytest.fixture
def shelf(request):
    """A registry that no other test has."""
    registry = overt.registry(request.node.nodeid)
    with registry.temporary():
        yield registry


def csv(*args): return ("csv", *args)  # fmt: skip


def json(*args): return ("json", *args)  # fmt: skip


def xml(*args): return ("xml", *args)  # fmt: skip


def test_registry_is_one_for_all_who_name_it(shelf) -> None:
    """Asking again gives the same object; another name another one."""
    assert overt.registry(shelf.name) is shelf
    assert overt.registry("test.other") is not shelf
    assert shelf in overt.registries()
    names = [registry.name for registry in overt.registries()]
    assert names == sorted(names)


def test_object_is_registered_in_four_ways(shelf) -> None:
    """With a name, under its own, and both as a decorator; the object is returned."""
    assert shelf.register("a", csv) is csv
    assert shelf.register(json) is json
    assert shelf.register(xml) is xml

    @shelf.register
    def plain(): ...

    @shelf.register("named", priority=3)
    class Named: ...

    @shelf.register()
    def called(): ...

    assert shelf.names() == ("a", "json", "xml", "plain", "named", "called")
    assert list(shelf) == [csv, json, xml, plain, Named, called]
    assert shelf["named"] is Named
    assert [entry.priority for entry in shelf.entries()] == [0, 0, 0, 0, 3, 0]


def test_what_is_no_registration_is_refused(shelf) -> None:
    """Too many words, no name, a name that is none: each says what to write."""
    with pytest.raises(TypeError, match=r"register\('csv', f\)"):
        shelf.register("a", csv, json)
    with pytest.raises(TypeError, match=r"register\('csv', f\)"):
        shelf.register(csv, "a")
    with pytest.raises(overt.Error, match=r"has no name: register\('its name', it\)"):
        shelf.register(object())
    with pytest.raises(overt.Error, match="has no name"):
        shelf.register("", csv)
    assert len(shelf) == 0


def test_entry_that_is_missing_is_named_with_those_there(shelf) -> None:
    """A look-up fails as one of a dict does, and says what there is."""
    with pytest.raises(LookupError, match="has no entry 'csv': it is empty"):
        shelf["csv"]
    shelf.register(json)
    shelf.register(xml)
    with pytest.raises(
        overt.EntryError, match="has no entry 'csv': it has 'json', 'xml'"
    ) as raised:
        shelf["csv"]
    assert isinstance(raised.value, overt.Error)
    assert shelf.get("csv") is None
    assert shelf.get("csv", xml) is xml
    assert shelf.get("json", xml) is json
    assert "json" in shelf
    assert "csv" not in shelf
    assert 1 not in shelf
    with pytest.raises(overt.EntryError):
        shelf.unregister("csv")


@pytest.mark.parametrize(
    ("order", "names", "word"),
    [
        ("registration", "xml csv json html", "registration"),
        ("name", "csv html json xml", "name"),
        ("priority", "json xml csv html", "priority"),
        (("html", "csv"), "html csv xml json", "listed"),
    ],
)
def test_order(request, order, names, word) -> None:
    """Each rule gives one order, whether it is stated at first or later."""
    first = overt.registry(f"{request.node.nodeid} first", order=order)
    later = overt.registry(f"{request.node.nodeid} later")
    for registry in (first, later):
        for name, priority in (("xml", 1), ("csv", 1), ("json", 2), ("html", -1)):
            registry.register(name, object(), priority=priority)
    later.reorder(order)
    for registry in (first, later):
        assert " ".join(registry.names()) == names
        assert registry.order == word
        assert list(registry) == [registry[name] for name in registry.names()]


def test_rules_are_stated_once(request) -> None:
    """Who states an order or a rule for duplicates decides; another one is an error."""
    name = request.node.nodeid
    plugin = overt.registry(name)
    assert (plugin.order, plugin.duplicates) == ("registration", "error")
    plugin.register("b", 1)
    plugin.register("a", 2)
    assert overt.registry(name, order="name", duplicates="keep") is plugin
    assert plugin.names() == ("a", "b")
    overt.registry(name, order="name")
    with pytest.raises(overt.Error, match="is open with order 'name'"):
        overt.registry(name, order="priority")
    with pytest.raises(overt.Error, match="is open with duplicates 'keep'"):
        overt.registry(name, duplicates="ignore")
    with pytest.raises(overt.Error, match="'size' is no order: take one of"):
        overt.registry(name, order="size")
    with pytest.raises(overt.Error, match="'both' is no rule for duplicates"):
        overt.registry(name, duplicates="both")
    with pytest.raises(overt.Error, match="needs a name"):
        overt.registry("")


def test_name_that_is_taken_is_an_error_that_says_where(shelf) -> None:
    """The message leads to the line that has the name."""
    shelf.register("csv", csv)
    line = csv.__code__.co_filename
    with pytest.raises(overt.DuplicateError, match=r"'csv' is taken .*, by ") as raised:
        shelf.register("csv", json)
    assert f"({line}:" in str(raised.value)
    assert shelf["csv"] is csv
    shelf.register("csv", json, group="fast")
    with pytest.raises(overt.DuplicateError, match="group 'fast'"):
        shelf.group("fast").register("csv", xml)


def test_duplicates(shelf) -> None:
    """Replaced in place, ignored, kept: said for one call here, for a registry in the core."""
    shelf.register("csv", csv)
    shelf.register("json", json)
    assert shelf.register("csv", xml, duplicates="ignore") is xml
    assert list(shelf) == [csv, json]
    shelf.register("csv", xml, duplicates="replace")
    assert list(shelf) == [xml, json]
    shelf.register("csv", csv, duplicates="keep")
    assert list(shelf) == [xml, json, csv]
    assert [entry.value for entry in shelf.entries("csv")] == [xml, csv]
    assert shelf["csv"] is xml
    shelf.unregister("csv")
    assert list(shelf) == [json]


def test_groups(shelf) -> None:
    """A group is a view: what is registered there is in the registry, and the other way round."""
    fast = shelf.group("fast")
    fast.register(csv)
    shelf.register(json, group="fast")
    shelf.register(xml)
    assert list(fast) == [csv, json]
    assert list(shelf) == [csv, json, xml]
    assert shelf.groups() == ("fast",)
    assert [entry.group for entry in shelf.entries()] == ["fast", "fast", None]
    assert fast.call(1) == [("csv", 1), ("json", 1)]
    with pytest.raises(overt.EntryError, match=r"group 'fast', has no entry 'xml': it has"):
        fast["xml"]
    shelf.reset("fast")
    assert (list(fast), list(shelf), shelf.groups()) == ([], [xml], ())
    fast.register(csv)
    fast.reset()
    assert list(shelf) == [xml]
    shelf.reset()
    assert list(shelf) == []


def test_call_all_in_order(shelf) -> None:
    """call() returns what all returned; an exception passes unchanged and ends it."""
    for entry in (csv, json, xml):
        shelf.register(entry)
    assert shelf.call(1, 2) == [("csv", 1, 2), ("json", 1, 2), ("xml", 1, 2)]
    error = ValueError("mine")

    @shelf.register(duplicates="replace")
    def json_(*args):
        raise error

    shelf.register("json", json_, duplicates="replace")
    with pytest.raises(ValueError, match="mine") as raised:
        shelf.call()
    assert raised.value is error
    assert not hasattr(error, "__notes__")


def test_results_are_asked_for_one_by_one(shelf) -> None:
    """An entry that fails is a result, and nobody is called who is not asked for."""
    called = []
    error = ValueError("mine")

    @shelf.register
    def fails(value):
        raise error

    @shelf.register
    def works(value):
        called.append(value)
        return value + 1

    @shelf.register
    def last(value):
        called.append("last")

    results = shelf.results(1)
    first = next(results)
    assert (first.entry.name, first.value, first.error) == ("fails", None, error)
    second = next(results)
    assert (second.entry.value, second.value, second.error) == (works, 2, None)
    assert called == [1]
    results.close()
    assert called == [1]


def test_interrupt_is_no_result(shelf) -> None:
    """KeyboardInterrupt and SystemExit end the iteration."""

    @shelf.register
    def interrupted():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(shelf.results())


def test_entry_may_change_the_registry_that_calls_it(shelf) -> None:
    """An iteration goes over what was there when it began."""

    @shelf.register
    def grows():
        shelf.register("more", grows, duplicates="keep")
        shelf.unregister("last")

    @shelf.register
    def last():
        return "last"

    assert shelf.call() == [None, "last"]
    assert shelf.names() == ("grows", "more")


def test_snapshot_and_restore(shelf) -> None:
    """A registry comes back with its entries, its order and its rules."""
    shelf.register("b", csv)
    shelf.register("a", json, group="fast")
    before = shelf.snapshot()
    entries = shelf.entries()
    shelf.reorder("name")
    shelf.reset()
    shelf.register("c", xml)
    shelf.restore(before)
    assert shelf.entries() == entries
    assert shelf.order == "registration"
    shelf.register("d", xml)
    shelf.restore(before)
    assert shelf.names() == ("b", "a")
    with pytest.raises(overt.Error, match=r"snapshot of registry .*, not of 'test.other'"):
        overt.registry("test.other").restore(before)


def test_temporary_entries_end_with_their_block(shelf) -> None:
    """What happens inside is undone, after an exception too."""
    shelf.register("b", csv)
    with shelf.temporary() as same:
        assert same is shelf
        shelf.register("a", json)
        shelf.unregister("b")
    assert shelf.names() == ("b",)

    def fail():
        with shelf.temporary():
            shelf.reset()
            shelf.unregister("b")

    with pytest.raises(overt.EntryError):
        fail()
    assert shelf.names() == ("b",)


def test_removed_objects_are_let_go(shelf) -> None:
    """Nothing keeps an object that was removed, replaced, reset or restored away."""

    class Thing: ...

    def put(name, **how):
        thing = Thing()
        shelf.register(name, thing, **how)
        return weakref.ref(thing)

    before = shelf.snapshot()
    removed, replaced, new, restored = put("a"), put("b"), put("b", duplicates="replace"), put("c")
    shelf.unregister("a")
    assert removed() is None
    assert replaced() is None
    shelf.reset()
    assert new() is None
    restored = put("c")
    shelf.restore(before)
    assert restored() is None


def test_object_that_registers_while_it_dies(shelf) -> None:
    """Objects are let go when everything else is done."""

    class Dying:
        def __del__(self):
            shelf.register("again", csv, duplicates="replace")

    shelf.register("a", Dying())
    shelf.unregister("a")
    assert shelf.names() == ("again",)
    shelf.register("b", Dying())
    shelf.reset()
    assert shelf.names() == ("again",)


def test_registry_is_seen_by_the_collector(shelf) -> None:
    """The objects are reachable for gc, so a cycle through a snapshot is no leak."""
    thing = type("Thing", (), {})()
    thing.snapshot = None
    shelf.register("a", thing)
    thing.snapshot = shelf.snapshot()
    gone = weakref.ref(thing)
    shelf.reset()
    del thing
    gc.collect()
    assert gone() is None


def test_hostile_object_can_be_registered(shelf) -> None:
    """An object that raises when it is asked anything needs a name and nothing else."""

    class Hostile:
        def __getattribute__(self, name):
            raise RuntimeError(name)

        def __eq__(self, other):
            raise RuntimeError

        __hash__ = None

    hostile = Hostile()
    assert shelf.register("a", hostile) is hostile
    assert next(iter(shelf)) is hostile


def test_registries_are_in_the_report(shelf) -> None:
    """A watched process tells its registries, as text."""
    shelf.register("csv", csv, group="fast", priority=2)
    overt.watch()
    try:
        found = [r for r in overt.report()["registries"] if r["name"] == shelf.name]
    finally:
        overt.unwatch()
    (entry,) = found[0]["entries"]
    assert (found[0]["order"], found[0]["duplicates"]) == ("registration", "error")
    assert (entry["name"], entry["group"], entry["priority"]) == ("csv", "fast", 2)
    assert entry["value"] == f"{__name__}:csv"
    assert entry["site"]["function"] == "test_registries_are_in_the_report"


def test_threads_register_and_iterate(shelf) -> None:
    """Every iteration sees whole entries, and none is lost."""
    stop = threading.Event()
    seen: list[int] = []

    def read():
        while not stop.is_set():
            names = shelf.names()
            seen.append(len(names))
            assert all(value is csv for value in shelf)

    def write(number):
        for i in range(200):
            shelf.register(f"{number}-{i}", csv)
            if i % 2:
                shelf.unregister(f"{number}-{i}")

    readers = [threading.Thread(target=read) for _ in range(2)]
    writers = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in readers + writers:
        thread.start()
    for thread in writers:
        thread.join()
    stop.set()
    for thread in readers:
        thread.join()
    assert len(shelf) == 400
    assert seen
