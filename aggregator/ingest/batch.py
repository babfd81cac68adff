"""Collects the rows of a batch in memory, and writes them in sets."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from hashlib import blake2b

from msgspec.structs import replace

from aggregator.ingest.candidates import CandidateStories
from aggregator.ingest.judging import MAX_TEXTS, decision_row, text_of, withdraw_unfounded
from aggregator.ingest.open_story import OpenStory, ReadItem
from aggregator.ingest.rules import Rules
from aggregator.model import Assignment, ItemPair
from aggregator.storage import decisions, matching, published, stories
from aggregator.storage.decisions import BatchRows, EvidenceRow, MatchedItem, NewVariant, write_rows
from aggregator.storage.matching import StoredItem, StoredStory
from aggregator.storage.related import RELATED, SCALE
from aggregator.storage.store import Store
from aggregator.stories.blocking import keys
from aggregator.stories.lead import LeadCandidate, PublishedLead, choose_lead
from aggregator.stories.match import is_core
from aggregator.stories.overlap import terms_text
from aggregator.times import time_text
from aggregator.urls import same_site

UID_LENGTH = 12  # hexadecimal: two of a million stories meet once in 500 databases


def uid_of(feed_key: str, identity: str, *, length: int = UID_LENGTH) -> str:
    """A story's id, derived from its first item, so the same items always give the same ids.

    Hexadecimal, so it cannot be mistaken for an item's id (`i` and a number).
    """
    return blake2b(f"{feed_key}\0{identity}".encode(errors="replace")).hexdigest()[:length]


def free_uid(store: Store, item_id: int) -> str:
    """An id for a new story that begins with a stored item; longer where a shorter one is taken."""
    (item,) = matching.items_by_id(store, (item_id,))
    key = matching.feed_traits(store, (item.feed_id,))[item.feed_id].key
    length = UID_LENGTH
    while matching.taken_uids(store, (uid_of(key, item.identity, length=length),)):
        length += 1
    return uid_of(key, item.identity, length=length)


class Batch:
    """The decisions of a batch that are not written yet."""

    def __init__(
        self, store: Store, candidates: CandidateStories, *, rules: Rules, now: datetime
    ) -> None:
        self.store = store
        self.candidates = candidates
        self.rules = rules
        self.now = now
        self.dirty: set[str] = set()
        self.accepted: set[int] = set()
        self.gone: set[int] = set()  # stories merged into others
        self._at = time_text(now)
        self._rows = BatchRows()
        self._changed: dict[int, OpenStory] = {}
        self._taken: set[str] = set()
        self._next_story = self._next_variant = 0  # until `expect`

    def expect(self, items: Iterable[StoredItem]) -> None:
        """Looks up, in one query, which of the ids are taken that these items may need.

        Call it after everything else in the transaction has written its variants.
        """
        self._next_story, self._next_variant = matching.next_ids(self.store)
        wanted = [uid_of(self.candidates.feeds[item.feed_id].key, item.identity) for item in items]
        self._taken |= matching.taken_uids(self.store, wanted)

    def place(self, item: ReadItem, assignment: Assignment, *, item_keys: Sequence[str]) -> None:
        """Adds an item to the story that was decided for it, or to a new one."""
        if not is_core(item.features, assignment):
            item = replace(item, core=False)
        story = (
            self._open(item)
            if assignment.story_id is None
            else self.candidates.open[assignment.story_id]
        )
        fingerprint = item.features.fingerprint
        variant = story.wordings.get(fingerprint)
        if variant is None and story.stored.variants > len(story.representatives):
            variant = matching.variant_id(self.store, story.story_id, fingerprint=fingerprint)
        is_fresh = variant is None
        if variant is None:
            variant = self._next_variant
            self._next_variant += 1
            self._rows.variants.append(
                NewVariant(
                    id=variant,
                    story_id=story.story_id,
                    headline=item.stored.headline,
                    fingerprint=fingerprint,
                    truncated=item.features.truncated,
                    terms=terms_text(item.features),
                    core=item.core,
                    item_id=item.item_id,
                )
            )
        story.add(item, variant if is_fresh else None)
        self.candidates.story_of[item.item_id] = story.story_id
        self._changed[story.story_id] = story
        self._rows.items.append(MatchedItem(variant, item.item_id))
        self._note_evidence(item, story, assignment)
        rows = self.candidates.note_keys(story.story_id, item.stored, item_keys=item_keys)
        self._rows.keys += rows

    def touch(self, story_id: int) -> None:
        """Schedules a stored story to have its lead chosen and its topics judged again."""
        self.candidates.forget((story_id,))
        self.candidates.load((story_id,))
        story = self.candidates.open.get(story_id)
        if story is None or not story.representatives:
            return
        lead = story.stored.lead_item_id
        if lead is not None and stories.story_of_item(self.store, lead) != story_id:
            story.stored = replace(story.stored, lead_item_id=None)
        self._changed[story_id] = story

    def reword(self, changed: Sequence[ReadItem]) -> None:
        """Updates the stories of items whose text changed: wordings, leads and topics."""
        ids = [item.item_id for item in changed]
        decisions.forget_logits(self.store, ids)
        home = stories.stories_of_items(self.store, ids)  # only matched items can be among them
        for item in changed:
            features = item.features
            like = stories.VariantRow(item.stored.headline, features.fingerprint,
                                      int(features.truncated), terms_text(features))  # fmt: skip
            stories.reword(self.store, item.item_id, story_id=home[item.item_id], like=like)
        stories.recount(self.store, sorted(set(home.values())))
        for story_id in sorted(set(home.values())):
            self.touch(story_id)
        for item in changed:
            self.note_keys(home[item.item_id], item)

    def merge(self, story_a: int, story_b: int) -> None:
        """Merges two stories; the one that was published first remains."""
        merged = stories.merge(self.store, story_a, story_b)
        self.dirty |= published.topics_of(self.store, (merged.keep, merged.gone))
        self.candidates.merged(merged.gone, keep=merged.keep)
        self.gone.add(merged.gone)
        self.touch(merged.keep)

    def part(self, story_id: int, like: Sequence[int]) -> int:
        """Moves the wordings of these items, with all items that share them, to a new story.

        Returns the id of the new story.
        """
        self.write()
        moved = stories.items_worded_like(self.store, like)
        target = stories.open_story(
            self.store, uid=free_uid(self.store, moved[0]), item_id=moved[0]
        )
        stories.move_items(self.store, moved, to_story=target)
        stories.carry_evidence(self.store, moved, to_story=target)
        stories.recount(self.store, (story_id, target))
        withdraw_unfounded(self.store, self.rules, story_id=story_id)
        self.dirty |= published.topics_of(self.store, (story_id,))
        for one in (story_id, target):
            self.touch(one)
        self.note_items(target, moved)
        self.candidates.story_of |= dict.fromkeys(moved, target)
        return target

    def keep_logits(self, logits: Mapping[ItemPair, float | None]) -> None:
        """Stores the logits of pairs; None marks a pair that waits to be read."""
        decisions.keep_logits(self.store, logits)

    def note_items(self, story_id: int, item_ids: Iterable[int]) -> None:
        """Indexes a story under the keys of items that moved to it."""
        for stored in matching.items_by_id(self.store, item_ids):
            self.note_keys(story_id, self.candidates.read(stored))

    def note_keys(self, story_id: int, item: ReadItem) -> None:
        """Indexes a story under the keys of an item whose words changed."""
        item_keys = keys(item.features)
        rows = self.candidates.note_keys(story_id, item.stored, item_keys=item_keys)
        self._rows.keys += rows

    def _open(self, item: ReadItem) -> OpenStory:
        stored = item.stored
        key, length = self.candidates.feeds[stored.feed_id].key, UID_LENGTH
        uid = uid_of(key, stored.identity)
        while uid in self._taken:
            length += 1
            uid = uid_of(key, stored.identity, length=length)
            self._taken |= matching.taken_uids(self.store, (uid,))
        self._taken.add(uid)
        row = StoredStory(
            story_id=self._next_story,
            uid=uid,
            entry_id=None,
            headline=stored.headline,
            url=stored.url,
            lead_item_id=stored.item_id,
            first_seen_at=stored.first_seen_at,
            first_at=stored.at,
            last_at=stored.at,
            items=0,
            variants=0,
            hidden=False,
        )
        self._next_story += 1
        self.candidates.open[row.story_id] = story = OpenStory(row, self.rules, is_new=True)
        return story

    def _note_evidence(self, item: ReadItem, story: OpenStory, assignment: Assignment) -> None:
        item_id, found, rows = item.item_id, assignment.evidence, self._rows.evidence
        signals = json.dumps(dict(found.signals)) if found.signals else "{}"
        rows.append(EvidenceRow(item_id, story.story_id, self._at, found.rule, chosen=True,
                                score=found.score, detail=found.detail,
                                signals=signals))  # fmt: skip
        close = self.candidates.close_to(item_id)
        related = {story_id: round(value * SCALE) for story_id, value in close.items()
                   if story_id != story.story_id}  # fmt: skip
        for one in assignment.rejected:
            rule = one.vetoes[0] if one.vetoes else "unsure"
            vetoes = json.dumps(one.vetoes) if one.vetoes else "[]"
            rows.append(EvidenceRow(item_id, one.story_id, self._at, rule,
                                    related=related.pop(one.story_id, 0),
                                    score=one.score, vetoes=vetoes))  # fmt: skip
        for story_id, value in related.items():
            rows.append(EvidenceRow(item_id, story_id, self._at, RELATED, related=value))

    def write(self) -> None:
        """Chooses leads, judges topics and writes all that was collected."""
        changed = list(self._changed.values())
        accepted = decisions.accepted_topics(
            self.store, [story.story_id for story in changed if not story.is_new]
        )
        for story in changed:
            self._lead(story)
            rows = self._rows.opened if story.is_new else self._rows.updated
            rows.append(story.stored)
            self._judge(story, accepted.get(story.story_id, set()))
            story.is_new = False
            story.fresh = []
        write_rows(self.store, self._rows)
        self._rows = BatchRows()
        self._changed = {}

    def _lead(self, story: OpenStory) -> None:
        """Chooses the story's lead; a published lead is replaced only where it must be."""
        row = story.stored
        if story.is_new and row.items == 1:
            return
        items = {item.item_id: item for item in (*story.representatives, *story.fresh[:MAX_TEXTS])}
        if row.lead_item_id is not None and row.lead_item_id not in items:
            for stored in matching.items_by_id(self.store, (row.lead_item_id,)):
                items[stored.item_id] = self.candidates.read(stored)
        self.candidates.know_feeds(item.stored.feed_id for item in items.values())
        published = None
        if row.entry_id is not None and row.lead_item_id is not None:
            published = PublishedLead(row.lead_item_id, row.headline)
        able = []
        for item in items.values():
            stored, feed = item.stored, self.candidates.feeds[item.stored.feed_id]
            able.append(
                LeadCandidate(
                    item_id=stored.item_id,
                    headline=stored.headline,
                    features=item.features,
                    rank=feed.rank,
                    own_site=bool(stored.url)
                    and same_site(stored.url or "", feed.site_url or feed.key),
                    has_url=bool(stored.url),
                    at=stored.at,
                )
            )
        lead = choose_lead(able, published=published)
        chosen = items[lead.item_id].stored
        story.stored = replace(
            row, lead_item_id=chosen.item_id, headline=chosen.headline, url=chosen.url
        )

    def _judge(self, story: OpenStory, accepted: set[str]) -> None:
        """Judges the topics that have not accepted the story yet: growth never revokes a decision.

        Most stories are far from every topic; nothing is written for those.
        """
        before = set(accepted)
        if len(before) < len(self.rules.topics):
            items = {item.item_id: item for item in (*story.representatives, *story.fresh)}
            self.candidates.know_feeds(item.stored.feed_id for item in items.values())
            feeds = self.candidates.feeds
            trusted_first = sorted(
                (item.stored for item in items.values()),
                key=lambda one: not feeds[one.feed_id].on_topic,
            )[:MAX_TEXTS]
            texts = dict.fromkeys(text_of(one, feeds[one.feed_id]) for one in trusted_first)
            for topic, decision in self.rules.judge(tuple(texts), is_brief=True):
                if topic.name in before:
                    continue
                row = decision_row(story.story_id, topic, decision, at=self._at)
                if row is not None:
                    self._rows.decisions.append(row)
                if decision.accepted:
                    before.add(topic.name)
        if before:
            self.accepted.add(story.story_id)
            self.dirty |= before
