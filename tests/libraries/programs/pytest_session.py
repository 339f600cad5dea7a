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
    "needs": ["pytest-mock"],
    "at_least": 10,
    "targets": {
        "json:dumps": "patching_suite",
        "textwrap:shorten": "patching_suite",
        "os:getcwd": "patching_suite",
        "os:getpid": "patching_suite",
        "pdb:set_trace": "pytest",
        "time:time": "patching_suite",
    },
}

OPTIONS = [
    "-q",
    "-c",
    "/dev/null",
    "-p",
    "no:cacheprovider",
    "--disable-plugin-autoload",
    "-p",
    "pytest_mock",
]
SUITE = Path(__file__).parent.parent / "support" / "patching_suite.py"

with differences():
    assert pytest.main([*OPTIONS, str(SUITE)]) == 0
    assert all((json, os, pdb, textwrap, threading, time))
