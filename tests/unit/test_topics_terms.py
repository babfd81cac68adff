"""Terms and the walk that finds them."""

from __future__ import annotations

import pytest

from aggregator.topics.terms import Hit, TermError, build_trie, find, read_term
from aggregator.topics.words import words


def found(text: str, *lines: str) -> list[str]:
    terms = tuple(read_term(line) for line in lines)
    return [terms[hit.term].text for hit in find(words(text), terms, build_trie(terms))]


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("Drone strikes go on", "drone strikes"),
        ("counter-terrorism talks", "counter terrorism"),
        ("Counter terrorism talks", "counter-terrorism"),
        ("the Pentagon's budget", "pentagon"),
        ("Guantánamo inmates", "Guantanamo"),
        ("a US-made jet", "=US"),
        ("U.S. and Pakistan", "=US"),
        ("LeT men held", "=LeT"),
        ("extraditions halted", "extradit*"),
        ("BLACK LIVES MATTER NOW", "=BLACK LIVES MATTER NOW"),
        ("US, UK, EU, UAE agree", "=US"),
        ("armed drone strikes", "drone strike*"),
        ("امریکی فوج", "امریک*"),
        ("अमेरिकी सेना", "अमेरिक*"),
        ("アメリカとパキスタンが対テロ対策で合意", "パキスタン"),
        ("ﾊﾟｷｽﾀﾝ軍が空爆", "パキスタン"),
        ("ドナルド トランプ氏が来日", "ドナルド・トランプ"),
        ("中国收紧AI芯片出口管制", "芯片出口"),
        ("航空自衛隊のF-16戦闘機", "F-16戦闘機"),
        ("米NATO軍が撤収", "=NATO"),
        ("สหรัฐฯคว่ำบาตรปากีสถาน", "ปากีสถาน"),
        ("ປະເທດລາວຈັດກອງປະຊຸມ", "ລາວ"),
        ("កងទ័ពកម្ពុជានៅព្រំដែន", "កម្ពុជា"),
        ("မြန်မာနိုင်ငံတွင်", "နိုင်ငံ"),
        ("বাংলাদেশের সেনা", "বাংলাদেশ*"),
    ],
)
def test_term_is_found(text: str, term: str) -> None:
    assert found(text, term) == [term.removeprefix("=")]


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("they told us", "=US"),
        ("US$ 2bn", "=US"),
        ("NOBODY TOLD US THE DAM WOULD OPEN", "=US"),
        ("let them in", "=LeT"),
        ("Let them in", "=LeT"),
        ("Jaishankar speaks", "jaish"),
        ("dronelike", "drone"),
        ("drone and strike", "drone strike"),
        ("extra time", "extradit*"),
        ("drone stride", "drone strike*"),
        ("drone", "drone strike*"),
        ("Aid goes to Pakistan - Times of X", "Pakistan Times"),
        ("News | Drone strike", "news drone"),
        ("訪米、国防長官と会談", "米国"),
        ("訪米　国防長官と会談", "米国"),
        ("ハスの花", "バス"),
        ("คนึงหา", "คน"),
        ("ป่าไม้", "ปา"),
        ("မြန်", "မြန"),
    ],
)
def test_term_is_not_found(text: str, term: str) -> None:
    assert found(text, term) == []


def test_overlapping_terms_are_all_found() -> None:
    assert found("drone strike", "drone", "drone strike", "strike") == [
        "drone",
        "drone strike",
        "strike",
    ]


def test_two_stems_of_one_beginning_are_told_apart() -> None:
    assert found("terrorists", "terror*", "terri*") == ["terror*"]


def test_hit_says_where() -> None:
    terms = (read_term("drone strike"),)

    assert find(words("US drone strike kills"), terms, build_trie(terms)) == [Hit(0, 1, 3)]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("", "no word"),
        ("—", "no word"),
        ("=", "no word"),
        ("ter*or", "at the end"),
        ("=Ter*", "either exact"),
        ("te*", "3 letters"),
        ("・", "no word"),
        ("、。", "no word"),
        ("米国*", "without a star"),
        ("ปากีสถาน*", "without a star"),
        ("\u0e31ก", "combining mark"),
    ],
)
def test_a_term_that_can_never_be_found_is_refused(line: str, reason: str) -> None:
    with pytest.raises(TermError, match=reason):
        read_term(line)
