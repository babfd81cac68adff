"""Addresses that a site mints anew at each request."""

from __future__ import annotations

import pytest

from aggregator.ingest.edits import differ_in_tokens, is_same_link, without_query

PAGE = "https://dawn.example/a"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("?rand=1", "?rand=2"),
        ("?id=7&sid=a", "?id=7&sid=b"),
        ("?x=4f9c2a71", "?x=9c1e0b55"),
        ("?x=0.8123", "?x=0.41"),
        ("?x=1772366400", "?x=1772370000"),
        (";jsessionid=1A2B?id=7", ";jsessionid=3C4D?id=7"),
        (";jsessionid=1A2B", ""),
    ],
)
def test_what_a_request_mints_is_known_by_its_name_or_look(one: str, other: str) -> None:
    assert differ_in_tokens(PAGE + one, PAGE + other)
    assert without_query(PAGE + one) == without_query(PAGE + other) == PAGE


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("?id=7", "?id=8"),
        ("?rand=1", "?sid=1"),
        ("?rand=1", "?rand=2&id=7"),
        ("?day=20260301", "?day=20260302"),
        ("?rand=1", "?rand=1"),
        ("b?rand=1", "c?rand=2"),
    ],
)
def test_all_else_may_tell_two_pages_apart(one: str, other: str) -> None:
    assert not differ_in_tokens(PAGE + one, PAGE + other)


def test_without_an_address_there_is_nothing_to_compare() -> None:
    assert not differ_in_tokens(None, PAGE)
    assert not differ_in_tokens(PAGE, None)
    assert without_query(None) is None


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("?utm_content=1", "?utm_content=2", True),
        ("?fbclid=x", "", True),
        ("?sid=a", "?sid=b", True),
        ("?id=7", "?id=8", False),
        ("?token=4f9c2a71", "?token=9c1e0b55", False),
        ("?expires=1772366400", "?expires=1772370000", False),
        ("", "/", False),
    ],
)
def test_a_link_is_as_good_as_another_unless_it_is_signed(
    one: str, other: str, is_same: bool
) -> None:
    assert is_same_link(PAGE + one, PAGE + other) is is_same
    assert not is_same_link(None, PAGE + other)
