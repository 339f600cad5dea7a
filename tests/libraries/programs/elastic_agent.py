"""elastic-apm wraps the clients that it knows with its own copy of wrapt."""

import sqlite3
import subprocess
import urllib.request

import httpx
import requests
from snapshot import differences

EXPECT = {
    "owners": ["elastic-apm"],
    "others": ["eventlet"],
    "needs": ["httpx", "requests"],
    "at_least": 10,
    "targets": [
        "requests.sessions:Session.send",
        "sqlite3:connect",
        "urllib3.connectionpool:HTTPConnectionPool.urlopen",
    ],
}

with differences():
    import elasticapm

    elasticapm.instrument()
    assert all((sqlite3, subprocess, urllib, httpx, requests))
