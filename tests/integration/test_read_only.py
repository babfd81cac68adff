"""A folder that this user may read and not write: what only reads works, the rest says why not."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from aggregator.cli.root import run
from aggregator.errors import StoreError
from aggregator.serving import run as daemon_process  # noqa: F401 - nobody may not read it
from aggregator.serving.reader_thread import ReaderThread
from aggregator.storage.store import Store, open_store
from tests.newsroom import BLAST, TALKS, Newsroom, make_item

NOBODY = 65534
CONFIG = "site: {contact: 'mailto:a@example.org'}\nfeeds:\n- {url: 'file:///absent.xml', name: A}\n"


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """As a user who may not write there; root may write everywhere, so it becomes nobody."""
    paths = [folder, *folder.rglob("*")]
    for path in paths:
        path.chmod(0o555 if path.is_dir() else 0o444)
    is_root = os.geteuid() == 0
    if is_root:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if is_root:
            os.seteuid(0)
        for path in paths:
            path.chmod(0o755 if path.is_dir() else 0o644)


@pytest.fixture
def folder() -> Iterator[Path]:
    """An installation with a polled database, below a folder that everybody may enter."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "feeds.yaml").write_text(CONFIG)
        (folder / "public").mkdir()
        with open_store(folder / "db" / "aggregator.db") as store:
            room = Newsroom(store)
            room.poll("dawn", make_item(BLAST, identity="a"))
            room.match()
        yield folder


def ended(capfd: pytest.CaptureFixture[str], folder: Path, *arguments: str) -> tuple[int, str]:
    capfd.readouterr()
    code = run(["--config", str(folder / "feeds.yaml"), *arguments])
    out, err = capfd.readouterr()
    return code, out + err


def test_commands_on_a_read_only_folder_read_or_say_why_they_cannot(
    folder: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    reading = (["status"], ["search", "Quetta"], ["stories", "list"], ["db", "check"])
    writing = (["fetch"], ["publish"], ["replay"], ["db", "vacuum"], ["feeds", "remove", "A"])
    shutil.copytree(folder, tmp_path / "copy")
    for words in (*reading, *writing, ["doctor"]):  # nobody may not read what they import
        ended(capfd, tmp_path / "copy", *words)
    before = sorted(folder.rglob("*"))
    with read_only(folder):
        for words in reading:
            code, said = ended(capfd, folder, *words)
            assert code == 0, said
        refused = [ended(capfd, folder, *words) for words in (*writing, ["daemon", "--no-http"])]
        doctor = ended(capfd, folder, "doctor")

    for code, said in refused:
        assert code == 1, said
        assert "cannot be" in said
        assert "internal error" not in said
    assert doctor[0] == 1
    assert "let this user write in" in doctor[1]
    assert sorted(folder.rglob("*")) == before


def test_pages_follow_what_another_user_writes_meanwhile(folder: Path) -> None:
    def count(store: Store) -> int:
        found: int = store.value("SELECT count(*) FROM item")
        return found

    async def read(reading: ReaderThread) -> int:
        return await reading.cached("count", count)

    database = folder / "db" / "aggregator.db"
    reading = ReaderThread(database)
    try:
        with read_only(folder):
            before = asyncio.run(read(reading))
        with open_store(database) as store:
            Newsroom(store).poll("geo", make_item(TALKS, identity="b"))
        with read_only(folder):
            after = asyncio.run(read(reading))
    finally:
        reading.close()

    assert (before, after) == (1, 2)


def test_pages_follow_a_backup_that_is_put_in_place(folder: Path) -> None:
    database = folder / "db" / "aggregator.db"
    backup = database.with_name("backup.db")
    with open_store(backup):
        pass  # of a time when nothing was there
    reading = ReaderThread(database)

    async def count() -> int:
        found: int = await reading.cached(
            "count", lambda store: store.value("SELECT count(*) FROM item")
        )
        return found

    try:
        before = asyncio.run(count())
        backup.replace(database)
        after = asyncio.run(count())
        database.unlink()
        with pytest.raises(StoreError, match="no database there"):
            asyncio.run(count())
    finally:
        reading.close()

    assert (before, after) == (1, 0)
