"""Shapes of calls that the interpreter makes by itself, of lives, and of functions of C."""

from __future__ import annotations

from call_shapes import ADVICE, FUNCTIONS, METHODS, Shape


def special(name: str, body: str, call: str, advice: str = ADVICE, tail: str = "") -> Shape:
    """A method that the interpreter calls by itself."""
    indented = "\n".join(f"    {line}" for line in body.strip().splitlines())
    source = f"class Subject:\n{indented}\nsubject = Subject()\n{tail}"
    return Shape(name, source, call, f"Subject.{name}", advice)


NUMBER = """
def advice(original, *args, **kwargs):
    return original(*args, **kwargs) + 1
"""
TRUTH = """
def advice(original, *args, **kwargs):
    return not original(*args, **kwargs)
"""
BY_NUMBER = "return 'old' if {} == 1 else 'new old'"
BY_TRUTH = "return 'new old' if {} else 'old'"

SPECIALS = (
    special(
        "__init__",
        "def __init__(self, a=1):\n    self.value = 'old'",
        "return Subject(2).value",
        "def advice(original, self, a=1):\n    original(self, a)\n"
        "    self.value = 'new ' + self.value\n",
    ),
    special(
        "__new__",
        "def __new__(cls, a=1):\n    self = object.__new__(cls)\n"
        "    self.value = 'old'\n    return self",
        "return Subject(2).value",
        "def advice(original, cls, a=1):\n    self = original(cls, a)\n"
        "    self.value = 'new ' + self.value\n    return self\n",
    ),
    special("__call__", "def __call__(self, a=1):\n    return 'old'", "return subject(2)"),
    special(
        "__getattr__", "def __getattr__(self, name):\n    return 'old'", "return subject.anything"
    ),
    special(
        "__getattribute__",
        "def __getattribute__(self, name):\n    return 'old'",
        "return subject.anything",
    ),
    special(
        "__setattr__",
        "seen = ['']\ndef __setattr__(self, name, value):\n    self.seen[0] = 'old'",
        "subject.x = 1\nreturn subject.seen[0]",
        "def advice(original, self, name, value):\n"
        "    original(self, name, value)\n"
        "    self.seen[0] = 'new ' + self.seen[0]\n",
    ),
    special("__getitem__", "def __getitem__(self, key):\n    return 'old'", "return subject[1]"),
    special(
        "__len__", "def __len__(self):\n    return 1", BY_NUMBER.format("len(subject)"), NUMBER
    ),
    special("__bool__", "def __bool__(self):\n    return False", BY_TRUTH.format("subject"), TRUTH),
    special(
        "__contains__",
        "def __contains__(self, item):\n    return False",
        BY_TRUTH.format("1 in subject"),
        TRUTH,
    ),
    special(
        "__iter__",
        "def __iter__(self):\n    return iter(['old'])",
        "return [x for x in subject][0]",
        "def advice(original, self):\n    return iter(['new ' + next(original(self))])\n",
    ),
    special(
        "__next__",
        "def __iter__(self):\n    return self\ndef __next__(self):\n    return 'old'",
        "for x in subject:\n    return x",
    ),
    special("__str__", "def __str__(self):\n    return 'old'", "return str(subject)"),
    special("__repr__", "def __repr__(self):\n    return 'old'", "return f'{subject!r}'"),
    special("__format__", "def __format__(self, spec):\n    return 'old'", "return f'{subject:x}'"),
    special(
        "__hash__", "def __hash__(self):\n    return 1", BY_NUMBER.format("hash(subject)"), NUMBER
    ),
    special("__eq__", "def __eq__(self, other):\n    return 'old'", "return subject == 1"),
    special("__lt__", "def __lt__(self, other):\n    return 'old'", "return subject < 1"),
    special("__add__", "def __add__(self, other):\n    return 'old'", "return subject + 1"),
    special("__radd__", "def __radd__(self, other):\n    return 'old'", "return 1 + subject"),
    special(
        "__iadd__", "def __iadd__(self, other):\n    return 'old'", "x = subject\nx += 1\nreturn x"
    ),
    special("__neg__", "def __neg__(self):\n    return 'old'", "return -subject"),
    special(
        "__index__",
        "def __index__(self):\n    return 0",
        "return ['old', 'new old'][subject]",
        NUMBER,
    ),
    special(
        "__enter__",
        "def __enter__(self):\n    return 'old'\ndef __exit__(self, *_): ...",
        "with subject as x:\n    return x",
    ),
    special(
        "__exit__",
        "def __enter__(self): ...\ndef __exit__(self, *_):\n    return False",
        "try:\n    with subject:\n        raise ValueError\n"
        "except ValueError:\n    return 'old'\nreturn 'new old'",
        TRUTH,
    ),
    special(
        "__get__",
        "def __get__(self, instance, owner=None):\n    return 'old'",
        "return Owner().attribute",
        tail="class Owner:\n    attribute = subject\n",
    ),
    special(
        "__init_subclass__",
        "def __init_subclass__(cls, **kwargs):\n    cls.value = 'old'",
        "class Heir(Subject): ...\nreturn Heir.value",
        "def advice(original, cls, **kwargs):\n    original(cls, **kwargs)\n"
        "    cls.value = 'new ' + cls.value\n",
    ),
    special(
        "__class_getitem__",
        "def __class_getitem__(cls, key):\n    return 'old'",
        "return Subject[1]",
    ),
    special(
        "__del__",
        "seen = ['']\ndef __del__(self):\n    self.seen[0] = 'old'",
        "Subject()\nreturn Subject.seen[0]",
        "def advice(original, self):\n    original(self)\n"
        "    self.seen[0] = 'new ' + self.seen[0]\n",
    ),
)

RUN = """
import asyncio
def run(coroutine):
    try:
        coroutine.send(None)
    except StopIteration as done:
        return done.value
"""
LIVES = (
    Shape(
        "generator",
        "def target(n=1):\n    got = yield 'old'\n    return got\n",
        "return next(target(1))",
        advice="def advice(original, n=1):\n    inner = original(n)\n"
        "    yield 'new ' + next(inner)\n",
    ),
    Shape(
        "generator, plain advice",
        "def target(n=1):\n    yield 'old'\n",
        "return next(target(1))",
        advice="def advice(original, n=1):\n    return ('new ' + x for x in original(n))\n",
    ),
    Shape(
        "yield from",
        "def target(n=1):\n    yield 'old'\ndef outer():\n    yield from target()\n",
        "return next(outer())",
        advice="def advice(original, n=1):\n    yield 'new ' + next(original(n))\n",
    ),
    Shape(
        "for over a generator",
        "def target():\n    yield 'old'\n",
        "for x in target():\n    return x",
        advice="def advice(original):\n    for x in original():\n        yield 'new ' + x\n",
    ),
    Shape(
        "coroutine",
        RUN + "async def target(a=1):\n    return 'old'\n",
        "return run(target(2))",
        advice="async def advice(original, a=1):\n    return 'new ' + await original(a)\n",
    ),
    Shape(
        "await in a coroutine",
        RUN + "async def target(a=1):\n    return 'old'\n"
        "async def outer():\n    return await target()\n",
        "return run(outer())",
        advice="async def advice(original, a=1):\n    return 'new ' + await original(a)\n",
    ),
    Shape(
        "coroutine method",
        RUN + "class Subject:\n    async def target(self):\n        return 'old'\n"
        "subject = Subject()\n",
        "return run(subject.target())",
        "Subject.target",
        advice="async def advice(original, self):\n    return 'new ' + await original(self)\n",
    ),
    Shape(
        "async generator",
        RUN + "async def target():\n    yield 'old'\n"
        "async def outer():\n    async for x in target():\n        return x\n",
        "return run(outer())",
        advice="async def advice(original):\n    async for x in original():\n"
        "        yield 'new ' + x\n",
    ),
    Shape(
        "async with",
        RUN + "class Subject:\n    async def __aenter__(self):\n        return 'old'\n"
        "    async def __aexit__(self, *_): ...\n"
        "async def outer():\n    async with Subject() as x:\n        return x\n",
        "return run(outer())",
        "Subject.__aenter__",
        advice="async def advice(original, self):\n    return 'new ' + await original(self)\n",
    ),
    Shape(
        "await of an object",
        RUN + "class Subject:\n    def __await__(self):\n        return 'old'\n        yield\n"
        "async def outer():\n    return await Subject()\n",
        "return run(outer())",
        "Subject.__await__",
        advice="def advice(original, self):\n    value = yield from original(self)\n"
        "    return 'new ' + value\n",
    ),
)

C_ADVICE = """
def advice(original, *args, **kwargs):
    global NEW
    NEW = "new "
    return original(*args, **kwargs)
"""


def native(name: str, target: str, expression: str, head: str, **more: object) -> Shape:
    """A function of C, whose advice is seen by what it sets."""
    call = f"global NEW\nNEW = ''\n{expression}\nreturn NEW + 'old'"
    source = f"{head}\nNEW = ''\n"
    return Shape(name, source, call, target, C_ADVICE, **more)  # type: ignore[arg-type]


IMMUTABLE = {"name": 'is an immutable type: its names cannot be rebound; .*reach="everywhere"'}
IDENTITY = {"everywhere": "special"}

NATIVES = (
    native("C function", "math:hypot", "math.hypot(3, 4)", "import math"),
    native(
        "C function, copy made before",
        "math:hypot",
        "hypot(3, 4)",
        "from math import hypot",
        holds=True,
    ),
    native("C function, keyword", "math:isclose", "math.isclose(1, 2, rel_tol=1)", "import math"),
    native("C function, star", "math:gcd", "math.gcd(*(4, 6))", "import math"),
    native("C function, no argument", "time:monotonic", "time.monotonic()", "import time"),
    native("C function, one argument", "math:sqrt", "math.sqrt(2)", "import math"),
    native("C function in map", "math:sqrt", "list(map(math.sqrt, [2]))", "import math"),
    native(
        "C function in a partial made before",
        "math:sqrt",
        "held(2)",
        "import math\nfrom functools import partial\nheld = partial(math.sqrt)",
        holds=True,
    ),
    native("C function as a key", "math:sqrt", "sorted([2, 1], key=math.sqrt)", "import math"),
    native(
        "method of a C type",
        "re:Pattern.search",
        "P.search('x')",
        "import re\nP = re.compile('x')",
        refused=IMMUTABLE,
    ),
    native(
        "method of a C type through the type",
        "re:Pattern.search",
        "re.Pattern.search(P, 'x')",
        "import re\nP = re.compile('x')",
        refused=IMMUTABLE,
    ),
    native(
        "method of a C type in map",
        "re:Pattern.search",
        "list(map(P.search, ['x']))",
        "import re\nP = re.compile('x')",
        refused=IMMUTABLE,
    ),
    native(
        "method of a C type, methodcaller",
        "datetime:date.isoformat",
        "caller(D)",
        "from datetime import date\nfrom operator import methodcaller\n"
        "D = date(2000, 1, 1)\ncaller = methodcaller('isoformat')",
        refused=IMMUTABLE,
    ),
    native("C static method of an instance", "random:random", "random.random()", "import random"),
    native("len", "builtins:len", "len([1])", "", refused=IDENTITY),
    native("isinstance", "builtins:isinstance", "isinstance(1, int)", "", refused=IDENTITY),
    native(
        "list.append", "builtins:list.append", "[].append(1)", "", refused={**IMMUTABLE, **IDENTITY}
    ),
)

SHAPES = (*FUNCTIONS, *METHODS, *SPECIALS, *LIVES, *NATIVES)
