"""Text that may leave the house."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.text import (
    _UNSAFE,
    cut,
    direction,
    is_plain,
    is_reread,
    misread,
    one_line,
    printable,
    xml_safe,
)


def test_characters_that_xml_forbids_go_and_line_breaks_stay() -> None:
    assert xml_safe("a\x00b\x0bc\ufffed\ud800e\n\tf") == "abcde\n\tf"


def test_every_character_that_may_not_leave_is_found_among_any_others() -> None:
    unsafe = [chr(code) for code in range(0x110000) if re.match(_UNSAFE, chr(code))]

    assert len(unsafe) > 2000
    for char in unsafe:
        assert xml_safe(f"a\n\xa0{char}b") == "a\n\xa0b"


@pytest.mark.parametrize("text", ["", "plain words", " a", "a ", "a  b", "a\tb", "é", "a\u200bb"])
def test_plain_text_is_in_the_form_of_a_line(text: str) -> None:
    assert is_plain(text) == (text in ("", "plain words"))
    assert not is_plain(text) or one_line(text) == text


def test_c1_controls_and_bidirectional_overrides_go() -> None:
    assert xml_safe("a\x85b\u202ec\u2066d\x7f") == "abcd"


def test_noncharacters_of_all_planes_go() -> None:
    assert xml_safe("a\U0001fffeb\U0010ffffc\ufdd0d") == "abcd"


def test_letters_of_all_scripts_stay() -> None:
    text = "پاکستان भारत 日本 café 🇵🇰"

    assert xml_safe(text) == text
    assert one_line(text) == text


def test_a_line_has_single_spaces_and_nothing_invisible() -> None:
    assert one_line(" a\u200b\n\tb\u2028c\x85d \u00ad e\U000e0041 ") == "a b c d e"


def test_joiners_that_urdu_and_hindi_spell_with_stay() -> None:
    assert one_line("می\u200cخواهم") == "می\u200cخواهم"


def test_piles_of_accents_are_bounded() -> None:
    assert one_line("e" + "\u0301" * 10_000) == "e" + "\u0301" * 4


SELECTORS = [*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)]
ZALGO = "".join(map(chr, range(0x0300, 0x0330)))


@pytest.mark.parametrize(
    "char",
    [
        *("\u3164", "\u2800", "\uffa0", "\u115f"),
        *("\u1160", "\u115f\u1160", "\u034f", "\u17b5", "\u200d", "\ufe0f", "\u206a", "\ufffc"),
        *("\U000e0101", "\U0001d173", "\u0301", "\u20dd", "\u3164\u2800 \u200b\ufe0f\u0489"),
    ],
)
def test_what_nobody_sees_is_no_text(char: str) -> None:
    assert one_line(char) == ""
    assert one_line(char * 7) == ""


@pytest.mark.parametrize("text", ["!", "…", "€", "❤️", "7", "ᄒᅠ", "가", "ا", "\ue000", "⠓⠊"])
def test_what_is_seen_is_text(text: str) -> None:
    assert one_line(text) == text


def test_signs_that_look_like_spaces_are_spaces() -> None:
    assert one_line("Top\u3164\u3164news\u2800 of\uffa0today\u3164") == "Top news of today"


@given(
    message=st.lists(st.sampled_from(SELECTORS), min_size=2, max_size=40),
    base=st.sampled_from("a😀7漢ж"),
)
def test_no_message_hides_behind_a_sign(message: list[int], base: str) -> None:
    text = f"News {base}{''.join(map(chr, message))} today"

    for shown in (one_line(text), xml_safe(text)):
        assert len(shown) <= len(f"News {base}x today")
        assert shown.startswith(f"News {base}")
        assert shown.endswith(" today")


@pytest.mark.parametrize(
    "hidden",
    [
        "".join(f"{letter}\U000e0100" for letter in "Buy this"),
        "".join(f"{letter}\ufe01" for letter in "Buy this"),
        "".join(f"{letter}\u200d" for letter in "Buy this"),
        "Buy \u200c\u200d\u200d\u200cthis",
        "Buy\U000e0062\U000e0075 this",
        "\ufe0fBuy \ufe00this",
    ],
)
def test_no_message_hides_between_the_letters(hidden: str) -> None:
    assert one_line(hidden) == xml_safe(hidden) == "Buy this"


@pytest.mark.parametrize("char", ["\u034f", "\u17b5", "\u206f", "\ufffa"])
def test_a_line_has_no_characters_without_a_look(char: str) -> None:
    assert one_line(f"Bu{char}y t{char}his") == "Buy this"


@pytest.mark.parametrize(
    "text",
    [
        *("❤️ ℹ️ ©️ 1️⃣ ☀︎", "👁️\u200d🗨️ 👩\u200d🚀 ❤️\u200d🔥", "葛\U000e0100城市", "≨︀ 🄀"),
        *("می\u200cخواهم", "क्\u200dष", "ශ්\u200dරී", "မြန်မာ", "㐂︀"),
    ],
)
def test_signs_that_scripts_and_emoji_need_stay(text: str) -> None:
    assert one_line(text) == text
    assert xml_safe(f"<b>{text}</b>\n") == f"<b>{text}</b>\n"


@pytest.mark.parametrize(
    ("base", "mark"),
    [
        *(("e", "\u0301"), ("ก", "\u0e47"), ("ا", "\u064b"), ("ש", "\u05b8"), ("ж", "\u0483")),
        *(("क", "\u0941"), ("က", "\u103d"), ("a", "\u20dd"), ("漢", "\u3099"), ("😀", "\u0489")),
        *(
            ("ར", "\u0f71"),
            ("க", "\u0bbe"),
            ("Z", ZALGO),
            ("e", "\u0301\u200d"),
            ("e", "\u0301\u034f"),
        ),
    ],
)
def test_piles_of_marks_in_any_script_are_bounded(base: str, mark: str) -> None:
    line = one_line(f"{base}{(mark * 500)[:500]} news")

    assert line.startswith(base)
    assert line.endswith(" news")
    assert len(line) <= len(base) + 8 + len(" news")


@pytest.mark.parametrize(
    "text",
    [
        "ฟ้าใส่ที่นี่",
        "بِسْمِ ٱللَّٰهِ",
        "בְּרֵאשִׁ֖ית",
        "ဟွို့်",
        "ཧཱུྃ",
        "Việt Nam",
        "हिन्दी",
        "👍🏽👍🏽👍🏽👍🏽👍🏽👍🏽",
        "……–––“”",
    ],
)
def test_marks_that_scripts_need_stay(text: str) -> None:
    assert one_line(text) == text


@given(st.text(max_size=60))
def test_a_line_is_the_line_of_itself(text: str) -> None:
    assert one_line(one_line(text)) == one_line(text)


def test_a_long_line_is_cut_at_a_word() -> None:
    line = one_line("word " * 1_000, limit=23)

    assert line == "word word word word…"


def test_a_line_of_megabytes_is_not_read_to_its_end() -> None:
    assert len(one_line("x" * 5_000_000, limit=10)) == 10


@pytest.mark.parametrize(
    ("text", "limit", "shown"),
    [
        ("short", 10, "short"),
        ("one two three", 8, "one two…"),
        ("unbreakable", 6, "unbre…"),
        ("one two, three", 9, "one two…"),
        ("abcde\u0301\u0301fgh", 7, "abcde…"),
    ],
)
def test_cut(text: str, limit: int, shown: str) -> None:
    assert cut(text, limit) == shown
    assert len(cut(text, limit)) <= limit


def test_text_for_a_log_is_one_line_without_escapes() -> None:
    assert printable("a\r\nb\x1b[31mc\u2029d") == "a b[31mc d"


@pytest.mark.parametrize(
    ("text", "way"),
    [("Hello", "ltr"), ("پاکستان", "rtl"), ("«123» عربي", "rtl"), ("123", "ltr"), ("", "ltr")],
)
def test_direction_follows_the_first_strong_character(text: str, way: str) -> None:
    assert direction(text) == way


@pytest.mark.parametrize(
    "text", ["Café fermé", "«It’s» – a row", "انفجار في كابول", "क्वेटा", "日本"]
)
def test_a_line_is_known_however_it_was_misread(text: str) -> None:
    assert misread(text) != text
    assert is_reread(text, misread(text))
    assert is_reread(misread(text), text)
    assert not is_reread(text, text[:-1])
    assert not is_reread("Cafe", "Caffe")


@pytest.mark.parametrize(
    ("codec", "text"),
    [("cp1251", "Взрыв в Киеве"), ("gb18030", "巴基斯坦发生爆炸"), ("cp1256", "انفجار في كابول")],
)
def test_other_character_sets_may_have_been_misread(codec: str, text: str) -> None:
    assert is_reread(text, misread(text, codec))


def test_what_was_misread_may_have_been_cut_since() -> None:
    text = "Привет и ещё немного слов " * 10

    assert is_reread(text.strip(), cut(misread(text), 300))
    assert not is_reread(text.strip(), cut(misread(text), 40))
