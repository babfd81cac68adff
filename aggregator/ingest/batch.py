"""The rows of a decided batch, collected in memory and written in sets."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from hashlib import blake2b

from msgspec.structs import replace

from aggregator.ingest.desk import Desk, Draft, Told
from aggregator.ingest.judging import MAX_TEXTS, terms_of, text_of, withdraw_unfounded
from aggregator.ingest.rules import Rules
from aggregator.model import Assignment, TopicDecision, TopicText
from aggregator.storage import matching, model_scores, published, stories
from aggregator.storage.matching import StoredItem
from aggregator.storage.related import RELATED, SCALE
from aggregator.storage.store import Store, to_text
from aggregator.stories.candidates import keys
from aggregator.stories.lead import LeadCandidate, PublishedLead, choose_lead
from aggregator.stories.match import is_core
from aggregator.stories.screening import written
from aggregator.topics.query import Topic
from aggregator.urls import same_site

UID_LENGTH = 12  # hexadecimal: two of a million stories meet once in 500 databases


def uid_of(feed_key: str, identity: str, *, length: int = UID_LENGTH) -> str:
    """A story's id from its first item: the same items give the same ids in any order.

    Hexadecimal, so it never looks like an item's id (`i` and a number).
    """
    return blake2b(f"{feed_key}\0{identity}".encode(errors="replace")).hexdigest()[:length]


def free_uid(store: Store, item_id: int) -> str:
    """The id of a new story around a stored item; lengthened where it is taken."""
    (item,) = matching.items_by_id(store, (item_id,))
    key = matching.feed_traits(store, (item.feed_id,))[item.feed_id].key
    length = UID_LENGTH
    while matching.taken_uids(store, (uid_of(key, item.identity, length=length),)):
        length += 1
    return uid_of(key, item.identity, length=length)


class Batch:
    """What was decided and is not yet written."""

    def __init__(self, store: Store, desk: Desk, *, rules: Rules, now: datetime) -> None:
        self.store = store
        self.desk = desk
        self.rules = rules
        self.now = now
        self.dirty: set[str] = set()
        self.accepted: set[int] = set()
        self._at = to_text(now)
        self._rows: dict[str, list[tuple[object, ...]]] = {}
        self._changed: dict[int, Draft] = {}
        self._taken: set[str] = set()
        self._next_story = self._next_variant = 0  # until `expect`

    def expect(self, items: Iterable[StoredItem]) -> None:
        """Looks up, in one go, which ids are taken of those that these items may ask for.

        To be called when all else of the transaction has written its variants.
        """
        self._next_story, self._next_variant = matching.next_ids(self.store)
        wanted = [uid_of(self.desk.feeds[item.feed_id].key, item.identity) for item in items]
        self._taken |= matching.taken_uids(self.store, wanted)

    def place(self, told: Told, assignment: Assignment, *, item_keys: Sequence[str]) -> Draft:
        """Puts an item into the story that was decided, or into a new one."""
        told = replace(told, core=is_core(told.member(), assignment))
        draft = (
            self._open(told)
            if assignment.story_id is None
            else self.desk.drafts[assignment.story_id]
        )
        variant = draft.wordings.get(told.features.fingerprint)
        if variant is None and draft.variants > len(draft.told):
            variant = matching.variant_id(
                self.store, draft.story_id, fingerprint=told.features.fingerprint
            )
        if variant is None:
            variant = self._next_variant
            self._next_variant += 1
            self._add("variant", (variant, draft.story_id, told.item.headline,
                                  told.features.fingerprint, int(told.features.truncated),
                                  written(told.features), int(told.core),
                                  told.item.item_id))  # fmt: skip
            draft.add(told, variant)
        else:
            draft.add(told, None)
        self._changed[draft.story_id] = draft
        self._add("item", (variant, told.item.item_id))
        self._note_evidence(told, draft, assignment)
        rows = self.desk.note_keys(draft.story_id, told.item, item_keys=item_keys)
        self._rows.setdefault("key", []).extend(rows)
        return draft

    def touch(self, story_id: int) -> None:
        """Has a stored story's lead chosen and its topics judged again, as after a correction."""
        self.desk.forget((story_id,))
        self.desk.load((story_id,))
        draft = self.desk.drafts.get(story_id)
        if draft is None or not draft.told:
            return
        lead = draft.lead_item_id
        if lead is not None and stories.story_of_item(self.store, lead) != story_id:
            draft.lead_item_id = None
        self._changed[story_id] = draft

    def reword(self, changed: Sequence[Told]) -> None:
        """Items whose text changed stay in their story; wording, lead and topics follow."""
        ids = [one.item.item_id for one in changed]
        model_scores.forget(self.store, ids)
        home = stories.stories_of_items(self.store, ids)  # only matched items can be among them
        for one in changed:
            features = one.features
            like = stories.Wording(one.item.headline, features.fingerprint,
                                   int(features.truncated), written(features))  # fmt: skip
            stories.reword(self.store, one.item.item_id, story_id=home[one.item.item_id], like=like)
        stories.recount(self.store, sorted(set(home.values())))
        for story_id in sorted(set(home.values())):
            self.touch(story_id)
        for one in changed:
            self.note_keys(home[one.item.item_id], one)

    def merge(self, story_a: int, story_b: int) -> stories.Merged:
        """Joins two stories; the one that was published first stays."""
        merged = stories.merge(self.store, story_a, story_b)
        self.dirty |= published.topics_of(self.store, (merged.keep, merged.gone))
        self.desk.forget((merged.keep, merged.gone))
        self.touch(merged.keep)
        return merged

    def part(self, story_id: int, like: Sequence[int]) -> None:
        """Moves the wordings of these items, with all items that share them, to a new story."""
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

    def keep_logits(self, logits: Mapping[model_scores.Pair, float | None]) -> None:
        """Stores what the model said of pairs, and which of them wait to be read."""
        model_scores.keep(self.store, logits)

    def mark_dirty(self) -> None:
        """Notes the topics whose files are to be written again."""
        for topic in sorted(self.dirty):
            published.mark_dirty(self.store, topic)

    def note_items(self, story_id: int, item_ids: Iterable[int]) -> None:
        """Makes a story findable by items that moved to it."""
        for item in matching.items_by_id(self.store, item_ids):
            self.note_keys(story_id, self.desk.tell(item))

    def note_keys(self, story_id: int, told: Told) -> None:
        """Makes a story findable by an item that has new words."""
        item_keys = keys(told.features)
        rows = self.desk.note_keys(story_id, told.item, item_keys=item_keys)
        self._rows.setdefault("key", []).extend(rows)

    def _add(self, kind: str, row: tuple[object, ...]) -> None:
        self._rows.setdefault(kind, []).append(row)

    def _open(self, told: Told) -> Draft:
        item = told.item
        draft = Draft(
            story_id=self._next_story,
            uid=self._uid(told),
            entry_id=None,
            headline=item.headline,
            url=item.url,
            lead_item_id=item.item_id,
            first_seen_at=item.first_seen_at,
            first_at=item.at,
            last_at=item.at,
            rules=self.rules,
            is_new=True,
        )
        self._next_story += 1
        self.desk.drafts[draft.story_id] = draft
        return draft

    def _uid(self, told: Told) -> str:
        key, identity = self.desk.feeds[told.item.feed_id].key, told.item.identity
        length = UID_LENGTH
        uid = uid_of(key, identity)
        while uid in self._taken:
            length += 1
            uid = uid_of(key, identity, length=length)
            self._taken |= matching.taken_uids(self.store, (uid,))
        self._taken.add(uid)
        return uid

    def _note_evidence(self, told: Told, draft: Draft, assignment: Assignment) -> None:
        item_id, found = told.item.item_id, assignment.evidence
        signals = json.dumps(dict(found.signals)) if found.signals else "{}"
        self._add("evidence", (item_id, draft.story_id, 1, 0, found.rule, found.score,
                               found.detail, signals, "[]", self._at))  # fmt: skip
        close = self.desk.close_to(item_id)
        related = {story_id: round(value * SCALE) for story_id, value in close.items()
                   if story_id != draft.story_id}  # fmt: skip
        for one in assignment.rejected:
            rule = one.vetoes[0] if one.vetoes else "unsure"
            vetoes = json.dumps(one.vetoes) if one.vetoes else "[]"
            self._add("evidence", (item_id, one.story_id, 0, related.pop(one.story_id, 0), rule,
                                   one.score,
                                   "", "{}", vetoes, self._at))  # fmt: skip
        for story_id, value in related.items():
            self._add("evidence", (item_id, story_id, 0, value, RELATED, 0.0, "", "{}", "[]",
                                   self._at))  # fmt: skip

    def write(self) -> None:
        """Chooses leads, judges topics and writes everything that was collected."""
        changed = list(self._changed.values())
        accepted = matching.accepted_topics(
            self.store, [draft.story_id for draft in changed if not draft.is_new]
        )
        for draft in changed:
            self._lead(draft)
            self._note_story(draft)
            self._judge(draft, accepted.get(draft.story_id, set()))
            draft.is_new = False
            draft.fresh = []
        matching.write_batch(self.store, self._rows)
        self._rows = {}
        self._changed = {}

    def _note_story(self, draft: Draft) -> None:
        first, last = to_text(draft.first_at), to_text(draft.last_at)
        if draft.is_new:
            self._add("story", (draft.story_id, draft.uid, draft.headline, draft.url,
                                draft.lead_item_id, to_text(draft.first_seen_at), first, last,
                                draft.items, draft.variants))  # fmt: skip
        else:
            self._add("growth", (draft.headline, draft.url, draft.lead_item_id, first, last,
                                 draft.items, draft.variants, draft.story_id))  # fmt: skip

    def _lead(self, draft: Draft) -> None:
        """Lets the best headline lead; a published one gives way only where it must."""
        if draft.is_new and draft.items == 1:
            return
        told = {one.item.item_id: one for one in (*draft.told, *draft.fresh[:MAX_TEXTS])}
        if draft.lead_item_id is not None and draft.lead_item_id not in told:
            for item in matching.items_by_id(self.store, (draft.lead_item_id,)):
                told[item.item_id] = self.desk.tell(item)
        self.desk.know_feeds(one.item.feed_id for one in told.values())
        published = None
        if draft.entry_id is not None and draft.lead_item_id is not None:
            published = PublishedLead(draft.lead_item_id, draft.headline)
        lead = choose_lead([self._lead_candidate(one) for one in told.values()],
                           published=published)  # fmt: skip
        chosen = told[lead.item_id].item
        draft.lead_item_id = chosen.item_id
        draft.headline = chosen.headline
        draft.url = chosen.url

    def _lead_candidate(self, told: Told) -> LeadCandidate:
        item, feed = told.item, self.desk.feeds[told.item.feed_id]
        return LeadCandidate(
            item_id=item.item_id,
            headline=item.headline,
            features=told.features,
            rank=feed.rank,
            own_site=bool(item.url) and same_site(item.url or "", feed.site_url or feed.key),
            has_url=bool(item.url),
            at=item.at,
        )

    def _judge(self, draft: Draft, accepted: set[str]) -> None:
        """Decides the topics that have not let the story in yet: growth can only let in.

        Most stories are far from every topic; nothing is written of those.
        """
        before = set(accepted)
        if len(before) < len(self.rules.topics):
            texts = self._texts(draft)
            for topic, decision in self.rules.judge(texts, is_brief=True):
                if topic.name in before:
                    continue
                if decision.accepted or decision.terms:
                    self._note_decision(draft, topic, decision)
                if decision.accepted:
                    before.add(topic.name)
        if before:
            self.accepted.add(draft.story_id)
            self.dirty |= before

    def _texts(self, draft: Draft) -> tuple[TopicText, ...]:
        told = {one.item.item_id: one for one in (*draft.told, *draft.fresh)}
        self.desk.know_feeds(one.item.feed_id for one in told.values())
        feeds = self.desk.feeds
        read = sorted(told.values(), key=lambda one: not feeds[one.item.feed_id].on_topic)
        return tuple(
            dict.fromkeys(text_of(one.item, feeds[one.item.feed_id]) for one in read[:MAX_TEXTS])
        )

    def _note_decision(self, draft: Draft, topic: Topic, decision: TopicDecision) -> None:
        terms = json.dumps(terms_of(decision.terms), ensure_ascii=False)
        self._add("decision", (draft.story_id, topic.name, int(decision.accepted),
                               decision.score, decision.threshold, terms, topic.rules_hash,
                               self._at))  # fmt: skip
