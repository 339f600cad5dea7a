"""gevent.monkey.patch_all exchanges what blocks in the standard library."""

import logging
import os
import selectors
import socket
import ssl
import subprocess
import threading
import time

from snapshot import differences

EXPECT = {
    "owners": ["gevent"],
    "at_least": 60,
    "targets": [
        "_thread:start_new_thread",
        "os:fork",
        "select:epoll",
        "selectors:DefaultSelector",
        "socket:socket",
        "ssl:SSLContext",
        "subprocess:Popen",
        "threading:Lock",
        "time:sleep",
    ],
    "late": ["threading:_shutdown"],
}

with differences():
    from gevent import monkey, spawn

    monkey.patch_all()
    greenlet = spawn(time.sleep, 0)
    greenlet.join()
    assert greenlet.successful()
    assert all((logging, os, selectors, socket, ssl, subprocess, threading))
