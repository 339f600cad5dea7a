"""Opening the control socket of a process that `overt run` did not start."""

from __future__ import annotations

import atexit
import os

import overt._native as _native

_registered = False


def serve() -> str:
    """Open the control socket, so that `overt list` finds this process; return its path.

    Starts the one native thread that answers, also while Python code holds the GIL. Does nothing
    but to return the path when it is open already, and nothing at all, with "" as path, where the
    environment says OVERT=0. Raises RuntimeError when it cannot be opened.
    """
    path = _native.serve()
    if path:
        end_with_the_process()
    return path


def end_with_the_process() -> None:
    """Have the native thread stopped at exit, and started again in forked children."""
    global _registered
    if not _registered:
        _registered = True
        atexit.register(_native.stop_serving)
        os.register_at_fork(after_in_child=_native.serve_again)
