"""Text that may leave the house."""

from __future__ import annotations

import pytest

from aggregator.text import _UNSAFE, cut, direction, is_plain, one_line, printable, xml_safe


def test_characters_that_xml_forbids_go_and_line_breaks_stay() -> None:
    assert xml_safe("a\x00b\x0bc\ufffed\ud800e\n\tf") == "abcde\n\tf"


def test_every_character_that_may_not_leave_is_found_among_any_others() -> None:
    unsafe = [chr(code) for code in range(0x110000) if _UNSAFE.match(chr(code))]

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
