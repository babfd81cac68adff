"""Do real feed readers show a story twice as new? newsboat, sfeed, rss2email and `reader`.

    apt-get install newsboat sfeed rss2email
    python bench/readers.py

A site is published and served on loopback; each reader subscribes and refreshes after every
step of a story's life. Printed is how many entries each reader counts as new at each step. A
reader that is not installed is left out. Ends with 1 when a reader counts more than expected.
"""

from __future__ import annotations

import mailbox
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from reader import make_reader

from aggregator.ingest import corrections
from aggregator.publishing.publish import publish
from aggregator.settings import Config, ServeSettings, TopicSettings
from aggregator.storage.store import open_store
from tests.integration.test_subscribers import served
from tests.newsroom import BLAST, NOW, Newsroom, make_item, make_rules

# It names a place: by a headline without one, two outlets may report two events.
BLAST_CUT = "Bomb blast kills five at vegetable market in Quetta..."
AGAIN = "Second bomb found near Quetta hospital, defused by police"
STEPS = ("subscribed", "unchanged", "grown", "completed", "corrected", "another", "merged")
EXPECTED = (1, 0, 0, 0, 0, 1, 0)
# sfeed knows an entry by id, link and title together: a changed title is another entry to it.
EXPECTED_OF = {"sfeed": (1, 0, 0, 1, 1, 1, 0)}

Refresh = Callable[[], int]
"""Refreshes and returns how many entries are new since the last time."""


def main() -> int:
    """Runs the story's life once for every reader."""
    surplus = False
    print(f"{'':12}" + "".join(f"{step:>12}" for step in STEPS))
    for name, start in READERS.items():
        if not all(shutil.which(program) for program in PROGRAMS.get(name, ())):
            print(f"{name:12}  not installed")
            continue
        with tempfile.TemporaryDirectory() as folder:
            counts = tuple(live(Path(folder), start))
        print(f"{name:12}" + "".join(f"{count:>12}" for count in counts))
        allowed = EXPECTED_OF.get(name, EXPECTED)
        surplus |= any(seen > most for seen, most in zip(counts, allowed, strict=True))
    return 1 if surplus else 0


def live(folder: Path, start: Callable[[Path, str], Refresh]) -> Iterator[int]:
    """The life of a story, with the count of new entries after each step."""
    store = open_store(folder / "a.db")
    room = Newsroom(store, rules=make_rules(term="bomb"))
    config = Config(
        database=folder / "a.db",
        output=folder / "public",
        topics=(TopicSettings("news"),),
        serve=ServeSettings(rate=0),
    )

    def report(hours: int, feed: str, headline: str, identity: str) -> None:
        now = NOW + timedelta(hours=hours)
        room.poll(feed, make_item(headline, identity=identity, at=now), now=now)
        room.match(now=now)
        # Last-Modified counts seconds, and libcurl drops a body that is not newer by it: the
        # daemon's publications are seconds apart, so must these be.
        time.sleep(1.1)
        publish(store, config, now)

    report(0, "dawn", BLAST_CUT, "a")
    with served(config) as base:
        refresh = start(folder, f"{base}news.atom")
        yield refresh()
        yield refresh()
        report(1, "wire", BLAST_CUT, "b")
        yield refresh()
        report(2, "geo", BLAST, "c")
        yield refresh()
        report(3, "geo", BLAST.replace("five", "nine"), "c")
        yield refresh()
        report(4, "wire", AGAIN, "d")
        yield refresh()
        first, second = room.story("a"), room.story("d")
        corrections.merge(store, room.rules, first=first, second=second, now=NOW)
        time.sleep(1.1)
        publish(store, config, NOW + timedelta(hours=5))
        yield refresh()
    store.close()


def run(*command: str, home: Path) -> str:
    """Runs a program with a home of its own and returns what it prints."""
    environment = {**os.environ, "HOME": str(home), "XDG_CONFIG_HOME": str(home / ".config")}
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=60, check=False, env=environment
    )
    return done.stdout


def python_reader(folder: Path, url: str) -> Refresh:
    """The `reader` package, which the tests use, too."""
    reader = make_reader(str(folder / "reader.db"))
    reader.add_feed(url)

    def refresh() -> int:
        result = reader.update_feed(url)
        return result.new if result else 0

    return refresh


def newsboat(folder: Path, url: str) -> Refresh:
    """newsboat keeps a row for every entry; a row more is a new entry."""
    (folder / "urls").write_text(f"{url}\n")
    (folder / "config").write_text("reload-time 0\n")
    command = ["newsboat", "-u", str(folder / "urls"), "-c", str(folder / "cache.db")]
    command += ["-C", str(folder / "config")]
    before = 0

    def refresh() -> int:
        nonlocal before
        run(*command, "-x", "reload", home=folder)
        with closing(sqlite3.connect(folder / "cache.db")) as cache:
            rows = int(cache.execute("SELECT count(*) FROM rss_item WHERE unread").fetchone()[0])
        new, before = rows - before, rows
        return new

    return refresh


def sfeed(folder: Path, url: str) -> Refresh:
    """sfeed keeps a line for every entry that it ever saw."""
    rc = folder / "sfeedrc"
    rc.write_text(f"sfeedpath='{folder}/feeds'\nfeeds() {{ feed news '{url}'; }}\n")
    before = 0

    def refresh() -> int:
        nonlocal before
        run("sfeed_update", str(rc), home=folder)
        kept = folder / "feeds" / "news"
        lines = len(kept.read_text().splitlines()) if kept.exists() else 0
        new, before = lines - before, lines
        return new

    return refresh


def rss2email(folder: Path, url: str) -> Refresh:
    """rss2email delivers a mail for every entry that it takes for new."""
    maildir = folder / "mail"
    mailbox.Maildir(maildir, create=True)
    config = folder / "r2e.cfg"
    config.write_text(
        "[DEFAULT]\nfrom = a@b.example\nto = c@d.example\nemail-protocol = maildir\n"
        f"maildir-path = {folder}\nmaildir-mailbox = mail\nsame-server-fetch-interval = 0\n"
    )
    command = ["r2e", "-c", str(config), "-d", str(folder / "r2e.json")]
    run(*command, "add", "news", url, home=folder)
    before = 0

    def refresh() -> int:
        nonlocal before
        run(*command, "run", home=folder)
        mails = len(list((maildir / "new").iterdir()))
        new, before = mails - before, mails
        return new

    return refresh


READERS: dict[str, Callable[[Path, str], Refresh]] = {
    "reader": python_reader,
    "newsboat": newsboat,
    "sfeed": sfeed,
    "rss2email": rss2email,
}
PROGRAMS = {"newsboat": ("newsboat",), "sfeed": ("sfeed_update", "curl"), "rss2email": ("r2e",)}

if __name__ == "__main__":
    sys.exit(main())
