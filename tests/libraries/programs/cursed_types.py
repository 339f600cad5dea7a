"""forbiddenfruit adds methods to built-in types, below everything that Python forbids."""

import builtins

from snapshot import differences

EXPECT = {
    "owners": ["__main__", "forbiddenfruit"],
    "at_least": 3,
    "targets": {
        "builtins:dir": "forbiddenfruit",
        "builtins:list.first": "__main__",
        "builtins:str.words": "__main__",
    },
}

with differences():
    from forbiddenfruit import curse, reverse

    curse(str, "words", lambda self: self.split())
    assert "a b".words() == ["a", "b"]
    reverse(str, "words")
    curse(list, "first", property(lambda self: self[0]))
    assert [1, 2].first == 1
    assert "words" not in builtins.dir("")
