"""Strips boilerplate from headlines, and folds letters."""

from __future__ import annotations

import re
import unicodedata
from html import unescape

from aggregator.stories.lexicon import lexicon, squeezed

MAX_CHARS = 600  # of a headline that are read; anything later does not distinguish stories
# What marks a text as cut off, in brackets or without.
ELLIPSIS = re.compile(r"\s*[\[(]?\s?(?:…|\.\s?\.\s?\.[.\s]*)\s?[\])]?\Z")
_PREFIX = re.compile(
    r"[\[(]?(?:breaking(?: news)?|just in|live(?: updates?)?|exclusive|watch(?: live)?|video"
    r"|updated?(?: \d+)?|alert|flash|urgent|developing|photos?|listen|read|in pics)"
    r"[\])]?\s*(?:[:|!–—]|- |\s- )\s*",
    re.IGNORECASE,
)
_SUFFIX = re.compile(r"\s+(?:-|–|—|\||::|•)\s+([^|–—•]{2,60})$")
_DOMAIN = re.compile(r"^[\w-]+(?:\.[\w-]+)*\.[a-z]{2,10}$", re.IGNORECASE)
QUOTES = str.maketrans({"’": "'", "‘": "'", "ʼ": "'", "`": "'", "´": "'", "“": '"', "”": '"'})
# Together with dashes, all non-ASCII characters of most texts; replaced as NFKC or `QUOTES` would.
_TYPED = (*[(chr(sign), plain) for sign, plain in QUOTES.items()], ("…", "..."), ("\xa0", " "))
_INITIALS = re.compile(r"\b[A-Za-z](?:\.[A-Za-z])+\b\.?|\b[A-Z]&[A-Z]\b")
_JOINED = re.compile(r"[.&][A-Za-z]")  # what initials have, and hardly any other text: soon found
_POSSESSIVE = re.compile(r"'s\b|'S\b|'(?=\w)")
_THOUSANDS = re.compile(r",(?<=\d,)(?=\d{2,3}(?!\d))")  # begins with its sign: ten times as fast
# Cyrillic letters that look like Latin ones (Unicode TR 39), folded in words that mix both.
_LOOKALIKES = str.maketrans("АВЕЅІЈКМНОРСТУХЬаеѕіјорсухԁһӏԛԝ", "ABESIJKMHOPCTYXbaesijopcyxdhlqw")
_CYRILLIC = re.compile("[\u0400-\u052f]")
_LATIN = re.compile("[A-Za-z]")
_UNWRITTEN = re.compile("[\u0300-\u036f\u200c\u200d]+")  # accents, and zero-width joiners


def strip(headline: str, publisher: str = "") -> tuple[str, bool]:
    """The headline without prefixes, publisher and ellipsis, and whether it was cut off."""
    core = headline[:MAX_CHARS].strip()
    if "&" in core and ";" in core:
        core = unescape(core)  # a feed that escaped twice
    truncated = len(headline) > MAX_CHARS
    known = lexicon()
    for _ in range(4):
        shorter = core
        if found := _PREFIX.match(shorter):
            shorter = shorter[found.end() :]
        if found := _SUFFIX.search(shorter):  # perhaps a publisher, or a section of one
            name, own = squeezed(found[1]), squeezed(publisher)
            is_own = bool(own) and (name == own or (len(name) > 3 and (name in own or own in name)))
            is_known = name in known.outlets or name in known.sections
            if _DOMAIN.match(found[1]) or (name and (is_own or is_known)):
                shorter = shorter[: found.start()]
        if shorter.endswith((".", "…", "]")) and (found := ELLIPSIS.search(shorter)):
            truncated = True
            shorter = shorter[: found.start()]
        shorter = shorter.strip()
        if shorter == core or not shorter:
            break
        core = shorter
    return core, truncated


def fold(text: str) -> str:
    """Drops accents, apostrophes, possessives and thousands separators; keeps case."""
    if text.isascii():
        text = text.replace("`", "'")
    else:
        for sign, plain in _TYPED:
            text = text.replace(sign, plain)
    if not text.isascii() and not text.replace("–", "").replace("—", "").isascii():
        text = unicodedata.normalize("NFKC", text)
        latin = unicodedata.normalize("NFD", text)
        text = _UNWRITTEN.sub("", latin)
        if _CYRILLIC.search(text):
            text = re.sub(
                r"\w+",
                lambda word: word[0].translate(_LOOKALIKES) if _LATIN.search(word[0]) else word[0],
                text,
            )
    if _JOINED.search(text):
        text = _INITIALS.sub(lambda found: found[0].replace(".", "").replace("&", ""), text)
    if "'" in text:
        text = _POSSESSIVE.sub("", text)
    return _THOUSANDS.sub("", text) if "," in text else text
