"""Every document of the hostile corpus, read as the parsing process reads it."""

from __future__ import annotations

import importlib
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

import pytest

from aggregator.errors import ParseError
from aggregator.model import ParsedFeed, ParseTask
from aggregator.parsing.document import parse
from aggregator.parsing.subscriptions import read_list
from aggregator.publishing.render_text import plain
from aggregator.text import xml_safe

CORPUS = Path(__file__).parents[3] / "shared" / "hostile"
Found = TypeVar("Found")
MAX_BODY = 10_000_000  # what the client lets through


def corpus(name: str) -> ModuleType:
    sys.path.insert(0, str(CORPUS))
    try:
        return importlib.import_module(name)
    finally:
        sys.path.remove(str(CORPUS))


def cases(kind: str) -> list[Any]:
    every = corpus("make_hostile").CASES if CORPUS.is_dir() else []
    return [
        pytest.param(case, id=case.id)
        for case in every
        if case.kind == kind
        and case.status == 200
        and "content-encoding" not in map(str.lower, case.headers)
    ]


def body_of(case: Any) -> bytes:
    make = corpus("make_hostile")
    body: bytes = make.body_bytes(case, make.Env(), limit=MAX_BODY + 1)
    return body


def attempt(read: Callable[[], Found]) -> Found | ParseError:
    """What a reading gives, or the error that it ends in."""
    try:
        return read()
    except ParseError as error:
        return error


def problems(found: ParsedFeed) -> list[str]:
    """What of the result would be dangerous to show.

    What a format calls text is kept as text, whatever it looks like, so texts are judged as files
    and receivers get them.
    """
    check = corpus("hostile_check")
    out: list[str] = list(check.text_problems(plain(found.title), "feed title"))
    links = [found.site_url, found.self_url, found.hub_url]
    for item in found.items:
        links += [item.url, item.canonical_url]
        for name in ("headline", "summary", "author", "publisher", "rights", "language"):
            out += check.text_problems(plain(getattr(item, name)), name)
        for category in item.categories:
            out += check.text_problems(plain(category), "category")
        out += check.fragment_problems(item.summary_html)
        texts = (item.identity, item.guid or "", item.summary_html, item.headline, item.summary)
        out += [f"{text[:40]!r} is not safe for XML" for text in texts if xml_safe(text) != text]
    out += [f"link {link!r}" for link in links if link and not link.startswith(("http:", "https:"))]
    return out


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the hostile corpus is not beside this checkout")
@pytest.mark.parametrize("case", cases("feed"))
def test_hostile_documents_end_inert_or_refused(case: Any) -> None:
    body = body_of(case)
    if len(body) > MAX_BODY:
        pytest.skip("the client refuses a document of this size")
    headers = {name.lower(): value for name, value in case.headers.items()}
    task = ParseTask(body, headers, "https://news.example/feed", "News")
    began = time.process_time()
    found = attempt(lambda: parse(task))
    if isinstance(found, ParseError):
        assert case.outcome in ("error", "either"), found.detail
        assert found.detail.isprintable()
        return

    assert time.process_time() - began < 20  # a hang, not a speed
    assert case.outcome != "error"
    assert problems(found) == []
    assert all(item.headline for item in found.items)
    text = repr(found).lower()
    assert [word for word in case.checks.get("forbid", ()) if word.lower() in text] == []


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the hostile corpus is not beside this checkout")
@pytest.mark.parametrize("case", cases("opml"))
def test_hostile_lists_are_taken_in_part_or_refused(case: Any) -> None:
    body = body_of(case)
    found = attempt(lambda: read_list(body))
    if isinstance(found, ParseError):
        assert case.outcome in ("error", "either")
        assert found.detail.isprintable()
        return

    assert case.outcome != "error"
    assert len(found.subscriptions) == case.checks.get("feeds", len(found.subscriptions))
    check = corpus("hostile_check")
    for one in found.subscriptions:
        assert check.text_problems(one.title, "title") == []
        assert one.url.startswith(("http://", "https://"))
