"""ddtrace.patch_all: wrapt's wrappers, and functions whose code is rewritten."""

import asyncio
import logging
import sqlite3
import subprocess

import flask
import requests
from snapshot import differences

EXPECT = {
    "owners": ["ddtrace"],
    "others": ["Werkzeug"],  # its debugger, which ddtrace imports, takes sys.displayhook
    "needs": ["flask", "requests"],
    "at_least": 40,
    "targets": [
        "asyncio.base_events:BaseEventLoop.create_task",
        "flask.app:Flask.wsgi_app",
        "logging:Logger.makeRecord",
        "requests.sessions:Session.send",
        "sqlite3:connect",
        "subprocess:Popen.__init__",
    ],
}

with differences():
    import ddtrace

    ddtrace.patch_all()
    assert all((asyncio, logging, sqlite3, subprocess, flask, requests))
