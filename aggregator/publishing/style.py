"""The style of all pages, and its hash, by which their policy allows it."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from pathlib import Path

_FILE = Path(__file__).with_name("templates") / "style.css"


@cache
def style() -> str:
    """The style sheet's text."""
    return _FILE.read_text(encoding="utf-8").strip()


@cache
def style_hash() -> str:
    """The style's hash as a Content-Security-Policy names it."""
    digest = hashlib.sha256(style().encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"
