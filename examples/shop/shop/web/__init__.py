"""The Flask application: pages in `browse`, `checkout` and `office`, errors and filters here."""

from __future__ import annotations

import logging
from typing import cast

from flask import Flask, current_app, render_template
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from ..config import Config
from ..errors import ShopError
from ..money import euros
from ..seed import CATEGORIES
from ..services import Services

log = logging.getLogger(__name__)


def build(config: Config, services: Services) -> Flask:
    from . import browse, checkout, office

    app = Flask("shop")
    app.config.update(
        SECRET_KEY=config.secret,
        # Browsers do not send the cart along with another site's form, which is what a CSRF token
        # would be for: all that this shop's forms can do hangs on that cookie.
        SESSION_COOKIE_SAMESITE="Lax",
        MAX_CONTENT_LENGTH=64 * 1024,
    )
    app.extensions["shop"] = services
    app.jinja_env.filters["euros"] = euros
    app.jinja_env.globals["categories"] = CATEGORIES
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    for pages in (browse.pages, checkout.pages, office.pages):
        app.register_blueprint(pages)
    app.register_error_handler(ShopError, _refuse)
    app.register_error_handler(HTTPException, _refuse_http)
    app.register_error_handler(500, _apologise)
    return app


def services_of(app: Flask) -> Services:
    return cast(Services, app.extensions["shop"])


def shop() -> Services:
    return services_of(current_app)


def _refuse(error: ShopError) -> ResponseReturnValue:
    return render_template("error.html", status=error.status, message=str(error)), error.status


def _refuse_http(error: HTTPException) -> ResponseReturnValue:
    status = error.code or 500
    return render_template("error.html", status=status, message=error.description), status


def _apologise(error: Exception) -> ResponseReturnValue:
    # Flask has logged the traceback, and Sentry has seen it, before this is called.
    return render_template("error.html", status=500, message="Something broke on our side."), 500
