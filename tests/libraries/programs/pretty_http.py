"""httpretty exchanges sockets; socket._socketobject and ssl.wrap_socket are what it leaves."""

import socket
import ssl
import urllib.request

from snapshot import differences

EXPECT = {
    "owners": ["httpretty"],
    "others": ["eventlet"],
    "at_least": 8,
    "targets": ["socket:create_connection", "socket:socket", "ssl:SSLContext.wrap_socket"],
}

with differences():
    import httpretty

    with httpretty.enabled(allow_net_connect=False):
        httpretty.register_uri(httpretty.GET, "http://shop/", body="hello")
        assert urllib.request.urlopen("http://shop/").read() == b"hello"
    assert socket.socket is not None
    assert ssl.SSLContext is not None
