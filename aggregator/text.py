"""Text as it may leave the program: safe for XML and terminals, on one line, with a direction.

Pure.
"""

from __future__ import annotations

import re
import unicodedata

# Expressions for what few texts hold are strings: most commands need none of them, and compiling
# them all, with those of `urls`, took 3 ms of each start.

# What XML 1.0 forbids (section 2.2), C1 controls, lone surrogates, noncharacters, and the
# bidirectional overrides and isolates that make a headline read as something else.
_UNSAFE = (
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff"
    "\u202a-\u202e\u2066-\u2069"
    "\U0001fffe\U0001ffff\U0002fffe\U0002ffff\U0003fffe\U0003ffff\U0004fffe\U0004ffff"
    "\U0005fffe\U0005ffff\U0006fffe\U0006ffff\U0007fffe\U0007ffff\U0008fffe\U0008ffff"
    "\U0009fffe\U0009ffff\U000afffe\U000affff\U000bfffe\U000bffff\U000cfffe\U000cffff"
    "\U000dfffe\U000dffff\U000efffe\U000effff\U000ffffe\U000fffff\U0010fffe\U0010ffff]"
)
# Characters without width that carry no meaning in a headline (and may hide a message in it).
# U+200C and U+200D stay where a script needs them: Urdu and Hindi spell with them.
_INVISIBLE = (
    "[\u00ad\u061c\u180e\u200b\u200e\u200f\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e00ff\U000e01f0-\U000e0fff]"
)
_INVISIBLE_RUN = f"{_INVISIBLE}+"
# Of these a reader needs one at a place in running text: hyphens, breaks, directions.
_NEEDED_ONCE = "\u00ad\u061c\u200b\u200e\u200f\u2060"
# Letters and signs that look like spaces.
_BLANK = re.compile("[\u2800\u3164\uffa0\ufffc\U00013441\U00013442\U0001d159]+")
_HANGUL_FILLERS = "\u115f\u1160"  # seen as nothing, but part of syllables of old Korean
_FILLER_RUN = re.compile(f"[{_HANGUL_FILLERS}]{{3,}}")  # no syllable has more than two
_SEEN = re.compile(f"[^\\W{_HANGUL_FILLERS}]")
# Signs without a look of their own: of a run a reader needs one joiner and one selector at most.
_UNSEEN = re.compile("[\u034f\u17b4\u17b5\u200c\u200d\ufe00-\ufe0f\U000e0000-\U000e0fff]+")
# How they begin in UTF-8: a quick look at long texts, of which few hold any.
_UNSEEN_BYTES = (b"\xef\xb8", b"\xf3\xa0", b"\xe2\x80\x8c", b"\xe2\x80\x8d")
_JOINERS = "\u200c\u200d"
_IDEOGRAPH = "[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"  # rare: compiled when needed
_SELECTED_LETTER = "[\u1000-\u109f\u2139\ua840-\ua877]"  # Myanmar, ℹ, Phags-pa
_FIRST_JOINING = "\u0590"  # no script before Hebrew's joins letters by the sign
# Marks are not word characters to `re`; what else is none (signs, emoji) is known by its category.
_PILE = re.compile(r"[^\x00-\x7f\s\w]{5,}")
_MOST_MARKS = 4  # on one letter; no script has more but those that write marks beside it or stack
_MOST_STACKED = 8
_STACKING = re.compile("[\u0f00-\u109f]")  # Tibetan, Myanmar
# The bytes from 0x80 to 0x9F, but for five that mean nothing.
_WINDOWS_1252 = {
    byte: bytes([byte]).decode("cp1252")
    for byte in range(0x80, 0xA0)
    if byte not in (0x81, 0x8D, 0x8F, 0x90, 0x9D)
}
# Character sets whose text is taken for windows-1252.
_MISREAD = (
    *("utf-8", "cp1251", "cp1253", "cp1255", "cp1256", "cp874"),
    *("gb18030", "big5hkscs", "euc_jp", "cp932", "cp949"),
)
_LEAST_CUT = 200  # characters; shorter lines were cut by nobody
_LINE_BREAKS = "[\r\n\u0085\u2028\u2029\t]"


def xml_safe(text: str) -> str:
    """The text without characters that XML 1.0 forbids or that no feed text should carry."""
    # All of them count as not printable in Unicode, so most texts need no closer look, and most
    # others are not printable for their line breaks alone.
    if not (text.isprintable() or text.replace("\n", " ").replace("\xa0", " ").isprintable()):
        text = re.sub(_UNSAFE, "", text)
    if text.isascii():
        return text
    data = text.encode("utf-8")
    return _without_hidden(text) if any(start in data for start in _UNSEEN_BYTES) else text


def without_hidden(html: str) -> str:
    """Running text or HTML without what nobody sees: runs of invisible signs, piles of marks.

    What a reader needs stays: a soft hyphen, a place to break, a mark of direction, one at a time.
    """
    if html.isascii():
        return html
    return _bounded(
        re.sub(
            _INVISIBLE_RUN,
            lambda run: next((sign for sign in run[0] if sign in _NEEDED_ONCE), ""),
            html,
        )
    )


def _bounded(text: str) -> str:
    """The text without piles and hidden runs, signs that look like spaces made one space."""
    bounded = _PILE.sub(_bounded_pile, _without_hidden(text))
    return _BLANK.sub(" ", _FILLER_RUN.sub("", bounded))


def _without_hidden(text: str) -> str:
    """The text without runs of joiners and variation selectors, in which messages are hidden."""
    return _UNSEEN.sub(_needed, text)


def _needed(match: re.Match[str]) -> str:
    """Of a run, the first selector and the first joiner, where the sign before has a use for them.

    One selector makes a variation sequence (Unicode 23.4); the bases are those of
    StandardizedVariants, emoji-variation-sequences and the Ideographic Variation Database.
    """
    base = match.string[max(match.start() - 1, 0) : match.start()]
    joiners = [sign for sign in match[0] if sign in _JOINERS]
    selector = next((sign for sign in match[0] if sign >= "\ufe00"), "")
    if re.fullmatch(_IDEOGRAPH, base):
        is_taken = selector <= "\ufe02" or selector >= "\U000e0100"
    else:
        is_letter = base.isalpha() and not re.fullmatch(_SELECTED_LETTER, base)
        is_sign = bool(base.strip()) and base != ">" and not is_letter  # none is behind a tag
        is_taken = is_sign and selector in "\ufe00\ufe0e\ufe0f"
    joiner = joiners[0] if joiners and base >= _FIRST_JOINING else ""
    return (selector if is_taken else "") + joiner


def _bounded_pile(match: re.Match[str]) -> str:
    kept: list[str] = []
    marks = 0
    for char in match[0]:
        kind = unicodedata.category(char)
        marks = marks + 1 if kind[0] == "M" else marks if kind == "Cf" else 0
        most = _MOST_STACKED if kind == "Mc" or _STACKING.match(char) else _MOST_MARKS
        if marks <= most:
            kept.append(char)
    return "".join(kept)


def is_plain(text: str) -> bool:
    """Whether the text is in the form of `one_line`; a quick look that knows ASCII only."""
    # Space is all the white space that printable ASCII can hold.
    return (
        text.isascii()
        and text.isprintable()
        and not ("  " in text or text[:1] == " " or text[-1:] == " ")
    )


def one_line(text: str, *, limit: int = 1000) -> str:
    """Safe text on one line, single spaces, no invisible characters, at most `limit` characters.

    Empty when nothing of it is seen: fillers, blanks and marks alone are not text.
    """
    if len(text) > limit * 8:
        text = text[: limit * 8]  # a headline of megabytes is not read to its end
    if len(text) <= limit and is_plain(text):
        return text
    if not text.isprintable():
        # NEL is white space, too, and would be gone with the other C1 controls
        text = re.sub(_INVISIBLE, "", re.sub(_UNSAFE, "", text.replace("\x85", " ")))
    if not text.isascii():
        text = _bounded(text)
        if _SEEN.search(text) is None and not any(
            (kind := unicodedata.category(char))[0] in "LNPS" or kind == "Co"
            for char in text
            if char not in _HANGUL_FILLERS
        ):
            return ""
    line = " ".join(text.split())
    return line if len(line) <= limit else cut(line, limit)


def cut(text: str, limit: int) -> str:
    """At most `limit` characters, cut at a word where one ends near, marked with an ellipsis."""
    if len(text) <= limit:
        return text
    head = text[: limit - 1]
    space = head.rfind(" ")
    if space > limit // 2:
        head = head[:space]
    while head and unicodedata.combining(head[-1]):
        head = head[:-1]
    return head.rstrip(" ,;:–—-") + "…"


def misread(text: str, codec: str = "utf-8") -> str:
    """What programs make of a line that they take for windows-1252: `cafÃ©`, `Âçðûâ`."""
    signs = text.encode(codec, "replace").decode("latin-1").translate(_WINDOWS_1252)
    return one_line(signs, limit=len(signs) + 1)


def is_reread(text: str, other: str) -> bool:
    """Whether one of two lines is the other misread; a long one may have been cut since."""
    if text.isascii() and other.isascii():
        return False
    return any(
        wrong == given or (len(given) > _LEAST_CUT and wrong.startswith(given.removesuffix("…")))
        for codec in _MISREAD
        for wrong, given in ((misread(text, codec), other), (misread(other, codec), text))
    )


def headline_of(text: str) -> str:
    """What stands for the headline of a text without a title: its beginning."""
    return cut(text, 120)


def text_hash(*texts: str) -> str:
    """A hash of texts in order; the same on every machine."""
    from hashlib import blake2b  # noqa: PLC0415 - it loads OpenSSL, which the help does not need

    return blake2b("\x00".join(texts).encode("utf-8", "replace"), digest_size=16).hexdigest()


def printable(text: str, *, limit: int = 200) -> str:
    """Text from outside for a log line, an error message or a terminal: one line, no controls."""
    return one_line(text if is_plain(text) else re.sub(_LINE_BREAKS, " ", text), limit=limit)


def direction(text: str) -> str:
    """`rtl` or `ltr`, after the first strong character (Unicode UAX 9, rules P2 and P3)."""
    for char in text[:500]:
        kind = unicodedata.bidirectional(char)
        if kind == "L":
            return "ltr"
        if kind in ("R", "AL"):
            return "rtl"
    return "ltr"


def counted(number: int, one: str, many: str = "") -> str:
    """A number with its noun, or its verb: `1 story`, `2 stories`; `1 waits`, `2 wait`."""
    return f"{number} {one if number == 1 else many or one + 's'}"
