"""nest_asyncio lets an event loop run inside another, by patching asyncio."""

import asyncio

from snapshot import differences

EXPECT = {
    "owners": ["nest-asyncio"],
    "at_least": 10,
    "targets": ["asyncio:run", "asyncio:Task", "asyncio.events:get_event_loop"],
}


async def inner() -> int:
    return 1


async def outer() -> int:
    return asyncio.get_event_loop().run_until_complete(inner())


with differences():
    import nest_asyncio

    nest_asyncio.apply()
    assert asyncio.run(outer()) == 1
