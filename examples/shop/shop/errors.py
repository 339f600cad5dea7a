"""What can go wrong in the business, each with the status that the browser gets."""

from __future__ import annotations


class ShopError(Exception):
    """A sentence for the customer. Anything that is not a ShopError is a bug, and a 500."""

    status = 500


class NotFound(ShopError):
    status = 404


class EmptyCart(ShopError):
    status = 409


class OutOfStock(ShopError):
    status = 409

    def __init__(self, name: str, on_hand: int) -> None:
        super().__init__(f"Only {on_hand} left of {name}." if on_hand else f"{name} is sold out.")


class BadForm(ShopError):
    status = 422


class SupplierError(Exception):
    """The supplier did not answer, or not sensibly. Pages do without what it would have said."""
