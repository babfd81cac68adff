"""Choose pairs of real headlines for labelling by reading, and keep the labels without the text.

    python bench/stories/select_pairs.py show STREAM --page 1
    python bench/stories/select_pairs.py record STREAM --page 1 --labels 01-10...

STREAM is a gzipped JSON Lines file of rows with `title`, `publisher` and `date`. The same file and
the same constants give the same pages; README.md beside this file says how pairs are labelled.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import math
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

LABELS_FILE = Path(__file__).with_name("pair_labels.tsv")
PAGE_SIZE = 120
WINDOW = timedelta(hours=72)
PAIRS_PER_ITEM = 4
COMMON_TOKEN_SHARE = 0.02  # a token of more items than this opens no pair
# (from, below, share of the chosen pairs). Over .8 copies rule, under .25 strangers.
OVERLAPS = ((0.25, 0.35, 0.18), (0.35, 0.48, 0.40), (0.48, 0.62, 0.28), (0.62, 0.80, 0.14))
HOURS = ((0, 9, 0.50), (9, 27, 0.35), (27, 73, 0.15))
KINDS = {"focus": 0.62, "market": 0.06, "general": 0.32}
FOCUS = re.compile(
    r"\b(?:pak|pakistan\w*|afghan\w*|taliban|kashmir\w*|j&k|pahalgam|srinagar|iran\w*|tehran|hormuz"
    r"|india-pak|u\.?s\.?|trump|rubio|hegseth|pentagon|centcom|israel\w*|gaza|hamas|hezbollah|ukraine"
    r"|russian?|militants?|terror\w*|blasts?|bomb\w*|attack\w*|strikes?|missiles?|drones?|army|navy|troops"
    r"|border|ceasefire|nia|naxal\w*|maoists?|encounter|soldiers?|killed|kills?|dead|toll|arrest\w*"
    r"|earthquake|quake|crash\w*|floods?|delhi|modi|bangladesh|hasina|nepal|china|talks|visit|court)\b",
    re.IGNORECASE,
)
# Market reports are nearly all recurring titles: a few of them say what there is to learn.
MARKET = re.compile(
    r"\b(?:sensex|nifty|stocks?|shares?|ipo|gmp|gold|silver|results|profit|pat|dividend|dollar|rupee"
    r"|markets?|crude|wall street|futures|s&p|s&amp;p|dow|nasdaq|bse|q[1-4]|brokerage|mcap|bitcoin"
    r"|mutual)\b",
    re.IGNORECASE,
)
_PUBLISHER_TAIL = re.compile(r"\s+[-|]\s+[^-|]{2,40}$")
_TOKEN = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Headline:
    """One row of the stream. `tokens` is the set of words of the title without its publisher."""

    title: str
    publisher: str
    at: datetime
    tokens: frozenset[str]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two headlines, the earlier first, with their IDF-weighted overlap (Dice, 0 to 1)."""

    first: Headline
    second: Headline
    overlap: float

    @property
    def hours_apart(self) -> float:
        return (self.second.at - self.first.at).total_seconds() / 3600

    @property
    def key(self) -> tuple[str, str]:
        return title_hash(self.first.title), title_hash(self.second.title)


def title_hash(title: str) -> str:
    """The first 16 hex digits of the SHA-256 of the title's UTF-8 bytes, unchanged."""
    return hashlib.sha256(title.encode()).hexdigest()[:16]


def read_stream(path: Path) -> list[Headline]:
    """Headlines in order of time; of rows that differ in case or punctuation alone, the first."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    rows.sort(key=lambda row: (row["date"], row["title"]))
    seen: set[str] = set()
    headlines = []
    for row in rows:
        words = _TOKEN.findall(_PUBLISHER_TAIL.sub("", row["title"]).casefold())
        normalised = " ".join(words)
        if len(words) >= 4 and normalised not in seen:
            seen.add(normalised)
            at = datetime.fromisoformat(row["date"])
            headlines.append(Headline(row["title"], row["publisher"], at, frozenset(words)))
    return headlines


def token_weights(headlines: Iterable[Headline]) -> dict[str, float]:
    """Inverse document frequency of each token."""
    counts = Counter(token for headline in headlines for token in headline.tokens)
    total = sum(1 for _ in headlines)
    return {token: math.log(total / count) for token, count in counts.items()}


def candidate_pairs(headlines: list[Headline]) -> Iterator[Pair]:
    """Pairs within the window that share a token which is not common, with any overlap."""
    weights = token_weights(headlines)
    mass = [sum(weights[token] for token in headline.tokens) for headline in headlines]
    rare_from = -math.log(COMMON_TOKEN_SHARE)
    recent: defaultdict[str, list[int]] = defaultdict(list)
    for number, headline in enumerate(headlines):
        shared: Counter[int] = Counter()
        for token in headline.tokens:
            if weights[token] < rare_from:
                continue
            earliest = headline.at - WINDOW
            recent[token] = [n for n in recent[token] if headlines[n].at >= earliest]
            shared.update(recent[token])
            recent[token].append(number)
        for other in sorted(n for n, count in shared.items() if count >= 2):
            common = sum(weights[token] for token in headline.tokens & headlines[other].tokens)
            overlap = 2 * common / (mass[number] + mass[other])
            yield Pair(headlines[other], headline, overlap)


def _draw(pair: Pair) -> str:
    """A fixed lot for a pair: the order of lots is the order of choice."""
    return hashlib.sha256("".join(pair.key).encode()).hexdigest()


def _kind(pair: Pair) -> str:
    for kind, pattern in (("market", MARKET), ("focus", FOCUS)):
        if pattern.search(pair.first.title) or pattern.search(pair.second.title):
            return kind
    return "general"


def _level(value: float, levels: Iterable[tuple[float, float, float]]) -> tuple[float, float]:
    """Lower bound and share of the level that a value falls in; a share of 0 outside them all."""
    for lower, upper, share in levels:
        if lower <= value < upper:
            return lower, share
    return -1, 0.0


def choose(pairs: Iterable[Pair], *, count: int) -> list[Pair]:
    """About `count` pairs, stratified, no headline in more than PAIRS_PER_ITEM of them."""
    strata: defaultdict[tuple[float, float, str], list[Pair]] = defaultdict(list)
    quotas: dict[tuple[float, float, str], int] = {}
    for pair in pairs:
        overlap, overlap_share = _level(pair.overlap, OVERLAPS)
        hours, hours_share = _level(pair.hours_apart, HOURS)
        kind = _kind(pair)
        stratum = overlap, hours, kind
        quotas[stratum] = round(count * overlap_share * hours_share * KINDS[kind])
        if quotas[stratum]:
            strata[stratum].append(pair)
    uses: Counter[str] = Counter()
    chosen: list[Pair] = []
    for stratum in sorted(strata):
        taken = 0
        for pair in sorted(strata[stratum], key=_draw):
            if taken < quotas[stratum] and all(uses[key] < PAIRS_PER_ITEM for key in pair.key):
                uses.update(pair.key)
                chosen.append(pair)
                taken += 1
    return sorted(chosen, key=lambda pair: title_hash(pair.second.title + pair.first.title))


def show(page: list[Pair]) -> None:
    """Print a page to be read: number, hours apart, then the two headlines."""
    for number, pair in enumerate(page, 1):
        first, second = pair.first, pair.second
        print(f"{number} [{pair.hours_apart:.0f}h] {first.title} ~{first.publisher[:12]}")
        print(f"    {second.title} ~{second.publisher[:12]}")


def record(page: list[Pair], labels: str) -> None:
    """Append the decided pairs of a page to the labels file; `-` leaves a pair out."""
    if len(labels) != len(page) or set(labels) - set("01-"):
        sys.exit(f"expected {len(page)} labels of 0, 1 and -, got {len(labels)}: {labels[:40]!r}")
    with LABELS_FILE.open("a", encoding="ascii") as out:
        for pair, label in zip(page, labels, strict=True):
            if label != "-":
                out.write("\t".join((*pair.key, label)) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("action", choices=("show", "record"))
    parser.add_argument("stream", type=Path)
    parser.add_argument("--page", type=int, required=True, help="from 1")
    parser.add_argument("--labels", default="", help="one of 0, 1 or - for each pair of the page")
    parser.add_argument("--count", type=int, default=2700, help="pairs chosen in all")
    options = parser.parse_args()
    pairs = choose(candidate_pairs(read_stream(options.stream)), count=options.count)
    page = pairs[(options.page - 1) * PAGE_SIZE : options.page * PAGE_SIZE]
    if options.action == "show":
        show(page)
    else:
        record(page, "".join(options.labels.split()))


if __name__ == "__main__":
    main()
