"""The delivery feed: the supplier says what arrived, and an asyncio task puts it on the shelf.

The feed is a TCP connection with one JSON object a line. We open it with {"after": N}, the last
delivery that we booked, and get every later one: {"id": N, "sku": "...", "quantity": N}.
"""

from __future__ import annotations

import asyncio
import json
import logging

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from . import catalogue
from .database import Database
from .models import Delivery, OrderLine, Product

SECONDS_BETWEEN_TRIES = 0.5

log = logging.getLogger(__name__)


class DeliveryFeed:
    def __init__(self, host: str, port: int, database: Database) -> None:
        self._host = host
        self._port = port
        self._database = database
        self.connected = False

    async def follow(self) -> None:
        """Until cancelled. A supplier that is away is tried again, quietly."""
        while True:
            try:
                await self._follow_once()
            except OSError as error:
                log.info("delivery feed: %s", error)
            except Exception:  # whatever one line did, the next goods must still arrive
                log.exception("delivery feed")
            finally:
                self.connected = False
            await asyncio.sleep(SECONDS_BETWEEN_TRIES)

    async def _follow_once(self) -> None:
        last = await asyncio.to_thread(self._last_booked)
        reader, writer = await asyncio.open_connection(self._host, self._port)
        try:
            writer.write(json.dumps({"after": last}).encode() + b"\n")
            await writer.drain()
            self.connected = True
            while line := await reader.readline():
                delivery = json.loads(line)
                await asyncio.to_thread(
                    self._book, int(delivery["id"]), str(delivery["sku"]), int(delivery["quantity"])
                )
        finally:
            writer.close()

    def _last_booked(self) -> int:
        with self._database.read() as session:
            return session.scalar(select(func.max(Delivery.id))) or 0

    def _book(self, number: int, sku: str, quantity: int) -> None:
        with self._database.write() as session:
            # The other worker follows the same feed, and may have been first.
            if session.get(Delivery, number) is None:
                product = catalogue.product(session, sku)
                product.on_hand += quantity
                product.on_order = max(0, product.on_order - quantity)
                session.add(Delivery(id=number, product_id=product.id, quantity=quantity))


def take_stock(session: Session) -> list[dict[str, int | str]]:
    """What came, what went and what should therefore be there, for every product."""
    sold = (
        select(func.coalesce(func.sum(OrderLine.quantity), 0))
        .where(OrderLine.product_id == Product.id)
        .scalar_subquery()
    )
    delivered = (
        select(func.coalesce(func.sum(Delivery.quantity), 0))
        .where(Delivery.product_id == Product.id)
        .scalar_subquery()
    )
    rows = session.execute(select(Product, sold, delivered).order_by(Product.sku))
    return [
        {
            "sku": product.sku,
            "initial": product.initial,
            "delivered": delivered,
            "sold": sold,
            "on_hand": product.on_hand,
            "on_order": product.on_order,
        }
        for product, sold, delivered in rows
    ]
