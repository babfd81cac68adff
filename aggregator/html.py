"""HTML from outside: sanitised, or as plain text. Pure.

The only user of nh3. Every function takes any text, never raises, and takes time linear in the
length of its input (which is capped first: nh3 is quadratic in depth).
"""

from __future__ import annotations

import html as entities
import re

import nh3
from msgspec import Struct

from aggregator.text import is_plain, without_hidden, xml_safe
from aggregator.urls import absolute

MAX_HTML = 1_000_000  # characters that are looked at
MAX_DEPTH = 300  # open elements; markup that is deeper loses all its tags

_TAGS_TEXT = "a b blockquote br cite code em i li ol p pre q s strong sub sup u ul"
_TAGS = frozenset(_TAGS_TEXT.split())
# Elements whose content is not part of the text either.
_DROPPED_TEXT = """
    script style noscript template svg math iframe object embed applet video audio canvas form
    button select textarea nav footer figcaption title head noembed noframes xmp plaintext
    frameset map
"""
_DROPPED = frozenset(_DROPPED_TEXT.split())
# All elements of HTML, those of its past included: whatever else is in angle brackets is text.
_ELEMENTS_TEXT = """
    a abbr acronym address applet area article aside audio b base basefont bdi bdo bgsound big
    blink blockquote body br button canvas caption center cite code col colgroup data datalist dd
    del details dfn dialog dir div dl dt em embed fieldset figcaption figure font footer form frame
    frameset h1 h2 h3 h4 h5 h6 head header hgroup hr html i iframe image img input ins isindex kbd
    keygen label legend li link listing main map mark marquee math menu menuitem meta meter nav
    nobr noembed noframes noscript object ol optgroup option output p param picture plaintext pre
    progress q rb rp rt rtc ruby s samp script search section select slot small source spacer span
    strike strong style sub summary sup svg table tbody td template textarea tfoot th thead time
    title tr track tt u ul var video wbr xmp
"""
_ELEMENTS = frozenset(_ELEMENTS_TEXT.split())
# What is markup also where its other tag is missing: escaped twice, or on one line.
_ALONE = frozenset({"br", "p", "wbr"})
_FORMATTING_TEXT = "a b big center div em font i mark nobr s small span strike strong sub sup tt u"
_FORMATTING = _ALONE | frozenset(_FORMATTING_TEXT.split())
_TAG_NAME = re.compile(r"</?([a-z][^\s/<>]*)")
_NAMED_TAG = re.compile(r"<(/?)([a-zA-Z][^\s/<>]*)([^<>]*)(>?)")
_RELATIVE_LINK = re.compile(r"""href\s*=\s*+["']?+\s*+(?!https?:|mailto:)""", re.I)
# References that need a semicolon, unlike `&eacute`, and begin no name of a parameter.
_UNENDED = re.compile(r"&([lr]squo|[lrb]dquo|sbquo|hellip|[mn]dash)(?![;=])")
_DECODINGS = 8  # how often a text may have been escaped
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
_CDATA = "<![CDATA["
_ANY_TAG = re.compile(r"<[^<>]*>")
_PART_OF_ENTITY = re.compile(r"&[#\w]{0,31}\Z")
_LINK_CLEANER = nh3.Cleaner(
    tags={"a", "link", "base"},
    clean_content_tags={"script", "style", "template", "svg", "math"},
    attributes={"a": {"href", "type"}, "link": {"href", "rel", "type", "title"}, "base": {"href"}},
    link_rel=None,
)
_LINK = re.compile(r'<(a|link|base)((?: [a-z]+="[^"]*")*)>')
_ATTRIBUTE = re.compile(r' ([a-z-]+)="([^"]*)"')


_IMAGE_CLEANER = nh3.Cleaner(
    tags={"img"},
    clean_content_tags={"script", "style", "template", "svg", "math", "noscript"},
    attributes={"img": {"src", "data-src", "width", "height"}},
    link_rel=None,
)
_IMAGE = re.compile(r'<img((?: [a-z-]+="[^"]*")*)>')


class PageImage(Struct, frozen=True):
    """A picture within HTML, as written there."""

    url: str
    width: str = ""
    height: str = ""


class PageLink(Struct, frozen=True):
    """A link of a web page, as written there."""

    tag: str
    href: str
    rels: tuple[str, ...] = ()
    type: str = ""
    title: str = ""


def sanitise(html: str, base: str = "", page: str = "") -> str:
    """The HTML with text-level elements only, http, https and mailto links, and no images.

    What is left is inert and safe for XML: no scripts, handlers, styles, forms, comments or
    pictures (each is a tracker for somebody). Relative links are resolved against `base`, places
    on the page (`#note`) against `page`; without these they lose their target.
    """
    source = _without_cdata(_UNENDED.sub(r"&\1;", xml_safe(_bounded(html))))
    if not any(mark in source for mark in "<>&"):
        return without_hidden(source).strip()
    if not _ELEMENTS.issuperset(_TAG_NAME.findall(source.lower())):
        # an angle bracket that begins no element is text
        closed = _closed(source)
        source = _NAMED_TAG.sub(
            lambda tag: tag[0] if _is_element(tag, closed) else f"&lt;{tag[0][1:]}", source
        )
    source = _OTHER_BLOCKS.sub(r"<\1p", source)
    is_relative = base and _RELATIVE_LINK.search(source)
    cleaner = _cleaner(base, page or base) if is_relative else _CLEANER
    cleaned = cleaner.clean(source)
    safe = xml_safe(cleaned)
    # A reference to a control character is one only after decoding; without it, what was
    # around it may read as something else, so it is judged again.
    safe = safe if safe == cleaned else xml_safe(_CLEANER.clean(safe))
    return without_hidden(safe).strip()


def to_text(html: str) -> str:
    """The plain text of HTML: markup and its decoded doubles gone, one line, single spaces.

    What the text says about elements stays: what is in angle brackets but names no element
    (`vector<int>`), and an escaped tag on its own (`the <dialog> element`).
    """
    return _text(html, all_alone=_ELEMENTS)


def line_to_text(html: str) -> str:
    """The same of one line, such as a title: there only formatting may lack its end."""
    return _text(html, all_alone=_FORMATTING)


def escaped_to_text(html: str) -> str:
    """The plain text of what `escape` wrote: nothing in it is escaped twice."""
    return decoded(entities.unescape(_TEXT_CLEANER.clean(_BLOCK.sub(" <", xml_safe(html)))))


def without_tags(text: str) -> str:
    """Plain text without whatever is in angle brackets, as version 0.1 read all texts."""
    while "<" in text:
        shorter = entities.unescape(_TEXT_CLEANER.clean(_BLOCK.sub(" <", text)))
        if shorter == text:
            break
        text = shorter
    return _line(text)


def decoded(text: str) -> str:
    """Plain text with its references decoded, on one line: some write them where none are due."""
    text = _UNENDED.sub(r"&\1;", xml_safe(text))
    for _ in range(_DECODINGS):
        following = entities.unescape(text) if "&" in text else text
        if following == text:
            break
        text = following
    else:
        text = text.replace("&", " ")
    return _line(xml_safe(text))


def page_links(html: str) -> tuple[PageLink, ...]:
    """The `link`, `a` and `base` elements of a web page, in its order."""
    # A parser of HTML 5 puts the page in order first; what it writes is regular.
    found = _LINK.finditer(_LINK_CLEANER.clean(xml_safe(_bounded(html))))
    links = []
    for tag, attributes in (match.groups() for match in found):
        values = {name: entities.unescape(value) for name, value in _ATTRIBUTE.findall(attributes)}
        links.append(
            PageLink(
                tag,
                values.get("href", ""),
                tuple(values.get("rel", "").lower().split()),
                values.get("type", ""),
                values.get("title", ""),
            )
        )
    return tuple(links)


def page_images(html: str) -> tuple[PageImage, ...]:
    """The pictures within HTML, in its order; a script's place for a picture counts as one."""
    images = []
    for attributes in _IMAGE.findall(_IMAGE_CLEANER.clean(xml_safe(_bounded(html)))):
        values = {name: entities.unescape(value) for name, value in _ATTRIBUTE.findall(attributes)}
        source = values.get("src", "")
        url = values.get("data-src", source) if not source or "data:" in source[:9] else source
        images.append(PageImage(url, values.get("width", ""), values.get("height", "")))
    return tuple(images)


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


def unescaped(html: str) -> str:
    """HTML whose markup is escaped once too often, put right; all other as it is.

    An escaped tag on its own stays text (`the &lt;dialog&gt; element`), as does all that stands
    beside tags that are none.
    """
    if "<" in html or "&lt;" not in html:
        return html
    found = _only_markup(entities.unescape(html), _ALONE)
    return found if "<" in found else html


def has_markup(html: str, text: str) -> bool:
    """Whether HTML is more than a text, or one paragraph of it."""
    plain = escape(text)
    return html not in (plain, f"<p>{plain}</p>")


def _text(html: str, *, all_alone: frozenset[str]) -> str:
    text = _UNENDED.sub(r"&\1;", xml_safe(_bounded(html)))
    if "<" not in text and "&" not in text:
        return _line(text)
    alone = all_alone
    for _ in range(_DECODINGS):
        if "<" in text:
            text = _without_cdata(text)
            marked = _BLOCK.sub(" <", _only_markup(text, alone))
            following = entities.unescape(_TEXT_CLEANER.clean(marked))
        else:
            following = entities.unescape(text) if "&" in text else text
        if following == text:
            break
        text, alone = following, _ALONE
    else:  # escaped again and again: nobody's words
        text = text.replace("<", " ").replace("&", " ")
    return _line(xml_safe(text))


def _cleaner(base: str, page: str) -> nh3.Cleaner:
    def resolved(url: str) -> str | None:
        return absolute(page if url.startswith("#") else base, url)

    return nh3.Cleaner(
        tags=set(_TAGS),
        clean_content_tags=set(_DROPPED),
        attributes={"a": {"href"}},
        url_schemes={"http", "https", "mailto"},
        url_relative=resolved if base else "deny",
        link_rel="noopener noreferrer nofollow",
    )


_CLEANER = _cleaner("", "")


def _only_markup(html: str, alone: frozenset[str]) -> str:
    """The HTML with angle brackets escaped that begin no element.

    An element without its other tag is one only if it is in `alone`.
    """
    if alone.issuperset(_TAG_NAME.findall(html.lower())):
        return html
    closed = _closed(html)
    opened = {tag[2].lower() for tag in _NAMED_TAG.finditer(html) if not tag[1]}

    def kept(tag: re.Match[str]) -> str:
        name = tag[2].lower()
        is_markup = _is_element(tag, closed) and (
            name in alone
            or "=" in tag[3]
            or tag[3].endswith("/")
            or not tag[4]
            or (name in closed and name in opened)
        )
        return tag[0] if is_markup else f"&lt;{tag[0][1:]}"

    return _NAMED_TAG.sub(kept, html)


def _closed(html: str) -> set[str]:
    return {tag[2].lower() for tag in _NAMED_TAG.finditer(html) if tag[1]}


def _is_element(tag: re.Match[str], closed: set[str]) -> bool:
    """Whether HTML has the element, or it is one of another vocabulary (`<o:p>`, `<g-emoji>`)."""
    name = tag[2].lower()
    if name in _ELEMENTS:
        return True
    is_foreign = ("-" in name or ":" in name) and "::" not in name
    return is_foreign and (name in closed or tag[3].endswith("/"))


def _without_cdata(html: str) -> str:
    """The HTML without escaped marks of CDATA sections: to a browser, all in them is a comment."""
    return html.replace(_CDATA, "").replace("]]>", "") if _CDATA in html else html


def _line(text: str) -> str:
    return text if is_plain(text) else " ".join(text.split())


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
