"""Removes boilerplate of web pages from the texts of feeds.

"Skip to content", "Read also: ...", "The post ... appeared first on ...", share links, invitations
to subscribe. A pattern is matched against one block (paragraph, list item, line) at a time. It is
anchored or begins with a literal, and has no nested repeats, so that matching takes linear time.
"""

from __future__ import annotations

import html as entities
import re

_BLOCK_TAG = re.compile(r"(</?(?:p|br|li|ul|ol|blockquote|pre)\b[^<>]*>)")
_INLINE_TAG = re.compile(r"</?[a-z]+[^<>]*>")
_EMPTY = re.compile(
    r"<(p|li|ul|ol|blockquote|a|b|i|em|strong|s|u|q|cite|code|pre|sub|sup)(?: [^<>]*)?>"
    r"(?:[\s\u00a0]|&nbsp;|<br ?/?>)*</\1>"
)
_LAST_BREAK = re.compile(r"<br>\s*(?=</(?:p|li|blockquote)>)")

_LONGEST = 750  # characters; no pattern matches more

_READ = (
    r"(?:read|see|watch|also read|read also|also see|see also|don'?t miss|related|must read"
    r"|read next|more|editor'?s pick|in case you missed it)"
)
_MORE = (
    r"(?:read|learn|view|see|know|find out) (?:more|on"
    r"|(?:the )?(?:full|rest|entire|whole|complete|original)[^.!?<>]{0,40})\b"
    r"|continue reading|click here(?: to[^.!?<>]{0,60})?|full (?:story|article|text)|keep reading"
    r"|more on this story|lire la suite|lire plus|weiterlesen|mehr lesen|leer m[aá]s|مزید پڑھیں"
)
_BOILERPLATE = re.compile(
    r"(?:"
    r"skip (?:to|navigation)\b.{0,60}"
    rf"|{_READ}\s*(?:\||:|–|—|-)\s?.{{0,300}}"
    r"|(?:also read|read also|see also|also see|read next|must read)\b.{0,300}"
    rf"|(?:{_MORE})[^\w]*.{{0,160}}"
    r"|the post .{0,500}\b(?:first appeared|appeared first) on .{0,200}"
    r"|this (?:article|story|post|piece) (?:was )?(?:originally |first )+(?:appeared|published)"
    r".{0,200}"
    r"|share (?:this|on|via|(?:the )?(?:article|story|post))\b.{0,120}"
    r"|click to (?:share|email|print|tweet).{0,160}"
    r"|share|tweet|email|print|pin it|whats\s?app|facebook|twitter|linkedin|reddit|telegram"
    r"|pinterest|copy link|save|comments?|\d+ comments?|like this:|like loading.{0,10}"
    r"|loading.{0,5}"
    r"|(?:follow|like|join|find) us (?:on|at)\b.{0,200}"
    r"|(?:download|get) (?:the|our) .{0,80}\bapp\b.{0,80}"
    r"|(?:subscribe|sign up|register)\b.{0,40}\b(?:newsletter|channel|updates?|alerts?|digest"
    r"|inbox|emails?|briefing|telegram|whatsapp|youtube|notifications?)\b.{0,160}"
    r"|(?:get|receive) .{0,80}\b(?:in your inbox|newsletter|delivered)\b.{0,80}"
    r"|subscribe(?: now| today)?|sign up(?: now| here)?|log ?in(?: to .{0,60})?"
    r"|advertisement|advertising|sponsored(?: content)?|ad|story continues below.{0,60}"
    r"|listen to (?:this )?(?:article|story).{0,80}|(?:\d+ ?min(?:ute)?s? read)"
    r"|(?:tags?|filed under|categories|topics?)\s*:.{0,300}"
    r"|\d+ posts? - \d+ participants?|statistics: posted by .{0,160}"  # Discourse, phpBB
    r"|(?:article|comments) url: .{0,400}|points: \d+|# comments: \d+"  # of Hacker News
    r"|submitted by.{0,120}|\[link\].{0,40}|\[(?:\d+ )?comments?\]"
    r"|to read (?:this|the) (?:article|story|entry|report)\b.{0,100}|[\W_]{1,20}"
    r"|(?:subscribe|register|(?:log|sign) ?(?:in|up))(?: or [a-z ]{0,20})?(?: now)? to"
    r" (?:read|continue|keep|unlock|access|view)\b.{0,120}"
    r"|this (?:article|content|story|post) is (?:only )?(?:available )?(?:for|to)"
    r" (?:\w+ )?(?:subscribers|members)\b.{0,120}"
    r"|enable javascript.{0,120}|your browser does not support.{0,120}"
    r"|(?:all rights reserved|copyright ©|© ?\d{4}|copyright \d{4}).{0,160}"
    r"|image source,? .{0,80}|getty images|photo credit:? .{0,80}|image caption.{0,10}"
    r")",
    re.I | re.S,
)
# A link at the end of a block to the rest of the article.
_LINK = re.compile(
    rf"<a\b[^<>]*>[\s\u00a0\[(«»…]*(?:{_MORE}|more|full coverage|view full coverage[^<>]{{0,40}}"
    r"|\[?link\]?|\[?comments\]?|\d+ comments?)[^<>]{0,80}</a>\s*\Z",
    re.I,
)
# The same without a link, and the marks by which blogs show that a text is cut off.
_TAIL = re.compile(
    r"(?:"
    r"(?<![a-z])(?:read more|continue reading|read the full (?:story|article)"
    r"|click here to read more)[\s.…:»>→&;gt-]{0,10}"
    r"|the post .{0,400} appeared first on .{0,160}"
    r"|\[(?:&#8230;|&hellip;|…|\.{3})\]"
    r")\Z",
    re.I | re.S,
)
_LONGEST_TAIL = 600  # characters
# Each tail except the marks in brackets contains one of these. None has an i, k or s in it: without
# case, these equal more than two characters.
_TAIL_WORDS = ("read more", "e read", "read the full", "appeared f")


def strip_boilerplate(html: str) -> str:
    """Sanitised HTML (of `html.sanitise`) without what belongs to the page, not the article."""
    parts = _BLOCK_TAG.split(html)
    for at in range(0, len(parts), 2):
        inline = parts[at]
        if not inline.strip():
            continue
        text = entities.unescape(_INLINE_TAG.sub("", inline)).replace("\u00a0", " ").strip()
        if text and len(text) <= _LONGEST and _BOILERPLATE.fullmatch(text):
            tags = _INLINE_TAG.findall(inline)
            opened = sum(not tag.startswith("</") for tag in tags)
            # tags whose counterpart is in another block stay
            parts[at] = "" if opened * 2 == len(tags) else "".join(tags)
        elif text:
            article = _LINK.sub("", inline).rstrip()
            end = article[-_LONGEST_TAIL:].lower()
            # searching for a tail from each character on is slow, and most texts have none
            if end.endswith("]") or any(words in end for words in _TAIL_WORDS):
                article = _TAIL.sub("", article)
            if len(article) != len(inline.rstrip()):
                parts[at] = article.rstrip()
    html = "".join(parts)
    for _ in range(4):
        shorter = _LAST_BREAK.sub("", _EMPTY.sub("", html))
        if shorter == html:
            break
        html = shorter
    html = html.strip()
    while html.startswith("<br>"):
        html = html[4:].lstrip()
    while html.endswith("<br>"):
        html = html[:-4].rstrip()
    return html
