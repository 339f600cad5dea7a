"""aiodebug measures each callback of asyncio's loop."""

import asyncio

from snapshot import differences

EXPECT = {"owners": ["aiodebug"], "at_least": 1, "targets": ["asyncio.events:Handle._run"]}

with differences():
    from aiodebug import log_slow_callbacks

    log_slow_callbacks.enable(0.5)
    asyncio.run(asyncio.sleep(0))
