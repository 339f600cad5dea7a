"""OpenTelemetry's instrumentors switched on and off again: what they leave behind is reported."""

import asyncio
import logging.config
import sqlite3
import threading
import urllib.request

import flask
import httpx
import jinja2
import requests
import sqlalchemy
from snapshot import differences

EXPECT = {
    "owners": [
        "opentelemetry-instrumentation",  # unwrap() takes Timer.start for its own
        "opentelemetry-instrumentation-asyncio",
        "opentelemetry-instrumentation-dbapi",
        "opentelemetry-instrumentation-flask",
        "opentelemetry-instrumentation-httpx",
        "opentelemetry-instrumentation-jinja2",
        "opentelemetry-instrumentation-logging",
        "opentelemetry-instrumentation-requests",
        "opentelemetry-instrumentation-sqlalchemy",
        "opentelemetry-instrumentation-threading",
        "opentelemetry-instrumentation-urllib",
        "opentelemetry-instrumentation-urllib3",
    ],
    "needs": ["flask", "httpx", "requests", "sqlalchemy"],
    "at_least": 29,
    "targets": {
        "requests.sessions:Session.send": "opentelemetry-instrumentation-requests",
        "threading:Timer.start": "opentelemetry-instrumentation-threading",
    },
}

with differences():
    from opentelemetry_instrumentors import instrumentors

    for instrumentor in instrumentors():
        instrumentor.instrument()
    for instrumentor in instrumentors():
        instrumentor.uninstrument()
    assert all((asyncio, logging, sqlite3, threading, urllib, flask, httpx, jinja2, requests))
    sqlalchemy.create_engine("sqlite://").connect().close()
