"""pydantic models that are rebuilt, dataclasses, validators and made models: no patches."""

from __future__ import annotations

import dataclasses

import pydantic.dataclasses
from pydantic import BaseModel, TypeAdapter, computed_field, create_model, field_validator
from snapshot import differences

EXPECT = {"needs": ["pydantic"]}


class Order(BaseModel):
    lines: list[Line]
    note: str = ""

    @field_validator("note")
    @classmethod
    def strip(cls, note: str) -> str:
        return note.strip()

    @computed_field
    @property
    def total(self) -> int:
        return sum(line.count for line in self.lines)


class Line(BaseModel):
    count: int


@dataclasses.dataclass
class Point:
    x: int


@pydantic.dataclasses.dataclass
class Strict:
    x: int = 1


@pydantic.validate_call
def double(x: int) -> int:
    return 2 * x


with differences():
    Order.model_rebuild()
    order = Order.model_validate({"lines": [{"count": 2}], "note": " hello "})
    assert order.total == 2
    assert "lines" in Order.model_json_schema()["properties"]
    assert Strict(x="2").x == 2
    assert TypeAdapter(list[Point]).validate_python([{"x": "1"}]) == [Point(1)]
    assert pydantic.dataclasses.dataclass(Point)("3").x == 3
    assert create_model("Made", x=(int, 1))().x == 1
    assert double("4") == 8
