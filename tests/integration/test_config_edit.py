"""Edits of feeds.yaml: one change, and every other byte as it was."""

from __future__ import annotations

import errno
import fcntl
import os
import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aggregator.config import load
from aggregator.config.edit import add_feeds, remove_feed
from aggregator.errors import ConfigError, ConfigUnwritten, UsageError
from aggregator.model import Subscription
from aggregator.settings import Config
from aggregator.text import one_line
from tests.examples import part

ONE = Subscription("https://new.example/feed?a=1&b=%20", "New: paper #1")

FILE = """\
# my feeds
site:
  title: "News"   # odd   spacing stays

feeds:
  # --- first group
  - url: https://a.example/   # mine
    name: A

  # --- second group
  -
    url: https://b.example/
    name: B
    headers:
      X-Note: |
        several
        lines
  # about C
  - {name: C,
     url: "https://c.example/"}

# the end
topics:
  - name: us-pakistan-security
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "feeds.yaml"
    path.write_text(FILE, encoding="utf-8")
    return path


def names(path: Path) -> list[str]:
    return [feed.name for feed in load(path, {}).feeds]


def test_a_feed_is_added_behind_the_last_one(tmp_path: Path) -> None:
    path = tmp_path / "feeds.yaml"
    text = FILE.replace("X-Note: |\n        several\n        lines", "X-Note: one")
    path.write_text(text, encoding="utf-8")

    config = add_feeds(path, lambda _: [ONE], environ={})

    assert config.feeds[-1].key == ONE.url
    assert config.feeds[-1].name == ONE.title
    added = '  - url: https://new.example/feed?a=1&b=%20\n    name: "New: paper #1"\n'
    assert path.read_text() == text.replace('c.example/"}\n', 'c.example/"}\n' + added)


@pytest.mark.parametrize(
    ("name", "gone"),
    [
        ("A", "  - url: https://a.example/   # mine\n    name: A\n"),
        ("B", "  -\n    url: https://b.example/\n    name: B\n    headers:\n      X-Note: one\n"),
        ("C", '  - {name: C,\n     url: "https://c.example/"}\n'),
    ],
)
def test_a_removed_feed_takes_only_its_own_lines(tmp_path: Path, name: str, gone: str) -> None:
    path = tmp_path / "feeds.yaml"
    text = FILE.replace("X-Note: |\n        several\n        lines", "X-Note: one")
    path.write_text(text, encoding="utf-8")

    remove_feed(path, name, environ={})

    assert path.read_text() == text.replace(gone, "")


def test_a_file_that_is_wrong_already_is_not_touched(file: Path) -> None:
    with pytest.raises(ConfigError, match="control character"):
        add_feeds(file, lambda _: [ONE], environ={})  # a header of several lines

    assert file.read_text() == FILE


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "feeds:\n  - url: https://n.example/\n    name: N\n"),
        ("# empty\n", "# empty\nfeeds:\n  - url: https://n.example/\n    name: N\n"),
        ("output: x", "output: x\nfeeds:\n  - url: https://n.example/\n    name: N\n"),
        ("feeds: []  # none yet\noutput: x\n",
         "feeds:  # none yet\n  - url: https://n.example/\n    name: N\noutput: x\n"),
        ("feeds:\n- url: https://a.example/\noutput: x\n",
         "feeds:\n- url: https://a.example/\n- url: https://n.example/\n  name: N\noutput: x\n"),
        ("feeds:\r\n  - url: https://a.example/\r\n",
         "feeds:\r\n  - url: https://a.example/\r\n  - url: https://n.example/\r\n    name: N\r\n"),
        ("\ufefffeeds:\n  - url: https://a.example/",
         "\ufefffeeds:\n  - url: https://a.example/\n  - url: https://n.example/\n    name: N\n"),
    ],
)  # fmt: skip
def test_a_first_feed_fits_any_layout(tmp_path: Path, before: str, after: str) -> None:
    path = tmp_path / "feeds.yaml"
    path.write_bytes(before.encode())

    add_feeds(path, lambda _: [Subscription("https://n.example/", "N")], environ={})

    assert path.read_bytes().decode() == after


def test_the_last_feed_leaves_an_empty_list(tmp_path: Path) -> None:
    path = tmp_path / "feeds.yaml"
    path.write_text("feeds:   # all of them\n  # one\n  - url: https://a.example/\n    name: A\n")

    remove_feed(path, "A", environ={})

    assert path.read_text() == "feeds: []   # all of them\n  # one\n"
    assert names(path) == []


@pytest.mark.parametrize(
    "text",
    [
        "feeds: [{url: 'https://a.example/', name: A}]\n",
        "{feeds: [{url: 'https://a.example/', name: A}]}\n",
        "{output: x, feeds: [{url: 'https://a.example/', name: A}]}\n",
    ],
)
def test_lists_on_one_line_are_left_to_people(tmp_path: Path, text: str) -> None:
    path = tmp_path / "feeds.yaml"
    path.write_text(text)

    with pytest.raises(UsageError, match="by hand"):
        add_feeds(path, lambda _: [ONE], environ={})
    with pytest.raises(UsageError, match="by hand"):
        remove_feed(path, "A", environ={})

    assert path.read_text() == text


def test_a_file_in_braces_without_feeds_is_left_to_people(tmp_path: Path) -> None:
    path = tmp_path / "feeds.yaml"
    path.write_text("{output: x}\n")

    with pytest.raises(UsageError, match="by hand"):
        add_feeds(path, lambda _: [ONE], environ={})


def test_an_empty_list_over_lines_is_left_to_people(tmp_path: Path) -> None:
    path = tmp_path / "feeds.yaml"
    path.write_text("feeds: [\n]\n")

    with pytest.raises(UsageError, match="by hand"):
        add_feeds(path, lambda _: [ONE], environ={})


def test_what_would_not_be_valid_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "feeds.yaml"
    path.write_text("feeds:\n  - {url: 'https://a.example/', name: A}\n")

    with pytest.raises(ConfigError, match="the URL of line 2 again"):
        add_feeds(path, lambda _: [Subscription("https://a.example/", "B")], environ={})

    assert path.read_text() == "feeds:\n  - {url: 'https://a.example/', name: A}\n"
    assert [one.name for one in tmp_path.iterdir()] == ["feeds.yaml"]


def test_an_edit_that_reads_back_as_something_else_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "feeds.yaml"
    text = "feeds:\n  - {url: 'https://a.example/', name: A}\noutput: |\n  x\n  # no comment"
    path.write_text(text)

    with pytest.raises((UsageError, ConfigError)):
        add_feeds(path, lambda _: [Subscription("", "B")], environ={})

    assert path.read_text() == text


def test_an_unknown_name_is_told(tmp_path: Path) -> None:
    path = tmp_path / "feeds.yaml"
    path.write_text("feeds: []\n")

    with pytest.raises(UsageError, match="no feed is named 'X'"):
        remove_feed(path, "X", environ={})


def test_permissions_and_links_stay(tmp_path: Path) -> None:
    real, link = tmp_path / "real.yaml", tmp_path / "feeds.yaml"
    real.write_text("feeds: []\n")
    real.chmod(0o640)
    link.symlink_to(real)

    add_feeds(link, lambda _: [ONE], environ={})

    assert link.is_symlink()
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    assert names(real) == [ONE.title]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away")
def test_a_file_of_another_user_stays_that_users(tmp_path: Path) -> None:
    path = tmp_path / "feeds.yaml"
    path.write_text("feeds: []\n")
    os.chown(path, 12_345, 12_345)

    add_feeds(path, lambda _: [ONE], environ={})

    assert (path.stat().st_uid, path.stat().st_gid) == (12_345, 12_345)


@pytest.mark.parametrize("code", [errno.EPERM, errno.EINVAL])
def test_an_owner_that_cannot_be_kept_stops_no_edit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    """In a container without root, an owner outside of it is no user at all (EINVAL)."""

    def refuse(path: Path, owner: int, group: int) -> None:
        raise OSError(code, os.strerror(code))

    path = tmp_path / "feeds.yaml"
    path.write_text("feeds: []\n")
    monkeypatch.setattr(os, "chown", refuse)

    add_feeds(path, lambda _: [ONE], environ={})

    assert names(path) == [ONE.title]


def test_a_full_disk_leaves_the_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    path = tmp_path / "feeds.yaml"
    path.write_text("feeds: []\n")
    monkeypatch.setattr(os, "fsync", full)

    with pytest.raises(ConfigUnwritten, match=r"\(No space left on device\); make room$"):
        add_feeds(path, lambda _: [ONE], environ={})

    assert path.read_text() == "feeds: []\n"
    assert [one.name for one in tmp_path.iterdir()] == ["feeds.yaml"]


LABELS = (  # names as feeds give them to us: one line, of which something is seen
    st.text(st.characters(exclude_categories=("C", "Z"), exclude_characters="<"), max_size=30)
    .map(one_line)
    .filter(bool)
)


@settings(
    part(1 / 2), suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(names_of=st.lists(LABELS, min_size=1, max_size=4, unique_by=str.casefold))
def test_what_was_added_reads_back_and_removing_it_restores_the_file(
    tmp_path: Path, names_of: list[str]
) -> None:
    path = tmp_path / "feeds.yaml"
    before = (
        b"feeds:\n  # none of these\n  - {url: 'https://a.example/', name: 'own name'}\n# end\n"
    )
    path.write_bytes(before)
    new = [  # the first one in a folder, the others in folders within it
        Subscription(f"https://n.example/{n}", name, tuple(names_of[: n + 1]))
        for n, name in enumerate(names_of)
    ]

    added = add_feeds(path, lambda _: new, environ={})
    assert names(path) == ["own name", *names_of]
    assert [feed.group for feed in added.feeds[1:]] == [feed.group for feed in new]
    for feed in new:
        remove_feed(path, feed.title, environ={})

    assert path.read_bytes() == before


def _listed(path: Path, count: int) -> None:
    lines = "".join(
        f"  - {{url: 'https://{n}.old.example/', name: Old {n}}}\n" for n in range(count)
    )
    path.write_text(f"feeds:\n{lines}", encoding="utf-8")


def _adds(path: Path, n: int) -> None:
    add_feeds(path, lambda _: [Subscription(f"https://{n}.new.example/", f"New {n}")], environ={})


def _imports(path: Path, n: int) -> None:
    new = [Subscription(f"https://{n}.{i}.new.example/", f"New {n}.{i}") for i in range(3)]
    add_feeds(path, lambda _: new, environ={})


def _removes(path: Path, n: int) -> None:
    remove_feed(path, f"Old {n}", environ={})


@pytest.mark.parametrize(
    ("edits", "left"),
    [
        ([_adds], 8 + 8),
        ([_removes], 0),
        ([_imports], 8 + 24),
        ([_adds, _removes], 8),
        ([_adds, _imports, _removes], 8 + 24),
    ],
    ids=["add", "remove", "import", "add-remove", "all"],
)
def test_of_edits_at_once_none_is_lost(
    tmp_path: Path, edits: list[Callable[[Path, int], None]], left: int
) -> None:
    path = tmp_path / "feeds.yaml"
    _listed(path, 8)

    with ThreadPoolExecutor(8) as threads:  # a lock of a file is not shared by two openings of it
        done = [threads.submit(edit, path, n) for n in range(8) for edit in edits]
    for one in done:
        one.result()

    assert len(names(path)) == left
    assert [one.name for one in tmp_path.iterdir()] == ["feeds.yaml"]


def test_what_to_add_is_chosen_when_the_edit_before_is_done(tmp_path: Path) -> None:
    path = tmp_path / "feeds.yaml"
    _listed(path, 1)
    begun, go_on = Event(), Event()
    seen: list[str] = []

    def first(_: object) -> list[Subscription]:
        begun.set()
        assert go_on.wait(10)
        return [ONE]

    def second(config: Config) -> list[Subscription]:
        seen.extend(feed.name for feed in config.feeds)
        return []

    with ThreadPoolExecutor(2) as threads:
        one = threads.submit(add_feeds, path, first, environ={})
        assert begun.wait(10)
        two = threads.submit(add_feeds, path, second, environ={})
        assert not seen
        go_on.set()
        one.result()
        two.result()

    assert seen == ["Old 0", ONE.title]


def test_a_lock_that_stays_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "feeds.yaml"
    _listed(path, 1)
    monkeypatch.setattr("aggregator.config.edit._PATIENCE_S", 0.05)

    with path.open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(ConfigUnwritten, match="another process has edited it"):
            _adds(path, 1)

    _adds(path, 1)
    assert names(path) == ["Old 0", "New 1"]
