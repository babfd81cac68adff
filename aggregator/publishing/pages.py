"""Web pages: published values -> HTML bytes, without scripts and with every text escaped. Pure.

The only markup is that of our own templates. The style sheet is inline, so that a page is complete
when it is opened as a file; the Content-Security-Policy contains its hash.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from functools import cache
from itertools import groupby
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from msgspec import Struct
from msgspec.structs import replace

from aggregator.model import TermHit
from aggregator.publishing import render_text
from aggregator.publishing.formats import ATOM, FORMATS, OPML_TYPE, Format
from aggregator.publishing.reasons import opener_of
from aggregator.publishing.render_content import closed_on, shown_stamp, shown_time
from aggregator.publishing.render_document import Day
from aggregator.publishing.render_origins import entry_origins, origins_of
from aggregator.publishing.render_page import printed, story_on_page
from aggregator.publishing.render_story import Change, Report, Step, timeline
from aggregator.publishing.render_text import escape, excerpt, image_of
from aggregator.publishing.style import style, style_hash
from aggregator.publishing.weight import by_weight
from aggregator.text import counted, cut, one_line
from aggregator.times import time_text
from aggregator.views import (
    FeedHealth,
    PublishedEntry,
    PublishedFeed,
    SearchHit,
    StoryItem,
    StoryPage,
)

_RULES = {
    "same_url": "The same page",
    "exact": "The same headline",
    "truncated": "The same headline, cut off",
    "reworded": "The same event in other words",
    "correction": "Put here by an editor",
}
_MAX_TITLE = 60  # characters: a browser's tab or a search result shows no more
_COMPARABLE = 0.3  # share of common words from which differences are readable


class Site(Struct, frozen=True):
    """What all pages share. `live` pages are served, and link to search and feed health."""

    title: str
    language: str = "en"
    base_url: str | None = None
    hub: str | None = None
    formats: tuple[Format, ...] = tuple(FORMATS.values())  # of the topics' feeds
    opml: bool = True
    digest: bool = True
    noindex: bool = False
    excerpt: int = 500
    images: bool = False  # whether the stories' pictures are shown
    icon: str = ""  # the operator's, on this site; "": ours
    live: bool = False
    order: str = "time"  # of a topic's page: time | weight
    root: str = ""  # prefix of links to our own pages; "": they are relative


class TopicCard(Struct, frozen=True):
    """A topic on the index."""

    name: str
    title: str
    count: int
    newest: tuple[PublishedEntry, ...]


class TopOfDay(Struct, frozen=True):
    """The heaviest stories of the newest day."""

    day: str  # YYYY-MM-DD, as of the digests
    entries: tuple[PublishedEntry, ...]  # heaviest first


class SearchForm(Struct, frozen=True):
    """The values and the choices of the form on the search page."""

    q: str = ""
    topic: str = ""
    source: str = ""
    label: str = ""
    since: str = ""
    until: str = ""
    sort: str = ""
    topics: tuple[tuple[str, str], ...] = ()  # name and title
    sources: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()  # NAME=VALUE

    @property
    def is_filtered(self) -> bool:
        """Whether anything besides the words is set."""
        return any((self.topic, self.source, self.label, self.since, self.until, self.sort))


def topic_page(feed: PublishedFeed, site: Site) -> bytes:
    """The stories of a topic: by day (UTC), newest first, or by weight alone."""
    by_day = groupby(feed.entries, key=lambda entry: time_text(entry.published_at)[:10])
    days: list[tuple[str, Sequence[PublishedEntry]]] = [(day, list(own)) for day, own in by_day]
    if site.order == "weight" and days:
        days = [("", by_weight(feed.entries))]
    return _page("topic.html", site, feed=feed, days=days, months=feed.months[::-1])


def day_page(feed: PublishedFeed, day: Day, site: Site, *, earlier: str | None) -> bytes:
    """The stories of a day of the digest; `earlier`: the day before it that has a page."""
    days = [(day.day, day.stories)]
    return _page("day.html", site, feed=feed, day=day, days=days, earlier=earlier)


def story_page(page: StoryPage, site: Site) -> bytes:
    """A story step by step in order of time, with the reasons for each decision."""
    origins = entry_origins(page.entry)
    sources = tuple(item.source for item in page.items)
    reasons = (origins if sources == page.entry.sources else origins_of(sources)).reasons
    origin_of = dict(zip((item.item_id for item in page.items), reasons, strict=True))
    steps: list[tuple[str, Step, tuple[tuple[str, str], ...], str, str]] = []
    for step in timeline(page):
        match step:
            case Report(item=item, headline=headline):
                # a headline that changed later is compared with its next version, in the next step
                wording = () if item.earlier else differences(page.entry.headline, headline)
                origin = origin_of[item.item_id]
                steps.append(("report", step, wording, _why(item, page), origin))
            case Change(headline=headline, before=before):
                steps.append(("change", step, differences(before, headline), "", ""))
            case _:
                steps.append(("related", step, (), "", ""))
    return _page(
        "story.html",
        site,
        root="../",
        page=page,
        entry=page.entry,
        steps=steps,
        differ=any(pieces for kind, _, pieces, _, _ in steps if kind == "report"),
        origins=origins.in_words,
        reasons=[(reason, found_terms(reason.terms)) for reason in page.topics],
    )


def _why(item: StoryItem, page: StoryPage) -> str:
    """Why an item is in its story, in a few words; each merged story had a first report."""
    if item.rule != "new":
        return _RULES.get(item.rule, "")
    if item.item_id == page.items[0].item_id:
        return "The first report of it"
    is_first = item.item_id == opener_of(page.items)
    return "The first report seen here" if is_first else "A story of its own at first"


def left_page(site: Site, *, survivor: str | None) -> bytes:
    """The page of a withdrawn story: a link to the story it was merged into, or a notice."""
    return _page("left.html", site, root="../", survivor=survivor)


def index_page(topics: Sequence[TopicCard], site: Site, *, top: TopOfDay | None = None) -> bytes:
    """The top of the day, and all topics with their newest stories."""
    return _page("index.html", site, topics=topics, top=top)


def feeds_page(
    feeds: Sequence[tuple[FeedHealth, str]], site: Site, *, broken: Sequence[str] = ()
) -> bytes:
    """The feeds, each with what there is to say of it; `broken`: names of those failing for days.

    Of a feed itself nothing is shown that may hold a private address, such as the text of an error.
    """
    return _page("feeds.html", site, feeds=feeds, broken=broken)


def search_page(
    form: SearchForm,
    hits: Sequence[SearchHit],
    site: Site,
    *,
    parameters: str = "",
    complete: bool = True,
    problem: str = "",
) -> bytes:
    """The results of a search; a hit's `story` is set where that has a page.

    `parameters`: the query of its feed's address; `complete`: all matches were read; `problem`: why
    nothing was searched.
    """
    shown = replace(form, q=one_line(form.q, limit=200))
    return _page(
        "search.html", site, form=shown, hits=hits, parameters=parameters, complete=complete,
        problem=problem,
    )  # fmt: skip


def message_page(title: str, text: str, site: Site) -> bytes:
    """A short message, for errors; it never repeats anything of the request."""
    return _page("message.html", site, heading=title, text=text)


def differences(reference: str, other: str) -> tuple[tuple[str, str], ...]:
    """The difference of two wordings: pieces that are `same`, `added` or `missing` in `other`.

    Compared word by word, ignoring case. Empty if nothing differs, or if the wordings have too
    little in common, for example in two languages.
    """
    old, new = reference.split(), other.split()
    old_words, new_words = [word.casefold() for word in old], [word.casefold() for word in new]
    if old_words == new_words:
        return ()
    matcher = difflib.SequenceMatcher(None, old_words, new_words, autojunk=False)
    if matcher.ratio() < _COMPARABLE:
        return ()
    pieces: list[tuple[str, str]] = []
    for kind, old_from, old_to, new_from, new_to in matcher.get_opcodes():
        if kind == "equal":
            pieces.append(("same", " ".join(new[new_from:new_to])))
            continue
        if old_from < old_to:
            pieces.append(("missing", " ".join(old[old_from:old_to])))
        if new_from < new_to:
            pieces.append(("added", " ".join(new[new_from:new_to])))
    return tuple(pieces) if any(kind != "same" for kind, _ in pieces) else ()


@cache
def content_security_policy(*, images: bool = False) -> str:
    """The policy that the pages need: their own style sheet, no scripts, forms to ourselves.

    `images`: pictures from any https address, too.
    """
    pictures = "'self' https:" if images else "'self'"
    return (
        f"default-src 'none'; style-src '{style_hash()}'; img-src {pictures}; form-action 'self'; "
        "base-uri 'none'"
    )


def found_terms(terms: Sequence[TermHit]) -> tuple[tuple[str, str, float], ...]:
    """Each term once, with where it was found and its total weight; heaviest first."""
    fields: dict[str, list[str]] = {}
    weights: dict[str, float] = {}
    for hit in terms:
        fields.setdefault(hit.term, []).append(hit.field)
        weights[hit.term] = weights.get(hit.term, 0.0) + hit.weight
    ordered = sorted(weights, key=lambda term: (-weights[term], term))
    return tuple((term, ", ".join(dict.fromkeys(fields[term])), weights[term]) for term in ordered)


def _page(template: str, site: Site, *, root: str = "", **values: Any) -> bytes:
    found = _environment().get_template(template)
    text = found.render(
        site=site,
        root=site.root or root,
        style=Markup(style()),  # noqa: S704 - a file of this package
        policy=content_security_policy(images=site.images),
        **values,
    )
    return text.encode()


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("aggregator.publishing"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=lambda value: printed(value) if type(value) is str else value,
        auto_reload=False,
    )
    environment.globals |= {"atom": ATOM, "opml_type": OPML_TYPE}
    environment.filters |= {
        "categories": render_text.categories,
        "counted": counted,
        "safe_url": render_text.safe_url,
        "shown_time": shown_time,
        "stamp": shown_stamp,
        "day": closed_on,
        "iso": time_text,
        "heading": _heading,
        "image": image_of,
        "story": lambda entry, day, site: Markup(  # noqa: S704 - escapes what it is given
            story_on_page(
                entry,
                day=day,
                excerpt_limit=site.excerpt,
                image=image_of(entry) if site.images else None,
            )
        ),
        "origins": entry_origins,
        "excerpt": lambda text, limit: excerpt(text, limit=limit),
        "direction": lambda text, language="": Markup(  # noqa: S704 - of checked words only
            render_text.attributes(text, language=language)
        ),
        "language_tag": render_text.language_tag,
    }
    return environment


def _heading(text: str) -> str:
    """A title for the browser's tab, short even if most of it must be escaped."""
    line = cut(one_line(text), _MAX_TITLE)
    while len(escape(line)) > _MAX_TITLE + 10:
        line = cut(line.rstrip("…"), len(line) - 5)
    return line
