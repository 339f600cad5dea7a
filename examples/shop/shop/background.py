"""One asyncio loop on a thread of its own, for what a page would otherwise wait for in a row.

Pages are served by threads (or greenlets) and hand coroutines over with `run`; what goes on for as
long as the shop is open is started with `spawn`.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")

SECONDS_TO_STOP = 5.0

log = logging.getLogger(__name__)


class LoopThread:
    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        # For `asyncio.to_thread`: blocking calls that a coroutine makes.
        self._loop.set_default_executor(ThreadPoolExecutor(6, thread_name_prefix="shop-blocking"))
        self._spawned: list[Future[None]] = []
        self._thread = threading.Thread(target=self._serve, name="shop-loop", daemon=True)
        self._thread.start()

    def run(self, coroutine: Coroutine[Any, Any, T], seconds: float) -> T:
        """Waits for the result. TimeoutError after `seconds`, and the coroutine is cancelled."""
        future = asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        try:
            return future.result(seconds)
        except TimeoutError:
            future.cancel()
            raise

    def spawn(self, coroutine: Coroutine[Any, Any, None]) -> None:
        self._spawned.append(asyncio.run_coroutine_threadsafe(coroutine, self._loop))

    def close(self) -> None:
        for future in self._spawned:
            future.cancel()
        try:
            # Also waits for blocking calls under way, so nobody writes to a closed database.
            self.run(_wind_down(), SECONDS_TO_STOP)
        except TimeoutError:
            log.warning("background work did not stop in %s s", SECONDS_TO_STOP)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(SECONDS_TO_STOP)

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_forever()
        finally:
            self._loop.close()


async def _wind_down() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    await asyncio.get_running_loop().shutdown_default_executor()
