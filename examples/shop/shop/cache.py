"""A short memory for what others told us: redis if it answers, this process if it does not.

A cache may forget at any time, so a redis that fails later is a miss and a line in the log.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import Protocol

from .log import operator

MOST_ENTRIES = 1000
SECONDS_TO_ANSWER = 1.0

log = logging.getLogger(__name__)


class Cache(Protocol):
    kind: str

    def get(self, key: str) -> bytes | None: ...
    def put(self, key: str, value: bytes, seconds: float) -> None: ...
    def close(self) -> None: ...


class LocalCache:
    kind = "local"

    def __init__(self) -> None:
        self._entries: dict[str, tuple[float, bytes]] = {}
        self._lock = threading.Lock()

    def get(self, key: str) -> bytes | None:
        with self._lock:
            until, value = self._entries.get(key, (0.0, b""))
        return value if until > time.monotonic() else None

    def put(self, key: str, value: bytes, seconds: float) -> None:
        with self._lock:
            if len(self._entries) >= MOST_ENTRIES:
                self._entries.clear()
            self._entries[key] = (time.monotonic() + seconds, value)

    def close(self) -> None:
        self._entries.clear()


class RedisCache:
    kind = "redis"

    def __init__(self, url: str) -> None:
        import redis

        self._errors: type[Exception] = redis.RedisError
        self._redis = redis.Redis.from_url(
            url, socket_timeout=SECONDS_TO_ANSWER, socket_connect_timeout=SECONDS_TO_ANSWER
        )
        self._redis.ping()

    def get(self, key: str) -> bytes | None:
        try:
            value = self._redis.get(f"shop:{key}")
        except self._errors as error:
            log.warning("cache: %s", error)
            return None
        return value if isinstance(value, bytes) else None

    def put(self, key: str, value: bytes, seconds: float) -> None:
        try:
            self._redis.set(f"shop:{key}", value, px=int(seconds * 1000))
        except self._errors as error:
            log.warning("cache: %s", error)

    def close(self) -> None:
        self._redis.close()


def open_cache(url: str) -> Cache:
    try:
        if url:
            return RedisCache(url)
        reason = "no redis is configured"
    except ImportError:
        reason = "the redis client is not installed"
    except Exception as error:  # noqa: BLE001 - whatever a driver raises, the shop opens
        reason = f"redis: {error}"
    operator.info("cache: in this process (%s)", reason)
    return LocalCache()
