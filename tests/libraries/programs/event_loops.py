"""uvloop, trio and anyio run coroutines: they patch nothing."""

import asyncio

import anyio
import trio
import uvloop
from snapshot import differences

EXPECT = {"needs": ["anyio", "trio", "uvloop"]}


async def on_trio() -> int:
    async with trio.open_nursery() as nursery:
        nursery.start_soon(trio.sleep, 0)
    return await anyio.to_thread.run_sync(sum, [1, 2])


async def on_asyncio() -> int:
    await anyio.sleep(0)
    return 3


with differences():
    assert trio.run(on_trio) == 3
    assert anyio.run(on_trio, backend="trio") == 3
    assert anyio.run(on_asyncio) == 3
    assert uvloop.run(on_asyncio()) == 3
    assert asyncio.run(on_asyncio()) == 3
