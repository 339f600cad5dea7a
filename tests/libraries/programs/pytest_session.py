"""A small pytest suite with monkeypatch, pytest-mock and unittest.mock; one test leaks."""

import json
import os
import pdb
import textwrap
import threading
import time
from pathlib import Path

import pytest
from snapshot import differences

EXPECT = {
    "owners": ["pytest", "patching_suite"],
    "others": ["hypothesis", "flexmock", "ddtrace", "pytest-socket", "zope.interface", "pyfakefs"],
    "needs": ["pytest-mock"],
    "at_least": 10,
    "targets": ["json:dumps", "textwrap:shorten", "os:getcwd", "os:getpid", "pdb:set_trace", "time:time"],
}

SUITE = Path(__file__).parent.parent / "support" / "patching_suite.py"

with differences():
    assert pytest.main(["-q", "-c", os.devnull, "-p", "no:cacheprovider", str(SUITE)]) == 0
    assert all((json, os, pdb, textwrap, threading, time))
