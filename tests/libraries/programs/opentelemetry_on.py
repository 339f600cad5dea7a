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
    "targets": [
        "asyncio:create_task",
        "concurrent.futures.thread:ThreadPoolExecutor.submit",
        "flask:Flask",
        "httpx._transports.default:HTTPTransport.handle_request",
        "jinja2.environment:Template.render",
        "logging:basicConfig",
        "requests.sessions:Session.send",
        "sqlalchemy:create_engine",
        "sqlite3:connect",
        "threading:Thread.start",
        "urllib.request:OpenerDirector.open",
        "urllib3.connectionpool:HTTPConnectionPool.urlopen",
    ],
}

with differences():
    from opentelemetry_instrumentors import instrumentors

    for instrumentor in instrumentors():
        instrumentor.instrument()
    assert all((asyncio, logging, sqlite3, threading, urllib, flask, httpx, jinja2, requests))
    sqlalchemy.create_engine("sqlite://").connect().close()
