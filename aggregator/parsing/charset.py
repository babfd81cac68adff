"""Decodes documents: finds the character set (WHATWG Encoding Standard).

Only character sets of the web are decoded. Python has further codecs (punycode, unicode_escape,
UTF-7, compression) that turn harmless bytes into markup, or take for ever.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress

from msgspec import Struct

from aggregator.errors import UnsupportedFormat
from aggregator.parsing.brokenutf8 import BrokenUtf8

# Labels of the standard, by the Python codec that decodes them, each a superset of its namesakes:
# a page that declares ISO-8859-1 is in windows-1252.
_LABELS = {
    "utf-8": "unicode-1-1-utf-8 unicode11utf8 unicode20utf8 utf-8 utf8 x-unicode20utf8",
    "cp866": "866 cp866 csibm866 ibm866",
    "iso8859-2": """csisolatin2 iso-8859-2 iso-ir-101 iso8859-2 iso88592 iso_8859-2
        iso_8859-2:1987 l2 latin2""",
    "iso8859-3": """csisolatin3 iso-8859-3 iso-ir-109 iso8859-3 iso88593 iso_8859-3
        iso_8859-3:1988 l3 latin3""",
    "iso8859-4": """csisolatin4 iso-8859-4 iso-ir-110 iso8859-4 iso88594 iso_8859-4
        iso_8859-4:1988 l4 latin4""",
    "iso8859-5": """csisolatincyrillic cyrillic iso-8859-5 iso-ir-144 iso8859-5 iso88595
        iso_8859-5 iso_8859-5:1988""",
    "iso8859-6": """arabic asmo-708 csiso88596e csiso88596i csisolatinarabic ecma-114 iso-8859-6
        iso-8859-6-e iso-8859-6-i iso-ir-127 iso8859-6 iso88596 iso_8859-6 iso_8859-6:1987""",
    "iso8859-7": """csisolatingreek ecma-118 elot_928 greek greek8 iso-8859-7 iso-ir-126
        iso8859-7 iso88597 iso_8859-7 iso_8859-7:1987 sun_eu_greek""",
    "iso8859-8": """csiso88598e csisolatinhebrew hebrew iso-8859-8 iso-8859-8-e iso-ir-138
        iso8859-8 iso88598 iso_8859-8 iso_8859-8:1988 visual csiso88598i iso-8859-8-i logical""",
    "iso8859-10": "csisolatin6 iso-8859-10 iso-ir-157 iso8859-10 iso885910 l6 latin6",
    "iso8859-13": "iso-8859-13 iso8859-13 iso885913",
    "iso8859-14": "iso-8859-14 iso8859-14 iso885914",
    "iso8859-15": "csisolatin9 iso-8859-15 iso8859-15 iso885915 iso_8859-15 l9",
    "iso8859-16": "iso-8859-16",
    "koi8-r": "cskoi8r koi koi8 koi8-r koi8_r",
    "koi8-u": "koi8-ru koi8-u",
    "mac-roman": "csmacintosh mac macintosh x-mac-roman",
    "mac-cyrillic": "x-mac-cyrillic x-mac-ukrainian",
    "cp874": "dos-874 iso-8859-11 iso8859-11 iso885911 tis-620 windows-874",
    "cp1250": "cp1250 windows-1250 x-cp1250",
    "cp1251": "cp1251 windows-1251 x-cp1251",
    "cp1252": """ansi_x3.4-1968 ascii cp1252 cp819 csisolatin1 ibm819 iso-8859-1 iso-ir-100
        iso8859-1 iso88591 iso_8859-1 iso_8859-1:1987 l1 latin1 us-ascii windows-1252 x-cp1252""",
    "cp1253": "cp1253 windows-1253 x-cp1253",
    "cp1254": """cp1254 csisolatin5 iso-8859-9 iso-ir-148 iso8859-9 iso88599 iso_8859-9
        iso_8859-9:1989 l5 latin5 windows-1254 x-cp1254""",
    "cp1255": "cp1255 windows-1255 x-cp1255",
    "cp1256": "cp1256 windows-1256 x-cp1256",
    "cp1257": "cp1257 windows-1257 x-cp1257",
    "cp1258": "cp1258 windows-1258 x-cp1258",
    "gb18030": """chinese csgb2312 csiso58gb231280 gb2312 gb_2312 gb_2312-80 gbk iso-ir-58 x-gbk
        gb18030""",
    "big5hkscs": "big5 big5-hkscs cn-big5 csbig5 x-x-big5",
    "euc_jp": "cseucpkdfmtjapanese euc-jp x-euc-jp",
    "iso2022_jp": "csiso2022jp iso-2022-jp",
    "cp932": "csshiftjis ms932 ms_kanji shift-jis shift_jis sjis windows-31j x-sjis",
    "cp949": """cseuckr csksc56011987 euc-kr iso-ir-149 korean ks_c_5601-1987 ks_c_5601-1989
        ksc5601 ksc_5601 windows-949""",
    "utf-16-be": "unicodefffe utf-16be",
    "utf-16-le": "csunicode iso-10646-ucs-2 ucs-2 unicode unicodefeff utf-16 utf-16le",
}
_CODECS = {label: codec for codec, labels in _LABELS.items() for label in labels.split()}
# What is declared of the language of a feed, and the character sets of those not in Latin letters.
_LANGUAGE = re.compile(
    rb"<(?:dc:)?language>\s*(?:<!\[CDATA\[\s*)?([a-z]{2}(?:-[a-z]+)*)"
    rb"|xml:lang\s*=\s*[\"']([a-z]{2}(?:-[a-z]+)*)",
    re.I,
)
_OF_LANGUAGE = {
    **dict.fromkeys(("ru", "uk", "bg", "be", "mk", "sr", "kk"), "cp1251"),
    **dict.fromkeys(("ar", "fa", "ur"), "cp1256"),
    **{"el": "cp1253", "he": "cp1255", "th": "cp874", "ko": "cp949"},
    **{"zh": "gb18030", "ja": "euc_jp cp932"},
    **dict.fromkeys(("zh-tw", "zh-hk", "zh-hant"), "big5hkscs gb18030"),
}
# A letter of two bytes may have its second one among ASCII.
_RUN = re.compile(rb"(?:[\x80-\xff]|(?<=[\x81-\xfe])[\x40-\x7e])+")
_LOOKED_AT = 200_000  # bytes for words of a language
_LETTERS_OF_WORD = 3  # bytes on average
_UTF8_BOM = b"\xef\xbb\xbf"
# By the byte order mark, or by zero bytes among the first characters of a document.
_UTF16 = (
    (re.compile(rb"\xfe\xff|\x00[<{ \n]\x00"), "utf-16-be"),
    (re.compile(rb"\xff\xfe|[<{ \n]\x00.\x00", re.S), "utf-16-le"),
)
_UTF32_BOMS = (b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff")
_HTTP_CHARSET = re.compile(r"charset\s*=\s*[\"']?\s*([^\s;\"',]{1,60})", re.I)
_PROLOG = re.compile(rb"<\?xml[^<>]{0,200}?\bencoding\s*=\s*[\"']\s*([\w.:-]{1,60})\s*[\"']", re.I)
# UTF-8 that was read as windows-1252 and encoded again: "wasnâ€™t", "Ã©". The first character is
# one of U+00C2 to U+00F4, the second one that windows-1252 has for a byte from 0x80 to 0xBF. Bytes
# are searched, because there the first character rules out nearly all other texts.
_TWICE = re.compile(
    rb"\xc3[\x82-\xb4](?:\xc2[\x80-\xbf]|\xc5[\x92\x93\xa0\xa1\xb8\xbd\xbe]|\xc6\x92|\xcb[\x86\x9c]"
    rb"|\xe2(?:\x80[\x93\x94\x98-\x9a\x9c-\x9e\xa0-\xa2\xa6\xb0\xb9\xba]|\x82\xac|\x84\xa2))"
)
_TO_BYTES = {
    ord(bytes([byte]).decode("cp1252")): byte
    for byte in range(0x80, 0xA0)
    if byte not in (0x81, 0x8D, 0x8F, 0x90, 0x9D)
}


class Decoded(Struct, frozen=True):
    """A document as text, without byte order marks, and the assumptions that were made."""

    text: str
    notes: tuple[str, ...] = ()


def codec_of(label: str) -> str | None:
    """The Python codec for a label of the WHATWG list, in any case; None for all others."""
    return _CODECS.get(label.strip().lower())


def decode(body: bytes, headers: Mapping[str, str]) -> Decoded:
    """Decodes by byte order mark, else as valid UTF-8, else by declaration, else by guess.

    Other text is hardly ever valid UTF-8 by chance, so valid UTF-8 wins over other declarations
    (RFC 7303 lets the HTTP header win, but many servers send a wrong default). Raises
    UnsupportedFormat for UTF-32, which the web has given up.
    """
    if body.startswith(_UTF32_BOMS):
        raise UnsupportedFormat(
            "the document is in UTF-32, which is not a character set of the web"
        )
    for beginning, codec in _UTF16:
        if beginning.match(body):
            return Decoded(_drop_marks(body.decode(codec, "replace")))
    declared: list[str] = []  # labels from the HTTP header and the XML declaration, in this order
    if not body.startswith(_UTF8_BOM):
        if http := _HTTP_CHARSET.search(headers.get("content-type", "")[:500]):
            declared.append(http[1])
        if prolog := _PROLOG.search(body[:2000].lstrip()[:400]):
            declared.append(prolog[1].decode("ascii", "replace"))
    codecs = tuple(codec for codec in map(codec_of, declared) if codec is not None)
    if "iso2022_jp" in codecs and b"\x1b$" in body:
        return Decoded(body.decode("iso2022_jp", "replace"))
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        return _not_utf8(body, codecs)
    if _TWICE.search(body):
        with suppress(UnicodeError):  # then only parts of it were encoded twice
            once = text.translate(_TO_BYTES).encode("latin-1").decode("utf-8")
            return Decoded(_drop_marks(once), ("the document was encoded twice",))
    notes: tuple[str, ...] = ()
    if not body.isascii() and any(codec_of(label) != "utf-8" for label in declared):
        notes = ("the document is in UTF-8 although it is declared otherwise",)
    return Decoded(_drop_marks(text), notes)


def _not_utf8(body: bytes, codecs: tuple[str, ...]) -> Decoded:
    """Decodes as UTF-8 with stray bytes, or in a declared character set, whichever fits more bytes.

    Stray bytes among UTF-8 are read as windows-1252, but never those that are valid UTF-8.
    """
    found = BrokenUtf8(body)
    # a specific declaration comes before a server's default
    useful = [codec for codec in codecs if not codec.startswith("utf")]
    codecs = tuple(sorted(dict.fromkeys(useful), key=lambda codec: codec == "cp1252"))
    if (not codecs or codecs[0] == "cp1252") and found.sound <= found.broken * 2:
        for codec in _codecs_of_language(body):
            with suppress(UnicodeDecodeError):
                note = f"the bytes are not UTF-8; read as {codec}, after the feed's language"
                return Decoded(body.decode(codec), (note,))
    if not codecs or codecs[0] == "cp1252" or found.sound > found.broken * 2:
        fallback = codecs[0] if codecs else "cp1252"
        note = f"{found.broken} bytes are not UTF-8; they were read as {fallback} or left out"
        if not found.broken:
            note = "the document is in CESU-8, which is like UTF-8 but for emoji and the like"
        notes = (note,) if found.sound or not codecs else ()
        return Decoded(_drop_marks(found.read_as(fallback)), notes)
    for codec in codecs:
        try:
            return Decoded(body.decode(codec))
        except UnicodeDecodeError:
            continue
    note = f"the bytes are not in the declared character set; read as {codecs[0]}"
    return Decoded(body.decode(codecs[0], "replace").replace("\ufffd", ""), (note,))


def _codecs_of_language(body: bytes) -> tuple[str, ...]:
    """What texts in the language of a feed are in, if its words look like it: whole runs of bytes.

    Languages in Latin letters have single ones, of which nothing tells the character set.
    """
    language = _LANGUAGE.search(body[:20_000])
    name = (language[1] or language[2]).decode().lower() if language else ""
    codecs = _OF_LANGUAGE.get(name) or _OF_LANGUAGE.get(name[:2], "")
    runs = _RUN.findall(body[:_LOOKED_AT]) if codecs else []
    are_words = sum(map(len, runs)) >= _LETTERS_OF_WORD * len(runs)
    return tuple(codecs.split()) if are_words else ()


def _drop_marks(text: str) -> str:
    return text.lstrip("\ufeff")
