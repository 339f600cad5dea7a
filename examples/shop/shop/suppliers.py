"""The supplier's HTTP service, through `requests`. It may be slow or away; we expect both."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

from .cache import Cache
from .errors import SupplierError

TIMEOUT = (1.0, 2.0)  # seconds to connect, to answer
PRICE_IS_GOOD_FOR = 20.0


@dataclass(frozen=True, slots=True)
class Depot:
    name: str
    days: int
    available: int


class Suppliers:
    """THREADS: any. Each has its own requests session, as those are not made to be shared."""

    def __init__(self, url: str, cache: Cache) -> None:
        self._url = url
        self._cache = cache
        self._local = threading.local()

    def recommended_price(self, sku: str) -> int | None:
        """The supplier's price in cents, or None when it cannot be had just now."""
        key = f"price:{sku}"
        if (known := self._cache.get(key)) is not None:
            return int(known)
        try:
            cents = _number(self._answer("GET", f"/prices/{sku}"), "recommended_cents")
        except SupplierError:
            return None
        self._cache.put(key, str(cents).encode(), PRICE_IS_GOOD_FOR)
        return cents

    def depots(self) -> tuple[str, ...]:
        return ("rotterdam", "antwerp", "hamburg")

    def depot(self, name: str, sku: str) -> Depot:
        answer = self._answer("GET", f"/depots/{name}/{sku}")
        return Depot(name, _number(answer, "days"), _number(answer, "available"))

    def reorder(self, sku: str, quantity: int) -> None:
        """Asks for goods. They arrive, some time later, through the delivery feed (`stock.py`)."""
        self._answer("POST", "/orders", {"sku": sku, "quantity": quantity})

    def _answer(
        self, method: str, path: str, body: dict[str, str | int] | None = None
    ) -> dict[str, Any]:
        try:
            response = self._session().request(method, self._url + path, timeout=TIMEOUT, json=body)
            response.raise_for_status()
            answer: dict[str, Any] = response.json()
        except (requests.RequestException, ValueError) as error:
            raise SupplierError(f"{method} {path}: {error}") from error
        return answer

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = self._local.session = requests.Session()
            # Retries of POST are left out on purpose: goods asked for twice come twice.
            retry = Retry(total=2, backoff_factor=0.05, status_forcelist=(502, 503, 504))
            session.mount("http://", HTTPAdapter(max_retries=retry))
            # An office proxy must not come between us and the supplier's machine next door.
            session.trust_env = False
        return session


def _number(answer: dict[str, Any], key: str) -> int:
    try:
        return int(answer[key])
    except (KeyError, TypeError, ValueError) as error:
        raise SupplierError(f"no usable {key} in {answer!r}") from error
