"""eventlet.monkey_patch, and the copies of modules that importing eventlet makes."""

import os
import select
import socket
import threading
import time

from snapshot import differences

EXPECT = {
    "owners": ["eventlet"],
    "at_least": 40,
    "targets": [
        "os:read",
        "select:select",
        "socket:socket",
        "threading:current_thread",
        "time:sleep",
    ],
}

with differences():
    import eventlet

    eventlet.monkey_patch()
    assert eventlet.spawn(lambda: 1).wait() == 1
    assert all((os, select, socket, threading, time))
