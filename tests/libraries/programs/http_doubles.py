"""responses, requests-mock and respx stand in for the network, and put everything back."""

import httpx
import requests
from snapshot import differences

EXPECT = {
    "owners": ["requests-mock", "responses", "respx"],
    "needs": ["httpx", "requests"],
    "at_least": 8,
    "targets": {
        "httpcore:ConnectionPool.handle_request": "respx",
        "requests.adapters:HTTPAdapter.send": "responses",
        "requests.sessions:Session.send": "requests-mock",
    },
    "reverted": True,
}

with differences():
    import requests_mock
    import responses
    import respx

    with responses.RequestsMock() as mocked:
        mocked.get("http://shop/", body="one")
        assert requests.get("http://shop/").text == "one"
    with requests_mock.Mocker() as mocker:
        mocker.get("http://shop/", text="two")
        assert requests.get("http://shop/").text == "two"
    with respx.mock:
        respx.get("http://shop/").respond(text="three")
        assert httpx.get("http://shop/").text == "three"
