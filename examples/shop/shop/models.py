"""The tables. Amounts are integer cents, times are UTC; SQLite itself keeps stock above zero."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


def utc_now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


class Base(DeclarativeBase):
    pass


class Product(Base):
    __tablename__ = "product"
    __table_args__ = (CheckConstraint("on_hand >= 0"), CheckConstraint("price_cents > 0"))

    id: Mapped[int] = mapped_column(primary_key=True)
    sku: Mapped[str] = mapped_column(String(16), unique=True)
    name: Mapped[str] = mapped_column(String(80))
    blurb: Mapped[str] = mapped_column(String(240))
    category: Mapped[str] = mapped_column(String(16), index=True)
    price_cents: Mapped[int]
    initial: Mapped[int]  # what was on the shelf on the first day, for the stock-taking page
    on_hand: Mapped[int]
    on_order: Mapped[int] = mapped_column(default=0)  # asked of the supplier, not yet delivered
    reorder_at: Mapped[int]


class Cart(Base):
    __tablename__ = "cart"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    # One per checkout: an order keeps it, so that a form sent twice is one order.
    token: Mapped[str] = mapped_column(String(36))
    created: Mapped[datetime] = mapped_column(default=utc_now)


class CartLine(Base):
    __tablename__ = "cart_line"
    __table_args__ = (CheckConstraint("quantity > 0"),)

    cart_id: Mapped[str] = mapped_column(ForeignKey("cart.id"), primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"), primary_key=True)
    quantity: Mapped[int]
    product: Mapped[Product] = relationship(lazy="joined", innerjoin=True)


class Order(Base):
    __tablename__ = "customer_order"

    id: Mapped[int] = mapped_column(primary_key=True)
    token: Mapped[str] = mapped_column(String(36), unique=True)
    email: Mapped[str] = mapped_column(String(254))
    total_cents: Mapped[int]
    placed: Mapped[datetime] = mapped_column(default=utc_now, index=True)
    lines: Mapped[list[OrderLine]] = relationship(lazy="selectin")

    @property
    def number(self) -> str:
        return f"KL-{self.id:06d}"


class OrderLine(Base):
    """Name and price as they were on the day: the catalogue may change, an invoice may not."""

    __tablename__ = "order_line"

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("customer_order.id"), index=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"), index=True)
    name: Mapped[str] = mapped_column(String(80))
    unit_cents: Mapped[int]
    quantity: Mapped[int]


class Delivery(Base):
    """The key is the supplier's number: a delivery announced to two workers is booked once."""

    __tablename__ = "delivery"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"), index=True)
    quantity: Mapped[int]
    booked: Mapped[datetime] = mapped_column(default=utc_now)
