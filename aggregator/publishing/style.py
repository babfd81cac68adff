"""The style sheet of all pages, and its hash for their Content-Security-Policy."""

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
    """The hash of the style sheet as a Content-Security-Policy source (CSP Level 3, 2.3.1)."""
    digest = hashlib.sha256(style().encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"
