"""forbiddenfruit adds methods to built-in types, below everything that Python forbids."""

from forbiddenfruit import curse, reverse
from snapshot import differences

EXPECT = {
    "owners": ["__main__"],
    "needs": ["forbiddenfruit"],
    "at_least": 2,
    "targets": ["builtins:list.first", "builtins:str.words"],
}

with differences():
    curse(str, "words", lambda self: self.split())
    assert "a b".words() == ["a", "b"]
    reverse(str, "words")
    curse(list, "first", property(lambda self: self[0]))
    assert [1, 2].first == 1
