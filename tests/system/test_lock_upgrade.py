"""A real upgrade: what another version of an instrumentation patches is seen by `overt check`.

Two versions of sentry-sdk, each in a directory of its own; `docs/lock.md` shows the difference.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Overt

OLD, NEW = "2.20.0", "2.75.0"
APP = """
import sentry_sdk
sentry_sdk.init(dsn="http://key@127.0.0.1:9/1", transport=lambda event: None)
"""


@pytest.fixture(scope="module")
def versions(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return a directory for each version; what they need is that of the shop."""
    found = {}
    for version in (OLD, NEW):
        found[version] = tmp_path_factory.mktemp("sentry") / version
        command = [sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check"]
        words = ["--no-deps", "--target", str(found[version]), f"sentry-sdk=={version}"]
        done = subprocess.run([*command, *words], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            pytest.skip(f"sentry-sdk {version} cannot be had: {done.stderr.strip()[-200:]}")
    return found


def test_an_upgrade_that_patches_more_fails_the_build(
    overt: Overt, versions: dict[str, Path]
) -> None:
    """The old version as locked passes; the new one fails, with the targets that are new."""
    overt.write("app.py", APP)

    def run(verb: str, version: str, *options: str) -> subprocess.CompletedProcess[str]:
        words = (verb, *options, "--", "python", "app.py")
        return overt(*words, env={"PYTHONPATH": str(versions[version])})

    assert run("lock", OLD).returncode == 0
    locked = (overt.cwd / "overt.lock").read_text()
    assert f" by sentry-sdk >={OLD},<3 in stdlib\n" in locked
    assert run("check", OLD).returncode == 0
    done = run("check", NEW, "--format", "json", "--output", "found.json")
    assert done.returncode == 1
    found = json.loads((overt.cwd / "found.json").read_text())["findings"]
    new = {each["target"] for each in found if each["what"] == "new"}
    assert {each["owner"]["version"] for each in found if each["what"] == "new"} == {NEW}
    assert {target for target in new if target.startswith(("http.", "concurrent."))} == {
        "concurrent.futures.thread:ThreadPoolExecutor.submit",
        "http.client:HTTPResponse.close",
        "http.client:HTTPResponse.read",
    }
    assert run("check", NEW, "--update").returncode == 0
    assert run("check", NEW).returncode == 0
    # Lines that the upgrade did not touch are as they were: a pull request shows what is new.
    assert set(locked.splitlines()) <= set((overt.cwd / "overt.lock").read_text().splitlines())
