"""From a cart to an order, in one transaction: all of it is in stock, or nothing is sold."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from .errors import EmptyCart, NotFound, OutOfStock
from .models import Cart, CartLine, Order, OrderLine, Product


@dataclass(frozen=True, slots=True)
class Reorder:
    sku: str
    quantity: int


@dataclass(frozen=True, slots=True)
class Placed:
    order: Order
    replayed: bool
    reorders: Sequence[Reorder] = field(default_factory=list)


def place(session: Session, cart_id: str | None, token: str, email: str) -> Placed:
    """Places the order of `token`, or finds it again if the form was sent twice."""
    earlier = session.scalar(select(Order).where(Order.token == token))
    if earlier is not None:
        return Placed(earlier, replayed=True)

    cart = session.get(Cart, cart_id) if cart_id else None
    lines = _lines(session, cart)
    # A token of another tab's earlier cart must not buy what is in the cart now.
    if cart is None or not lines or cart.token != token:
        raise EmptyCart("There is nothing in your cart to order.")

    reorders = [again for line in lines if (again := _take(session, line)) is not None]
    order = Order(
        token=token,
        email=email,
        total_cents=sum(line.quantity * line.product.price_cents for line in lines),
        lines=[
            OrderLine(
                product_id=line.product_id,
                name=line.product.name,
                unit_cents=line.product.price_cents,
                quantity=line.quantity,
            )
            for line in lines
        ],
    )
    session.add(order)
    session.execute(delete(CartLine).where(CartLine.cart_id == cart.id))
    cart.token = str(uuid.uuid4())
    session.flush()
    return Placed(order, replayed=False, reorders=reorders)


def by_number(session: Session, number: str) -> Order:
    digits = number.removeprefix("KL-")
    order = session.get(Order, int(digits)) if digits.isdecimal() else None
    if order is None:
        raise NotFound(f"There is no order {number}.")
    return order


def _lines(session: Session, cart: Cart | None) -> Sequence[CartLine]:
    if cart is None:
        return ()
    query = select(CartLine).where(CartLine.cart_id == cart.id).order_by(CartLine.product_id)
    return session.scalars(query).all()


def _take(session: Session, line: CartLine) -> Reorder | None:
    """Takes a line from the shelf, and says what to ask of the supplier if that left too little.

    The condition stands in the statement itself, so it holds whoever else is buying.
    """
    taken = session.scalars(
        update(Product)
        .where(Product.id == line.product_id, Product.on_hand >= line.quantity)
        .values(on_hand=Product.on_hand - line.quantity)
        .returning(Product)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if taken is None:
        session.refresh(line.product)
        raise OutOfStock(line.product.name, line.product.on_hand)
    if taken.on_hand + taken.on_order >= taken.reorder_at:
        return None
    quantity = taken.reorder_at * 2
    taken.on_order += quantity
    return Reorder(taken.sku, quantity)
