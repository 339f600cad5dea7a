"""gorilla applies the patches that its caller declared."""

import json
import sys
from typing import Any

import gorilla
from snapshot import differences

EXPECT = {
    "owners": ["__main__"],
    "needs": ["gorilla"],
    "at_least": 4,
    "targets": [
        "json:dumps",
        "json.encoder:JSONEncoder.encode",
        "json.encoder:JSONEncoder.shout",
    ],
}

settings = gorilla.Settings(allow_hit=True)


def dumps(*args: Any, **kwargs: Any) -> Any:
    return gorilla.get_original_attribute(json, "dumps")(*args, **kwargs)


@gorilla.patches(json.JSONEncoder, settings=settings)
class Louder:
    def encode(self, value: object) -> str:
        return "LOUD"

    def shout(self) -> str:
        return "!"


with differences():
    gorilla.apply(gorilla.Patch(json, "dumps", dumps, settings=settings))
    for patch in gorilla.find_patches([sys.modules[__name__]]):
        gorilla.apply(patch)
    assert json.dumps("quiet") == "LOUD"
    assert json.JSONEncoder().shout() == "!"
