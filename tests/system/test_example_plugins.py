"""The incident plugins of examples/ hold what their README promises."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PLUGINS = Path(__file__).resolve().parents[2] / "examples" / "plugins"


def test_the_example_passes_its_own_tests() -> None:
    """As a user runs them, with the plugin that fails a test which leaves a patch behind."""
    words = ["--disable-plugin-autoload", "-p", "overt._pytest", "--overt=error", "-q"]
    words += ["-p", "no:cacheprovider", "-c", "pytest.ini", "--rootdir", "."]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *words],
        cwd=PLUGINS,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "7 passed" in done.stdout
