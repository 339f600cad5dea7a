"""From the cart to the invoice."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from .. import cart, orders
from ..errors import BadForm, EmptyCart, NotFound
from . import shop

pages = Blueprint("checkout", __name__)

REMEMBERED_ORDERS = 10


@pages.post("/cart")
def change_cart() -> ResponseReturnValue:
    sku = request.form.get("sku", "")
    quantity = request.form.get("quantity", type=int)
    if quantity is None or quantity < 0:
        raise BadForm("How many would you like?")
    with shop().database.write() as transaction:
        mine = cart.open_cart(transaction, session.get("cart"))
        add = request.form.get("how") == "add"
        cart.set_quantity(transaction, mine, sku, quantity, add=add)
    session["cart"] = mine.id
    return redirect(url_for(".show_cart"), 303)


@pages.get("/cart")
def show_cart() -> ResponseReturnValue:
    with shop().database.read() as transaction:
        view = cart.view(transaction, session.get("cart"))
    return render_template("cart.html", cart=view)


@pages.get("/checkout")
def review() -> ResponseReturnValue:
    with shop().database.read() as transaction:
        view = cart.view(transaction, session.get("cart"))
    if not view.lines:
        raise EmptyCart("There is nothing in your cart to order.")
    return render_template("checkout.html", cart=view)


@pages.post("/checkout")
def place() -> ResponseReturnValue:
    email = request.form.get("email", "").strip()
    if not 3 <= len(email) <= 254 or email.count("@") != 1 or not email.isprintable():
        raise BadForm("We need an e-mail address to send the invoice to.")
    with shop().database.write() as transaction:
        token = request.form.get("token", "")
        placed = orders.place(transaction, session.get("cart"), token, email)
    if not placed.replayed:
        shop().follow_up(placed)
    mine = [number for number in session.get("orders", []) if number != placed.order.number]
    session["orders"] = [*mine, placed.order.number][-REMEMBERED_ORDERS:]
    return redirect(url_for(".order", number=placed.order.number), 303)


@pages.get("/orders/<number>")
def order(number: str) -> ResponseReturnValue:
    _must_be_mine(number)
    with shop().database.read() as transaction:
        found = orders.by_number(transaction, number)
    return render_template("order.html", order=found)


@pages.get("/orders/<number>/invoice")
def invoice(number: str) -> ResponseReturnValue:
    _must_be_mine(number)
    page = shop().mail.invoice(number)
    if page is None:
        return "The invoice is being written.", 202, {"Retry-After": "1"}
    return page


def _must_be_mine(number: str) -> None:
    # The same answer as for an order that does not exist: numbers can be guessed.
    if number not in session.get("orders", []):
        raise NotFound(f"There is no order {number}.")
