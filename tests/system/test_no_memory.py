"""Without memory an operation fails as a whole or not at all."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

OPERATIONS = ["foreign", "switched", "entries", "name", "function", "method", "report"]


@pytest.mark.skipif(find_spec("_testcapi") is None, reason="this Python came without _testcapi")
@pytest.mark.parametrize("operation", OPERATIONS)
def test_each_allocation_fails_once(operation: str) -> None:
    """The process goes on, nothing is half done, and no other error comes of it."""
    script = Path(__file__).with_name("no_memory.py")
    done = subprocess.run(
        [sys.executable, script, operation], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert json.loads(done.stdout).keys() <= {"", "MemoryError"}, done.stderr[-2000:]
