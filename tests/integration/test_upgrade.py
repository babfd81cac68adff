"""An upgrade of a database of the release before: what its readers know stays."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from aggregator.publishing.mailing import queue_mails
from aggregator.publishing.publish import publish
from aggregator.settings import (
    AlertRule,
    Config,
    MailSettings,
    NotifySettings,
    SiteSettings,
    TopicSettings,
)
from aggregator.storage.store import Store, open_store
from tests.newsroom import NOW
from tests.schemas.write import FOLDER

KNOWN = "SELECT topic, story_id, headline, url, published_at, updated_at FROM published"


def known(store: Store) -> list[tuple[object, ...]]:
    """What readers know of the entries."""
    ids = store.rows("SELECT uid, entry_id FROM story ORDER BY id")
    return [tuple(row) for row in (*store.rows(KNOWN), *ids)]


@pytest.mark.parametrize(
    ("schema", "form_since"), [("m0006_views", "2026-03"), ("m0007_sources", None)]
)
def test_an_upgrade_moves_no_entry_and_sends_nothing(
    schema: str, form_since: str | None, tmp_path: Path
) -> None:
    path = tmp_path / "old.db"
    with closing(sqlite3.connect(path)) as database:
        database.executescript((FOLDER / f"{schema}.sql").read_text(encoding="utf-8"))
        before = database.execute(KNOWN).fetchall()
        ids = database.execute("SELECT uid, entry_id FROM story ORDER BY id").fetchall()
        sent = database.execute("SELECT count(*) FROM outbox").fetchone()[0]
        closed = database.execute("SELECT max(digest_closed) FROM topic_state").fetchone()[0]
    config = Config(
        database=path,
        output=tmp_path / "public",
        site=SiteSettings(base_url="https://news.example.org/"),
        topics=(TopicSettings("news", title="The news"),),
        notify=(
            NotifySettings("desk", url="https://desk.example/"),
            NotifySettings("alerts", url="https://desk.example/", when=AlertRule(sources=1)),
        ),
        mail=(MailSettings("desk", "smtps://mail.example", "news@example.org", ("a@b.example",)),),
    )

    later = NOW + timedelta(days=2)  # of what is older than a day, a new rule tells nobody
    with open_store(path) as store:
        publish(store, config, later)
        mailed = queue_mails(store, config, later)
        after = known(store)
        named = store.value("SELECT count(*) FROM entry_related")
        told = store.value("SELECT count(*) FROM outbox")
        since = store.setting("archive_form_since")
        links_since = store.setting("day_links_since")

    assert before
    assert after == [*before, *ids]
    assert told == sent
    assert mailed == 0
    assert named == 0  # what is out stays as it is
    assert since == form_since
    assert links_since == (closed or "")  # what the digest feed has keeps its link
