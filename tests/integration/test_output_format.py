"""An output format is one function and one row: everything else follows from the row."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from aggregator.config.load import parse
from aggregator.errors import ConfigError
from aggregator.publishing.formats import FORMATS, Format
from aggregator.publishing.hub import names_of
from aggregator.publishing.publish import publish
from aggregator.publishing.render_document import Document
from aggregator.serving.web import create_app
from aggregator.settings import Config
from aggregator.storage.store import open_store
from tests.docs import page, undocumented_formats
from tests.newsroom import BLAST, NOW, Newsroom, make_item, make_rules

CONFIG = b"""
site: {base_url: https://news.example.org/}
database: a.db
output: public
feeds: [{url: https://dawn.example/feed}]
topics: [{name: news, query: {rules: [{any: [bomb], weight: 1}]}}]
publish: {formats: [atom, md, html, opml], hub: https://hub.example/}
"""


def markdown(document: Document) -> bytes:
    """A list of links. Titles lose what Markdown reads as markup."""
    lines = [f"# {document.title}", ""]
    for entry in document.entries:
        title = entry.title.translate(dict.fromkeys(map(ord, "[]()<>*_`\\#")))
        lines.append(f"- [{title}](<{entry.url}>)")
    return "\n".join([*lines, ""]).encode()


@pytest.fixture
def row(monkeypatch: pytest.MonkeyPatch) -> Format:
    made = Format("md", "text/markdown", "md", "Markdown", markdown)
    monkeypatch.setitem(FORMATS, made.name, made)
    return made


@pytest.fixture
def config(row: Format, tmp_path: Path) -> Config:
    return parse(CONFIG, path=tmp_path / "feeds.yaml", environ={})


@pytest.fixture
def room(config: Config) -> Iterator[Newsroom]:
    store = open_store(config.database)
    made = Newsroom(store, rules=make_rules(term="bomb"))
    made.poll("dawn", make_item(BLAST, identity="a", url="https://dawn.example/a"))
    made.match()
    yield made
    store.close()


def test_it_is_written_and_written_again_when_it_is_missing(config: Config, room: Newsroom) -> None:
    publish(room.store, config, NOW)
    file = config.output / "news.md"

    assert file.read_text().endswith(f"- [{BLAST}](<https://dawn.example/a>)\n")

    file.unlink()
    later = publish(room.store, config, NOW + timedelta(minutes=1))
    assert later.written == (file,)


def test_it_is_served_with_its_media_type_and_linked_on_the_pages(
    config: Config, room: Newsroom
) -> None:
    publish(room.store, config, NOW)

    with TestClient(create_app(config)) as client:
        answer = client.get("/news.md")
        again = client.get("/news.md", headers={"If-None-Match": answer.headers["etag"]})
        pages = [client.get(path).text for path in ("/", "/news.html")]

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/markdown; charset=utf-8"
    assert answer.content == (config.output / "news.md").read_bytes()
    assert again.status_code == 304
    pages += [(config.output / name).read_text() for name in ("index.html", "news.html")]
    for text in pages:
        assert '<a href="news.md" type="text/markdown">Markdown</a>' in text
        assert '<link rel="alternate" type="text/markdown"' in text


def test_the_hub_hears_of_it(config: Config) -> None:
    assert "news.md" in names_of(config, "news")


def test_a_setting_may_name_it_only_while_it_has_a_row(
    row: Format, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def read() -> Config:
        return parse(CONFIG, path=tmp_path / "feeds.yaml", environ={})

    assert read().publish.formats == ("atom", "md", "html", "opml")

    monkeypatch.delitem(FORMATS, row.name)
    with pytest.raises(
        ConfigError, match=f'"md" is not known; choose from {", ".join(FORMATS)}, html'
    ):
        read()


@pytest.mark.usefixtures("row")
def test_the_docs_must_have_its_row() -> None:
    text = page("docs/publishing.md")

    assert undocumented_formats(text) == ["md"]
    documented = f"{text}\n| `md` | `TOPIC.md` | `text/markdown` | Markdown |\n"
    assert undocumented_formats(documented) == []


def test_no_two_formats_share_a_file() -> None:
    endings = [one.ending for one in FORMATS.values()]

    assert len({*endings, "html", "opml"}) == len(endings) + 2
