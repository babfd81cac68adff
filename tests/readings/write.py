"""Writes what version 0.1 made of `documents.DOCUMENTS`: a database as SQL.

    python -m tests.readings.write

And of real documents, where they are at hand: short digests of identities and raw hashes. To be
run by the code of that release only: the files stand for the databases of those who have not
upgraded.
"""

from __future__ import annotations

from hashlib import blake2b
from pathlib import Path
from tempfile import TemporaryDirectory

from msgspec.structs import replace

from aggregator.errors import ParseError
from aggregator.ingest.accept import accept
from aggregator.model import ParsedFeed, ParseTask, PollResult
from aggregator.parsing.document import parse
from aggregator.publishing.publish import publish
from aggregator.settings import Config, SiteSettings, TopicSettings
from aggregator.storage.store import Store, open_store
from tests.newsroom import NOW, Newsroom, make_rules
from tests.readings.documents import DOCUMENTS
from tests.schemas.write import AT, dump

FILE = Path(__file__).parent / "version_0_1.sql"
DIGESTS = Path(__file__).parent / "version_0_1_real.txt"
REAL = Path(__file__).parents[3] / "shared" / "data" / "feeds" / "real"


def digest(text: str) -> str:
    """What is kept of an identity or a raw hash of a real document."""
    return blake2b(text.encode(), digest_size=4).hexdigest()


def read(name: str, known: frozenset[str] = frozenset(), *, head: str = "") -> ParsedFeed:
    """A document as it is polled; `head`: something that its feed's own elements did not have."""
    body = DOCUMENTS[name].replace(b"<title>News</title>", f"<title>News{head}</title>".encode())
    body = body.replace(b'"title": "News"', f'"title": "News{head}"'.encode())
    return parse(ParseTask(body, {}, f"https://{name.replace(' ', '-')}.example/feed", name, known))


def room_of(store: Store) -> Newsroom:
    """A newsroom with a feed for each document."""
    return Newsroom(store, *(name.replace(" ", "-") for name in DOCUMENTS),
                    rules=make_rules(term="report"))  # fmt: skip


def polled(room: Newsroom, name: str, parsed: ParsedFeed) -> PollResult:
    """A poll that brought what was read of a document."""
    return replace(room.polled(name.replace(" ", "-")), parsed=parsed)


def publish_all(store: Store, folder: Path) -> None:
    """Writes the topic's feed as the daemon would."""
    config = Config(
        database=folder / "a.db",
        output=folder,
        site=SiteSettings(title="Example", base_url="https://news.example.org/"),
        topics=(TopicSettings("news", title="The news"),),
    )
    publish(store, config, NOW)


def main() -> None:
    """Writes the file."""
    with TemporaryDirectory() as folder, open_store(None) as store:
        room = room_of(store)
        accept(store, [polled(room, name, read(name)) for name in DOCUMENTS], NOW)
        room.match()
        publish_all(store, Path(folder))
        store.execute("UPDATE _sqlite_migrations SET applied_at = ?", (AT,))
        text = "".join(f"{statement};\n" for statement in dump(store))
    FILE.write_text(text, encoding="utf-8")
    if REAL.is_dir():
        DIGESTS.write_text("".join(map(_digests, sorted(REAL.iterdir()))), encoding="utf-8")


def _digests(path: Path) -> str:
    """A line: the file's name and the digests of its items."""
    task = ParseTask(path.read_bytes(), {}, "https://news.example/feed", "News")
    try:
        found = parse(task)
    except ParseError:
        return ""
    texts = [text for item in found.items for text in (item.identity, item.raw_hash) if text]
    return " ".join([path.name, *sorted(set(map(digest, texts)))]) + "\n"


if __name__ == "__main__":
    main()
