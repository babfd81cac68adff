"""Prepares XML documents for a parser: strips the prolog, refuses dangers, repairs common faults.

Works on decoded text, so that no character set can hide a DOCTYPE. Each step reads the text once.
"""

from __future__ import annotations

import html
import re
import sys

from aggregator.errors import NotAFeed, UnsupportedFormat

# What XML 1.0 section 2.2 forbids.
_ILLEGAL = "[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]"  # few documents are searched
_PROLOG_PART = re.compile(r"<!--.*?(?:-->|\Z)|<\?.*?(?:\?>|\Z)|<!DOCTYPE|<!ENTITY", re.S | re.I)
_DOCTYPE = re.compile(r"<!DOCTYPE[^<>\[]{0,2000}(\[|>)", re.I)
_ROOT = re.compile(r"<([A-Za-z_][\w.-]{0,80}(?::[A-Za-z_][\w.-]{0,80})?)(?=[\s/>])")
_FAULTS = re.compile(
    r"<!\[CDATA\[.*?(?:\]\]>|\Z)|<!--.*?(?:-->|\Z)"
    # what begins no tag: "5 < 6", or has no end: "if a<b"; an attribute is needed to be in doubt
    r"|(<)(?:(?![A-Za-z_:/!?])|(?=[A-Za-z_:][^<>=\"']*<))"
    r"|&(?:#(?:(\d{1,7})|[xX]([0-9a-fA-F]{1,6}));|([A-Za-z][A-Za-z0-9]{1,31});)?",
    re.S,
)
# References to the halves of a sign beyond 16 bits, as Java and PHP write emoji.
_HALVES = re.compile(
    r"&#(?:[xX]([dD][89abAB][0-9a-fA-F]{2})|(5[56]\d{3}));"
    r"&#(?:[xX]([dD][c-fC-F][0-9a-fA-F]{2})|(5[67]\d{3}));"
)
_UNREAD = re.compile(r"<!\[CDATA\[.*?(?:\]\]>|\Z)|<!--.*?(?:-->|\Z)", re.S)
_XML_ENTITIES = frozenset({"amp", "lt", "gt", "quot", "apos"})
_PREFIX = re.compile(r"</?([A-Za-z_][\w.-]{0,30}):")
_NAMESPACES = {
    "atom": "http://www.w3.org/2005/Atom",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "dcterms": "http://purl.org/dc/terms/",
    "feedburner": "http://rssnamespace.org/feedburner/ext/1.0",
    "itunes": "http://www.itunes.com/dtds/podcast-1.0.dtd",
    "media": "http://search.yahoo.com/mrss/",
    "slash": "http://purl.org/rss/1.0/modules/slash/",
    "sy": "http://purl.org/rss/1.0/modules/syndication/",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
}


def root_name(text: str) -> str:
    """The qualified name of the root element, or ""."""
    at = _root_at(text, strict=False)
    match = _ROOT.search(text, at, at + 200)
    return match.group(1) if match else ""


def local_root_name(text: str) -> str:
    """The local name of the root element, in lower case."""
    return root_name(text).rpartition(":")[2].lower()


def without_prolog(text: str) -> str:
    """The document from its root element on.

    XML declaration, DOCTYPE, processing instructions and comments before the root are dropped.
    Raises UnsupportedFormat for a DOCTYPE with internal declarations (entities can expand without
    limit, or refer to files), and NotAFeed if there is no element.
    """
    at = _root_at(text, strict=True)
    match = _ROOT.search(text, at)
    if match is None:
        raise NotAFeed("the document holds no XML element")
    # NEL is a line break (XML 1.1, Unicode), but feedparser would read it as an ellipsis. A decimal
    # reference to it does mean an ellipsis, from programs that use windows-1252.
    return text[match.start() :].replace("\x85", " ").replace("&#x85;", " ")


def after_root(text: str) -> str | None:
    """What follows the root's end tag, without comments; None if that tag is missing."""
    end = re.compile(rf"</{re.escape(root_name(text))}\s*>", re.I)
    parts = end.split(_UNREAD.sub("", text))
    return parts[-1] if len(parts) > 1 else None


def legal(text: str) -> str:
    """The text without characters that XML forbids."""
    return re.sub(_ILLEGAL, "", text)


def mended(text: str) -> str:
    """Repairs bare ampersands and angle brackets, HTML entities, impossible references and
    undeclared prefixes.

    Nothing that would require guesses about the document's structure.
    """
    text = _FAULTS.sub(_mend, _HALVES.sub(_joined, text))
    used = set(_PREFIX.findall(text))
    missing = sorted(name for name in used if f"xmlns:{name}" not in text)
    if not missing or len(missing) > 50:
        return text
    declared = "".join(
        f' xmlns:{name}="{_NAMESPACES.get(name, "urn:undeclared:" + name)}"' for name in missing
    )
    end = text.find(">")
    root = text[:end].rstrip("/")
    return f"{root}{declared}{text[len(root) :]}"


def _root_at(text: str, *, strict: bool) -> int:
    """Where the prolog ends."""
    at = 0
    while True:
        part = _PROLOG_PART.search(text, at)
        root = _ROOT.search(text, at, part.start() if part else len(text))
        if part is None or root is not None:
            return root.start() if root else at
        at = part.end()
        if part.group()[:2] == "<!" and not part.group().startswith("<!--"):
            doctype = _DOCTYPE.match(text, part.start())
            if doctype is not None and doctype.group(1) == ">":
                at = doctype.end()
            elif strict:
                raise UnsupportedFormat(
                    "the document declares entities or a type of its own (DOCTYPE), which is "
                    "refused"
                )
            else:
                at = part.start() + len("<!DOCTYPE")


def _joined(match: re.Match[str]) -> str:
    high_hex, high, low_hex, low = match.groups("")
    units = [
        int(high_hex, 16) if high_hex else int(high),
        int(low_hex, 16) if low_hex else int(low),
    ]
    try:
        return "".join(map(chr, units)).encode("utf-16", "surrogatepass").decode("utf-16")
    except UnicodeError:  # two halves that make no whole
        return match[0]


def _mend(match: re.Match[str]) -> str:
    found = match.group()
    bracket, decimal, hexadecimal, name = match.groups()
    if bracket:
        return "&lt;"
    if found[0] == "<":
        return found
    if name is not None:
        if name in _XML_ENTITIES:
            return found
        known = html.unescape(found)
        return html.escape(known, quote=False) if known != found else f"&amp;{name};"
    if decimal is None and hexadecimal is None:
        return "&amp;"
    code = int(decimal) if decimal is not None else int(hexadecimal, 16)
    return found if code <= sys.maxunicode and not re.match(_ILLEGAL, chr(code)) else ""
