"""The commands of docs/operations.md, run as they stand there: backup, loss, restore, upgrade."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path

import pytest

from tests.commands import Ended, Home, environment
from tests.samples import Entry, rss
from tests.servers import WebServer, document

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
BLOCKS: list[str] = re.findall(r"^```sh\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
TOPIC = "us-pakistan-security"
TALKS = "Pakistan, US Hold Counterterrorism Dialogue in Islamabad and Pledge to Fight TTP"
FIRMS = "U.S. Sanctions Four Pakistani Firms Over Ballistic Missile Programme"
NEXT_MIGRATION = "ALTER TABLE item ADD COLUMN mood TEXT NOT NULL DEFAULT 'calm';\n"


def block_with(words: str) -> str:
    """The only block of the page that holds these words."""
    (block,) = [block for block in BLOCKS if words in block]
    return block


def feed(*titles: str) -> str:
    at = format_datetime(datetime.now(UTC))
    return rss("one", [Entry(one, at, f"https://one.example/{len(one)}") for one in titles])


class Server:
    """A machine with our release in `release/`, and what the page's commands need."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self.backups = home.path / "elsewhere"
        self.backups.mkdir()
        (home.path / "release").symlink_to(ROOT)
        self._script("bin/aggregator", f'PYTHONPATH={home.path}/release exec {sys.executable}'
                                       ' -m aggregator "$@"')  # fmt: skip
        # an upgrade: from now on there is a release whose database has one column more
        self._script(".venv/bin/pip", f"rm {home.path}/release; ln -s later {home.path}/release")
        later = home.path / "later" / "aggregator"
        shutil.copytree(ROOT / "aggregator", later)  # what was compiled, too
        (later / "storage" / "migrations" / "m9999.sql").write_text(NEXT_MIGRATION)
        store = later / "storage" / "store.py"
        text = store.read_text()
        end = text.index(")", text.index("SCHEMA = ("))
        store.write_text(f'{text[:end]}"m9999_next", {text[end:]}')

    def run(self, block: str) -> Ended:
        done = subprocess.run(
            ["sh", "-euc", block],
            cwd=self.home.path,
            env=environment(
                PATH=f"{self.home.path}/bin:/usr/bin:/bin", BACKUPS=str(self.backups), PYTHONPATH=""
            ),
            capture_output=True,
            text=True,
            check=False,
        )
        return Ended(done.returncode, done.stdout, done.stderr)

    def entry_ids(self) -> dict[str, str]:
        """Headline -> entry id, as published."""
        text = self.home.published(f"{TOPIC}.atom").decode()
        entries = re.findall(r"<entry.*?</entry>", text, re.DOTALL)
        found = [(re.findall(r"<title[^>]*>(.*?)<", one)[0], re.findall(r"<id>(.*?)<", one)[0])
                 for one in entries]  # fmt: skip
        return dict(found)

    def downgrade(self) -> None:
        (self.home.path / "release").unlink()
        (self.home.path / "release").symlink_to(ROOT)

    def _script(self, name: str, line: str) -> None:
        path = self.home.path / name
        path.parent.mkdir(parents=True)
        path.write_text(f"#!/bin/sh\nset -e\n{line}\n")
        path.chmod(0o755)


def test_backup_loss_restore_and_upgrade_as_the_page_says(web: WebServer, home: Home) -> None:
    server = Server(home)
    home.subscribe([web.serve("/one", document(feed(TALKS), etag='"1"'))])
    backup, restore, upgrade = map(block_with, ("$(date +%F)", "newest=", ".venv/bin/pip install -c"
                                                " constraints.txt .\naggregator"))  # fmt: skip
    assert server.run("aggregator fetch").code == 0
    first = server.entry_ids()
    assert list(first) == [TALKS]

    assert server.run(backup).code == 0
    shutil.rmtree(home.path / "db")
    shutil.rmtree(home.path / "public")
    restored = server.run(restore)
    assert restored.code == 0, restored.err
    assert server.entry_ids() == first

    web.serve("/one", document(feed(TALKS, FIRMS), etag='"2"'))
    assert server.run("aggregator fetch").code == 0
    assert web.asked("/one")[-1].headers["if-none-match"] == '"1"'
    grown = server.entry_ids()
    assert grown == first | {FIRMS: grown[FIRMS]}

    upgraded = server.run(upgrade)
    assert upgraded.code == 0, upgraded.out + upgraded.err
    again = server.run("aggregator fetch && aggregator db check")
    assert again.code == 0, again.err
    assert server.entry_ids() == grown

    server.downgrade()
    refused = server.run("aggregator status")
    assert refused.code == 1
    assert "written by a newer release (unknown: m9999_next)" in refused.err
    assert server.run(restore).code == 0
    assert server.entry_ids() == grown


@pytest.mark.parametrize("block", BLOCKS)
def test_every_block_of_the_page_is_a_script(block: str) -> None:
    done = subprocess.run(["sh", "-n", "-c", block], capture_output=True, check=False)

    assert done.stderr == b""
