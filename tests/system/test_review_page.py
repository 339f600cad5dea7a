"""The page of `overt review --html`, in Chromium, as a reviewer uses it.

Skipped where there is no Chromium; Debian's is taken (`apt-get install chromium`), as Playwright's
own would be a download of 150 MB.
"""

from __future__ import annotations

import copy
import json
import os
import re
import shutil
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from conftest import Overt
    from playwright.sync_api import Browser, Page

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium on the PATH")

HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\x1b[31m\u202e"
PROGRAM = """
import threading, time, json
time.time = lambda: 0.0
threading.Thread.mark = print
def dumps(*words, **more): return ""
json.dumps = dumps
for _ in range(50): json.dumps({})
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Return one Chromium for the tests of this file."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with playwright.sync_playwright() as driver:
        flags = ["--no-sandbox"] if os.geteuid() == 0 else []  # its sandbox refuses root
        chromium = driver.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield chromium
        chromium.close()


class Watched:
    """A page that notes what a page of ours must not do."""

    def __init__(self, page: Page, path: Path) -> None:
        self.page = page
        self.faults: list[str] = []
        page.on("console", lambda message: self.faults.append(f"console: {message.text}"))
        page.on("pageerror", lambda error: self.faults.append(f"error: {error}"))
        page.on("dialog", lambda dialog: self.faults.append(f"dialog: {dialog.message}"))
        page.on("request", lambda request: self.note(request.url, path))
        page.goto(path.as_uri())

    def note(self, url: str, path: Path) -> None:
        if url != path.as_uri():
            self.faults.append(f"request: {url[:200]}")

    def rows(self) -> list[str]:
        """Return the targets of the patches that are listed, also where they are not on screen."""
        return self.page.locator("details.patch .name code").all_text_contents()

    def shown(self) -> str:
        return self.page.locator("#shown span").first.inner_text()


@pytest.fixture
def report(overt: Overt) -> dict[str, Any]:
    """Return the report of a program that patches three things."""
    overt.write("app.py", PROGRAM)
    assert overt.report("python", "app.py").returncode == 0
    return overt.json()


type Opens = Callable[..., Watched]


@pytest.fixture
def opened(overt: Overt, browser: Browser, report: dict[str, Any]) -> Iterator[Opens]:
    """Return a function that reviews a report and opens the page; at the end nothing was amiss."""
    pages: list[Watched] = []

    def open_page(changed: dict[str, Any] | None = None, **settings: Any) -> Watched:
        overt.write("r.json", json.dumps(changed or report))
        done = overt("review", "--from", "r.json", "--html", "review.html")
        assert done.returncode == 0
        assert done.stdout.startswith("overt: review.html: ")
        pages.append(Watched(browser.new_page(**settings), overt.cwd / "review.html"))
        return pages[-1]

    yield open_page
    for watched in pages:
        assert watched.faults == []
        watched.page.close()


def many(report: dict[str, Any], count: int) -> dict[str, Any]:
    """Return a report of `count` patches by forty owners."""
    large = report | {"patches": []}
    for i in range(count):
        patch = copy.deepcopy(report["patches"][i % len(report["patches"])])
        patch |= {"id": i + 1, "target": f"package{i % 300}:Class{i}.method", "at": i / 10 + 1e9}
        patch["owner"] |= {"name": f"owner-{i % 40}"}
        patch["site"] |= {"line": i + 1}
        large["patches"].append(patch)
    return large


def test_the_first_screen_says_what_there_is(opened: Opens) -> None:
    """Counts, findings, questions, and owners by boundary, before anybody scrolls."""
    page = opened(viewport={"width": 1280, "height": 800}).page
    assert page.locator(".tile").first.inner_text() == "3\npatches"
    assert "looks unlike" in page.locator(".findings").inner_text()
    assert page.locator(".questions li").count() == 6
    assert page.locator(".matrix tbody tr").count() == 1
    box = page.locator(".findings").bounding_box()
    assert box is not None
    assert box["y"] + box["height"] < 800
    assert "python app.py" in page.locator("#program").inner_text()


def test_search_narrows_and_says_to_how_many(opened: Opens) -> None:
    """Words may be of target, owner or place; all of them must be there."""
    watched = opened()
    assert sorted(watched.rows()) == ["json:dumps", "threading:Thread.mark", "time:time"]
    watched.page.fill("input[name=words]", "JSON dumps")
    assert watched.rows() == ["json:dumps"]
    assert watched.shown() == "1 of 3 patches"
    watched.page.fill("input[name=words]", "json nothing")
    assert watched.rows() == []
    watched.page.get_by_role("button", name="Show all").click()
    assert len(watched.rows()) == 3


def test_filters_and_summaries_narrow(opened: Opens) -> None:
    """A finding, a part of a question's bar and the selects lead to the patches they count."""
    watched = opened()
    watched.page.get_by_role("button", name="What stays visible? 1 patch: answered").click()
    assert watched.rows() == ["threading:Thread.mark"]
    watched.page.select_option("select[name=question]", "2")
    watched.page.select_option("select[name=outcome]", "finding")
    assert len(watched.rows()) == 3
    watched.page.locator(".findings button", has_text="looks unlike").click()
    assert sorted(watched.rows()) == ["json:dumps", "time:time"]
    said = "It looks unlike what it replaced, and nothing leads there."
    assert watched.shown() == f"2 of 3 patches with “{said}”"


def test_a_row_opens_to_six_answers_and_the_command(opened: Opens) -> None:
    """Each with its evidence; the stack and the layers too."""
    watched = opened()
    watched.page.fill("input[name=words]", "json")
    row = watched.page.locator("details.patch")
    row.locator("summary").first.click()
    row.locator(".answers > li").nth(5).wait_for()
    assert row.locator(".answers > li").count() == 6
    assert "now: function __main__:dumps" in row.locator(".answers").inner_text()
    command = row.locator(".command code").inner_text()
    assert command == "overt off --owner __main__ --target json:dumps"
    assert row.locator("svg.layers g").count() == 2
    assert "50 calls" in row.locator(".answers > li").nth(4).inner_text()


@pytest.mark.parametrize("bound", [{}, {"at_most": True}, {"at_least": True}])
def test_a_time_that_is_not_exact_says_so(
    opened: Opens, report: dict[str, Any], bound: dict[str, bool]
) -> None:
    """In the row and among those that cost most, as in every other format."""
    changed = copy.deepcopy(report)
    for patch in changed["patches"]:
        if patch["own_ns"]["sampled"]:
            patch["own_ns"] |= {"at_most": False, "at_least": False} | bound
    page = opened(changed).page
    mark = {"at_most": "≤", "at_least": "≥"}.get(next(iter(bound), ""), "")
    told = [
        page.locator(".most b").first.text_content(),
        page.locator(".count").filter(has_text=re.compile(r"\d.*own time")).first.text_content(),
    ]
    assert [text[0] if text and text[0] in "≤≥" else "" for text in told] == [mark, mark]


def test_order_puts_the_most_called_first(opened: Opens) -> None:
    """As each of the orders does with its own measure."""
    watched = opened()
    watched.page.select_option("select[name=order]", "calls")
    assert watched.rows()[0] == "json:dumps"
    watched.page.select_option("select[name=order]", "target")
    assert watched.rows() == ["json:dumps", "threading:Thread.mark", "time:time"]


def test_keys_are_enough(opened: Opens) -> None:
    """`/` searches, Escape ends it, Enter opens a row, t changes the theme."""
    watched = opened()
    watched.page.keyboard.press("/")
    watched.page.keyboard.type("time")
    assert watched.rows() == ["time:time"]
    watched.page.keyboard.press("Escape")
    assert len(watched.rows()) == 3
    watched.page.locator("details.patch > summary").first.focus()
    watched.page.keyboard.press("Enter")
    assert watched.page.locator("details.patch[open]").count() == 1
    watched.page.keyboard.press("t")
    assert watched.page.locator("#theme").inner_text() == "Light"


def test_dark_and_light_follow_the_system_or_the_button(opened: Opens) -> None:
    """The button goes through light and dark, whatever the system says, and back to it."""
    page = opened(color_scheme="dark").page

    def paper() -> str:
        return str(page.evaluate("getComputedStyle(document.body).backgroundColor"))

    dark = paper()
    page.click("#theme")
    light = paper()
    assert light != dark
    page.click("#theme")
    assert paper() == dark
    page.click("#theme")
    page.emulate_media(color_scheme="light")
    assert paper() == light


def test_it_fits_a_narrow_window_and_paper(opened: Opens) -> None:
    """Nothing is wider than a telephone; on paper there are no controls."""
    page = opened(viewport={"width": 390, "height": 844}).page
    page.locator("details.patch > summary").first.click()
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.emulate_media(media="print")
    assert not page.locator(".tools").is_visible()
    assert page.locator("details.patch").first.is_visible()


def test_hostile_names_are_text(opened: Opens, report: dict[str, Any]) -> None:
    """Markup is shown, controls are escaped, a MiB is cut; nothing runs."""
    patch = report["patches"][0]
    patch["target"] = f"m:{HOSTILE}"
    patch["owner"]["name"] = HOSTILE
    patch["new"] |= {"module": HOSTILE, "qualname": HOSTILE}
    patch["site"] |= {"module": HOSTILE, "file": HOSTILE}
    report["argv"] = [HOSTILE]
    report["patches"][1]["target"] = "m:" + "x" * (1 << 20)
    report["conflicts"] = [{"target": f"m:{HOSTILE}", "patches": [1, 2]}]
    watched = opened(report)
    watched.page.get_by_role("button", name="Open or close all").click()
    text = watched.page.locator("#patches").inner_text()
    assert "<script>alert(1)</script><img src=x onerror=alert(2)>\\x1b[31m\\u202e" in text
    assert "\u202e" not in text
    assert watched.page.locator("script").count() == 2
    assert watched.page.locator("img").count() == 0
    assert len(text) < 20_000


def test_ten_thousand_patches_open_quickly(opened: Opens, report: dict[str, Any]) -> None:
    """A second on a quiet machine (far from the limit here); rows come as one scrolls."""
    watched = opened(many(report, 10_000))
    page = watched.page

    def seconds() -> float:
        page.reload()
        timing = page.evaluate("performance.getEntriesByType('navigation')[0].toJSON()")
        return float(timing["loadEventEnd"]) / 1000

    assert min(seconds() for _ in range(3)) < 10
    assert watched.shown() == "10,000 patches"
    assert page.locator("details.patch").count() < 1000
    page.fill("input[name=words]", "class9999.")
    page.get_by_text("1 of 10,000 patches").wait_for(timeout=10_000)
    assert watched.rows() == ["package99:Class9999.method"]


def test_what_has_nothing_to_show_says_so(opened: Opens, report: dict[str, Any]) -> None:
    """An empty report is a page, too."""
    watched = opened(report | {"patches": []})
    assert "There is no patch." in watched.page.locator("#cost").inner_text()
    assert watched.shown() == "0 patches"
