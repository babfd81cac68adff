"""Terms in scripts without spaces are found as substrings, by the letter."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.topics.terms import build_trie, find, read_term
from aggregator.topics.words import words

HAN_AND_KANA = "中国米軍対日本テロアメリカパガがか々ー"
LETTERS = {
    "Chinese and Japanese": HAN_AND_KANA,
    "Thai": ["ก", "ป่", "า", "ที่", "เ", "น้", "กั"],
    "Lao": ["ລ", "າ", "ປະ", "ນີ້"],
    "Khmer": ["ក", "ម្ពុ", "ជា", "ព្រំ"],
    "Burmese": ["မြ", "န်", "မာ", "ဗုဒ္ဓ"],
}


def is_found(text: str, line: str) -> bool:
    term = (read_term(line),)
    return bool(find(words(text), term, build_trie(term)))


@given(
    term=st.text(HAN_AND_KANA, min_size=1, max_size=4),
    text=st.text(HAN_AND_KANA, max_size=30),
)
def test_a_term_is_found_exactly_where_it_is_a_substring(term: str, text: str) -> None:
    assert is_found(text, term) == (term in text)


@pytest.mark.parametrize("script", LETTERS)
@given(data=st.data())
def test_a_term_is_found_between_any_letters(script: str, data: st.DataObject) -> None:
    letters = st.lists(st.sampled_from(list(LETTERS[script])), max_size=8).map("".join)
    term = data.draw(letters.filter(bool))

    assert is_found(data.draw(letters) + term + data.draw(letters), term)


@given(
    before=st.text(HAN_AND_KANA, min_size=1, max_size=4),
    after=st.text(HAN_AND_KANA, min_size=1, max_size=4),
    gap=st.sampled_from("、。・ 　「」！—_\n"),
)
def test_no_term_reaches_over_a_sign_or_a_space(before: str, after: str, gap: str) -> None:
    assert not is_found(before + gap + after, before + after)


@given(st.text(max_size=40), st.integers(1, 8))
def test_any_text_is_read_and_cut(text: str, limit: int) -> None:
    found = words(text, limit)

    assert all(found)
    assert len(found) <= 3 * limit
    assert found == words(text[: 12 * limit])[: len(found)]
