"""`aggregator feeds ...`: the feeds of the configuration, listed, checked and edited."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from aggregator.cli import process, show
from aggregator.cli.options import READABLE, json_option
from aggregator.cli.session import Session, database, subscribed, utc_now
from aggregator.errors import FetchError, NoDatabase, NotFound, ParseError, StoreError, UsageError
from aggregator.text import counted

if TYPE_CHECKING:
    from datetime import datetime

    from aggregator.polling.probe import ProbedFeed
    from aggregator.settings import Config, FeedSource


_FILES_NAMED = 5  # of those that are not written any more


@click.group()
def feeds() -> None:
    """Lists, checks and edits the feeds.

    Edits keep the comments of feeds.yaml.
    """


@feeds.command("list")
@json_option
@click.pass_obj
def list_feeds(session: Session, *, as_json: bool) -> None:
    """Shows the configured feeds.

    URLs of private feeds, and all passwords, stay hidden.
    """
    from aggregator.storage import lists
    from aggregator.storage.feeds import withdrawn_sources

    config, withdrawn = session.config(), frozenset[str]()
    try:
        with database(config, read_only=True) as store:
            config, withdrawn = lists.subscribed(store, config), withdrawn_sources(store)
    except NoDatabase:
        pass
    except StoreError as error:  # the configuration says most of it
        session.warn(f"{error}; not shown: feeds of lists, and which feeds are withdrawn")
    if as_json:
        show.as_document(
            [
                {"name": feed.name, "url": feed.shown_url or None, "enabled": feed.enabled,
                 "rank": feed.rank, "on_topic": feed.on_topic, "private": feed.private,
                 "group": list(feed.group), "is_list": feed.is_list,
                 "listed_in": feed.listed_in or None, "withdrawn": feed.key in withdrawn}
                for feed in config.feeds
            ]
        )  # fmt: skip
        return
    rows = []
    for feed in config.feeds:
        marks = (
            ("disabled", not feed.enabled),
            ("private", feed.private),
            ("on topic", feed.on_topic),
            ("a list", feed.is_list),
            (f"of {feed.listed_in}", bool(feed.listed_in)),
            ("withdrawn", feed.key in withdrawn),
        )
        marked = ", ".join(word for word, holds in marks if holds)
        rows.append((feed.name, feed.rank, marked, feed.shown_url))
    show.table(("NAME", "RANK", "", "URL"), rows, width=100)


@feeds.command()
@click.argument("url")
@click.option("--name", default="", help="Its name, instead of one made from its title.")
@click.option(
    "--group",
    multiple=True,
    metavar="FOLDER",
    help="Its folder in lists; repeat it for a folder within another.",
)
@click.pass_obj
def add(session: Session, url: str, *, name: str, group: tuple[str, ...]) -> None:
    """Adds a feed, after one request that shows that it is one.

    Of a web page that declares exactly one feed, that feed is added.
    """
    from aggregator.config.edit import add_feeds
    from aggregator.model import Subscription
    from aggregator.polling.probe import find_feed
    from aggregator.urls import web_address

    config, url = session.config(), web_address(url)
    _check_new(config, url)
    process.check_limits()
    started_at = utc_now()
    with _told_of(url):
        found = find_feed(config, _feed_at(config, url), now=started_at)

    def choose(before: Config) -> tuple[Subscription]:
        """As the file is by then: another command may have added it, or taken its name."""
        _check_new(before, found.url)
        title = show.safe(found.title, limit=80)
        taken = {feed.name.casefold() for feed in before.feeds}
        is_usable = title.casefold() not in taken and "<" not in title
        return (Subscription(found.url, name or (title if is_usable else ""), group),)

    changed = add_feeds(session.path, choose, environ=os.environ)
    (source,) = (feed for feed in changed.feeds if feed.key == found.url)
    items = "" if found.items is None else f": {counted(found.items, 'item')} today"
    show.line(f"added {show.safe(source.name)}{items}")
    try:
        _keep(config, changed, found, started_at)
    except (ParseError, StoreError) as error:
        show.note(f"not stored, so it will be asked for again: {show.safe(error)}")
    _reload_daemon(config)


@feeds.command()
@click.argument("name")
@click.option("--withdraw", is_flag=True, help="Take its items out of every published file, too.")
@click.pass_obj
def remove(session: Session, name: str, *, withdraw: bool) -> None:
    """Removes a feed from the file.

    What came from it stays published, unless it is withdrawn. A feed that was removed before can
    still be withdrawn, and so can a list, with all feeds that it named.
    """
    from aggregator.config.edit import remove_feed
    from aggregator.storage.feeds import is_source

    config = session.config()
    keys = [feed.key for feed in config.feeds if feed.name == name]
    if not keys and not withdraw:
        for feed in subscribed(config).feeds:
            if feed.name == name and feed.listed_in:  # no line of the file is its own
                raise UsageError(
                    f"{show.safe(name)} comes with the list {show.safe(feed.listed_in)}; to poll"
                    f" it no longer, write it into {config.path} with"
                    f" 'url: {show.safe(feed.url)}' and 'enabled: false'"
                )
    was_polled = False  # once, though it is not configured any more
    if not keys and withdraw and config.database.exists():
        with database(config, read_only=True) as store:
            was_polled = is_source(store, name)
    if was_polled:
        keys = [name]
    else:
        left = remove_feed(session.path, name, environ=os.environ).feeds
        show.line(f"removed {show.safe(name)}; {counted(len(left), 'feed')} left")
        config = session.config()
    if withdraw:
        show.line(f"withdrawn {counted(_withdraw(config, keys), 'item')}")
    _reload_daemon(config)


@feeds.command()
@click.argument("name", required=False)
@json_option
@click.pass_obj
def check(session: Session, name: str | None, *, as_json: bool) -> int:
    """Fetches feeds and reports their health; stores nothing."""
    from aggregator.polling.probe import check_feeds

    config = session.config()
    process.check_limits()
    checks = check_feeds(subscribed(config), name, now=utc_now())
    if as_json:
        show.as_document(checks)
    else:
        show.table(
            ("NAME", "STATUS", "FORMAT", "ITEMS", "NEWEST", "DETAIL"),
            (
                (one.name, one.status, one.format, one.items, show.when(one.newest), one.detail)
                for one in checks
            ),
            width=300,  # what is wrong is the last column, and says what to do at its end
        )
    return 0 if any(one.ok for one in checks) else 1


@feeds.command()
@click.argument("url")
@json_option
@click.pass_obj
def discover(session: Session, url: str, *, as_json: bool) -> int:
    """Finds the feeds of a web page.

    Makes at most six requests.
    """
    from aggregator.polling.probe import discover_feeds
    from aggregator.urls import web_address

    config = session.config_or_default()
    process.check_limits()
    with _told_of(url):
        urls = discover_feeds(config, _feed_at(config, web_address(url)), now=utc_now())
    if as_json:
        show.as_document(list(urls))
    else:
        for found in urls:
            show.line(show.safe(found, limit=2000))
        if not urls:
            show.note("no feed found")
    return 0 if urls else 1


@feeds.command("import")
@click.argument("file", type=READABLE)
@click.pass_obj
def import_opml(session: Session, file: Path) -> None:
    """Adds the feeds of an OPML file.

    Only their URLs, names and folders are taken over.
    """
    from aggregator.config.edit import add_feeds
    from aggregator.lists import named
    from aggregator.model import Subscription
    from aggregator.parsing.subscriptions import read_list
    from aggregator.text import one_line

    data, config = file.read_bytes(), session.config()
    new: list[Subscription] = []
    left_out: list[str] = []

    def choose(before: Config) -> list[Subscription]:
        with _told_of(str(file)):
            listed = read_list(data)
        left_out.extend(listed.refused)
        names = named(before.feeds, listed.subscriptions)
        for entry, name in zip(listed.subscriptions, names, strict=True):
            if name is None:
                left_out.append(f"{one_line(entry.title)}: configured or listed already")
            else:
                new.append(Subscription(entry.url, name, entry.group))
        return new

    add_feeds(session.path, choose, environ=os.environ)
    for reason in left_out:
        show.note(f"left out: {show.safe(reason)}")
    if new:
        _reload_daemon(config)
    show.line(f"added {counted(len(new), 'feed')}, left out {len(left_out)}")


@feeds.command()
@click.pass_obj
def export(session: Session) -> None:
    """Prints the feeds as OPML 2.0, without private ones."""
    from aggregator.model import Subscription
    from aggregator.parsing.subscriptions import write_opml

    config = subscribed(session.config())
    shown = [
        Subscription(feed.shown_url, feed.name, feed.group)
        for feed in config.feeds
        if feed.shown_url and not feed.is_local and not feed.is_list and "${" not in feed.shown_url
    ]
    click.echo(write_opml(shown, title=config.site.title, modified=utc_now()), nl=False)


@contextmanager
def _told_of(place: str) -> Iterator[None]:
    """Raises what its block raises of a document, with the place of the document before it."""
    from aggregator.config.feeds import without_user

    try:
        yield
    except (FetchError, ParseError) as error:
        shown = show.safe(without_user(place), limit=200)
        raise FetchError(f"{shown}: {error.detail}") from error


def _feed_at(config: Config, url: str) -> FeedSource:
    """An address from the command line, asked as a feed of this configuration would be."""
    from msgspec.structs import replace

    from aggregator.config.document import Bad
    from aggregator.config.feeds import without_user
    from aggregator.config.fields import check_url, expand

    try:
        filled, _ = expand(url, os.environ)
        check_url(filled)
    except Bad as error:
        shown = show.safe(without_user(url), limit=200) or "the address"
        raise UsageError(f"{shown}: {error}") from error
    return replace(config.feed_defaults, url=filled, key=url)


def _check_new(config: Config, url: str) -> None:
    """Raises UsageError where a feed has this URL, however it is spelled."""
    from aggregator.lists import one_spelling, spellings

    spelling = one_spelling(url)
    for feed in config.feeds:
        if spelling in spellings(feed):
            listed = f" ({show.safe(feed.shown_url)})" if feed.shown_url else ""
            raise UsageError(f"this URL is configured already, as {feed.name!r}{listed}")


def _withdraw(config: Config, keys: Sequence[str]) -> int:
    """Withdraws the items of these feeds from the published files; returns how many there were.

    Of a list, those of the feeds that it named last, but for feeds that are still polled.
    """
    from aggregator.publishing.publish import left_over, publish
    from aggregator.storage import feeds, lists

    if not config.database.exists():
        return 0
    count = 0
    with database(config) as store:
        polled = {feed.key for feed in lists.subscribed(store, config).feeds}
        named = [url for key in keys for url in lists.named_by(store, key) if url not in polled]
        for key in (*keys, *named):
            with suppress(NotFound):  # never polled: nothing of it was published
                count += feeds.withdraw_source(store, key, now=utc_now())
        publish(store, config, utc_now())
        if left := left_over(store, config):
            more = f" and {len(left) - _FILES_NAMED} more" if len(left) > _FILES_NAMED else ""
            show.note(
                f"note: not written any more, and left as they are in {config.output}:"
                f" {', '.join(left[:_FILES_NAMED])}{more}; remove those that show what is withdrawn"
            )
    return count


def _keep(config: Config, changed: Config, found: ProbedFeed, started_at: datetime) -> None:
    """What came is the feed's first poll; one that is added again is shown again.

    Raises ParseError and StoreError.
    """
    from aggregator.polling.first_poll import FirstResponse, store_first_poll
    from aggregator.polling.probe import parse_as
    from aggregator.storage import feeds

    (source,) = (feed for feed in changed.feeds if feed.key == found.url)
    parsed = None if found.items is None else parse_as(found.response, source.name)
    first = FirstResponse(found.requested_url, found.response, parsed, started_at)
    with database(config) as store:
        if source.key in feeds.withdrawn_sources(store):
            feeds.restore_source(store, source.key)
            show.note("its withdrawal is taken back")
        stored = store_first_poll(store, changed.feeds, source, first, utc_now())
    if stored is not None and stored.error is not None:
        raise StoreError(stored.error.detail)


def _reload_daemon(config: Config) -> None:
    """A running daemon reads the changed file at once; without one nothing happens."""
    from aggregator.cli.commands.reload import ask_to_reload

    if ask_to_reload(config):
        show.note("the running daemon reads the new configuration")
