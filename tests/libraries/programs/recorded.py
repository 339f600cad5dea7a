"""vcrpy replays recorded answers: it exchanges the connection classes and puts them back."""

import http.client
import tempfile
from pathlib import Path

import requests
from snapshot import differences

EXPECT = {
    "owners": ["vcrpy"],
    "needs": ["requests"],
    "at_least": 10,
    "targets": [
        "http.client:HTTPConnection",
        "urllib3.connection:HTTPConnection",
    ],
    "reverted": True,
}

CASSETTE = """
version: 1
interactions:
- request: {method: GET, uri: "http://shop/", body: null, headers: {}}
  response: {body: {string: hello}, headers: {}, status: {code: 200, message: OK}}
"""

with differences(), tempfile.TemporaryDirectory() as directory:
    import vcr

    cassette = Path(directory, "shop.yaml")
    cassette.write_text(CASSETTE)
    with vcr.use_cassette(str(cassette), record_mode="none"):
        assert requests.get("http://shop/").text == "hello"
    assert http.client.HTTPConnection.__module__ == "http.client"
