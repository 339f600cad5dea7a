"""Looking around."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from .. import catalogue
from ..errors import NotFound
from ..seed import CATEGORIES
from . import shop

pages = Blueprint("browse", __name__)


@pages.get("/")
def home() -> ResponseReturnValue:
    with shop().database.read() as session:
        products = catalogue.favourites(session)
    return render_template("list.html", title="Favourites", products=products)


@pages.get("/c/<category>")
def category(category: str) -> ResponseReturnValue:
    if category not in CATEGORIES:
        raise NotFound("We have no such shelf.")
    with shop().database.read() as session:
        products = catalogue.by_category(session, category)
    return render_template("list.html", title=CATEGORIES[category], products=products)


@pages.get("/search")
def search() -> ResponseReturnValue:
    words = request.args.get("q", "").strip()[:80]
    with shop().database.read() as session:
        products = catalogue.search(session, words) if words else ()
    title = f"“{words}”" if words else "What are you looking for?"
    return render_template("list.html", title=title, products=products, words=words)


@pages.get("/p/<sku>")
def product(sku: str) -> ResponseReturnValue:
    with shop().database.read() as session:
        found = catalogue.product(session, sku)
    # After the transaction: a slow supplier must not keep it open.
    recommended = shop().suppliers.recommended_price(sku)
    depot = shop().depots.fastest(sku)
    return render_template("product.html", product=found, recommended=recommended, depot=depot)
