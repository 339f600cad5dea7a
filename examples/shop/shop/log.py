"""Two places for what the shop has to say: a file for everything, stderr for the operator.

Requests, tracebacks and library warnings go to `shop.log` in the data directory. The few lines that
somebody at the terminal needs (which cache, which telemetry) go to stderr as well.
"""

from __future__ import annotations

import logging
from pathlib import Path

operator = logging.getLogger("shop.operator")


def configure(data: Path) -> None:
    file = logging.FileHandler(data / "shop.log")
    file.setFormatter(
        logging.Formatter("%(asctime)s %(process)d %(levelname)s %(name)s: %(message)s")
    )
    root = logging.getLogger()
    root.setLevel(logging.INFO)
    root.addHandler(file)
    logging.captureWarnings(True)

    terminal = logging.StreamHandler()
    terminal.setFormatter(logging.Formatter("shop[%(process)d]: %(message)s"))
    operator.addHandler(terminal)
