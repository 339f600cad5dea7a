"""Every shape in which Python calls a function, as small modules to be patched.

Each module has `call()`, which calls the target in one shape and returns "old" or, through the
patch, "new old". `holds` names what was taken from the target before the patch was made: with
reach="name" such a copy keeps the old function, and that is what is promised.
"""

from __future__ import annotations

from dataclasses import dataclass, field

ADVICE = """
def advice(original, *args, **kwargs):
    return "new " + original(*args, **kwargs)
"""
MADE = """
def advice(original, *args, **kwargs):
    made = original(*args, **kwargs)
    made.value = 'new ' + made.value
    return made
"""
FUNCTION = """
def target(a=1, *rest, b=2, **more):
    return "old"
"""
CLASS = """
class Subject:
    def target(self, a=1, *rest, b=2, **more):
        return "old"
subject = Subject()
"""


@dataclass(frozen=True)
class Shape:
    name: str
    source: str
    call: str  # the body of call()
    target: str = "target"
    advice: str = ADVICE
    holds: bool = False  # call() uses a copy that was made when the module was executed
    refused: dict[str, str] = field(default_factory=dict)  # by reach: a part of the reason

    @property
    def where(self) -> str:
        """The target as overt.around() wants it; of the shape's own module unless it says so."""
        return self.target if ":" in self.target else f"shape_under_test:{self.target}"

    @property
    def code(self) -> str:
        body = "\n".join(f"    {line}" for line in self.call.strip().splitlines())
        return f"{self.source}\ndef call():\n{body}\n{self.advice}"

    @property
    def adds_a_word(self) -> bool:
        """Whether two layers of the advice make "new new old"."""
        return "'new ' +" in self.advice or '"new " +' in self.advice

    def reaches(self, reach: str) -> bool:
        return reach == "everywhere" or not self.holds


def function(name: str, call: str, head: str = "", **more: object) -> Shape:
    return Shape(name, FUNCTION + head, call, **more)  # type: ignore[arg-type]


def method(name: str, call: str, head: str = "", **more: object) -> Shape:
    return Shape(name, CLASS + head, call, "Subject.target", **more)  # type: ignore[arg-type]


FUNCTIONS = (
    function("plain", "return target()"),
    function("positional", "return target(1, 2, 3)"),
    function("keyword", "return target(b=3, c=4)"),
    function("mixed", "return target(1, b=3)"),
    function("star", "args = (1, 2)\nreturn target(*args)"),
    function("double star", "more = {'b': 3}\nreturn target(**more)"),
    function("both stars", "return target(*[1], **{'b': 3})"),
    function("tuple and dict held", "return target(*ARGS, **KWARGS)", "ARGS, KWARGS = (1,), {}\n"),
    function("argument of a call", "return str(target())"),
    function("copy made before", "return copy()", "copy = target\n", holds=True),
    function("default value", "return inner()", "def inner(f=target): return f()\n", holds=True),
    function(
        "closure",
        "return inner()",
        "def make(f):\n  return lambda: f()\ninner = make(target)\n",
        holds=True,
    ),
    function("item of a dict", "return TABLE['x']()", "TABLE = {'x': target}\n", holds=True),
    function(
        "attribute of a module",
        "return module.target()",
        "import sys\nmodule = sys.modules[__name__]\n",
    ),
    function("decorator", "@target\ndef f(): ...\nreturn f"),
    function("comprehension", "return [target() for _ in (1,)][0]"),
    function("generator expression", "return next(target() for _ in (1,))"),
    function("lambda", "return (lambda: target())()"),
    function("nested function", "def inner():\n    return target()\nreturn inner()"),
    function(
        "recursion", "return again(2)", "def again(n): return again(n - 1) if n else target()\n"
    ),
    function("partial made now", "return partial(target, 1)()", "from functools import partial\n"),
    function(
        "partial made before",
        "return held()",
        "from functools import partial\nheld = partial(target, 1)\n",
        holds=True,
    ),
    function("map", "return list(map(target, [1]))[0]"),
    function(
        "filter",
        "return 'new old' if list(filter(target, ['x'])) else 'old'",
        advice="def advice(original, *args, **kwargs):\n    return True\n",
        head="def target(a=1, *rest, b=2, **more):\n    return ''\n",
    ),
    function(
        "sorted key",
        "return sorted(['x'], key=seen)[0] and SEEN.pop()",
        "SEEN = []\ndef seen(x):\n    SEEN.append(target(x))\n    return 1\n",
    ),
    function(
        "key of sorted itself",
        "sorted([1, 2], key=target)\nreturn SEEN.pop()",
        "SEEN = []\ndef target(a):\n    SEEN.append('old')\n    return 1\n",
        advice="def advice(original, a):\n    out = original(a)\n"
        "    SEEN.append('new ' + SEEN.pop())\n    return out\n",
    ),
    function("reduce", "return reduce(target, [1, 2])", "from functools import reduce\n"),
    function("iter with a sentinel", "return next(iter(target, None))"),
    function("call from str.join", "return ''.join(target(x) for x in [1])"),
    function("re.sub", "return sub('x', target, 'x')", "from re import sub\n"),
    function(
        "thread",
        "from concurrent.futures import ThreadPoolExecutor\nreturn POOL.submit(target).result()",
        "from concurrent.futures import ThreadPoolExecutor\nPOOL = ThreadPoolExecutor(1)\n",
    ),
    function(
        "lru_cache made before",
        "held.cache_clear()\nreturn held()",
        "from functools import lru_cache\nheld = lru_cache(target)\n",
        holds=True,
    ),
    function(
        "defaultdict", "return defaultdict(target)['x']", "from collections import defaultdict\n"
    ),
    function("match subject", "match target():\n    case x:\n        return x"),
    function("f-string", "return f'{target()}'"),
    function("exec", "space = {'target': target}\nexec('x = target()', space)\nreturn space['x']"),
    function("eval", "return eval('target()')"),
    function("global statement", "global target\nreturn target()"),
    function("getattr", "return getattr(sys.modules[__name__], 'target')()", "import sys\n"),
    function(
        "operator.call",
        "return operator_call(target)",
        "from operator import call as operator_call\n",
    ),
    function(
        "starmap", "return next(starmap(target, [(1, 2)]))", "from itertools import starmap\n"
    ),
)

METHODS = (
    method("method", "return subject.target()"),
    method("method with arguments", "return subject.target(1, 2, b=3)"),
    method("method with stars", "return subject.target(*(1, 2), **{'b': 3})"),
    method("method of a new instance", "return Subject().target()"),
    method("method through the class", "return Subject.target(subject)"),
    method("bound method made now", "f = subject.target\nreturn f()"),
    method("bound method made before", "return held()", "held = subject.target\n", holds=True),
    method(
        "methodcaller",
        "return caller(subject)",
        "from operator import methodcaller\ncaller = methodcaller('target', 1)\n",
    ),
    method("map over methods", "return list(map(Subject.target, [subject]))[0]"),
    method("inherited", "return Heir().target()", "class Heir(Subject): ...\n"),
    method(
        "super",
        "return Heir().target()",
        "class Heir(Subject):\n    def target(self):\n        return super().target()\n",
    ),
    method(
        "super with arguments",
        "return Heir().target()",
        "class Heir(Subject):\n    def target(self):\n        return super(Heir, self).target(1)\n",
    ),
    method(
        "explicit base",
        "return Heir().target()",
        "class Heir(Subject):\n    def target(self):\n        return Subject.target(self)\n",
    ),
    method(
        "overridden name taken over",
        "return Heir().other()",
        "class Heir(Subject):\n    other = Subject.target\n",
        holds=True,
    ),
    method(
        "slots", "return Slotted().target()", "class Slotted(Subject):\n    __slots__ = ('x',)\n"
    ),
    method("instance with a dict of its own", "one = Subject()\none.x = 1\nreturn one.target()"),
    method("loop over instances", "return [s.target() for s in (subject, Subject())][-1]"),
    method(
        "partialmethod",
        "return Heir().part()",
        "from functools import partialmethod\nclass Heir(Subject):\n"
        "    part = partialmethod(Subject.target, 1)\n",
        holds=True,
    ),
    Shape(
        "classmethod",
        "class Subject:\n    @classmethod\n    def target(cls, a=1):\n        return 'old'\n",
        "return Subject.target(1)",
        "Subject.target",
    ),
    Shape(
        "classmethod of an heir",
        "class Subject:\n    @classmethod\n    def target(cls):\n"
        "        return 'old' if cls is Heir else cls\n"
        "class Heir(Subject): ...\n",
        "return Heir.target()",
        "Subject.target",
    ),
    Shape(
        "staticmethod",
        "class Subject:\n    @staticmethod\n    def target(a=1):\n        return 'old'\n",
        "return Subject.target() if Subject().target(1) else ''",
        "Subject.target",
    ),
    Shape(
        "property",
        "class Subject:\n    @property\n    def target(self):\n"
        "        return 'old'\nsubject = Subject()\n",
        "return subject.target",
        "Subject.target",
    ),
    Shape(
        "cached property",
        "from functools import cached_property\nclass Subject:\n"
        "    @cached_property\n    def target(self):\n        return 'old'\n",
        "return Subject().target",
        "Subject.target",
        refused={
            "name": "cannot be called, so there is nothing to put advice around",
            "everywhere": "no entry of its own .* patch it by its name",
        },
    ),
    Shape(
        "method of a metaclass",
        "class Meta(type):\n    def target(cls):\n        return 'old'\n"
        "class Subject(metaclass=Meta): ...\n",
        "return Subject.target()",
        "Meta.target",
    ),
    Shape(
        "class call",
        "class target:\n    def __init__(self, a=1):\n        self.value = 'old'\n",
        "return target(1).value",
        advice=MADE,
    ),
    Shape(
        "class call, copy made before",
        "class target:\n    def __init__(self, a=1):\n        self.value = 'old'\nheld = target\n",
        "return held(1).value",
        advice=MADE,
    ),
    Shape(
        "class call with stars",
        "class target:\n    def __init__(self, a=1, *, b=2):\n        self.value = 'old'\n",
        "return target(*(1,), **{'b': 3}).value",
        advice=MADE,
    ),
    Shape(
        "class call without __init__",
        "class target:\n    value = 'old'\n",
        "return target().value",
        advice=MADE,
    ),
    Shape(
        "class call through map",
        "class target:\n    def __init__(self, a=1):\n        self.value = 'old'\n",
        "return next(map(target, [1])).value",
        advice=MADE,
    ),
    Shape(
        "class call of an heir",
        "class Base:\n    def __init__(self, a=1):\n        self.value = 'old'\n"
        "class target(Base): ...\n",
        "return target(1).value if Base(1).value == 'old' else ''",
        advice=MADE,
    ),
    Shape(
        "class call of a heap exception",
        "class target(Exception):\n    value = 'old'\n",
        "try:\n    raise target(1)\nexcept target as error:\n    return error.value",
        advice=MADE,
    ),
    Shape(
        "class whose metaclass calls it",
        "class Meta(type):\n    def __call__(cls, *args):\n        return super().__call__(*args)\n"
        "class target(metaclass=Meta):\n    value = 'old'\n",
        "return target().value",
        advice=MADE,
        refused=dict.fromkeys(("name", "everywhere"), "patch __call__ of the metaclass"),
    ),
    Shape(
        "instance that is called",
        "class Callable:\n    def __call__(self, a=1):\n        return 'old'\n"
        "target = Callable()\n",
        "return target(1)",
        refused={"everywhere": "no entry of its own .* patch it by its name"},
    ),
)
