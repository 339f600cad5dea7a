"""Patches that come, go and are switched while many threads call (reliability.md, FM-01 to FM-05).

The quick tier: some seconds, and what any of it leaves behind.
"""

from __future__ import annotations

import gc
import json
import logging
import random
import subprocess
import sys
import threading
import time

import pytest

import overt

SECONDS = 1
CALLERS = 16


@pytest.fixture
def hurry():
    """Let the interpreter switch threads as often as it can."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


def storm(workers, seconds=SECONDS):
    """Run each worker(over) in a thread until the time is over; the first failure is raised."""
    over = threading.Event()
    failures: list[BaseException] = []

    def run(worker):
        try:
            worker(over)
        except BaseException as error:  # noqa: BLE001  # it is raised below
            failures.append(error)
            over.set()

    threads = [threading.Thread(target=run, args=[worker]) for worker in workers]
    for thread in threads:
        thread.start()
    over.wait(seconds)
    over.set()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()
    if failures:
        raise failures[0]


LETTERS = "abcd"


def wrapping(letter):
    def advice(original, *args, **kwargs):
        return letter + original(*args, **kwargs)

    return advice


def in_place(result, letters):
    """Each layer at most once, each a whole one, around the original's own result."""
    assert result.endswith("!"), result
    layers = result[:-1]
    assert len(set(layers)) == len(layers), result
    assert set(layers) <= set(letters), result


@pytest.mark.parametrize("reach", ["name", "everywhere"])
@pytest.mark.parametrize("kind", ["function", "method", "static", "property"])
def test_storm(cast, hurry, kind, reach) -> None:
    """Every result is of a version that was live during the call; at the end all is as before."""
    exec("def target(*args, **kwargs): return '!'", vars(cast))
    raw = cast.target
    if kind != "function":
        wrap = {"method": lambda f: f, "static": staticmethod, "property": property}[kind]
        cast.Item.target = wrap(raw)
    call = {
        "function": lambda: cast.target(1, x=2),
        "method": lambda: cast.item.target(1, x=2),
        "static": lambda: cast.Item.target(1, x=2),
        "property": lambda: cast.item.target,
    }[kind]
    name = "target" if kind == "function" else "Item.target"
    holder = cast if kind == "function" else cast.Item
    before = vars(holder)["target"]
    handles = [
        overt.around(f"patch_cast:{name}", wrapping(letter), reach=reach) for letter in LETTERS
    ]
    watchers = [overt.observe(f"patch_cast:{name}", reach=reach, again=True) for _ in range(2)]
    gc.collect()
    counts = sys.getrefcount(raw), sys.getrefcount(before)
    calls = [0] * CALLERS

    def caller(index):
        def run(over):
            while not over.is_set():
                in_place(call(), LETTERS)
                calls[index] += 1

        return run

    def changer(mine, seed):
        def run(over):
            dice = random.Random(seed)
            while not over.is_set():
                handle = dice.choice(mine)
                if handle.state == "idle":
                    handle.install()
                else:
                    dice.choice([handle.remove, handle.off, handle.on])()
                if dice.random() < 0.1:
                    time.sleep(0)
            for handle in mine:
                handle.remove()
                handle.on()

        return run

    changers = [changer([handle], i) for i, handle in enumerate([*handles, *watchers])]
    storm([*map(caller, range(CALLERS)), *changers])
    assert all(calls)
    assert call() == "!"
    assert vars(holder)["target"] is before
    assert [handle.stats.inside for handle in (*handles, *watchers)] == [0] * 6
    overt.reset()
    gc.collect()
    assert (sys.getrefcount(raw), sys.getrefcount(before)) == counts


def test_first_redirections_at_the_same_time() -> None:
    """What tries the mechanism out runs once, in whatever thread, and nobody waits for it."""
    code = """
import sys, threading, overt, time, json
sys.setswitchinterval(1e-6)
start = threading.Barrier(8)
def patch(target):
    start.wait()
    for _ in range(20):
        with overt.observe(target, reach="everywhere", again=True):
            pass
targets = ["time:time", "json:dumps", "json:loads", "time:monotonic"] * 2
threads = [threading.Thread(target=patch, args=[target]) for target in targets]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(overt.handles())
"""
    for _ in range(5):
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
        )
        assert (done.stdout, done.stderr) == ("()\n", "")


def test_storm_on_many_targets(cast, hurry) -> None:
    """Targets of the same module and class, with transactions that fail and baselines."""
    names = [f"f{i}" for i in range(8)]
    for name in names:
        exec(f"def {name}(): return '!'", vars(cast))
    before = {name: vars(cast)[name] for name in names}

    def caller(over):
        while not over.is_set():
            for name in names:
                in_place(getattr(cast, name)(), LETTERS)

    def transactor(letter):
        advice = wrapping(letter)

        def run(over):
            dice = random.Random(letter)
            while not over.is_set():
                chosen = dice.sample(names, 3)
                with pytest.raises(KeyError), overt.transaction():  # noqa: PT012
                    for name in chosen:
                        overt.around(f"patch_cast:{name}", advice).install()
                    with overt.baseline():
                        assert getattr(cast, chosen[0])() == "!"
                    assert letter in getattr(cast, chosen[0])()
                    raise KeyError

        return run

    storm([*[caller] * CALLERS, *map(transactor, LETTERS)])
    assert {name: vars(cast)[name] for name in names} == before
    for name, function in before.items():
        assert vars(cast)[name] is function


def test_storm_of_scopes(cast, hurry) -> None:
    """Each thread sees exactly its own patch, whatever others do with theirs."""
    exec("def target(): return '!'", vars(cast))
    letters = [chr(ord("a") + i) for i in range(CALLERS)]

    def user(letter):
        handle = overt.around("patch_cast:target", wrapping(letter), scope="thread")

        def run(over):
            while not over.is_set():
                assert cast.target() == "!"
                with handle:
                    assert cast.target() == letter + "!"
                    handle.off()
                    assert cast.target() == "!"
                    handle.on()

        return run

    storm(map(user, letters))
    assert type(cast.target).__name__ == "function"


def test_c_function_under_storm(hurry) -> None:
    """time.time and json.dumps, which everybody uses, are patched while they are used."""
    clock, dumps = time.time, json.dumps
    handles = [
        overt.observe("time:time", reach="everywhere"),
        overt.around("time:time", lambda original: original() + 0.0),
        overt.around("json:dumps", lambda original, obj, **kwargs: original(obj, **kwargs)),
        overt.observe("json.encoder:JSONEncoder.encode"),
    ]

    def caller(over):
        while not over.is_set():
            assert time.time() > 1e9
            assert json.dumps({"a": [1, None]}) == '{"a": [1, null]}'

    def changer(handle):
        def run(over):
            while not over.is_set():
                with handle:
                    assert clock() > 1e9

        return run

    storm([*[caller] * CALLERS, *map(changer, handles)])
    assert time.time is clock
    assert json.dumps is dumps


def test_advice_that_calls_its_target(cast) -> None:
    """Recursion through the name is the program's business; through `original` there is none."""
    depth = []

    def advice(original, amount=1, *, tax=0):
        if amount > 0:
            depth.append(amount)
            return 1 + cast.price(amount - 1)
        return original(amount)

    for reach in ("name", "everywhere"):
        depth.clear()
        with overt.around("patch_cast:price", advice, reach=reach):
            assert cast.price(5) == 5
        assert depth == [5, 4, 3, 2, 1]


def test_advice_that_uses_what_it_patches() -> None:
    """json in json, time in time, logging in logging, and in an observer."""

    def advice(original, obj, **kwargs):
        json.loads('{"in": "advice"}')
        return original(obj, **kwargs)

    said = []

    class Handler(logging.Handler):
        def emit(self, record):
            said.append(record.getMessage())

    log = logging.getLogger("patched")
    log.propagate = False
    log.addHandler(Handler())

    def logged(original, self, msg, *args, **kwargs):
        if msg != "inside":
            log.warning("inside")
        return original(self, msg, *args, **kwargs)

    with (
        overt.around("json:dumps", advice, reach="everywhere"),
        overt.around("time:time", lambda original: original(), reach="everywhere"),
        overt.tap("json:loads", before=lambda *args, **kwargs: time.time()),
        overt.around("logging:Logger.warning", logged, reach="everywhere"),
    ):
        assert json.dumps({}) == "{}"
        log.warning("outside")
    assert said == ["inside", "outside"]


def test_patch_that_changes_patches_of_its_target(cast) -> None:
    """An advice may remove, switch and install layers of the very target it is called from."""
    handles = {}

    def once(original, *args, **kwargs):
        handles["once"].remove()
        return 10 * original(*args, **kwargs)

    def inner_goes(original, *args, **kwargs):
        handles["inner"].remove()
        return 100 * original(*args, **kwargs)

    plain = cast.price
    for reach in ("name", "everywhere"):
        handles["inner"] = overt.around(
            "patch_cast:price", lambda original, *a, **k: 2 * original(*a, **k), reach=reach
        ).install()
        handles["once"] = overt.around("patch_cast:price", once, reach=reach).install()
        assert (cast.price(1), cast.price(1)) == (20, 2)
        outer = overt.around("patch_cast:price", inner_goes, reach=reach).install()
        assert cast.price(1) in (100, 200)  # its original is what it was when the call began
        assert cast.price(1) == 100
        outer.remove()
        assert cast.price is plain
        assert cast.price(1) == 1


def test_daemon_threads_at_exit() -> None:
    """The interpreter ends while threads call and patches stand: quietly."""
    code = """
import threading, time, overt, json
overt.watch()
old = json.detect_encoding
json.detect_encoding = lambda b: old(b)
overt.tap("json:loads", before=lambda s, **k: None).install()
overt.patch("json:load", lambda fp, **k: sum(range(50))).install()
def numbers():
    for i in range(9):
        yield json.load(i)
overt.observe("__main__:numbers").install()
overt.around("json:dumps", lambda original, obj, **k: original(obj, **k)).install()
overt.observe("time:time", reach="everywhere").install()
overt.observe("json.encoder:JSONEncoder.encode", reach="everywhere").install()
def use():
    while True:
        json.loads(json.dumps([time.time()]).encode())
        sum(numbers())
for _ in range(8):
    threading.Thread(target=use, daemon=True).start()
time.sleep(0.2)
print("end")
"""
    done = subprocess.run(
        [sys.executable, "-X", "faulthandler", "-c", code],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "end\n", "")
