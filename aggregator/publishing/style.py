"""The style sheet of the pages, with its hash, and the assets that feeds and pages refer to.

The style sheet is part of every page, so that a page is complete when it is opened as a file; the
hash is for the Content-Security-Policy. The assets: a style sheet for feeds in browsers, an icon.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Collection
from functools import cache
from pathlib import Path

FEED_STYLE = "feed.css"
ICON = "icon.svg"
_FOLDER = Path(__file__).with_name("templates")


@cache
def style() -> str:
    """The style sheet of the pages."""
    return asset("style.css").decode().strip()


@cache
def asset(name: str) -> bytes:
    """The contents of an asset."""
    return (_FOLDER / name).read_bytes()


def assets(formats: Collection[str]) -> tuple[str, ...]:
    """The names of the assets that these formats (`publish.formats`) need."""
    of_feeds = (FEED_STYLE,) if {"atom", "rss"} & set(formats) else ()
    return (*of_feeds, ICON) if "html" in formats else of_feeds


@cache
def style_hash() -> str:
    """The hash of the style sheet as a Content-Security-Policy source (CSP Level 3, 2.3.1)."""
    digest = hashlib.sha256(style().encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"
