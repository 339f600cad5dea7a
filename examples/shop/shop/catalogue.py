"""What a visitor can look at."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from .errors import NotFound
from .models import OrderLine, Product


def favourites(session: Session, limit: int = 6) -> Sequence[Product]:
    """What sold most, then whatever has stood here longest."""
    sold = func.coalesce(func.sum(OrderLine.quantity), 0)
    query = (
        select(Product)
        .outerjoin(OrderLine, OrderLine.product_id == Product.id)
        .group_by(Product.id)
        .order_by(sold.desc(), Product.id)
        .limit(limit)
    )
    return session.scalars(query).all()


def by_category(session: Session, category: str) -> Sequence[Product]:
    query = select(Product).where(Product.category == category).order_by(Product.name)
    return session.scalars(query).all()


def search(session: Session, words: str) -> Sequence[Product]:
    """Every word must occur, in the name or in the blurb."""
    query = select(Product).order_by(Product.name)
    for word in words.split()[:6]:
        query = query.where(
            or_(
                Product.name.icontains(word, autoescape=True),
                Product.blurb.icontains(word, autoescape=True),
            )
        )
    return session.scalars(query).all()


def product(session: Session, sku: str) -> Product:
    found = session.scalar(select(Product).where(Product.sku == sku))
    if found is None:
        raise NotFound(f"We do not sell anything called {sku}.")
    return found
