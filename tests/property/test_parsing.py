"""What holds for any document, text and address."""

from __future__ import annotations

import html
import json
import re
from datetime import datetime
from html.parser import HTMLParser
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

from hypothesis import given
from hypothesis import strategies as st

from aggregator import urls
from aggregator.errors import ParseError
from aggregator.html import cut_html, page_links, sanitise, to_text
from aggregator.model import Subscription
from aggregator.parsing.boilerplate import strip_boilerplate
from aggregator.parsing.charset import decode
from aggregator.parsing.dates import FIRST_YEAR, LAST_YEAR, parse_date
from aggregator.parsing.discovery import find_feeds
from aggregator.parsing.identity import Marks, identities
from aggregator.parsing.link_header import header_links
from aggregator.parsing.subscriptions import read_opml, write_opml
from aggregator.parsing.xmltext import mended
from aggregator.publishing import render_text
from aggregator.text import cut, direction, is_plain, one_line, printable, xml_safe
from tests.documents import atom, json_feed, read, rss

anything = st.text(st.characters(), max_size=200)
_PIECES = """< > & " ' / = ; : # ! - [ ] ? <a <b> </b> <p> </p> <div> <br> <script> </script>
    <!-- -->
    <![CDATA[ ]]> href= javascript: https://n.example/ &lt; &amp; &#1; &#x202e; onerror= <img <svg>
    <style> x \u0000 \u202e \u0001 اردو <title> data: <table> <td> <math> <noscript>"""
pieces = st.sampled_from(_PIECES.split())
markup = st.lists(pieces, max_size=40).map("".join)


class Tags(HTMLParser):
    """The elements and attributes of a text, as a simple parser sees them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str]] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += [(name, value or "") for name, value in attrs]


_SAFE = "a b blockquote br cite code em i li ol p pre q s strong sub sup u ul"
SAFE = set(_SAFE.split())


@given(st.one_of(anything, markup))
def test_sanitised_html_is_inert_and_stays_the_same(text: str) -> None:
    clean = sanitise(text)

    seen = Tags(clean)
    assert seen.tags <= SAFE
    assert {name for name, _ in seen.attributes} <= {"href", "rel"}
    for name, value in seen.attributes:
        assert name == "rel" or re.match(r"(?:https?|mailto):", value, re.I)
    assert sanitise(clean) == clean
    ET.fromstring(f"<x>{escape(clean)}</x>")  # noqa: S314 (escaped text)


@given(markup)
def test_boilerplate_leaves_html_inert(text: str) -> None:
    assert Tags(strip_boilerplate(sanitise(text))).tags <= SAFE


@given(st.one_of(anything, markup))
def test_plain_text_is_published_without_markup_however_often_it_is_decoded(text: str) -> None:
    plain = to_text(text)

    assert xml_safe(plain) == plain
    published = render_text.plain(plain)
    for _ in range(3):
        assert not Tags(published).tags - SAFE
        assert xml_safe(published) == published
        published = xml_safe(html.unescape(published))


@given(markup, st.integers(1, 60))
def test_cut_html_is_bounded(text: str, limit: int) -> None:
    assert len(cut_html(text, limit)) <= max(limit + 1, len(text) if len(text) <= limit else 0)


@given(anything)
def test_lines_are_lines(text: str) -> None:
    for line in (one_line(text), printable(text)):
        assert "\n" not in line
        assert line == one_line(line)
        line.encode()
    assert direction(text) in ("ltr", "rtl")


@given(anything, st.integers(2, 50))
def test_cut_is_bounded(text: str, limit: int) -> None:
    assert len(cut(text, limit)) <= limit


_ADDRESS_PIECES = """http:// https:// // / ? # & = : @ [ ] :: % %2F \\ a b.example www. é .. ;
    utm_source=x &gclid=1 #fbclid=2 sig=x news.google.com :80 :99999 amp /amp"""
addresses = st.one_of(
    anything,
    st.lists(st.sampled_from(_ADDRESS_PIECES.split()), max_size=12).map("".join),
)


@given(addresses, addresses)
def test_no_address_raises(base: str, url: str) -> None:
    found = urls.absolute(base, url)
    assert found is None or (found.isascii() and urls.is_web(found))
    folded = urls.canonical(url)
    assert folded is None or folded.startswith("https://")
    urls.redirect_target(url)
    urls.host(url)
    urls.same_site(base, url)


@given(addresses)
def test_folding_an_address_twice_changes_nothing(url: str) -> None:
    once = urls.canonical(url)

    if once is not None:
        assert urls.canonical(once) in (once, None)


@given(addresses)
def test_a_link_without_tracking_still_means_the_same_page(url: str) -> None:
    clean = urls.without_tracking(url)

    assert urls.canonical(clean) == urls.canonical(url)
    assert urls.without_tracking(clean) == clean
    assert len(clean) <= len(url)


@given(st.one_of(anything, st.from_regex(r"[0-9A-Za-z,:/+. -]{0,40}", fullmatch=True)))
def test_dates_lie_in_the_years_of_news(text: str) -> None:
    found = parse_date(text)

    assert found is None or FIRST_YEAR <= found.year <= LAST_YEAR


@given(st.datetimes(datetime(1990, 1, 2), datetime(2100, 12, 30)))  # noqa: DTZ001 (bounds)
def test_dates_are_read_as_they_were_written(when: datetime) -> None:
    when = when.replace(microsecond=0)

    for pattern in ("%a, %d %b %Y %H:%M:%S GMT", "%Y-%m-%dT%H:%M:%SZ", "%d %B %Y, %I:%M:%S %p"):
        found = parse_date(when.strftime(pattern))
        assert found is not None
        assert found.replace(tzinfo=None) == when


@given(st.binary(max_size=300), anything)
def test_bytes_are_always_text_or_refused(body: bytes, label: str) -> None:
    try:
        decode(body, {"content-type": f"text/xml; charset={label}"}).text.encode()
    except ParseError:
        return


@given(st.one_of(st.binary(max_size=300), markup.map(str.encode)))
def test_any_document_is_read_or_refused(body: bytes) -> None:
    for document in (body, b"<rss version='2.0'><channel>" + body, b'{"version":' + body):
        try:
            read(document)
        except ParseError:
            continue


@given(markup)
def test_mended_text_is_not_mended_again(text: str) -> None:
    once = mended(f"<x>{text}</x>")

    assert mended(once) == once


names = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12)
entries = st.lists(
    st.tuples(names, st.sampled_from(["", "1", "2", "https://n.example/1"]), names), max_size=6
)


def document(kind: str, rows: list[tuple[str, str, str]]) -> bytes:
    if kind == "json":
        return json_feed(*({"title": t, "id": g, "content_text": d} for t, g, d in rows))
    tag = {"rss": ("guid", "description"), "atom": ("id", "summary")}[kind]
    inner = [
        f"<title>{escape(title)}</title><{tag[0]}>{guid}</{tag[0]}>"
        f"<{tag[1]}>{escape(text)}</{tag[1]}>"
        for title, guid, text in rows
    ]
    return rss(*inner) if kind == "rss" else atom(*inner)


@given(st.sampled_from(["rss", "atom", "json"]), entries, st.data())
def test_delta_finds_what_the_whole_document_holds(
    kind: str, rows: list[tuple[str, str, str]], data: st.DataObject
) -> None:
    body = document(kind, rows)
    whole = read(body)
    hashes = sorted({item.raw_hash for item in whole.items})
    known = frozenset(data.draw(st.sets(st.sampled_from(hashes))) if hashes else ())

    part = read(body, known=known)

    assert part.items == tuple(item for item in whole.items if item.raw_hash not in part.known)
    assert (part.title, part.format, part.hints) == (whole.title, whole.format, whole.hints)


@given(st.sampled_from(["rss", "atom", "json"]), entries, st.randoms())
def test_the_order_of_a_document_does_not_matter(
    kind: str, rows: list[tuple[str, str, str]], random: object
) -> None:
    shuffled = list(rows)
    random.shuffle(shuffled)  # type: ignore[attr-defined] # a random.Random of hypothesis

    before, after = read(document(kind, rows)), read(document(kind, shuffled))

    assert {item.identity for item in before.items} == {item.identity for item in after.items}
    assert len({item.identity for item in before.items}) == len(before.items)


@given(st.lists(st.builds(Marks, names, st.one_of(st.none(), names), names), max_size=6))
def test_entries_with_different_texts_share_no_identity_but_by_guid_or_url(
    marks: list[Marks],
) -> None:
    found = identities(marks)

    for first, one in zip(marks, found, strict=True):
        for second, other in zip(marks, found, strict=True):
            if one == other:
                assert first.guid.split() == second.guid.split()


subscriptions = st.builds(
    Subscription,
    st.integers(0, 20).map(lambda n: f"https://n.example/{n}?a=1&b=2"),
    names,
    st.lists(names.map(lambda name: "f" + name), max_size=3).map(tuple),
)


@given(st.lists(subscriptions, max_size=8, unique_by=lambda one: one.url), names)
def test_a_list_of_subscriptions_comes_back(given_: list[Subscription], title: str) -> None:
    found = read_opml(write_opml(given_, title=title))

    assert {one.url for one in found} == {one.url for one in given_}
    assert {one.url: len(one.group) for one in found} == {one.url: len(one.group) for one in given_}


@given(st.one_of(anything, markup))
def test_any_page_and_header_can_be_searched_for_feeds(text: str) -> None:
    for feed in find_feeds(text.encode("utf-8", "replace"), "https://n.example/", {"link": text}):
        assert urls.is_web(feed.url)
    page_links(text)
    header_links({"link": text}, "https://n.example/")


_KEYS = "id url title items authors author name type tags hubs date_published content_html"
KEYS = st.sampled_from(_KEYS.split())
values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.floats(), st.integers(), names),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
)


@given(values)
def test_values_of_any_type_in_json_do_no_harm(value: object) -> None:
    body = {"version": "https://jsonfeed.org/version/1.1", "items": [value, {"title": value}]}

    try:
        read(json.dumps(body).encode())
    except ParseError:
        return


_URL_PIECES = """http:// https:// HTTP:// httpx://
    news.example a.b -a .. _x 127.0.0.1 [::1] : 80 @ / //
    ? # % %2f ; a=1 & \\ < é ß 日本 www. xn--a . - ~ ' ( | ^"""
addresses = st.lists(st.sampled_from([*_URL_PIECES.split(), " ", "\n"]), max_size=12).map("".join)


@given(st.one_of(addresses, addresses.map("https://news.example/".__add__)))
def test_a_quick_look_at_an_address_sees_what_a_close_one_does(url: str) -> None:
    closely = None if re.search(urls._FORBIDDEN, url) else urls._read_closely(url)

    assert urls._read(url) == closely


@given(st.one_of(anything, st.text("ab  é\n<&", max_size=12)))
def test_plain_text_is_a_line_already(text: str) -> None:
    assert not is_plain(text) or one_line(text, limit=1000) == text
