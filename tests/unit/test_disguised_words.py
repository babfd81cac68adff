"""Words in which letters of another script stand for Latin ones."""

from __future__ import annotations

from aggregator.stories.features import read
from aggregator.stories.folding import fold


def test_cyrillic_letters_within_a_latin_word_are_read_as_latin() -> None:
    disguised = "Pаkistаn аnd Unitеd Stаtеs"  # the a and the e are Cyrillic

    assert fold(disguised) == "Pakistan and United States"
    assert read(disguised).fingerprint == read("Pakistan and United States").fingerprint


def test_a_cyrillic_word_beside_latin_ones_stays_as_it_is() -> None:
    assert fold("TASS: Россия и Kabul") == "TASS: Россия и Kabul"
