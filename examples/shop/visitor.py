"""One visitor of the shop: looks around, buys something, and knows what each answer must be."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable
from typing import Any

import requests

SHELVES = ("tea", "kettles", "cups", "larder")
SCARCE = ("KET-IRON", "TEA-PUERH", "CUP-KYUSU")  # a few of each, so that buyers meet
WORDS = ("tea", "steel", "hand", "glass", "green rice", "100%_", "")
SECONDS_FOR_ONE_PAGE = 20
SECONDS_FOR_AN_INVOICE = 10


class Unexpected(Exception):
    """The shop answered, and the answer was wrong."""


class Visitor:
    def __init__(
        self,
        url: str,
        session: requests.Session,
        count: Callable[[str], None],
        chance: random.Random,
    ) -> None:
        self._url = url
        self._session = session
        self._count = count
        self._chance = chance

    def visit(self) -> None:
        self._look_around()
        if self._fill_cart():
            self._buy()
        if self._chance.random() < 0.3:
            self._go_wrong()

    def _look_around(self) -> None:
        self._expect("Kettle", self._get("/"))
        self._expect(".shelf", self._get("/static/shop.css"))
        self._expect("Search", self._get("/search", q=self._chance.choice(WORDS)))

    def _fill_cart(self) -> int:
        """Puts up to three things into the cart and says how many there are in it."""
        page = self._get(f"/c/{self._chance.choice(SHELVES)}").text
        skus = re.findall(r'href="/p/([A-Z-]+)"', page)
        self._require(len(skus) >= 4, f"only {len(skus)} things on a shelf")
        chosen = self._chance.sample(skus, self._chance.randint(1, 3))
        if self._chance.random() < 0.4:
            chosen = [self._chance.choice(SCARCE)]
        wanted = 0
        for sku in chosen:
            product = self._get(f"/p/{sku}").text
            if "Sold out" in product:
                self._count("sold out")
                continue
            self._change_cart(sku, self._chance.randint(1, 4), how="add")
            wanted += 1
        if wanted > 1:
            self._change_cart(chosen[0], 0, how="set")
        return len(re.findall(r'name="sku"', self._get("/cart").text))

    def _buy(self) -> None:
        page = self._get("/checkout").text
        token = self._find(r'name="token" value="([0-9a-f-]{36})"', page)
        total = self._find(r'id="total">(€[\d,.]+)<', page)
        form = {"token": token, "email": "visitor@shop.example"}
        answer = self._post("/checkout", form, expected=(303, 409))
        if answer.status_code == 409:
            # Somebody else was faster. The cart must have survived that.
            self._require(
                "left of" in answer.text or "sold out" in answer.text,
                "a refused order without a reason",
            )
            self._expect('name="sku"', self._get("/cart"))
            self._count("refused orders")
            return
        order = answer.headers["Location"]
        again = self._post("/checkout", form, expected=(303,))
        self._require(again.headers["Location"] == order, "the same form made two orders")
        self._expect(total, self._get(order))
        self._expect(total, self._invoice(order))
        self._expect("It is empty", self._get("/cart"))
        self._count("orders")

    def _invoice(self, order: str) -> requests.Response:
        deadline = time.monotonic() + SECONDS_FOR_AN_INVOICE
        while time.monotonic() < deadline:
            answer = self._request("GET", f"{order}/invoice", expected=(200, 202))
            if answer.status_code == 200:
                return answer
            time.sleep(0.05)
        raise Unexpected(f"no invoice for {order} in {SECONDS_FOR_AN_INVOICE} s")

    def _go_wrong(self) -> None:
        self._request("GET", "/office/takings?day=1999-01-01", expected=(500,))
        self._request("GET", "/p/TEA-COFFEE", expected=(404,))
        self._request("GET", "/orders/KL-000001", expected=(404, 200))
        self._post("/cart", {"sku": "TEA-EARL", "quantity": "lots"}, expected=(422,))
        self._post("/checkout", {"token": "", "email": "nobody"}, expected=(422,))
        self._count("bad requests refused")

    def _change_cart(self, sku: str, quantity: int, *, how: str) -> None:
        form = {"sku": sku, "quantity": str(quantity), "how": how}
        self._post("/cart", form, expected=(303,))

    def _get(self, path: str, **query: str) -> requests.Response:
        return self._request("GET", path, expected=(200,), params=query)

    def _post(
        self, path: str, form: dict[str, str], expected: tuple[int, ...]
    ) -> requests.Response:
        return self._request("POST", path, expected, data=form)

    def _request(
        self, method: str, path: str, expected: tuple[int, ...], **content: dict[str, str]
    ) -> requests.Response:
        self._count("requests")
        options: dict[str, Any] = {**content, "timeout": SECONDS_FOR_ONE_PAGE}
        answer = self._session.request(method, self._url + path, allow_redirects=False, **options)
        self._require(
            answer.status_code in expected, f"{method} {path}: {answer.status_code}, not {expected}"
        )
        answer.encoding = "utf-8"
        return answer

    def _find(self, pattern: str, page: str) -> str:
        found = re.search(pattern, page)
        if found is None:
            raise Unexpected(f"no {pattern} on the page")
        return found[1]

    def _expect(self, text: str, answer: requests.Response) -> None:
        self._require(text in answer.text, f"no {text!r} on {answer.url}")

    def _require(self, holds: bool, otherwise: str) -> None:
        if not holds:
            raise Unexpected(otherwise)
