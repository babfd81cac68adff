"""YAML into nodes: places, plain text, and what is refused."""

from __future__ import annotations

import pytest

from aggregator.config.document import (
    MAX_BYTES,
    MAX_DEPTH,
    Bad,
    Fields,
    Listing,
    Place,
    Scalar,
    decode,
    plain,
    read,
)


def root(text: str) -> Fields:
    node = read(text).root
    assert isinstance(node, Fields)
    return node


@pytest.mark.parametrize("written", ["no", "12:30", "010", "1e3", "2025-08-12", "yes", ".nan"])
def test_scalars_stay_what_was_written(written: str) -> None:
    assert plain(root(f"key: {written}\n")) == {"key": written}


def test_every_node_knows_its_line_and_column() -> None:
    node = root("site:\n  title: x\nfeeds:\n  - url: a\n")

    feeds = node.get("feeds")
    assert isinstance(feeds, Listing)
    assert feeds.place == Place(4, 3)
    assert feeds.values[0].place == Place(4, 5)
    title = node.get("site")
    assert isinstance(title, Fields)
    assert title.entries[0][1].place == Place(2, 10)


@pytest.mark.parametrize(
    ("text", "last_line"),
    [
        ("a: x\n# comment\n\nb: y\n", 1),
        ("a: |\n  x\n  y\nb: y\n", 3),
        ("a: 'x\n  y'\nb: z\n", 2),
        ("a: [1,\n  2]\n\nb: z\n", 2),
        ("a:\n  - c: 1\n    d:\n      e: 2\n\n# comment\nb: z\n", 4),
        ("a:\n  - {c: 1,\n     d: 2}\nb: z\n", 3),
    ],
)
def test_a_value_ends_before_the_comments_behind_it(text: str, last_line: int) -> None:
    value = root(text).get("a")

    assert value is not None
    assert value.last_line == last_line


@pytest.mark.parametrize("written", ["", "~", "null"])
def test_empty_values_are_null_unless_quoted(written: str) -> None:
    bare, quoted = root(f"a: {written}\n").get("a"), root(f"a: '{written}'\n").get("a")

    assert isinstance(bare, Scalar)
    assert isinstance(quoted, Scalar)
    assert (bare.is_null, quoted.is_null) == (True, False)


def test_nested_values_become_lists_and_dicts() -> None:
    assert plain(root("a: [x, {b: [y]}]\n")) == {"a": ["x", {"b": ["y"]}]}


def test_keys_that_stand_twice_are_found_with_both_places() -> None:
    found = read("a: 1\nb: {c: 1, c: 2}\na: 3\n").repeated

    assert [(key.text, key.place, first) for key, first in found] == [
        ("c", Place(2, 11), Place(2, 5)),
        ("a", Place(3, 1), Place(1, 1)),
    ]


def test_an_empty_document_has_no_root() -> None:
    assert read("# only a comment\n").root is None


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("a: &x 1\n", Place(1, 4), "anchors (&name) are not accepted"),
        ("a: *x\n", Place(1, 4), "aliases (*name) are not accepted"),
        ("a: !!python/name:os.system\n", Place(1, 4), "tags (!name) are not accepted"),
        ("a: !!map {b: 1}\n", Place(1, 4), "tags (!name) are not accepted"),
        ("a: 1\n---\nb: 2\n", Place(2, 1), "a second document"),
        ("? [a]\n: b\n", Place(1, 3), "a key must be plain text"),
        ("a: " + "[" * 50, Place(1, 3 + MAX_DEPTH), f"nested deeper than {MAX_DEPTH} levels"),
    ],
)
def test_constructs_beyond_plain_values_are_refused(text: str, place: Place, message: str) -> None:
    with pytest.raises(Bad) as caught:
        read(text)

    assert (caught.value.place, caught.value.message) == (place, message)


def test_bad_syntax_is_told_with_its_place_and_a_hint() -> None:
    with pytest.raises(Bad) as caught:
        read("feeds:\n\t- url: x\n")

    assert caught.value.place == Place(2, 1)
    assert caught.value.message.startswith("not YAML: ")
    assert "spaces" in caught.value.hint


def test_an_unclosed_quote_points_at_the_line_to_look_at() -> None:
    with pytest.raises(Bad) as caught:
        read('a: "x\n')

    assert "missing colon, quote" in caught.value.hint


@pytest.mark.parametrize(
    ("text", "place"), [("a: 1\nb: x\x00\n", Place(2, 5)), ("\x01", Place(1, 1))]
)
def test_control_characters_are_found(text: str, place: Place) -> None:
    with pytest.raises(Bad) as caught:
        read(text)

    assert caught.value.place == place
    assert "control character" in caught.value.message


def test_a_byte_order_mark_is_dropped() -> None:
    assert decode("\ufeffa: é".encode()) == "a: é"


@pytest.mark.parametrize(
    ("data", "place"),
    [("a: é".encode("latin-1"), Place(1, 4)), (b"a: 1\nb: \xff", Place(2, 4))],
)
def test_other_encodings_are_refused_at_the_first_wrong_byte(data: bytes, place: Place) -> None:
    with pytest.raises(Bad) as caught:
        decode(data)

    assert caught.value.place == place
    assert "UTF-8" in caught.value.hint


def test_a_huge_file_is_refused_unread() -> None:
    with pytest.raises(Bad, match="10 MB"):
        decode(b"#" * (MAX_BYTES + 1))
