"""How the shop starts. The order matters, and only here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import log
from .config import Config

if TYPE_CHECKING:
    from flask import Flask

    from .instrument import Telemetry


def create_app() -> Flask:
    """The WSGI application. Whoever serves it calls `close(app)` when it stops."""
    config = Config.from_environment()
    config.data.mkdir(parents=True, exist_ok=True)
    log.configure(config.data)
    telemetry = _start_telemetry(config)
    # Imported here and no earlier: these modules take names out of flask and sqlalchemy, and they
    # should take the instrumented ones.
    from .services import Services
    from .web import build

    return build(config, Services.open(config, telemetry))


def close(app: Flask) -> None:
    from .web import services_of

    services_of(app).close()


def _start_telemetry(config: Config) -> Telemetry | None:
    if not config.telemetry:
        return None
    try:
        from .instrument import Telemetry
    except ImportError as error:
        log.operator.warning("telemetry: off, as a package is missing (%s)", error)
        return None
    telemetry = Telemetry()
    telemetry.start()
    return telemetry
