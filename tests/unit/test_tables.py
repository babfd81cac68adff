"""The tables of words are read as TOML is."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from aggregator.stories import tables


@pytest.mark.parametrize("name", ["kinds", "lexicon", "places"])
def test_a_table_is_what_a_reader_of_toml_finds(name: str) -> None:
    expected = tomllib.loads((tables.DATA / f"{name}.toml").read_text("utf-8"))

    found = tables.read_table(name)

    assert found == expected
    assert str(found) == str(expected)  # in the same order


def test_each_form_of_the_tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (
        '# The first.\n\nabove = [\n  "a", "b",\n  "c",\n]\n\n[numbers]\n# one = 2\n'
        'one = 1  # and no more\n\n[marks]\nopen = ["# best", "the #"]\nnone = ""\n[empty]\n'
    )
    (tmp_path / "own.toml").write_text(text)
    monkeypatch.setattr(tables, "DATA", tmp_path)

    assert tables.read_table("own") == tomllib.loads(text)


def test_what_json_could_not_hold_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "own.toml").write_text("[days]\nfirst = 2026-01-01\n")
    monkeypatch.setattr(tables, "DATA", tmp_path)

    with pytest.raises(ValueError, match="delimiter"):
        tables.read_table("own")
