"""The demo: sample feeds polled over HTTP, stored, matched, judged, published and explained."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from http.server import SimpleHTTPRequestHandler
from pathlib import Path
from socketserver import ThreadingTCPServer
from threading import Thread
from typing import Any

from aggregator.config import user_agent
from aggregator.ingest.explain import explain
from aggregator.ingest.rules import load_rules
from aggregator.polling.poller import FetchOptions, fetch
from aggregator.polling.report import FetchReport
from aggregator.publishing.publish import publish
from aggregator.settings import Config, FeedSource, FetchSettings, SiteSettings
from aggregator.storage.citing import list_stories
from aggregator.storage.thread import StoreThread
from aggregator.text import printable
from aggregator.views import CitedStory

NAMES = {  # of the publishers, by file; all are invented
    "margalla-post.rss": "Margalla Post",
    "capital-wire.atom": "Capital Wire",
    "indus-courier.rss": "Indus Courier",
    "potomac-ledger.json": "Potomac Ledger",
    "khyber-ledger.rdf": "Khyber Ledger",
    "hill-gazette.rss": "Hill Gazette",
}


def run_demo(say: Callable[[str], None], *, database: Path, output: Path) -> Config:
    """Runs the demo, with `say` for each line of output; returns the configuration it used."""
    say("Six sample feeds are served on loopback and polled over HTTP ...")
    config, report, explained = asyncio.run(_run(database, output))
    say(
        f"{report.items} items read from {report.fetched} feeds, {report.new_stories} stories, "
        f"{len(explained)} of them on topic:"
    )
    for story, reasons in explained:
        say("")
        for line in lines_of(story, reasons):
            say(line)
    say("")
    say("The feeds, to subscribe to in any reader:")
    for path in sorted(config.output.glob("us-pakistan-security.*")):
        say(f"  {path}")
    say(f"The page: {config.output / 'index.html'}")
    return config


def lines_of(story: CitedStory, explained: Mapping[str, Any]) -> Iterable[str]:
    """A story for people: its headline, then each variant with the reason why it joined."""
    yield f"{story.published_at:%d %b %Y}  {printable(story.headline)}"
    reasons = {variant["item"]: variant for variant in explained["variants"]}
    for source in story.sources:
        yield f"    {printable(source.publisher)}: {printable(source.headline)}"
        reason = reasons.get(f"i{source.item_id}")
        if reason is None:
            continue
        if reason["rule"] == "new":
            yield "        opened this story"
            continue
        detail = printable(reason["evidence"].get("detail", ""))
        yield f"        {reason['rule']} {reason['score']:.2f}  {detail}".rstrip()
    for topic in explained["topics"]:
        terms = ", ".join(
            dict.fromkeys(printable(hit["term"]) for hit in topic["terms"] if hit["weight"] > 0)
        )
        score = f"score {topic['score']:.2f}, threshold {topic['threshold']:.2f}"
        yield f"    on {topic['topic']} ({score}): {terms}"


async def _run(
    database: Path, output: Path
) -> tuple[Config, FetchReport, list[tuple[CitedStory, dict[str, Any]]]]:
    with serving(FEEDS) as base:
        config = demo_config(base, database=database, output=output)
        rules = load_rules(config)
        thread = StoreThread(config.database)
        try:
            report = await fetch(config, thread, rules, FetchOptions(), _now)
            await thread.run(publish, config, _now())
            explained = await thread.run(
                lambda store: [
                    (story, explain(store, rules, story.uid))
                    for story in list_stories(store, topic="us-pakistan-security")
                ]
            )
        finally:
            thread.close()
    return config, report, explained


def demo_config(base: str, *, database: Path, output: Path) -> Config:
    """The samples at `base`, with no gap between the polls of the one host."""
    feeds = tuple(
        FeedSource(
            name=name,
            url=base + file,
            key=base + file,
            shown_url=base + file,
            rank=rank,
            per_host=len(NAMES),
            host_gap_s=0,
            allow_private_networks=True,
        )
        for rank, (file, name) in enumerate(reversed(NAMES.items()), 1)
    )
    return Config(
        site=SiteSettings(title="aggregator demo"),
        database=database,
        output=output,
        fetch=FetchSettings(user_agent=user_agent(None)),
        feeds=feeds,
    )


_now = partial(datetime.now, UTC)
FEEDS = Path(__file__).parent / "feeds"  # the packaged samples


class _Handler(SimpleHTTPRequestHandler):
    """Answers with Last-Modified, and with 304 to who knows it."""

    protocol_version = "HTTP/1.1"
    timeout = 10  # seconds for a request
    extensions_map = {  # noqa: RUF012 - as the base class declares it
        ".rss": "application/rss+xml",
        ".atom": "application/atom+xml",
        ".json": "application/feed+json",
        ".rdf": "application/rdf+xml",
    }

    def log_message(self, *_: Any) -> None:
        """Logs nothing: the demo's output is its stories."""


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """Serves the folder until the end of the block; yields `http://127.0.0.1:PORT/`."""
    # no HTTPServer, which looks the name of this machine up
    with ThreadingTCPServer(("127.0.0.1", 0), partial(_Handler, directory=str(folder))) as server:
        thread = Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/"
        finally:
            server.shutdown()
            thread.join()
