"""A visitor's cart. It reserves nothing: stock is taken at checkout, and only there."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from . import catalogue
from .errors import BadForm
from .models import Cart, CartLine

MOST_OF_ONE = 20


@dataclass(frozen=True, slots=True)
class View:
    token: str
    lines: Sequence[CartLine]

    @property
    def total_cents(self) -> int:
        return sum(line.quantity * line.product.price_cents for line in self.lines)


def open_cart(session: Session, cart_id: str | None) -> Cart:
    """The visitor's cart, or a new one: also when a cookie outlived the database."""
    cart = session.get(Cart, cart_id) if cart_id else None
    if cart is None:
        cart = Cart(id=str(uuid.uuid4()), token=str(uuid.uuid4()))
        session.add(cart)
        session.flush()
    return cart


def set_quantity(session: Session, cart: Cart, sku: str, quantity: int, *, add: bool) -> None:
    """Adds to what is in the cart or replaces it; nought takes the line out."""
    product = catalogue.product(session, sku)
    line = session.get(CartLine, (cart.id, product.id))
    wanted = quantity + (line.quantity if add and line else 0)
    if not 0 <= wanted <= MOST_OF_ONE:
        raise BadForm(f"We sell up to {MOST_OF_ONE} of one thing at a time.")
    if line is None and wanted:
        session.add(CartLine(cart_id=cart.id, product_id=product.id, quantity=wanted))
    elif line is not None and wanted:
        line.quantity = wanted
    elif line is not None:
        session.delete(line)


def view(session: Session, cart_id: str | None) -> View:
    cart = session.get(Cart, cart_id) if cart_id else None
    if cart is None:
        return View(token="", lines=())
    query = select(CartLine).where(CartLine.cart_id == cart.id).order_by(CartLine.product_id)
    return View(token=cart.token, lines=session.scalars(query).all())
