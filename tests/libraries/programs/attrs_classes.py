"""attrs with and without slots, early and late, and cattrs: classes are completed, not patched."""

import attr
import attrs
import cattrs
from snapshot import differences

EXPECT = {"needs": ["attrs", "cattrs"]}


@attrs.define
class Slotted:
    x: int = 1


@attrs.frozen(slots=False)
class Frozen:
    x: int = attrs.field(validator=attrs.validators.instance_of(int))


class Late:
    x = attr.ib(default=2)


class Annotated:
    x: int = 3


with differences():
    attr.s(Late)
    attr.s(Annotated, auto_attribs=True)
    assert (Late().x, Annotated().x) == (2, 3)
    assert attrs.evolve(Slotted(), x=4) == cattrs.structure({"x": 4}, Slotted)
    assert attrs.asdict(Frozen(5)) == {"x": 5}
    attrs.resolve_types(Slotted)
    assert attr.make_class("Made", ["a"])(6).a == 6
