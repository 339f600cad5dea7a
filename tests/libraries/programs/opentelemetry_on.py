"""OpenTelemetry's instrumentors for HTTP, databases, threads, logging and asyncio, switched on."""

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
        "asyncio:create_task": "opentelemetry-instrumentation-asyncio",
        "flask:Flask": "opentelemetry-instrumentation-flask",
        "httpx:HTTPTransport.handle_request": "opentelemetry-instrumentation-httpx",
        "jinja2.environment:Template.render": "opentelemetry-instrumentation-jinja2",
        "logging:basicConfig": "opentelemetry-instrumentation-logging",
        "requests.sessions:Session.send": "opentelemetry-instrumentation-requests",
        "sqlalchemy:create_engine": "opentelemetry-instrumentation-sqlalchemy",
        "sqlite3:connect": "opentelemetry-instrumentation-dbapi",
        "threading:Thread.start": "opentelemetry-instrumentation-threading",
        "urllib.request:OpenerDirector.open": "opentelemetry-instrumentation-urllib",
    },
}

with differences():
    from opentelemetry_instrumentors import instrumentors

    for instrumentor in instrumentors():
        instrumentor.instrument()
    assert all((asyncio, logging, sqlite3, threading, urllib, flask, httpx, jinja2, requests))
    sqlalchemy.create_engine("sqlite://").connect().close()
