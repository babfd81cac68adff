"""Escapes text for Markdown (CommonMark with GitHub's extensions). Pure."""

from __future__ import annotations

import re

# CommonMark 2.4: any ASCII punctuation may follow a backslash. Escaped are inline markup, and what
# GitHub turns into a link by itself.
_MARKUP = re.compile(r"[\\`*_\[\]{<>&~|$^#]|:(?=//)|(?<=\bwww)\.", re.I)
# At the start of a line: headings, quotations, lists, rules, the edges of tables.
_BLOCK = re.compile(r"^(?:([+=\-:])|(\d{1,9})([.)]))")
# What would end an address between angle brackets.
_ADDRESS = {ord("<"): "%3C", ord(">"): "%3E", ord("\\"): "%5C"}


def escape(text: str) -> str:
    """One line of text, escaped for any place in a line."""
    escaped = _MARKUP.sub(r"\\\g<0>", text)
    return _BLOCK.sub(lambda found: f"\\{found[1]}" if found[1] else f"{found[2]}\\{found[3]}",
                      escaped)  # fmt: skip


def link(text: str, url: str | None) -> str:
    """A text as a link to its page, or just the text if there is no URL."""
    return f"[{escape(text)}](<{url.translate(_ADDRESS)}>)" if url else escape(text)
