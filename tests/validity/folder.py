"""Files of one folder fit together: the same stories in all formats, no link that leads nowhere."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterator, Mapping
from html.parser import HTMLParser
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

from tests.validity.atom import ATOM, HISTORY, links

_MONTH = re.compile(r"(.+)-\d{4}-\d\d\.atom")


def folder_problems(files: Mapping[str, bytes], *, base_url: str | None) -> list[str]:
    """What does not fit between the files."""
    found = [*_same_stories(files), *_archives(files, base_url), *_lost(files, base_url)]
    targets = {name: _targets(data) for name, data in files.items() if name.endswith(".html")}
    for name, page in targets.items():
        found += [f"{name}: {line}" for line in _dead_links(name, page, files, targets, base_url)]
    return found


def _same_stories(files: Mapping[str, bytes]) -> Iterator[str]:
    for name, data in files.items():
        if not name.endswith(".json"):
            continue
        topic = name.removesuffix(".json")
        ids = [item["id"] for item in json.loads(data)["items"]]
        for other, tag in ((f"{topic}.atom", f"{ATOM}id"), (f"{topic}.rss", "guid")):
            if other not in files:
                continue
            root = ET.fromstring(files[other])  # noqa: S314 - our own output
            kind = f"{ATOM}entry" if other.endswith(".atom") else "channel/item"
            if [entry.findtext(tag) for entry in root.findall(kind)] != ids:
                yield f"{other}: other stories than {name}"


def _archives(files: Mapping[str, bytes], base_url: str | None) -> Iterator[str]:
    """From the feed, `prev-archive` reaches every month once; `next-archive` leads back."""
    months: dict[str, list[str]] = {}
    for name in sorted(files):
        if found := _MONTH.fullmatch(name):
            months.setdefault(found[1], []).append(name)
    for topic, names in months.items() if base_url else ():
        feed = ET.fromstring(files[f"{topic}.atom"])  # noqa: S314 - our own output
        step, before = feed, ""
        for name in reversed(names):
            if links(step, "prev-archive") != [f"{base_url}{name}"]:
                yield f"{topic}: {name} is not reached: {links(step, 'prev-archive')}"
            step = ET.fromstring(files[name])  # noqa: S314 - our own output
            if step.find(f"{HISTORY}archive") is None:
                yield f"{name}: no fh:archive"
            if step.findtext(f"{ATOM}id") != feed.findtext(f"{ATOM}id"):
                yield f"{name}: another id than its feed"
            if links(step, "next-archive") != ([f"{base_url}{before}"] if before else []):
                yield f"{name}: next-archive is {links(step, 'next-archive')}"
            if links(step, "current") != [f"{base_url}{topic}.atom"]:
                yield f"{name}: current is {links(step, 'current')}"
            before = name
        if links(step, "prev-archive"):
            yield f"{names[0]}: something before the first month"


def _lost(files: Mapping[str, bytes], base_url: str | None) -> Iterator[str]:
    """Pages of ours that feeds and digests name and that are not there."""
    own = re.compile(re.escape(base_url or "").encode() + rb"([A-Za-z0-9_./-]+\.html)")
    for name, data in files.items() if base_url else ():
        if not name.endswith(".html"):
            for page in sorted({one.decode() for one in own.findall(data)} - files.keys()):
                yield f"{name}: a link to {page}, where nothing is"


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.hrefs: list[str] = []
        self.ids: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if found.get("href"):
            self.hrefs.append(str(found["href"]))
        if found.get("id"):
            self.ids.append(str(found["id"]))


def _targets(page: bytes) -> _Page:
    found = _Page()
    found.feed(page.decode())
    return found


def _dead_links(
    name: str,
    page: _Page,
    files: Mapping[str, bytes],
    targets: Mapping[str, _Page],
    base_url: str | None,
) -> Iterator[str]:
    for twice in sorted({one for one in page.ids if page.ids.count(one) > 1}):
        yield f"two elements with the id {twice!r}"
    for href in page.hrefs:
        own = href.removeprefix(base_url) if base_url else href
        parts = urlsplit(own)
        if parts.scheme:
            continue
        folder = "" if own != href else posixpath.dirname(name)
        path = posixpath.normpath(posixpath.join(folder, parts.path)) if parts.path else name
        path = "index.html" if own == "" else path
        if path not in files:
            yield f"a link to {href}, where nothing is"
        elif parts.fragment and parts.fragment not in targets[path].ids:
            yield f"a link to {href}, which is not on the page"
