"""What the pages look like: their style sheet with its hash, and files that feeds and pages name.

The style of pages stands in each of them, so that one is whole when it is opened as a file; the
hash is for their Content-Security-Policy. Files of our own beside the feeds: a style sheet by
which browsers show feeds, and an icon.
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
    """The text of the pages' style sheet."""
    return asset("style.css").decode().strip()


@cache
def asset(name: str) -> bytes:
    """A file of ours, as it is published."""
    return (_FOLDER / name).read_bytes()


def assets(formats: Collection[str]) -> tuple[str, ...]:
    """The names of those files that the output in these formats (`publish.formats`) needs."""
    of_feeds = (FEED_STYLE,) if {"atom", "rss"} & set(formats) else ()
    return (*of_feeds, ICON) if "html" in formats else of_feeds


@cache
def style_hash() -> str:
    """The hash of the style sheet as a Content-Security-Policy source (CSP Level 3, 2.3.1)."""
    digest = hashlib.sha256(style().encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"
