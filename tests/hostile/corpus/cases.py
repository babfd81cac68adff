"""All cases, and what a test needs to know of each."""

from __future__ import annotations

import io
from importlib import import_module
from typing import Any

from tests.hostile.corpus.builders import BY_ID, CASES, Case, Env
from tests.hostile.corpus.healthy import GOOD

__all__ = ["BY_ID", "CASES", "GOOD", "Case", "Env", "body_bytes", "of_kind"]

_MODULES = (
    *("xml", "xml_forms", "encoding", "size", "http", "http_status", "http_redirect", "not_feeds"),
    *("channel", "identity", "dates", "links", "markup", "text", "json", "opml", "config"),
    *("guard", "query"),
)
for _name in _MODULES:
    import_module(f"tests.hostile.corpus.cases_{_name}")


def of_kind(*kinds: str) -> tuple[Case, ...]:
    """The cases of these kinds, in the order of the corpus."""
    return tuple(case for case in CASES if case.kind in kinds)


def body_bytes(case: Case, env: Env) -> bytes:
    """The document of a case, whole."""
    body: Any = case.make(env) if case.make else b""
    if isinstance(body, (bytes, bytearray)):
        return bytes(body)
    out = io.BytesIO()
    for part in body:
        out.write(part)
    return out.getvalue()
