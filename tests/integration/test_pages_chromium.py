"""Every kind of page in a real browser: on a phone and a desk, light, dark and on paper, by keys.

The pages are those of the real server; their pictures are on another one, which is told that it
has the name of a publisher.
"""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from msgspec.structs import replace

from aggregator.model import Image, Media
from aggregator.publishing.publish import publish
from aggregator.serving.listener import Listener
from aggregator.serving.web import create_app
from aggregator.settings import Config, PublishSettings, ServeSettings, SiteSettings, TopicSettings
from aggregator.storage.store import open_store
from tests.browser import Browser, Page, chromium
from tests.certificates import sign
from tests.newsroom import BLAST, NOW, Newsroom, make_item, make_rules
from tests.servers import Reply, WebServer, running

AGAIN = "Second bomb found near Quetta hospital, defused by police"
URDU = "کوئٹہ میں bomb دھماکا، پانچ افراد ہلاک"
PICTURE = (
    b'<svg xmlns="http://www.w3.org/2000/svg" width="300" height="200">'
    b'<path d="M0 0h300v200H0z" fill="#48c"/></svg>'
)
KINDS = {
    "index": "/",
    "topic": "/news.html",
    "day": "/news-2026-03-01.html",
    "story": "/stories/{story}.html",
    "feeds": "/feeds",
    "search": "/search?q=bomb",
    "search feed": "/search.atom?q=bomb",
    "refused search": "/search?q=bomb&since=never",
    "no page": "/nothing",
    "atom": "/news.atom",
    "rss": "/news.rss",
    "story feed": "/stories/{story}.atom",
    "archive": "/news-2026-03.atom",
}
# Text whose contrast with what lies behind it is below 4.5, or 3 for large text (WCAG 2.2, 1.4.3).
FAINT = """
(() => {
  const parts = text => text.match(/[\\d.]+/g).map(Number);
  const light = color => {
    const [r, g, b] = color.map(v => v / 255)
      .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = element => {
    for (let at = element; at; at = at.parentElement) {
      const color = parts(getComputedStyle(at).backgroundColor);
      if (color[3] === undefined || color[3] > 0.99) return color.slice(0, 3);
    }
    return [255, 255, 255];
  };
  return [...document.querySelectorAll("*")].filter(element => {
    const style = getComputedStyle(element), box = element.getBoundingClientRect();
    const text = [...element.childNodes].some(n => n.nodeType === 3 && n.data.trim());
    if (!text || style.display === "none" || box.width < 2 || box.height < 2) return false;
    const [a, b] = [light(parts(style.color).slice(0, 3)), light(behind(element))];
    const size = parseFloat(style.fontSize), bold = style.fontWeight >= 700;
    const least = size >= 24 || (bold && size >= 18.66) ? 3 : 4.5;
    return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05) < least;
  }).map(element => element.tagName + ": " + element.textContent.slice(0, 40));
})()
"""
FITS = "document.documentElement.scrollWidth <= innerWidth"
# What is to be hit and is smaller than 24 pixels, but for links within a text (WCAG 2.2, 2.5.8).
SMALL = """
[...document.querySelectorAll("a, button, summary, input, select")].filter(element => {
  const box = element.getBoundingClientRect();
  const inline = getComputedStyle(element).display === "inline";
  return element.checkVisibility() && !inline && (box.height < 24 || box.width < 24);
}).map(element => element.textContent.slice(0, 40))
"""
FOCUS = """
(() => {
  const at = document.activeElement, box = at.getBoundingClientRect();
  const style = getComputedStyle(at);
  return [at.tagName + " " + (at.getAttribute("href") || at.name || at.textContent.slice(0, 30)),
    style.outlineStyle !== "none" && box.width > 1 && box.bottom > 0];
})()
"""


class Served:
    """The site in the browser."""

    def __init__(self, browser: Browser, base: str, story: str, pictures: WebServer) -> None:
        self.browser = browser
        self.pictures = pictures
        self._base = base
        self._story = story
        self.page: Page = browser.page()

    def open(self, kind: str, *, width: int = 1200) -> Page:
        self.page.resize(width)
        self.page.open(self._base + KINDS[kind].format(story=self._story))
        return self.page


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("chromium")
    with ExitStack() as stack:
        signed = sign(folder, "img", names="DNS:img.example")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(signed.certificate, signed.key)
        pictures = stack.enter_context(running(context=context))
        pictures.serve("/a.svg", Reply(PICTURE, headers={"Content-Type": "image/svg+xml"}))
        port = pictures.base.rpartition(":")[2]
        flag = f"--host-resolver-rules=MAP img.example 127.0.0.1:{port}"
        try:
            browser = stack.enter_context(chromium([flag]))
        except FileNotFoundError as error:
            pytest.skip(str(error))
        story, config = published(folder, stack)
        yield Served(browser, stack.enter_context(serving(config)), story, pictures)


def published(folder: Path, stack: ExitStack) -> tuple[str, Config]:
    """A newsroom's published site, with a story of many wordings, scripts and a picture."""
    store = stack.enter_context(open_store(folder / "a.db"))
    room = Newsroom(store, rules=make_rules(term="bomb"))
    config = Config(
        database=folder / "a.db",
        output=folder / "public",
        site=SiteSettings(title="Example site", base_url="http://news.example/"),
        feeds=tuple(room.sources.values()),
        topics=(TopicSettings("news", title="The news"),),
        publish=PublishSettings(images="feeds_and_pages"),
        serve=ServeSettings(rate=0),
    )
    media = Media(Image("https://img.example/a.svg", 300, 200))
    lead = make_item(BLAST, identity="a", summary="word " * 80)
    room.poll("dawn", replace(lead, media=media))
    room.poll("geo", make_item(f"{BLAST} - Geo", identity="b"),
              make_item("Unbreakable-bomb" * 12, identity="long"))  # fmt: skip
    room.poll("wire", replace(make_item(URDU, identity="u"), language="ur"),
              make_item(AGAIN, identity="c"))  # fmt: skip
    room.match()
    publish(store, config, NOW)
    return room.story("a"), config


class serving:
    """The real server in a thread of its own; gives its address."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()))

    def __enter__(self) -> str:
        self._thread.start()
        assert self._ready.wait(30)
        return f"http://{self._address}"

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join()

    async def _serve(self) -> None:
        listener = Listener(create_app(self._config), host="127.0.0.1", port=0)
        self._end, self._loop = asyncio.Event(), asyncio.get_running_loop()
        listener.start()
        self._address = listener.address
        self._ready.set()
        await self._end.wait()
        await listener.stop()


@pytest.mark.parametrize("kind", KINDS)
def test_a_page_fits_is_readable_and_asks_nothing_else(kind: str, served: Served) -> None:
    for width in (390, 1200):
        page = served.open(kind, width=width)
        own = page.asked[0].partition("/")[0]

        assert page.evaluate(FITS), width
        assert page.evaluate(SMALL) == [], width
        assert [one for one in page.complaints if "404" not in one and "400" not in one] == []
        assert own == "http:"
        assert {one.split("/")[2] for one in page.asked} <= {
            page.asked[0].split("/")[2], "img.example"}  # fmt: skip
        for media, scheme in (("screen", "light"), ("screen", "dark"), ("print", "dark")):
            page.emulate(media=media, scheme=scheme)
            assert page.evaluate(FAINT) == [], (width, media, scheme)
        page.emulate()
    page.resize(320)  # as on a desk at 400 % (WCAG 2.2, 1.4.10)
    assert page.evaluate(FITS)


def test_a_second_look_at_a_page_has_its_style(served: Served) -> None:
    served.open("feeds")

    page = served.open("feeds")  # a conditional request, answered with 304

    assert page.complaints == []
    assert page.evaluate("getComputedStyle(document.body).margin") == "0px"


@pytest.mark.parametrize("kind", ["index", "topic", "day", "story", "feeds", "search"])
def test_every_link_is_reached_by_keys_and_shows_where_it_is(kind: str, served: Served) -> None:
    page = served.open(kind, width=390)
    reached = []
    for _ in range(200):
        page.press("Tab", code=9)
        if page.evaluate("document.activeElement === document.body"):
            break
        reached.append(page.evaluate(FOCUS))

    assert reached[0][0] == "A #main"
    assert [name for name, shown in reached if not shown] == []
    links = page.evaluate(
        "[...document.querySelectorAll('a[href], summary, input, button')]"
        ".filter(one => one.checkVisibility()).length"
    )
    assert len(reached) >= links


def test_the_skip_link_leads_to_the_content(served: Served) -> None:
    page = served.open("topic", width=390)
    page.press("Tab", code=9)
    page.press("Enter", code=13)
    page.press("Tab", code=9)

    assert page.evaluate("document.activeElement.closest('main') !== null")


def test_a_picture_comes_late_and_moves_nothing(served: Served) -> None:
    seen = len(served.pictures.requests)
    page = served.open("topic")
    box = "JSON.stringify(document.querySelector('img').getBoundingClientRect())"
    page.evaluate("document.querySelector('img').scrollIntoView()")
    shape = page.evaluate(box)
    for _ in range(600):
        if page.evaluate("document.querySelector('img').complete"):
            break

    assert page.evaluate("document.querySelector('img').naturalWidth") == 300
    assert page.evaluate(box) == shape
    assert len(served.pictures.requests) > seen
    assert all("referer" not in one.headers for one in served.pictures.requests)


def test_urdu_runs_from_the_right(served: Served) -> None:
    page = served.open("topic")

    assert page.evaluate("getComputedStyle(document.querySelector('[lang=ur]')).direction") == "rtl"


def test_what_only_a_screen_needs_is_not_printed(served: Served) -> None:
    page = served.open("story")
    page.emulate(media="print")
    shown = "[...document.querySelectorAll('{}')].filter(e => e.getClientRects().length).length"

    assert page.evaluate(shown.format("nav, form, .skip, img")) == 0
    assert page.evaluate(shown.format("h1, .timeline > li")) >= 2
    page = served.open("topic")
    page.emulate(media="print")
    assert page.evaluate(shown.format(".more, .months")) == 0
    assert page.evaluate("document.querySelector('.why').innerText.trim()").endswith("bomb")
    page.emulate()


@pytest.mark.parametrize("kind", ["atom", "rss", "story feed"])
def test_a_feed_in_a_browser_says_what_it_is_and_where(kind: str, served: Served) -> None:
    page = served.open(kind, width=390)

    own = page.evaluate("location.pathname")
    assert (
        page.evaluate("document.querySelector('code').textContent") == f"http://news.example{own}"
    )
    assert page.evaluate("document.querySelector('strong').textContent") == "This is a web feed."
    assert page.evaluate("getComputedStyle(document.querySelector('code')).userSelect") == "all"
    assert page.evaluate("getComputedStyle(document.querySelector('id, guid')).display") == "none"
    page.press("Tab", code=9)
    assert page.evaluate("document.activeElement.localName") == "a"


def test_an_archive_in_a_browser_leads_to_what_is_to_be_read(served: Served) -> None:
    page = served.open("archive", width=390)

    assert page.evaluate("document.querySelector('strong').textContent") == (
        "This is the archive of a month"
    )
    assert page.evaluate("document.querySelector('a').href").endswith("/news.html")
    assert page.evaluate("getComputedStyle(document.querySelector('entry > id')).display") == "none"
