"""OPML 2.0 (http://opml.org/spec2.opml) as a list of subscriptions."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree import ElementTree as ET

from tests.validity.values import is_language, link_problem, mail_date, repeated

_HEAD = ("title", "dateCreated", "dateModified", "ownerName", "ownerEmail", "ownerId", "docs")
_OUTLINE = {"text", "title", "type", "xmlUrl", "htmlUrl", "language", "description", "version"}


def opml_problems(data: bytes, own_url: str | None) -> Iterator[str]:
    """What is wrong with a list of subscriptions; it does not say where it stands."""
    root = ET.fromstring(data)  # noqa: S314 - our own output
    if root.tag != "opml" or root.get("version") != "2.0":
        yield f"no OPML 2.0: {root.tag} {root.attrib}"
    if [child.tag for child in root] != ["head", "body"]:
        yield f"not head, then body: {[child.tag for child in root]}"
        return
    head, body = root
    names = [child.tag for child in head]
    strange = set(names) - set(_HEAD)
    if strange:
        yield f"unknown elements: {sorted(strange)}"
    yield from (f"{name} appears twice" for name in repeated(names))
    if not head.findtext("title", "").strip():
        yield "no title"
    for name in ("dateCreated", "dateModified"):
        if name in names and mail_date(head.findtext(name)) is None:
            yield f"{name}: {head.findtext(name)!r}"
    for name in ("docs", "ownerId"):
        if name in names and (problem := link_problem(head.findtext(name))):
            yield f"{name}: {problem}"
    outlines = list(body.iter("outline"))
    for outline in outlines:
        yield from (f"{outline.get('text')!r}: {line}" for line in _outline(outline))
    yield from (f"listed twice: {one}" for one in repeated(
        one.get("xmlUrl") for one in outlines if one.get("xmlUrl")))  # fmt: skip


def _outline(outline: ET.Element) -> Iterator[str]:
    if not outline.get("text", "").strip():
        yield "no text"
    strange = set(outline.attrib) - _OUTLINE
    if strange:
        yield f"unknown attributes: {sorted(strange)}"
    if len(outline):
        yield from ["a folder with an address"] if outline.get("xmlUrl") else []
        return
    if outline.get("type") != "rss":
        yield f"type is {outline.get('type')!r}"
    if problem := link_problem(outline.get("xmlUrl")):
        yield f"xmlUrl: {problem}"
    if outline.get("htmlUrl") is not None and (problem := link_problem(outline.get("htmlUrl"))):
        yield f"htmlUrl: {problem}"
    if outline.get("language") is not None and not is_language(outline.get("language")):
        yield f"language: {outline.get('language')!r}"
