"""Lexicon files."""

from __future__ import annotations

import re
from collections import Counter
from importlib.resources import files

from aggregator.topics.lexicon import read_lexicons, reference, shipped, spell_out
from aggregator.topics.terms import read_term


def test_sections_comments_and_references_are_read() -> None:
    text = "# note\n[one]\nalpha # why\n\nbeta\n[two]\n<one>\ngamma\n"

    assert read_lexicons(text) == {"one": ("alpha", "beta"), "two": ("<one>", "gamma")}


def test_a_lexicon_spells_out_what_it_takes_over() -> None:
    lexicons = {"one": ("alpha",), "two": ("<one>", "beta", "alpha")}

    assert spell_out("two", lexicons) == ("beta", "alpha")


def test_lexicons_that_name_each_other_end() -> None:
    lexicons = {"one": ("<two>", "alpha"), "two": ("<one>", "beta")}

    assert spell_out("one", lexicons) == ("alpha", "beta")


def test_a_name_that_is_nowhere_adds_nothing() -> None:
    assert spell_out("one", {"one": ("<gone>", "alpha")}) == ("alpha",)


def test_reference_is_told_from_term() -> None:
    assert reference("<us>") == "us"
    assert reference("us") is None


def test_every_shipped_term_can_be_found() -> None:
    for name, lines in shipped().items():
        assert lines, name
        for line in lines:
            other = reference(line)
            if other is None:
                assert read_term(line).folded
            else:
                assert other in shipped(), f"{name} takes over {other}"


def test_no_shipped_lexicon_stands_twice() -> None:
    folder = files("aggregator.topics").joinpath("lexicons")
    names = Counter(
        name
        for file in folder.iterdir()
        for name in re.findall(r"(?m)^\[(.+)\]$", file.read_text(encoding="utf-8"))
    )

    assert [name for name, count in names.items() if count > 1] == []


def test_no_term_stands_twice_in_a_shipped_lexicon() -> None:
    for name, lines in shipped().items():
        terms = [read_term(line) for line in lines if reference(line) is None]
        keys = Counter((term.folded, term.exact, term.stem) for term in terms)
        in_any_case = {term.folded for term in terms if not term.exact and not term.stem}

        assert [key for key, count in keys.items() if count > 1] == [], name
        assert [term.text for term in terms if term.exact and term.folded in in_any_case] == [], (
            name
        )
