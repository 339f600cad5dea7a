"""The start of a process that `overt run` governs.

Imported by overt.pth, before the program's first line and before any sitecustomize, and only where
the environment variable OVERT_RUN is set. It imports as little as it can: what is imported here is
there already when the program starts.
"""

import os
import sys


def _start(variable: str) -> None:
    root = f'"pid":{os.getpid()},' in variable
    try:
        import overt._native as _native

        for_children = _native.boot(variable)
    except Exception as error:  # noqa: BLE001  # our faults are not the program's
        if "in subinterpreters" in str(error):  # another interpreter of a governed process
            return
        if sys.stderr:  # None in a program that was started without one
            what = str(error).partition("\n")[0]
            sys.stderr.write(f"overt: this process is not governed: {what}\n")
            sys.stderr.flush()
        if root:  # the user asked for this very process: better not to start than to start half
            os._exit(4)
        return
    import atexit

    atexit.register(_native.finish)
    os.register_at_fork(after_in_child=_native.after_fork)
    if not for_children:
        del os.environ["OVERT_RUN"]
    elif for_children != variable:
        os.environ["OVERT_RUN"] = for_children


# -E and -I say to ignore the environment, and OVERT_RUN is a part of it. "probe" asks whether this
# hook is in place and nothing else.
if not sys.flags.ignore_environment and os.environ["OVERT_RUN"] != "probe":
    _start(os.environ["OVERT_RUN"])
