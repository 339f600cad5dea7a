"""A small thread pool for work that a customer need not wait for."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import ParamSpec

P = ParamSpec("P")

log = logging.getLogger(__name__)


class BackRoom:
    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(max_workers=2, thread_name_prefix="shop-backroom")

    def submit(self, job: Callable[P, None], *args: P.args, **kwargs: P.kwargs) -> None:
        self._pool.submit(job, *args, **kwargs).add_done_callback(_log_failure)

    def close(self) -> None:
        """Finishes what was promised: an order that was confirmed gets its invoice."""
        self._pool.shutdown(wait=True)


def _log_failure(job: Future[None]) -> None:
    if (error := job.exception()) is not None:
        log.error("the back room dropped something", exc_info=error)
