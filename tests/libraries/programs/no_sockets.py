"""pytest-socket forbids sockets, and allows them again."""

import socket

from snapshot import differences

EXPECT = {
    "owners": ["pytest-socket"],
    "at_least": 1,
    "targets": ["socket:socket"],
    "reverted": True,
}

with differences():
    import pytest_socket

    pytest_socket.disable_socket()
    assert socket.socket.__name__ == "GuardedSocket"
    pytest_socket.enable_socket()
