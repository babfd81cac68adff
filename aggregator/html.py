"""HTML from outside: sanitised, or as plain text.

The only user of nh3. Every function takes any text, never raises, and takes time linear in the
length of its input (which is capped first: nh3 is quadratic in depth).
"""

from __future__ import annotations

import html as entities
import re

import nh3
from msgspec import Struct

from aggregator.text import is_plain, xml_safe

MAX_HTML = 1_000_000  # characters that are looked at
MAX_DEPTH = 300  # open elements; markup that is deeper loses all its tags

_TAGS_TEXT = "a b blockquote br cite code em i li ol p pre q s strong sub sup u ul"
_TAGS = frozenset(_TAGS_TEXT.split())
# Elements whose content is no part of the text either.
_DROPPED_TEXT = """
    script style noscript template svg math iframe object embed applet video audio canvas form
    button select textarea nav footer figcaption title head noembed noframes xmp plaintext
    frameset map
"""
_DROPPED = frozenset(_DROPPED_TEXT.split())
_CLEANER = nh3.Cleaner(
    tags=set(_TAGS),
    clean_content_tags=set(_DROPPED),
    attributes={"a": {"href"}},
    url_schemes={"http", "https", "mailto"},
    url_relative="deny",
    link_rel="noopener noreferrer nofollow",
)
_TEXT_CLEANER = nh3.Cleaner(
    tags=set(), clean_content_tags=set(_DROPPED), attributes={}, link_rel=None
)
# Other block elements become paragraphs, so that neighbours are not glued together.
_OTHER_BLOCKS = re.compile(
    r"<(/?)(?:div|section|article|header|main|aside|figure|table|tbody|tr|td|th|dl|dt|dd|center"
    r"|address|h[1-6]|hr)(?=[\s/>])",
    re.I,
)
_BLOCK = re.compile(
    r"<(?=/?(?:p|br|li|ul|ol|blockquote|pre|div|section|article|header|main|aside|figure|table|tr"
    r"|td|th|dl|dt|dd|h[1-6]|hr|center|address)[\s/>])",
    re.I,
)
# Elements that never nest in themselves: they have no content, or the next one closes them.
_FLAT = (
    r"br|img|hr|meta|link|input|wbr|source|track|area|base|col|embed|param|p|li|dt|dd|td|th|tr"
    r"|option"
)
_NESTING = re.compile(rf"<(/?)(?!(?:{_FLAT})[\s/>])(?=[a-zA-Z])", re.I)
_ANY_TAG = re.compile(r"<[^<>]*>")
_PART_OF_ENTITY = re.compile(r"&[#\w]{0,31}\Z")
_LINK_CLEANER = nh3.Cleaner(
    tags={"a", "link", "base"},
    clean_content_tags={"script", "style", "template", "svg", "math"},
    attributes={"a": {"href", "type"}, "link": {"href", "rel", "type", "title"}, "base": {"href"}},
    link_rel=None,
)
_LINK = re.compile(r'<(a|link|base)((?: [a-z]+="[^"]*")*)>')
_ATTRIBUTE = re.compile(r' ([a-z]+)="([^"]*)"')


class PageLink(Struct, frozen=True):
    """A link of a web page, as written there."""

    tag: str
    href: str
    rels: tuple[str, ...] = ()
    type: str = ""
    title: str = ""


def sanitise(html: str) -> str:
    """The HTML with text-level elements only, http, https and mailto links, and no images.

    What is left is inert and safe for XML: no scripts, handlers, styles, forms, comments,
    pictures (each is a tracker for somebody) or relative links.
    """
    source = xml_safe(_bounded(html))
    if "<" not in source and "&" not in source:
        return source.replace(">", "&gt;").strip()
    cleaned = _CLEANER.clean(_OTHER_BLOCKS.sub(r"<\1p", source))
    safe = xml_safe(cleaned)
    # A reference to a control character is one only after decoding; without it, what stood
    # around it may read as something else, so it is judged again.
    return (safe if safe == cleaned else xml_safe(_CLEANER.clean(safe))).strip()


def to_text(html: str) -> str:
    """The plain text of HTML: markup and its decoded doubles gone, one line, single spaces."""
    text = xml_safe(_bounded(html))
    if "<" not in text and "&" not in text:
        return _line(text)
    for _ in range(8):
        if "<" in text:
            decoded = entities.unescape(_TEXT_CLEANER.clean(_BLOCK.sub(" <", text)))
        else:
            decoded = entities.unescape(text) if "&" in text else text
        if decoded == text:
            break
        text = decoded
    else:  # escaped again and again: nobody's words
        text = text.replace("<", " ").replace("&", " ")
    return _line(xml_safe(text))


def page_links(html: str) -> tuple[PageLink, ...]:
    """The `link`, `a` and `base` elements of a web page, in its order."""
    # A parser of HTML 5 puts the page in order first; what it writes is regular.
    found = _LINK.finditer(_LINK_CLEANER.clean(xml_safe(_bounded(html))))
    return tuple(_page_link(match.group(1), match.group(2)) for match in found)


def cut_html(html: str, limit: int) -> str:
    """At most about `limit` characters of HTML, cut between words outside of tags."""
    if len(html) <= limit:
        return html
    head = html[:limit]
    if head.rfind("<") > head.rfind(">"):
        head = head[: head.rfind("<")]
    head = _PART_OF_ENTITY.sub("", head)
    space = max(head.rfind(" "), head.rfind(">"), head.rfind("\n"))
    if space > limit // 2 and head.rfind("<") <= head.rfind(">"):
        head = head[: space + 1]
    return head.rstrip() + "…"


def escape(text: str) -> str:
    """Plain text as HTML, lines kept as breaks."""
    return entities.escape(text, quote=False).replace("\n", "<br>")


def has_markup(html: str, text: str) -> bool:
    """Whether HTML is more than a text, or one paragraph of it."""
    plain = escape(text)
    return html not in (plain, f"<p>{plain}</p>")


def _line(text: str) -> str:
    return text if is_plain(text) else " ".join(text.split())


def _page_link(tag: str, attributes: str) -> PageLink:
    values = {name: entities.unescape(value) for name, value in _ATTRIBUTE.findall(attributes)}
    return PageLink(
        tag,
        values.get("href", ""),
        tuple(values.get("rel", "").lower().split()),
        values.get("type", ""),
        values.get("title", ""),
    )


def _bounded(html: str) -> str:
    html = html[:MAX_HTML]
    opened = html.count("<")
    if opened <= MAX_DEPTH:
        return html
    depth = deepest = 0
    for match in _NESTING.finditer(html):
        depth += -1 if match.group(1) else 1
        deepest = max(deepest, depth)
    return html if deepest <= MAX_DEPTH else _ANY_TAG.sub(" ", html)
