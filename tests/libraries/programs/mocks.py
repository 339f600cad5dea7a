"""unittest.mock and mock act for their caller, and put everything back."""

import json
import os
import sys
import time
from unittest import mock as backport
from unittest import mock as standard

from snapshot import differences

EXPECT = {
    "owners": ["__main__"],
    "needs": ["mock"],
    "at_least": 8,
    "targets": [
        "json:dumps",
        "json.encoder:JSONEncoder.encode",
        "os:getcwd",
        "os:getpid",
        "posixpath:exists",
        "sys.modules:shop",
        "sys.modules:this",
        "time:time",
    ],
    "reverted": True,
}


@standard.patch("os.getpid", return_value=7)
def pid(getpid: standard.Mock) -> int:
    return os.getpid()


with differences():
    with standard.patch("json.dumps", return_value="nothing"):
        assert json.dumps(1) == "nothing"
    with standard.patch.object(json.JSONEncoder, "encode", autospec=True):
        assert json.dumps([]) != "[]"
    with backport.patch("time.time", return_value=1):
        assert time.time() == 1
    with standard.patch.multiple("os.path", exists=standard.DEFAULT):
        os.path.exists("/")
    with standard.patch.dict(sys.modules, {"shop": standard.Mock(), "this": None}):
        import shop

        assert shop is sys.modules["shop"]
    with standard.patch.dict(os.environ, {"SHOP": "open"}):
        assert os.environ["SHOP"] == "open"
    started = standard.patch("os.getcwd", return_value="/shop")
    started.start()
    assert os.getcwd() == "/shop"
    standard.patch.stopall()
    assert pid() == 7
