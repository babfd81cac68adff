"""Text for Markdown (CommonMark and GitHub's extensions) in which nothing is markup. Pure."""

from __future__ import annotations

import re

# CommonMark 2.4: any ASCII punctuation may stand behind a backslash. Escaped is what makes markup
# within a line, and what GitHub makes a link of where it stands bare.
_MARKUP = re.compile(r"[\\`*_\[\]{<>&~|$^#]|:(?=//)|(?<=\bwww)\.", re.I)
# At the start of a line: headings, quotations, lists, rules, tables' edges.
_BLOCK = re.compile(r"^(?:([+=\-:])|(\d{1,9})([.)]))")
# What would end a link's address between angle brackets.
_ADDRESS = {ord("<"): "%3C", ord(">"): "%3E", ord("\\"): "%5C"}


def escape(text: str) -> str:
    """One line of text for Markdown, at any place of a line."""
    escaped = _MARKUP.sub(r"\\\g<0>", text)
    return _BLOCK.sub(lambda found: f"\\{found[1]}" if found[1] else f"{found[2]}\\{found[3]}",
                      escaped)  # fmt: skip


def link(text: str, url: str | None) -> str:
    """A text as a link to its page, or alone where that is unknown."""
    return f"[{escape(text)}](<{url.translate(_ADDRESS)}>)" if url else escape(text)
