"""Pages in a real browser: no errors, no requests, nothing wider than a phone."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from aggregator.publishing import pages
from aggregator.publishing.pages import Site, TopicCard
from tests.views import make_entry, make_feed, make_source, make_story_page

URDU = "امریکا اور پاکستان کے مذاکرات"
PROBE = re.compile(r"data-probe=\"([^\"]*)\"")


@pytest.fixture(scope="module")
def browser() -> str:
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        pytest.skip("chromium is not installed")
    return found


def run(browser: str, tmp_path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            browser,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--enable-logging=stderr",
            f"--user-data-dir={tmp_path / 'profile'}",
            *arguments,
        ],
        capture_output=True,
        text=True,
        timeout=90,
        check=True,
    )


def write_pages(folder: Path) -> list[Path]:
    geo = make_source("Geo", headline=URDU, language="ur")
    long = make_entry(2, geo, headline="Unbreakable" * 12, summary="word " * 80)
    site = Site("Example site")
    made = {
        "topic": pages.topic_page(make_feed(long, make_entry(1)), site),
        "story": pages.story_page(make_story_page(geo), site),
        "index": pages.index_page([TopicCard("news", "The news", 2, (long,))], site),
    }
    for name, page in made.items():
        (folder / f"{name}.html").write_bytes(page)
    return [folder / f"{name}.html" for name in made]


def test_pages_show_without_complaint_or_request(browser: str, tmp_path: Path) -> None:
    for page in write_pages(tmp_path):
        shot = tmp_path / f"{page.stem}.png"
        done = run(
            browser, tmp_path, "--window-size=400,900", f"--screenshot={shot}", page.as_uri()
        )

        assert shot.stat().st_size > 10_000
        assert "CONSOLE" not in done.stderr  # a refused style would be told here


def test_pages_fit_a_phone_and_urdu_runs_from_the_right(browser: str, tmp_path: Path) -> None:
    """The same bytes with a measuring script added, and the policy that forbids it taken out."""
    measure = (
        "<script>const e = document.documentElement, r = document.querySelector('[lang=ur]');"
        "e.dataset.probe = [e.scrollWidth <= innerWidth,"
        " r ? getComputedStyle(r).direction : 'none',"
        " getComputedStyle(document.body).maxWidth].join(' ')</script></body>"
    )
    found = {}
    for page in write_pages(tmp_path):
        text = re.sub(r"<meta http-equiv=[^>]*>", "", page.read_text())
        page.write_text(text.replace("</body>", measure))
        done = run(browser, tmp_path, "--window-size=500,900", "--dump-dom", page.as_uri())
        probe = PROBE.search(done.stdout)
        assert probe is not None
        found[page.stem] = probe[1].split()[:2]

    assert found == {
        "topic": ["true", "none"],
        "story": ["true", "rtl"],
        "index": ["true", "none"],
    }
