"""aspectlib weaves aspects into functions and classes for its caller."""

import json
import os
from collections.abc import Generator
from typing import Any

import aspectlib
from snapshot import differences

EXPECT = {
    "owners": ["__main__"],
    "needs": ["aspectlib"],
    "at_least": 4,
    "targets": ["json:dumps", "json.encoder:JSONEncoder.encode", "os:getcwd"],
}


@aspectlib.Aspect
def around(*args: Any, **kwargs: Any) -> Generator[Any, Any, None]:
    result = yield aspectlib.Proceed
    yield aspectlib.Return(result)


with differences():
    with aspectlib.weave(json.dumps, around):
        assert json.dumps(1) == "1"
    aspectlib.weave("os.getcwd", around)
    aspectlib.weave(json.JSONEncoder, around)
    assert os.getcwd()
