"""wrapt acts for its caller: its function wrappers are patches, its decorators are none."""

import json
import shelve
from typing import Any

import wrapt
from snapshot import differences

EXPECT = {
    "owners": ["__main__"],
    "needs": ["wrapt"],
    "at_least": 4,
    "targets": [
        "json:dumps",
        "json.decoder:JSONDecoder.decode",
        "json.encoder:JSONEncoder.encode",
        "shelve:Shelf.sync",
    ],
}


def through(wrapped: Any, instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    return wrapped(*args, **kwargs)


@wrapt.decorator
def decorated(wrapped: Any, instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    return wrapped(*args, **kwargs)


@wrapt.transient_function_wrapper("json.decoder", "JSONDecoder.decode")
def fixed(wrapped: Any, instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    return "fixed"


@fixed
def load() -> Any:
    return json.loads("1")


with differences():
    wrapt.wrap_function_wrapper("json", "dumps", through)
    wrapt.wrap_function_wrapper("json.encoder", "JSONEncoder.encode", through)
    wrapt.patch_function_wrapper("shelve", "Shelf.sync")(through)

    class Plain:
        @decorated
        @classmethod
        def make(cls) -> str:
            return json.dumps([cls.__name__])

    assert Plain.make() == '["Plain"]'
    assert load() == "fixed"
    assert json.loads("1") == 1
    assert shelve.Shelf is not None
