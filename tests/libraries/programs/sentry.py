"""sentry-sdk follows HTTP calls, subprocesses, threads, logging, Flask and uncaught errors."""

import concurrent.futures
import http.client
import logging
import subprocess

import flask
from snapshot import differences

EXPECT = {
    "owners": ["sentry-sdk"],
    "others": ["Django", "eventlet", "zope.interface"],  # imported to see whether they are in use
    "needs": ["flask"],
    "at_least": 12,
    "targets": [
        "concurrent.futures.thread:ThreadPoolExecutor.submit",
        "flask.app:Flask.__call__",
        "http.client:HTTPConnection.getresponse",
        "http.client:HTTPConnection.putrequest",
        "logging:Logger.callHandlers",
        "subprocess:Popen.__init__",
        "subprocess:Popen.communicate",
        "subprocess:Popen.wait",
        "sys:excepthook",
        "threading:Thread.start",
    ],
}

app = flask.Flask(__name__)


@app.get("/")
def index() -> str:
    logging.getLogger(__name__).error("something happened")
    with concurrent.futures.ThreadPoolExecutor() as pool:
        return str(pool.submit(subprocess.check_call, ["true"]).result())


with differences():
    import sentry_sdk

    sentry_sdk.init(dsn="http://key@127.0.0.1:1/1", transport=lambda envelope: None)
    assert app.test_client().get("/").text == "0"
    assert http.client.HTTPConnection("127.0.0.1").port == 80
