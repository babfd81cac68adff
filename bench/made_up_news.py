"""Headlines of no events, with words as often as news has them.

Words are drawn by how many headlines of a real stream hold them (the table that the matcher knows
words by), so that as many headlines share a word, or two, as in news; each story has a name of its
own besides. What the words say together means nothing: this measures speed, not matching.
"""

from __future__ import annotations

import random
from importlib.resources import files
from itertools import accumulate

WORDS = 8  # of a headline, besides the names
NAMES = 30_000
RETOLD = 0.3  # of the items
_SYLLABLES = (
    *("ba", "de", "ki", "lo", "mu", "na", "pe", "ri", "so", "ta", "va", "ze"),
    *("shar", "bin", "kor", "dal", "mer", "tul", "gan", "vik"),
)


class News:
    """Stories by number, the same for everybody who asks."""

    def __init__(self, feeds: int = 1) -> None:
        table = word_table()
        self._feeds = feeds
        self._words = list(table)
        self._often = list(accumulate(table.values()))

    def words(self, rng: random.Random, count: int) -> list[str]:
        """Words as news has them."""
        return rng.choices(self._words, cum_weights=self._often, k=count)

    def report(self, feed: int, count: int, rng: random.Random) -> tuple[str, str]:
        """Headline and summary of the item `count` of a feed: its own, or another's retold."""
        if rng.random() < RETOLD:
            first = f"{rng.randrange(self._feeds)}-{count}"
            title = self.retold(first, rng, f"Paper {feed}")
        else:
            title = self.headline(f"{feed}-{count}")
        return title, " ".join(self.words(rng, 70)) + "."

    def headline(self, story: str) -> str:
        """What the first to tell a story writes."""
        rng = random.Random(story)
        told = self.words(rng, WORDS)
        for place in (rng.randrange(3), rng.randrange(4, WORDS)):
            told.insert(place, name(rng))
        return _sentence(told)

    def retold(self, story: str, rng: random.Random, publisher: str) -> str:
        """What others write of it: the same, more, less, or in other words."""
        headline = self.headline(story)
        how = rng.random()
        if how < 0.25:
            return headline
        if how < 0.5:
            return f"{headline} - {publisher}"
        if how < 0.65:
            return headline[: rng.randint(len(headline) // 2, len(headline) - 8)].rstrip() + "..."
        told = headline.split()
        for place in rng.sample(range(len(told)), 3):
            if told[place].islower():
                (told[place],) = self.words(rng, 1)
        at = rng.randrange(2, len(told) - 2)
        return _sentence([*told[at:], *told[:at]])


def word_table() -> dict[str, int]:
    """Words, with a capital where they mostly have one -> headlines of a sample that hold them."""
    data = files("aggregator.stories").joinpath("data").joinpath("frequency.tsv")
    table = {}
    for line in data.read_text("utf-8").splitlines()[1:]:
        word, count, capital = line.split("\t")
        table[word.capitalize() if int(capital) >= 80 else word] = int(count)
    return table


def name(rng: random.Random) -> str:
    """Somebody or something."""
    drawn = random.Random(rng.randrange(NAMES))
    return "".join(drawn.choices(_SYLLABLES, k=3)).capitalize()


def _sentence(told: list[str]) -> str:
    text = " ".join(told)
    return text[:1].upper() + text[1:]
