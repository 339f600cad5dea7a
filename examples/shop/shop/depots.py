"""How soon can it be delivered? All depots are asked at the same time; the fastest answer wins."""

from __future__ import annotations

import asyncio
import json
import logging

from .background import LoopThread
from .cache import Cache
from .errors import SupplierError
from .suppliers import Depot, Suppliers

PATIENCE = 1.5  # seconds for all depots together
ANSWER_IS_GOOD_FOR = 2.0

log = logging.getLogger(__name__)


class Depots:
    def __init__(self, suppliers: Suppliers, loop: LoopThread, cache: Cache) -> None:
        self._suppliers = suppliers
        self._loop = loop
        self._cache = cache

    def fastest(self, sku: str) -> Depot | None:
        """None when no depot has it, or none answered in time: the page then says nothing of it."""
        key = f"depot:{sku}"
        if (known := self._cache.get(key)) is not None:
            return Depot(*json.loads(known))
        try:
            found = self._loop.run(self._ask_all(sku), PATIENCE + 1)
        except TimeoutError:
            return None
        if found is not None:
            value = json.dumps([found.name, found.days, found.available]).encode()
            self._cache.put(key, value, ANSWER_IS_GOOD_FOR)
        return found

    async def _ask_all(self, sku: str) -> Depot | None:
        names = self._suppliers.depots()
        # `requests` blocks, so each question waits on a thread while this loop waits for all.
        questions = [asyncio.create_task(self._ask(name, sku)) for name in names]
        done, late = await asyncio.wait(questions, timeout=PATIENCE)
        for question in late:
            question.cancel()
        answers = [answer for question in done if (answer := question.result()) is not None]
        return min(
            (answer for answer in answers if answer.available),
            key=lambda depot: (depot.days, depot.name),
            default=None,
        )

    async def _ask(self, name: str, sku: str) -> Depot | None:
        try:
            return await asyncio.to_thread(self._suppliers.depot, name, sku)
        except SupplierError as error:
            log.warning("depot %s: %s", name, error)
            return None
