"""newrelic patches each library when it is imported, with its own copy of wrapt."""

import asyncio
import http.client
import logging

from snapshot import differences

EXPECT = {
    "owners": ["newrelic"],
    "needs": ["flask", "requests"],
    "at_least": 30,
    "targets": [
        "asyncio.base_events:BaseEventLoop.create_task",
        "flask.app:Flask.wsgi_app",
        "http.client:HTTPConnection.getresponse",
        "logging:Logger.callHandlers",
        "requests.sessions:Session.send",
        "sqlite3.dbapi2:connect",
    ],
}

with differences():
    import newrelic.agent

    newrelic.agent.initialize()
    import sqlite3

    import flask
    import requests

    assert all((asyncio, http, logging, sqlite3, flask, requests))
