"""The commands of docs/scale.md for a second copy of the database, with the real Litestream."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from aggregator.storage.store import open_store
from tests.newsroom import BLAST, TALKS, Newsroom, make_item

PAGE = (Path(__file__).parents[2] / "docs" / "scale.md").read_text(encoding="utf-8")


def of_page(pattern: str, folder: Path) -> str:
    """A text of the page, with the paths and the storage of a test."""
    found: list[str] = re.findall(pattern, PAGE, re.MULTILINE | re.DOTALL)
    (text,) = found
    for documented, ours in (
        ("s3://bucket/aggregator", f"file://{folder}/copy"),
        ("/etc/litestream.yml", f"{folder}/litestream.yml"),
        ("/var/lib/aggregator/", f"{folder}/lost/"),
        (" db/aggregator.db", f" {folder}/db/aggregator.db"),
    ):
        text = text.replace(documented, ours)
    return text


def test_the_page_says_how_to_copy_and_how_to_restore(tmp_path: Path) -> None:
    assert of_page(r"^dbs:\n.*?(?=```)", tmp_path).endswith(f"url: file://{tmp_path}/copy\n")
    assert of_page(r"^litestream replicate [^\n]*", tmp_path).endswith("/litestream.yml")
    assert of_page(r"^litestream restore [^\n]*", tmp_path).endswith("/lost/db/aggregator.db")


@pytest.mark.skipif(shutil.which("litestream") is None, reason="litestream is not installed")
def test_what_was_stored_is_there_again_after_the_machine_is_lost(tmp_path: Path) -> None:
    database = tmp_path / "lost" / "db" / "aggregator.db"
    database.parent.mkdir(parents=True)
    with open_store(database) as store:
        Newsroom(store).poll("dawn", make_item(BLAST))
    settings = of_page(r"^dbs:\n.*?(?=```)", tmp_path)
    (tmp_path / "litestream.yml").write_text(settings, encoding="utf-8")
    copying = subprocess.Popen(shlex.split(of_page(r"^litestream replicate [^\n]*", tmp_path)))
    try:
        with open_store(database) as store:
            Newsroom(store).poll("geo", make_item(TALKS))
            end = time.monotonic() + 60
            while restored(tmp_path) != {BLAST, TALKS}:
                assert time.monotonic() < end, "not copied within a minute"
                time.sleep(0.5)
    finally:
        copying.kill()
        copying.wait()
    shutil.rmtree(database.parent)

    assert restored(tmp_path) == {BLAST, TALKS}


def restored(folder: Path) -> set[str]:
    """The headlines in a database that is restored now."""
    shutil.rmtree(folder / "db", ignore_errors=True)
    (folder / "db").mkdir()
    command = shlex.split(of_page(r"^litestream restore [^\n]*", folder))
    if subprocess.run(command, check=False).returncode:
        return set()
    with open_store(folder / "db" / "aggregator.db") as store:
        assert store.value("PRAGMA integrity_check") == "ok"
        return {headline for (headline,) in store.tuples("SELECT headline FROM item")}
