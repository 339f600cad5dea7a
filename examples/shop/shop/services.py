"""What the shop is made of, opened in one order and closed in the reverse one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from . import catalogue
from .background import LoopThread
from .backroom import BackRoom
from .cache import Cache, open_cache
from .config import Config
from .database import Database
from .depots import Depots
from .errors import SupplierError
from .log import operator
from .mail import MailRoom
from .models import Order
from .orders import Placed, Reorder
from .stock import DeliveryFeed
from .suppliers import Suppliers

if TYPE_CHECKING:
    from .instrument import Telemetry


@dataclass(frozen=True, slots=True)
class Services:
    database: Database
    cache: Cache
    suppliers: Suppliers
    depots: Depots
    mail: MailRoom
    backroom: BackRoom
    loop: LoopThread
    feed: DeliveryFeed
    telemetry: Telemetry | None

    @classmethod
    def open(cls, config: Config, telemetry: Telemetry | None) -> Services:
        database = Database(config.data)
        database.prepare()
        cache = open_cache(config.redis_url)
        if telemetry is not None and cache.kind == "redis":
            telemetry.start_redis()
        loop = LoopThread()
        suppliers = Suppliers(config.supplier_url, cache)
        feed = DeliveryFeed(config.feed_host, config.feed_port, database)
        loop.spawn(feed.follow())
        services = cls(
            database=database,
            cache=cache,
            suppliers=suppliers,
            depots=Depots(suppliers, loop, cache),
            mail=MailRoom(config.data),
            backroom=BackRoom(),
            loop=loop,
            feed=feed,
            telemetry=telemetry,
        )
        operator.info(
            "open: cache %s, telemetry %s", cache.kind, "off" if telemetry is None else "on"
        )
        return services

    def follow_up(self, placed: Placed) -> None:
        """What an order sets off behind the counter. REQUIRES: its transaction is committed."""
        self.backroom.submit(self._invoice, placed.order)
        for reorder in placed.reorders:
            self.backroom.submit(self._reorder, reorder)

    def close(self) -> None:
        self.backroom.close()
        self.loop.close()
        self.cache.close()
        self.database.close()
        if self.telemetry is not None:
            self.telemetry.close()

    def _invoice(self, order: Order) -> None:
        self.mail.send(order)

    def _reorder(self, reorder: Reorder) -> None:
        try:
            self.suppliers.reorder(reorder.sku, reorder.quantity)
        except SupplierError:
            # Nothing is on its way, so the next sale must ask again.
            with self.database.write() as session:
                product = catalogue.product(session, reorder.sku)
                product.on_order = max(0, product.on_order - reorder.quantity)
            raise
