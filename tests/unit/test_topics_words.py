"""Words as topics read them."""

from __future__ import annotations

import pytest

from aggregator.topics.words import is_shouted, normal, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Pakistan's army", ["Pakistan", "army"]),
        ("Pakistan’s army", ["Pakistan", "army"]),
        ("PAKISTAN'S ARMY", ["PAKISTAN", "ARMY"]),
        ("Pakistan´s army", ["Pakistan", "army"]),
        ("US’ claim", ["US", "claim"]),
        ("US–Pakistan/US—China, US‑led", ["US", "Pakistan", "US", "China", "US", "led"]),
        ("#Pakistan US_envoy", ["Pakistan", "US", "envoy"]),
        ("counter-terrorism", ["counter", "terrorism"]),
        ("U.S.-Pakistan talks", ["US", "Pakistan", "talks"]),
        ("the u.s. envoy", ["the", "US", "envoy"]),
        ("in the U.S.", ["in", "the", "US"]),
        ("F-16s", ["F", "16s"]),
        ("US$2bn loan", ["US$", "2bn", "loan"]),
        ("pakistan.example", ["pakistan", "example"]),
        ("Guantánamo Bay", ["Guantanamo", "Bay"]),
        ("O'Brien met d'Affaires", ["O", "Brien", "met", "d", "Affaires"]),
        ("", []),
        ("— … !", []),
        ("Aid to Pakistan - Times of X", ["Aid", "to", "Pakistan", "-", "Times", "of", "X"]),
        ("Aid — US | X", ["Aid", "-", "US", "|", "X"]),
        ("訪米、国防", ["訪", "米", "|", "国", "防"]),
        ("AI芯片, F-16", ["AI", "芯", "片", "F", "16"]),
        ("ガ ｶﾞ", ["ガ", "|", "ガ"]),
        ("ป่าไม้", ["ป่", "า", "ไ", "ม้"]),
        ("កម្ពុជា", ["ក", "ម្ពុ", "ជា"]),
        ("தமிழ்நாடு அரசு", ["தமிழ்நாடு", "அரசு"]),
    ],
)
def test_text_is_cut_at_the_bounds_of_words(text: str, expected: list[str]) -> None:
    assert words(text) == expected


def test_urdu_letters_that_look_alike_read_alike() -> None:
    assert words("امريكه پاكستان") == words("امریکہ پاکستان")


def test_vowel_signs_and_joiners_do_not_part_a_word() -> None:
    assert words("وزیرِ خارجہ") == words("وزیر خارجہ")
    assert words("دہشت\u200cگردی") == words("دہشتگردی")


def test_devanagari_words_keep_their_signs_and_lose_the_nukta() -> None:
    assert words("पाकिस्तान की सेना") == ["पाकिस्तान", "की", "सेना"]
    assert words("टैरिफ़") == words("टैरिफ") == words("टैरि\u095e")


def test_only_the_first_words_are_read() -> None:
    assert words("one two three", 2) == ["one", "two"]
    assert len(words("word " * 10_000, 60)) == 60


def test_three_letters_of_a_script_without_spaces_count_as_a_word() -> None:
    assert words("国" * 10_000, 60) == ["国"] * 180
    assert words("AI 国国国国", 2) == ["AI", "国", "国", "国"]
    assert words("国防長官 AI", 2) == ["国", "防", "長", "官"]


def test_plain_text_is_left_as_it_is() -> None:
    assert normal("plain") == "plain"


def test_a_run_of_capitals_is_shouting() -> None:
    written = words("NOBODY TOLD US THE DAM would open, says US envoy")

    assert is_shouted(written, 2, 3)
    assert not is_shouted(written, len(written) - 2, len(written) - 1)


@pytest.mark.parametrize("text", ["US, UK, UAE agree", "US, UK, EU, UAE, CIA agree"])
def test_acronyms_side_by_side_are_not_shouting(text: str) -> None:
    assert not is_shouted(words(text), 0, 1)


def test_words_of_a_term_do_not_shout_at_each_other() -> None:
    written = words("BLACK LIVES MATTER NOW says mayor")

    assert not is_shouted(written, 0, 4)
    assert is_shouted(written, 0, 1)
