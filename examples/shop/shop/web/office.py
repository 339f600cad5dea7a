"""For the people behind the counter, and for whatever watches the service."""

from __future__ import annotations

import os
from datetime import date, datetime, timedelta

from flask import Blueprint, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select

from .. import stock
from ..errors import BadForm
from ..models import Order
from . import shop

pages = Blueprint("office", __name__, url_prefix="/office")


@pages.get("/stock")
def stock_taking() -> ResponseReturnValue:
    with shop().database.read() as session:
        return jsonify(stock.take_stock(session))


@pages.get("/health")
def health() -> ResponseReturnValue:
    services = shop()
    return jsonify(
        status="ok",
        process=os.getpid(),
        cache=services.cache.kind,
        feed=services.feed.connected,
        telemetry=services.telemetry.counts() if services.telemetry else None,
    )


@pages.get("/takings")
def takings() -> ResponseReturnValue:
    """What a day brought in. The bug in here is a real one, and stays: it gives us a traceback."""
    try:
        day = date.fromisoformat(request.args.get("day", ""))
    except ValueError as error:
        raise BadForm("Please give a day, as in 2026-11-22.") from error
    start = datetime(day.year, day.month, day.day)
    query = select(func.count(), func.coalesce(func.sum(Order.total_cents), 0)).where(
        Order.placed >= start, Order.placed < start + timedelta(days=1)
    )
    with shop().database.read() as session:
        number, total = session.execute(query).one()
    average = total // number  # nobody thought of a day without orders
    return render_template("takings.html", day=day, number=number, total=total, average=average)
