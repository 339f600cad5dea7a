"""zope.interface marks every class on the way to the one that declares an interface."""

import collections.abc
import typing

from snapshot import differences
from zope import interface

EXPECT = {
    "owners": ["zope.interface"],
    "at_least": 3,
    "targets": ["collections:UserDict.__implemented__"],
}


class Shape(interface.Interface):
    def area() -> float: ...


@interface.implementer(Shape)
class Square:
    def area(self) -> float:
        return 1.0


with differences():
    interface.classImplements(collections.UserDict, Shape)
    assert Shape.implementedBy(collections.UserDict)
    assert Shape.providedBy(Square())
    assert typing.Generic is not None
