"""Decides which unsure pairs the model reads now, and which later.

A pair is read at once if one side is near a topic, since readers could see it. All others share a
budget; the rest wait in the database and are read later, in the order of arrival. A budget is a
number of pairs, not of seconds, so the same items always give the same stories.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence

from aggregator.errors import ModelUnavailable
from aggregator.ingest.open_story import KeptStories
from aggregator.ingest.rules import Rules
from aggregator.logs import event
from aggregator.model import ItemPair, TopicText
from aggregator.semantics.wordpiece import Text
from aggregator.storage import decisions
from aggregator.storage.store import Store
from aggregator.stories.compare import Member, PairScores, Reader, pair_of

_log = logging.getLogger(__name__)
MOST_IN_BATCH = 64  # pairs: a third of a second, during which nobody else can use the store
NEAR = 0.5  # share of a topic's threshold from which a story might yet be published


class PairBudget:
    """How many pairs the model may still read in this run or tick; `None`: any number.

    It lives for one run, and keeps what earlier batches learned about items and pairs.
    """

    def __init__(self, pairs: int | None = None) -> None:
        self.left = pairs
        self.read = 0
        self.near: dict[int, bool] = {}  # item -> whether it is near a topic
        self.scores = PairScores()
        self.stories = KeptStories()
        self.is_broken = False  # the model failed: it is not used again in this run

    @property
    def allows_more(self) -> bool:
        """Whether another pair may be read."""
        return self.left != 0 and not self.is_broken

    def forget(self) -> None:
        """Drops what was learned about items: the words of some have changed."""
        self.near.clear()
        self.scores.forget()
        self.stories.forget()

    def take(self, wanted: int) -> int:
        """How many of the wanted pairs may be read."""
        if self.left is None:
            return wanted
        granted = min(wanted, self.left)
        self.left -= granted
        return granted


class ModelReader:
    """Looks up or computes logits of pairs. `fresh` holds those that the batch must write."""

    def __init__(self, store: Store, rules: Rules, budget: PairBudget) -> None:
        self._store = store
        self._rules = rules
        self._budget = budget
        self._room = sys.maxsize if budget.left is None else MOST_IN_BATCH
        self.fresh: dict[ItemPair, float | None] = {}

    def __call__(self, pairs: Sequence[tuple[Member, Member]]) -> list[float | None]:
        """A logit for each pair; None for one that waits to be read."""
        asked = [pair_of(a, b) for a, b in pairs]
        keyed = dict(zip(asked, pairs, strict=True))
        known: dict[ItemPair, float | None] = {
            pair: self.fresh[pair] for pair in keyed if pair in self.fresh
        }
        known |= decisions.logits_of(self._store, keyed.keys() - known.keys())
        urgent, others = [], []
        for pair, members in keyed.items():
            if known.get(pair) is not None:
                continue
            if any(map(self._is_near, members)):
                urgent.append(pair)
            elif pair not in known:
                others.append(pair)
        granted = self._budget.take(min(len(others), self._room))
        self._room -= granted
        now = urgent + others[:granted]
        found = self.read([keyed[pair] for pair in now])
        self.fresh |= {**dict.fromkeys([*now, *others]), **found}
        return [found.get(pair, known.get(pair)) for pair in asked]

    def read(self, pairs: Sequence[tuple[Member, Member]]) -> dict[ItemPair, float]:
        """The model's logits of these pairs; empty if it fails."""
        logits = ask_model(
            self._rules,
            self._budget,
            [texts_of(*pair) for pair in pairs],
        )
        if not logits:
            return {}
        return {pair_of(a, b): logit for (a, b), logit in zip(pairs, logits, strict=True)}

    def _is_near(self, member: Member) -> bool:
        near = self._budget.near.get(member.item_id)
        if near is None:
            features = member.features
            text = TopicText(features.core, features.summary, member.publisher, member.url or "")
            near = self._budget.near[member.item_id] = any(
                decision.accepted or decision.score >= NEAR * decision.threshold
                for _, decision in self._rules.judge((text,), is_brief=True)
            )
        return near


def ask_model(
    rules: Rules, budget: PairBudget, texts: Sequence[tuple[Text, Text]]
) -> Sequence[float]:
    """The model's logits of pairs of texts; empty if it is off or fails, which is logged once."""
    if not texts or rules.reader is None or budget.is_broken:
        return ()
    try:
        logits = rules.reader(texts)
    except ModelUnavailable as error:
        budget.is_broken = True
        event(_log, "model.failed", level=logging.WARNING, detail=str(error))
        return ()
    budget.read += len(texts)
    return logits


def read_all(rules: Rules) -> Reader | None:
    """A reader that reads every pair, without a database; None without a model."""
    reader = rules.reader
    if reader is None:
        return None
    return lambda pairs: list(reader([texts_of(*pair) for pair in pairs]))


def stored_logits(store: Store) -> Reader:
    """A reader that only knows the stored logits."""

    def read(pairs: Sequence[tuple[Member, Member]]) -> list[float | None]:
        asked = [pair_of(a, b) for a, b in pairs]
        known = decisions.logits_of(store, asked)
        return [known.get(pair) for pair in asked]

    return read


def texts_of(a: Member, b: Member) -> tuple[Text, Text]:
    """What the model reads of two items."""
    one, other = a.features, b.features
    return Text(one.core, one.summary), Text(other.core, other.summary)
