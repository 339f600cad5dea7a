"""Serves the shop by itself, with werkzeug's threaded server: `python examples/shop/app.py`."""

from __future__ import annotations

import os
import secrets
import signal
import sys
import tempfile
from types import FrameType

from werkzeug.serving import make_server

from shop import boot


def main() -> None:
    signal.signal(signal.SIGTERM, _leave)
    port = int(os.environ.get("SHOP_PORT", "8000"))
    with tempfile.TemporaryDirectory(prefix="kettle-and-leaf-") as fresh:
        os.environ.setdefault("SHOP_DATA", fresh)
        os.environ.setdefault("SHOP_SECRET", secrets.token_hex())
        app = boot.create_app()
        try:
            server = make_server("127.0.0.1", port, app, threaded=True)
            print(f"Kettle & Leaf is open: http://127.0.0.1:{port}/", flush=True)
            server.serve_forever()
        finally:
            boot.close(app)


def _leave(number: int, frame: FrameType | None) -> None:
    sys.exit(0)


if __name__ == "__main__":
    main()
