"""Documents put together of entries that changed and entries as they stand in a file."""

from __future__ import annotations

import pytest

from aggregator.publishing.archive_patch import entry_ids, for_browsers, patched

HEAD = b"<?xml version='1.0' encoding='UTF-8'?>\n<feed><id>feed</id><updated>%s</updated>"


def document(*entries: tuple[str, str], at: bytes = b"1") -> bytes:
    """As `render_xml.atom` writes it."""
    lines = "".join(f"\n<entry><id>{name}</id>{text}</entry>" for name, text in entries)
    return HEAD % at + lines.encode() + b"</feed>\n"


OLD = document(("c", "old c"), ("b", "old b"), ("a", "old a"))


@pytest.mark.parametrize(
    ("anew", "order"),
    [
        ([("b", "new b")], "cba"),
        ([("d", "new d")], "dcba"),
        ([("d", "new d"), ("a", "new a")], "dcba"),
        ([("b", "new b")], "cb"),
        ([("a", "new a")], "acb"),
        ([("a", "new a")], "a"),
    ],
)
def test_each_entry_in_its_newest_words_and_in_the_order_asked_for(
    anew: list[tuple[str, str]], order: str
) -> None:
    words = {"c": "old c", "b": "old b", "a": "old a"} | dict(anew)
    whole = document(*((name, words[name]) for name in order), at=b"2")
    assert patched(OLD, document(*anew, at=b"2"), order) == whole


@pytest.mark.parametrize(
    "old",
    [
        b"",
        b"not a feed",
        document(),
        document(("c", "old c")),  # an entry is missing
        OLD.removesuffix(b"\n"),
        OLD[:60],
        OLD.replace(b"</entry>\n", b"</entry>\n\n"),
        OLD.replace(b"old b", b"old\nb"),
        OLD.replace(b"<id>b</id>", b""),
        OLD.replace(b"old b</entry>", b"old b"),
    ],
)
def test_a_file_that_has_not_all_of_the_rest_is_of_no_use(old: bytes) -> None:
    assert patched(old, document(("a", "new a")), "cba") is None


def test_without_entries_there_is_nothing_to_put_together() -> None:
    assert patched(OLD, document(("a", "new a")), "") is None
    assert patched(OLD, document(), "cba") is None


def test_the_ids_of_entries_are_read_in_their_order() -> None:
    old = OLD.replace(b"<entry><id>b", b'<entry xml:lang="en"><id>b')

    assert entry_ids(old) == ["c", "b", "a"]
    assert entry_ids(document()) == entry_ids(b"not a feed") == entry_ids(old[:-12]) == []


def test_browsers_are_shown_an_archive_by_its_style_and_what_to_read_instead() -> None:
    shown = for_browsers(OLD, page="news.html").decode()

    declaration, style, head, *entries = shown.splitlines()
    assert declaration == HEAD.decode().splitlines()[0]
    assert style == '<?xml-stylesheet type="text/css" href="feed.css"?>'
    assert head.startswith("<feed><id>feed</id>")
    assert head.endswith(
        '<a href="news.html">the newest stories, and those of each day</a></p></div>'
    )
    assert "\n".join(["", *entries, ""]).encode() == OLD[OLD.index(b"\n<entry") :]
