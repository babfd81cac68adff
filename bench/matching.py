"""How long matching takes as the window and the archive grow: `python -m bench.matching`.

Headlines are drawn from the shipped word frequencies, so that rare and common words meet as in
a real stream. Times are CPU microseconds an item of one process: `match` is features, keys,
candidates and decisions; `all` is the whole second transaction, topics and writing included. The
model is off: it runs in a process of its own, for as many pairs as its budget allows.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from aggregator.ingest import batch
from aggregator.ingest.accept import accept
from aggregator.ingest.assign import assign_pending
from aggregator.ingest.rules import Rules, load_rules
from aggregator.model import Item, ParsedFeed, PollResult
from aggregator.settings import Config, FeedSource, StorySettings
from aggregator.storage import feeds, matching
from aggregator.storage.store import Store, open_store
from bench.made_up_news import word_table

NOW = datetime(2026, 3, 1, tzinfo=UTC)
UPDATE = 3000  # items of a measured update: what a hundred changed feeds bring
REPEATED = 0.15  # of the items tell a story that is there
WINDOW_S = 7 * 86400
FEEDS = 10

Part = tuple[str, object, str]
"""A name, the module or class of a function, and the function's name."""

NOT_MATCHING: tuple[Part, ...] = (
    ("topics", batch.Batch, "_judge"),
    ("writing", batch, "write_rows"),
    ("reading", matching, "waiting_items"),
)


@dataclass
class Words:
    """Draws headlines; the same seed gives the same ones."""

    rng: random.Random
    words: list[str] = field(default_factory=list)
    weights: list[float] = field(default_factory=list)

    @classmethod
    def shipped(cls, seed: int) -> Words:
        table = word_table()
        return cls(random.Random(seed), list(table), list(map(float, table.values())))

    def headlines(self, count: int) -> Iterator[str]:
        drawn = self.rng.choices(self.words, self.weights, k=count * 9)
        for start in range(0, len(drawn), 9):
            said = drawn[start : start + 9]
            said[start % 9] = self.rare()
            yield " ".join(said)

    def rare(self) -> str:
        """A word that hardly any other headline has: real ones hold about one each."""
        return "".join(self.rng.choices("aeioubdfgklmnprstvz", k=6)).capitalize()


def make_items(words: Words, count: int, *, prefix: str, known: list[str]) -> list[Item]:
    """Items spread over the window, some of them re-tellings of known headlines."""
    items = []
    for number, headline in enumerate(words.headlines(count)):
        told = headline
        if known and words.rng.random() < REPEATED:
            parts = words.rng.choice(known).split()
            words.rng.shuffle(parts)
            told = " ".join(parts[:-1])
        at = NOW - timedelta(seconds=words.rng.randrange(WINDOW_S))
        items.append(make_item(f"{prefix}{number}", told, at))
    return items


def make_item(identity: str, headline: str, at: datetime) -> Item:
    url = f"https://bench.example/{identity}"
    return Item(identity, identity, url, url, headline, published_at=at, content_hash=identity)


def store_items(store: Store, items: list[Item]) -> None:
    """Accepts in polls of thirty items, ten polls a transaction."""
    sources = [
        FeedSource(f"f{n}", f"https://f{n}.example/", key=f"https://f{n}.example/")
        for n in range(FEEDS)
    ]
    feeds.sync_feeds(store, sources)
    states = [feeds.state_by_key(store, source.key) for source in sources]
    for start in range(0, len(items), 300):
        chunk = items[start : start + 300]
        polls = [
            PollResult(
                source, state, ParsedFeed("rss20", "", tuple(chunk[n::FEEDS]), is_delta=True)
            )
            for n, (source, state) in enumerate(zip(sources, states, strict=True))
            if state is not None
        ]
        accept(store, polls, NOW)


def match_all(store: Store, rules: Rules) -> float:
    """Matches what waits; returns CPU seconds."""
    start = time.process_time()
    while assign_pending(store, rules, NOW).left:
        pass
    return time.process_time() - start


@contextmanager
def measured_parts(parts: Sequence[Part], spent: dict[str, float]) -> Iterator[None]:
    """Adds up the CPU seconds of functions, by the name of the part that they do."""

    def timed(part: str, function: Callable[..., object]) -> Callable[..., object]:
        def call(*args: object, **kwargs: object) -> object:
            start = time.thread_time()
            try:
                return function(*args, **kwargs)
            finally:
                spent[part] = spent.get(part, 0.0) + time.thread_time() - start

        return call

    originals = [(owner, name, getattr(owner, name)) for _, owner, name in parts]
    for (part, owner, name), (_, _, function) in zip(parts, originals, strict=True):
        setattr(owner, name, timed(part, function))
    try:
        yield
    finally:
        for owner, name, function in originals:
            setattr(owner, name, function)


def grow_archive(store: Store, stored: int) -> None:
    """Copies what is there into earlier months until so many items are stored."""
    count = store.value("SELECT count(*) FROM item")
    stories = store.value("SELECT max(id) FROM story")
    variants = store.value("SELECT max(id) FROM variant")
    items = store.value("SELECT max(id) FROM item")
    copies = max(0, -(-stored // count) - 1)
    for copy in range(1, copies + 1):
        shift = f"-{copy * 30} days"
        with store.transaction():
            store.execute(
                "INSERT INTO story (id, uid, headline, url, lead_item_id, first_seen_at,"
                " first_item_at, last_item_at, items, variants)"
                " SELECT id + ?1 * ?2, uid || ?1, headline, url, lead_item_id + ?1 * ?3,"
                " first_seen_at, strftime('%Y-%m-%dT%H:%M:%SZ', first_item_at, ?4),"
                " strftime('%Y-%m-%dT%H:%M:%SZ', last_item_at, ?4), items, variants"
                " FROM story WHERE id <= ?2 AND merged_into IS NULL",
                (copy, stories, items, shift),
            )
            store.execute(
                "INSERT INTO variant SELECT id + ?1 * ?2, story_id + ?1 * ?3, headline,"
                " fingerprint, truncated, item_id + ?1 * ?4, terms, core FROM variant"
                " WHERE id <= ?2",
                (copy, variants, stories, items),
            )
            store.execute(
                "INSERT INTO item (id, feed_id, identity, url, canonical_url, headline, summary,"
                " published_at, first_seen_at, content_hash, variant_id)"
                " SELECT id + ?1 * ?2, feed_id, identity || '-' || ?1, url || ?1,"
                " canonical_url || ?1, headline, summary,"
                " strftime('%Y-%m-%dT%H:%M:%SZ', published_at, ?4), first_seen_at, content_hash,"
                " variant_id + ?1 * ?3 FROM item WHERE id <= ?2",
                (copy, items, variants, shift),
            )
            store.execute(
                "INSERT OR IGNORE INTO story_key SELECT key, day - ?1 * 30, story_id + ?1 * ?2"
                " FROM story_key WHERE story_id <= ?2 AND day > ?3",
                (copy, stories, (NOW - timedelta(days=20)).timestamp() // 86400),
            )


def update_cost(stories: int, *, stored: int, rules: Rules) -> tuple[float, float, int]:
    """Microseconds an item (match, all) of one update, and the bytes of the file."""
    words = Words.shipped(stories)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bench.db"
        with open_store(path) as store:
            known = list(words.headlines(stories))
            at = [NOW - timedelta(seconds=words.rng.randrange(WINDOW_S)) for _ in known]
            store_items(store, [make_item(f"k{n}", headline, at[n])
                                for n, headline in enumerate(known)])  # fmt: skip
            match_all(store, rules)
            grow_archive(store, stored)
            store_items(store, make_items(words, UPDATE, prefix="u", known=known))
            spent: dict[str, float] = {}
            with measured_parts(NOT_MATCHING, spent):
                seconds = match_all(store, lexical_rules())
            match = (seconds - sum(spent.values())) / UPDATE * 1e6
            return match, seconds / UPDATE * 1e6, path.stat().st_size


def lexical_rules() -> Rules:
    """The default rules without the model."""
    return load_rules(Config(stories=StorySettings(model=False)))


def one_headline(count: int, *, rules: Rules) -> float:
    """Microseconds an item when all say the same."""
    with open_store(None) as store:
        headline = "Bomb blast kills five at vegetable market in Quetta, police say"
        store_items(store, [make_item(f"s{n}", headline, NOW + timedelta(seconds=n // 100))
                            for n in range(count)])  # fmt: skip
        return match_all(store, rules) / count * 1e6


def one_story(count: int, *, rules: Rules) -> float:
    """Microseconds an item when each finds its own words for one story."""
    with open_store(None) as store:
        words = Words.shipped(1)
        tails = words.headlines(count)
        headline = "Bomb blast kills five at vegetable market in Quetta, police say"
        items = [make_item(f"s{n}", f"{headline}: {next(tails)}"[: 70 + n % 20] + "...",
                           NOW + timedelta(seconds=n // 100)) for n in range(count)]  # fmt: skip
        store_items(store, items)
        return match_all(store, rules) / count * 1e6


def tricks(rng: random.Random, count: int) -> Iterator[str]:
    """Headlines that are made to be slow or to look like another: each of its own words."""
    blast = "Bomb blast kills five at vegetable market in Quetta, police say"
    for number in range(count):
        own = "".join(rng.choices("aeioubdfgklmnprstvz", k=8))
        yield (
            f"{blast} {own} " * 16_000,  # a megabyte
            "\u200b".join(f"{blast} {own}"),  # a space without width behind every letter
            f"\u202e{blast[::-1]} {own}\u202c",  # right to left, and letters turned round
            f"{own} " + "\u0301" * 20_000,  # one letter under a pile of accents
            f"{own} " + "((((" * 10_000 + ": - | " * 10_000,  # prefixes and suffixes without end
            f"{own} " + "1,000 " * 20_000,
            f"{own} " + "\u0645\u062d\u0645\u062f " * 20_000,
        )[number % 7]


def hostile_headlines(count: int, *, rules: Rules) -> float:
    """Microseconds an item for headlines that are made to be slow."""
    with open_store(None) as store:
        told = tricks(random.Random(1), count)
        store_items(store, [make_item(f"t{n}", headline, NOW + timedelta(seconds=n))
                            for n, headline in enumerate(told)])  # fmt: skip
        return match_all(store, rules) / count * 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--window", type=int, nargs="*", default=[10_000, 100_000])
    parser.add_argument("--stored", type=int, nargs="*", default=[1_000_000])
    parser.add_argument("--same", type=int, nargs="*", default=[10_000, 100_000])
    parser.add_argument("--tricks", type=int, nargs="*", default=[700, 7000])
    chosen = parser.parse_args()
    rules = lexical_rules()
    print(f"{'stories in window':>18} {'items stored':>13} {'match us':>9} {'all us':>8} {'MB':>7}")
    sizes = [(count, count) for count in chosen.window]
    sizes += [(min(chosen.window), stored) for stored in chosen.stored if chosen.window]
    for stories, stored in sizes:
        match, whole, size = update_cost(stories, stored=stored, rules=rules)
        print(f"{stories:>18,} {stored:>13,} {match:>9.0f} {whole:>8.0f} {size / 1e6:>7.0f}",
              flush=True)  # fmt: skip
    for count in chosen.tricks:
        spent = hostile_headlines(count, rules=rules)
        print(f"{count:>9,} items of tricks:       {spent:6.0f} us each", flush=True)
    for count in chosen.same:
        print(f"{count:>9,} items, one headline: {one_headline(count, rules=rules):6.0f} us each")
        print(f"{count:>9,} items, one story:    {one_story(count, rules=rules):6.0f} us each",
              flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
