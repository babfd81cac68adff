"""Texts become the pieces that the vocabulary knows, whatever they hold."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.semantics.wordpiece import (
    MAX_PIECES,
    MAX_READ,
    MAX_WORD,
    Text,
    WordPiece,
    words_of,
)

VOCABULARY = (
    *("[PAD]", "[UNK]", "[CLS]", "[SEP]", ".", ",", "-", "$", "!"),
    *("talks", "talk", "##s", "##ing", "in", "##in", "cafe", "islam", "##abad", "un", "##affable"),
    *(chr(letter) for letter in range(ord("a"), ord("z"))),  # no z
    *("##" + chr(letter) for letter in range(ord("a"), ord("z"))),
    *("中", "国"),
)
PIECES = WordPiece(VOCABULARY)
SPECIAL = {VOCABULARY.index(name) for name in ("[CLS]", "[SEP]")}

TEXTS = st.builds(Text, st.text(max_size=80), st.text(max_size=80))


def shown(a: Text, b: Text) -> str:
    return " ".join(VOCABULARY[at] for at in PIECES.pair(a, b).ids)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Talks in Islamabad", ["talks", "in", "islamabad"]),
        ("Café, ÉCOLE", ["cafe", ",", "ecole"]),
        ("U.S.-Pakistan", ["u", ".", "s", ".", "-", "pakistan"]),
        ("$5bn", ["$", "5bn"]),
        ("“quoted”", ["“", "quoted", "”"]),
        ("中国abc", ["中", "国", "abc"]),
        ("㐀x", ["㐀", "x"]),
        ("\U00020000x", ["\U00020000", "x"]),
        ("soft\u00adhyphen zero\u200bwidth", ["softhyphen", "zerowidth"]),
        ("a\tb\r\nc\x00d", ["a", "b", "cd"]),
        ("lone \ud800 surrogate", ["lone", "surrogate"]),
        ("", []),
        ("  \t ", []),
    ],
)
def test_words_are_those_of_uncased_bert(text: str, words: list[str]) -> None:
    assert words_of(text) == words


def test_no_more_of_a_text_is_read_than_the_limit() -> None:
    assert "".join(words_of("a" * (MAX_READ + 50))) == "a" * MAX_READ


@pytest.mark.parametrize(
    ("headline", "pieces"),
    [
        ("talks", "talks"),
        ("talking", "talk ##ing"),
        ("Islamabad", "islam ##abad"),
        ("unaffable", "un ##affable"),
        ("tz", "[UNK]"),  # one letter that nothing knows makes the whole word unknown
        ("z", "[UNK]"),
        ("a" * MAX_WORD, " ".join(["a", *["##a"] * (MAX_WORD - 1)][:MAX_PIECES])),
        ("a" * (MAX_WORD + 1), "[UNK]"),
        ("", ""),
    ],
)
def test_the_longest_known_pieces_come_first(headline: str, pieces: str) -> None:
    first, second = sorted((Text(headline), Text("\U0010ffff talks")))

    assert shown(second, first) == f"[CLS] {pieces} [SEP] talks [SEP]".replace("  ", " ")


def test_a_summary_follows_its_headline_where_there_is_room() -> None:
    assert shown(Text("talks", "In cafe"), Text("x")) == "[CLS] talks . in cafe [SEP] x [SEP]"


@pytest.mark.parametrize("words", [MAX_PIECES - 1, MAX_PIECES, MAX_PIECES + 1])
def test_a_full_headline_leaves_no_room_for_a_summary(words: int) -> None:
    cut = PIECES.pair(Text(" ".join(["in"] * words), "talks"), Text("x"))

    assert VOCABULARY.index("talks") not in cut.ids
    assert cut.ids.count(VOCABULARY.index("in")) == min(words, MAX_PIECES)


@given(TEXTS, TEXTS)
def test_the_order_of_the_sides_makes_no_difference(a: Text, b: Text) -> None:
    assert PIECES.pair(a, b) == PIECES.pair(b, a)


@given(TEXTS, TEXTS)
def test_every_pair_is_bounded_and_well_formed(a: Text, b: Text) -> None:
    ids, sides = PIECES.pair(a, b)

    assert len(ids) == len(sides) <= 2 * MAX_PIECES + 3
    assert all(0 <= at < len(VOCABULARY) for at in ids)
    assert [at in SPECIAL for at in ids].count(True) == 3  # no text writes a special piece
    ends = [place for place, at in enumerate(ids) if at == VOCABULARY.index("[SEP]")]
    assert ends[1] == len(ids) - 1
    assert sides == (0,) * (ends[0] + 1) + (1,) * (len(ids) - ends[0] - 1)


@given(TEXTS, TEXTS)
def test_what_is_kept_changes_nothing(a: Text, b: Text) -> None:
    assert PIECES.pair(a, b) == WordPiece(VOCABULARY).pair(a, b)


@given(st.text(max_size=60))
def test_case_and_form_of_letters_make_no_difference(text: str) -> None:
    assert words_of(unicodedata.normalize("NFD", text)) == words_of(
        unicodedata.normalize("NFC", text)
    )
