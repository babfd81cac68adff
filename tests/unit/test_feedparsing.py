"""feedparser as we set it up finds what one finds that has our rules of reading alone."""

from __future__ import annotations

import importlib
import io
import random
import re
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import feedparser.mixin
import feedparser.util
import msgspec
import pytest

from aggregator import demo
from aggregator.errors import ParseError
from aggregator.parsing import feedparsing
from aggregator.parsing.document import ParseTask, parse
from aggregator.parsing.feedrules import ParserRules
from tests.documents import FEED_URL, atom, entry, rdf, rss

ROOT = Path(__file__).parents[2]
SAMPLES = Path(demo.__file__).parent / "feeds"
REAL = ROOT.parent / "shared" / "data" / "feeds" / "real"
TEXTS = (
    "plain words",
    "“quoted” – and … more €",
    "caf\u00c3\u00a9 twice encoded",
    "windows \u0092quote\u0092",
    "ہندوستان اور پاکستان",
    "日本語のニュース \U0001f600",
    "&lt;p&gt;escaped &amp;amp; &lt;a href='/x'&gt;link&lt;/a&gt;&lt;/p&gt;",
    "<![CDATA[<p>in <b>CDATA</b> &amp; more</p>]]>",
    "<b>bare</b> <i>markup</i>",
    "<div xmlns='http://www.w3.org/1999/xhtml'><p>one</p><svg><title>t</title></svg></div>",
    "https://news.example/a?b=1&amp;c=2",
    "  Tue, 12 Aug 2025 10:00:00 GMT ",
    "Jane Doe (jane@news.example)",
    "PGI+YmFzZTY0PC9iPg==",
    "",
)
_ELEMENTS_TEXT = """
    title link guid id description summary content author name email category keywords tags
    pubDate published updated created issued source image url width textInput enclosure
    rights copyright language comments generator cloud subtitle tagline info abstract body
    fullitem contributor uri webMaster managingEditor expirationDate newLocation math
    dc:title dc:creator dc:date dc:subject dc:rights dc:language dc:publisher dc:contributor
    dcterms:valid dcterms:modified content:encoded media:title media:description
    media:content media:thumbnail media:group media:credit media:keywords media:category
    media:rating itunes:author itunes:summary itunes:category itunes:keywords itunes:image
    itunes:explicit itunes:owner feedburner:origLink own:word own:image xhtml:div xhtml:body
    atom:link cc:license Title GUID SVG svg
"""
ELEMENTS = _ELEMENTS_TEXT.split()
ATTRIBUTES = (
    *("", "", "", "", ' type="html"', ' type="xhtml"', ' type="text"', ' type="text/plain"'),
    *(' mode="base64"', ' href="/relative"', ' url="https://news.example/v.mp4"', ' term="t"'),
    *(' xml:base="https://base.example/x/"', ' xml:lang="ur-PK"', ' rel="self" href="f.xml"'),
    *(' isPermaLink="false"', ' xmlns:own="urn:other"', ' lastmod="2025-08-12"', ' text="Society"'),
)
ROOTS = (
    ("rss version='2.0'", "channel", "item"),
    ("rss version='0.92' xml:base='https://base.example/'", "channel", "item"),
    ("feed xmlns='http://www.w3.org/2005/Atom' xml:lang='en'", "", "entry"),
    ("feed version='0.3' xmlns='http://purl.org/atom/ns#'", "", "entry"),
    ("rdf:RDF xmlns='http://purl.org/rss/1.0/'", "", "item rdf:about='https://news.example/1'"),
    ("rss version='2.0' xmlns='http://backend.userland.com/rss2'", "channel", "item"),
)
NAMESPACES = (
    "xmlns:dc='http://purl.org/dc/elements/1.1/' xmlns:dcterms='http://purl.org/dc/terms/' "
    "xmlns:content='http://purl.org/rss/1.0/modules/content/' "
    "xmlns:media='http://search.yahoo.com/mrss/' xmlns:own='urn:own' "
    "xmlns:itunes='http://www.itunes.com/dtds/podcast-1.0.dtd' "
    "xmlns:feedburner='http://rssnamespace.org/feedburner/ext/1.0' "
    "xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' "
    "xmlns:xhtml='http://www.w3.org/1999/xhtml' xmlns:atom='http://www.w3.org/2005/Atom' "
    "xmlns:cc='http://backend.userland.com/creativeCommonsRssModule'"
)


def _loaded() -> dict[str, ModuleType]:
    return {name: sys.modules[name] for name in sys.modules if name.split(".")[0] == "feedparser"}


@pytest.fixture(scope="module")
def untouched() -> Iterator[Any]:
    """A second feedparser, loaded anew, with nothing of ours but the rules of reading."""
    ours = _loaded()
    for name in ours:
        del sys.modules[name]
    try:
        found = importlib.import_module("feedparser")
        found.registerDateHandler(lambda _text: feedparsing._NO_TIME)
        for name in ("StrictFeedParser", "LooseFeedParser"):
            theirs = getattr(found.api, name)
            setattr(found.api, name, type(name, (ParserRules, theirs), {}))
        yield found
    finally:
        for name in _loaded():
            del sys.modules[name]
        sys.modules.update(ours)


def reading(document: bytes, untouched: Any) -> Any:
    return untouched.parse(
        io.BytesIO(document),
        response_headers={
            "content-type": "application/xml; charset=utf-8",
            "content-location": FEED_URL,
        },
        sanitize_html=False,
        resolve_relative_uris=False,
    )


def assert_same(document: bytes, untouched: Any) -> None:
    try:
        theirs = reading(document, untouched)
    except Exception as error:
        with pytest.raises(type(error)):
            feedparsing.read(document, FEED_URL)
        return
    ours = feedparsing.read(document, FEED_URL)

    assert repr(ours.pop("bozo_exception", "")) == repr(theirs.pop("bozo_exception", ""))
    # dict.__eq__, for feedparser's own kind of dictionary is one
    assert ours == theirs
    assert list(map(list, ours["entries"])) == list(map(list, theirs["entries"]))


def element(dice: random.Random, depth: int = 0) -> str:
    name, attributes = dice.choice(ELEMENTS), dice.choice(ATTRIBUTES)
    inner = dice.choice(TEXTS)
    if depth < 2 and dice.random() < 0.25:
        inner += "\n".join(element(dice, depth + 1) for _ in range(dice.randrange(1, 4)))
    return f"<{name}{attributes}>{inner}</{name}>" if inner else f"<{name}{attributes}/>"


def mixture(seed: int) -> bytes:
    """A document of elements that stand where they may or may not."""
    dice = random.Random(seed)
    root, channel, item = dice.choice(ROOTS)
    items = "".join(
        f"<{item}>{''.join(element(dice) for _ in range(12))}</{item.split()[0]}>" for _ in range(3)
    )
    head = "".join(element(dice) for _ in range(6))
    inner = f"<{channel}>{head}{items}</{channel}>" if channel else head + items
    return f"<{root} {NAMESPACES}>{inner}</{root.split()[0]}>".encode()


def test_it_is_set_up(untouched: Any) -> None:
    theirs = sys.modules["feedparser.mixin"]

    assert feedparser.mixin is not theirs
    assert feedparser.mixin._urljoin is not theirs._urljoin
    assert type(feedparsing.read(rss(entry()), FEED_URL)["entries"][0]["title_detail"]) is dict
    assert type(reading(rss(entry()), untouched)["entries"][0]["title_detail"]) is not dict


@pytest.mark.parametrize("seed", range(60))
def test_mixtures_of_elements_read_the_same(seed: int, untouched: Any) -> None:
    assert_same(mixture(seed), untouched)


@pytest.mark.parametrize("seed", range(0, 60, 4))
def test_broken_documents_read_the_same(seed: int, untouched: Any) -> None:
    document = mixture(seed)

    assert_same(document[: len(document) * 2 // 3], untouched)
    assert_same(document.replace(b"</title>", b"", 1), untouched)
    assert_same(document.replace(b"xmlns:dc=", b"xmlns:no=", 1), untouched)


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("make", [rss, atom, rdf])
def test_texts_read_the_same(make: Any, text: str, untouched: Any) -> None:
    inner = f"<title>{text}</title><description>{text}</description><summary>{text}</summary>"

    assert_same(make(inner, inner + f"<content type='html'>{text}</content>"), untouched)


def test_every_sign_reads_the_same(untouched: Any) -> None:
    signs = "".join(chr(code) for code in range(0xA0, 0x3000)) + "".join(
        map(chr, range(0x80, 0xA0))
    )

    assert_same(
        rss(*(f"<title>{signs[at : at + 500]}</title>" for at in range(0, 12_000, 500))), untouched
    )


@pytest.mark.skipif(not REAL.is_dir(), reason="no real documents beside this checkout")
def test_real_documents_read_the_same(untouched: Any) -> None:
    for path in sorted(REAL.iterdir()):
        assert_same(shortened(path.read_bytes()), untouched)


def shortened(document: bytes) -> bytes:
    """With some ten entries of those all over it: what is like others takes seconds to read."""
    found = [*re.finditer(rb"<(item|entry)[ >].*?</\1>", document, re.DOTALL)]
    step = 1 + len(found) // 10
    for number, one in reversed([*enumerate(found)]):
        if number % step:
            document = document[: one.start()] + document[one.end() :]
    return document


def read_some(folder: Path) -> str:
    """What `parse` makes of some documents of a folder, a line each."""
    lines = []
    paths = sorted(folder.iterdir())
    for path in paths[:: 1 + len(paths) // 30]:
        try:
            found = parse(ParseTask(shortened(path.read_bytes()), {}, FEED_URL, "Paper"))
        except ParseError as error:
            lines.append(f"{path.name} {error}")
        else:
            lines.append(f"{path.name} {msgspec.json.encode(found).decode()}")
    return "\n".join(lines)


_NEXT_RELEASE = """
import sys
from pathlib import Path
import feedparser
import feedparser.mixin
feedparser.__version__ = "6.99.0"
join = feedparser.mixin._urljoin
from tests.unit.test_feedparsing import read_some
assert feedparser.mixin._urljoin is join
sys.stdout.reconfigure(encoding="utf-8")
print(read_some(Path(sys.argv[1])))
"""


@pytest.mark.parametrize("folder", [SAMPLES, REAL], ids=["samples", "real"])
def test_a_release_that_is_not_known_reads_the_same_without_shortcuts(folder: Path) -> None:
    if not folder.is_dir():
        pytest.skip("no real documents beside this checkout")
    ended = subprocess.run(
        [sys.executable, "-c", _NEXT_RELEASE, folder], capture_output=True, check=True, cwd=ROOT
    )

    assert ended.stdout.decode().rstrip("\n") == read_some(folder)


def test_the_release_in_use_is_known() -> None:
    assert feedparser.__version__ in feedparsing.TUNED_RELEASES


def test_our_dictionaries_answer_as_theirs_do(untouched: Any) -> None:
    theirs = sys.modules["feedparser.util"].FeedParserDict
    keys = (*theirs.keymap, "category", "enclosures", "license", "updated", "title", "absent", "")
    values: list[dict[str, Any]] = [
        {},
        {"title": "t", "": "e", "published": "p", "published_parsed": (1,)},
        {"updated": "u", "id": "i", "summary": "s", "subtitle": "b", "href": "h", "feed": {}},
        {"tags": [{"term": "x"}], "links": [{"rel": "enclosure", "href": "e"}]},
        {"tags": [], "links": [{"rel": "license", "href": "l"}]},
    ]

    with warnings.catch_warnings(action="ignore"):  # of `updated` without one
        for value in values:
            one, other = feedparser.util.FeedParserDict(value), theirs(value)
            for key in keys:
                assert (key in one) == (key in other)
                assert one.get(key, "none") == other.get(key, "none")
