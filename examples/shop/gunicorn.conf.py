"""Serves the shop by gunicorn: `gunicorn -c examples/shop/gunicorn.conf.py`, gevent workers."""

import importlib.util
import os
import secrets
import shutil
import sys
import tempfile
from pathlib import Path

chdir = str(Path(__file__).resolve().parent)
wsgi_app = "shop.boot:create_app()"
bind = f"127.0.0.1:{os.environ.get('SHOP_PORT', '8000')}"
workers = 2
worker_connections = 200
timeout = 60
graceful_timeout = 10
keepalive = 2
loglevel = "warning"
# gunicorn's own remote control is not needed, and would put a socket into the home directory.
control_socket_disable = True

if importlib.util.find_spec("gevent"):
    worker_class = "gevent"
else:
    print("gunicorn: gevent is not installed, so workers use threads", file=sys.stderr)
    worker_class = "gthread"
    threads = 8

# Decided in the master, so that all workers share them.
_fresh = None if "SHOP_DATA" in os.environ else tempfile.mkdtemp(prefix="kettle-and-leaf-")
os.environ.setdefault("SHOP_DATA", _fresh or "")
os.environ.setdefault("SHOP_SECRET", secrets.token_hex())


def worker_exit(server: object, worker: object) -> None:
    app = getattr(worker, "wsgi", None)
    if app is not None:
        from shop import boot

        boot.close(app)


def on_exit(server: object) -> None:
    if _fresh:
        shutil.rmtree(_fresh, ignore_errors=True)
