"""Where the shop finds its surroundings. Read once, from the environment, and never changed."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Config:
    data: Path
    secret: str
    supplier_url: str
    feed_host: str
    feed_port: int
    redis_url: str
    telemetry: bool

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> Config:
        """The defaults fit a supplier and a redis that were started by hand on their usual ports.

        SHOP_DATA and SHOP_SECRET have none: the workers of one service must share them, so whoever
        starts the service chooses (app.py and gunicorn.conf.py do).
        """
        feed = environ.get("SHOP_SUPPLIER_FEED", "127.0.0.1:8102")
        feed_host, _, feed_port = feed.rpartition(":")
        return cls(
            data=Path(environ["SHOP_DATA"]),
            secret=environ["SHOP_SECRET"],
            supplier_url=environ.get("SHOP_SUPPLIER_URL", "http://127.0.0.1:8101"),
            feed_host=feed_host,
            feed_port=int(feed_port),
            redis_url=environ.get("SHOP_REDIS_URL", "redis://127.0.0.1:6379/0"),
            telemetry=environ.get("SHOP_TELEMETRY", "on") != "off",
        )
