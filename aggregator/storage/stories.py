"""Changes to stories: merging, moving items between them, counting them again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from msgspec import Struct
from msgspec.structs import astuple, replace

from aggregator.errors import NotFound
from aggregator.storage.decisions import UNLESS_LESS_FAVOURABLE
from aggregator.storage.items import Refresh
from aggregator.storage.matching import variant_id
from aggregator.storage.store import Store


class Merged(Struct, frozen=True):
    """Which of two stories remains, and the items that were moved to it."""

    keep: int
    gone: int
    moved: tuple[int, ...]


def by_uid(store: Store, uid: str) -> int:
    """The row id of the story with this printed id, merges followed; raises NotFound."""
    row = store.row("SELECT id, merged_into FROM story WHERE uid=?", (uid,))
    if row is None:
        raise NotFound(f"no story {uid!r}; 'aggregator stories list' shows the ids")
    return int(row["merged_into"] or row["id"])


def uid_of(store: Store, story_id: int) -> str:
    """The printed id of a story."""
    return str(store.value("SELECT uid FROM story WHERE id=?", (story_id,)))


def story_of_item(store: Store, item_id: int) -> int | None:
    """The story that an item belongs to; None while it waits to be matched."""
    found: int | None = store.value("SELECT story_id FROM story_item WHERE item_id=?", (item_id,))
    return found


def stories_of_items(store: Store, item_ids: Iterable[int]) -> dict[int, int]:
    """Item id -> story id, for matched items."""
    return store.mapping(
        "SELECT item_id, story_id FROM story_item"
        " WHERE item_id IN (SELECT value FROM json_each(?))",
        (list(item_ids),),
    )


def lead_of(store: Store, story_id: int) -> int | None:
    """The item that leads a story."""
    found: int | None = store.value("SELECT lead_item_id FROM story WHERE id=?", (story_id,))
    return found


def items_of(store: Store, story_id: int) -> tuple[int, ...]:
    """The items of a story, oldest first."""
    return store.column(
        "SELECT item_id FROM story_item WHERE story_id=? ORDER BY at, item_id", (story_id,)
    )


def reported_since(store: Store, since: datetime, *, after: int, limit: int) -> tuple[int, ...]:
    """The next stories behind the id `after` with an item since then, by id."""
    return store.column(
        "SELECT id FROM story WHERE id > ? AND last_item_at >= ? AND merged_into IS NULL"
        " AND items > 0 ORDER BY id LIMIT ?",
        (after, since, limit),
    )


def items_to_judge(store: Store, story_id: int, *, limit: int) -> tuple[int, ...]:
    """The items of a story that topics judge: those of trusted feeds first, then the oldest."""
    return store.column(
        "SELECT item_id FROM story_source WHERE story_id=?"
        " ORDER BY on_topic DESC, at, item_id LIMIT ?",
        (story_id, limit),
    )


def survivor(store: Store, story_a: int, story_b: int) -> tuple[int, int]:
    """(the one that remains, the other): the one published first, else the one with older items."""
    keep, gone = store.column(
        "SELECT s.id FROM story s WHERE s.id IN (?, ?) ORDER BY s.entry_id IS NULL,"
        " (SELECT min(p.published_at) FROM published p WHERE p.story_id = s.id) IS NULL,"
        " (SELECT min(p.published_at) FROM published p WHERE p.story_id = s.id),"
        " s.first_item_at, s.uid",
        (story_a, story_b),
    )
    return keep, gone


def merge(store: Store, story_a: int, story_b: int) -> Merged:
    """Merges two stories; one becomes a redirect. The caller holds the transaction.

    A topic that accepted either accepts the remaining one. Keys stay as they are: look-ups follow
    the redirect. Publishing sees `merged_into` and withdraws the entry. The cost depends only on
    the story that is merged: the other may have a hundred thousand items.
    """
    keep, gone = survivor(store, story_a, story_b)
    moved = items_of(store, gone)
    _move_variants(store, gone, keep)
    # remove reasons why an item is not in the story that it now belongs to
    store.execute(
        "DELETE FROM evidence WHERE story_id=?1 AND chosen=0 AND item_id IN (SELECT e.item_id"
        " FROM evidence e JOIN story_item i ON i.item_id = e.item_id"
        " WHERE e.story_id=?1 AND e.chosen=0 AND i.story_id=?2)",
        (gone, keep),
    )
    store.execute(
        "DELETE FROM evidence WHERE story_id=? AND chosen=0"
        " AND item_id IN (SELECT value FROM json_each(?))",
        (keep, moved),
    )
    store.execute(
        "UPDATE OR REPLACE evidence SET story_id=? WHERE story_id=? AND chosen=1", (keep, gone)
    )
    store.execute("UPDATE OR IGNORE evidence SET story_id=? WHERE story_id=?", (keep, gone))
    store.execute("DELETE FROM evidence WHERE story_id=?", (gone,))
    store.execute(
        "INSERT INTO decision SELECT ?, topic, accepted, score, threshold, terms, rules_hash,"  # noqa: S608 - a constant
        f" decided_at FROM decision WHERE story_id=?{UNLESS_LESS_FAVOURABLE}",
        (keep, gone),
    )
    store.execute("DELETE FROM decision WHERE story_id=?", (gone,))
    store.execute("UPDATE story SET merged_into=? WHERE id=? OR merged_into=?", (keep, gone, gone))
    return Merged(keep, gone, moved)


def _move_variants(store: Store, gone: int, keep: int) -> None:
    """Moves all variants, and updates the counts like `recount`, but without counting."""
    store.execute(
        "UPDATE story SET items = story.items + g.items, variants = story.variants + g.variants - ("
        "  SELECT count(*) FROM variant v JOIN variant k"
        "   ON k.story_id = ?1 AND k.fingerprint = v.fingerprint WHERE v.story_id = ?2),"
        " first_item_at = min(story.first_item_at, g.first_item_at),"
        " last_item_at = max(story.last_item_at, g.last_item_at),"
        " hidden = max(story.hidden, g.hidden)"
        " FROM (SELECT items, variants, first_item_at, last_item_at, hidden FROM story"
        "  WHERE id = ?2) g WHERE story.id = ?1",
        (keep, gone),
    )
    store.execute("UPDATE story SET items=0, variants=0, hidden=0 WHERE id=?", (gone,))
    store.execute(
        "UPDATE item SET variant_id=(SELECT k.id FROM variant g JOIN variant k"
        "   ON k.story_id=? AND k.fingerprint=g.fingerprint WHERE g.id=item.variant_id)"
        " WHERE variant_id IN (SELECT g.id FROM variant g JOIN variant k"
        "   ON k.story_id=? AND k.fingerprint=g.fingerprint WHERE g.story_id=?)",
        (keep, keep, gone),
    )
    store.execute(
        "DELETE FROM variant WHERE story_id=? AND EXISTS (SELECT 1 FROM variant k"
        " WHERE k.story_id=? AND k.fingerprint=variant.fingerprint)",
        (gone, keep),
    )
    store.execute("UPDATE variant SET story_id=? WHERE story_id=?", (keep, gone))


def move_items(store: Store, item_ids: Sequence[int], *, to_story: int) -> None:
    """Moves items, with their wordings, to another story.

    The caller recounts both stories and deals with the evidence.
    """
    rows = store.rows(
        "SELECT i.id, v.id, v.headline, v.fingerprint, v.truncated, v.terms, v.core FROM item i"
        " JOIN variant v ON v.id = i.variant_id WHERE i.id IN (SELECT value FROM json_each(?))",
        (list(item_ids),),
    )
    for item_id, before, *like in rows:
        target = wording(store, to_story, like=VariantRow(*like), item_id=item_id)
        store.execute("UPDATE item SET variant_id=? WHERE id=?", (target, item_id))
        tidy_variant(store, before)


def items_worded_like(store: Store, item_ids: Sequence[int]) -> tuple[int, ...]:
    """These items and all others with the same wordings, oldest first."""
    return store.column(
        "SELECT item_id FROM story_item WHERE variant_id IN (SELECT variant_id FROM item"
        "  WHERE id IN (SELECT value FROM json_each(?))) ORDER BY at, item_id",
        (list(item_ids),),
    )


def carry_evidence(store: Store, item_ids: Sequence[int], *, to_story: int) -> None:
    """Moves the reasons why items joined their story along with them, to another story."""
    store.executemany(
        "UPDATE OR REPLACE evidence SET story_id=? WHERE item_id=? AND chosen=1",
        [(to_story, item_id) for item_id in item_ids],
    )


def overrule_evidence(store: Store, item_id: int, *, to_story: int, now: datetime) -> None:
    """Replaces the reason by an editor's correction; the old one is kept as vetoed."""
    store.execute(
        """UPDATE evidence SET chosen=0, vetoes='["correction"]' WHERE item_id=? AND chosen=1""",
        (item_id,),
    )
    store.execute(
        "INSERT OR REPLACE INTO evidence (item_id, story_id, chosen, rule, score, detail,"
        " decided_at) VALUES (?, ?, 1, 'correction', 1.0, 'an editor split it off', ?)",
        (item_id, to_story, now),
    )


def restore_evidence(store: Store, item_ids: Sequence[int], *, story: int) -> None:
    """Undoes `overrule_evidence` for items that are back in `story`."""
    for item_id in item_ids:
        store.execute("DELETE FROM evidence WHERE item_id=? AND chosen=1", (item_id,))
        store.execute(
            "UPDATE evidence SET chosen=1, vetoes='[]' WHERE item_id=? AND story_id=?",
            (item_id, story),
        )


class VariantRow(Struct, frozen=True):
    """The columns of a variant that describe its headline."""

    headline: str
    fingerprint: str
    truncated: int
    terms: str
    core: int = 1


def wording(store: Store, story_id: int, *, like: VariantRow, item_id: int) -> int:
    """The variant of a story with this fingerprint; created if missing."""
    found = variant_id(store, story_id, fingerprint=like.fingerprint)
    if found is None:
        found = store.value(
            "INSERT INTO variant (story_id, headline, fingerprint, truncated, terms, core, item_id)"
            " VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id",
            (story_id, *astuple(like), item_id),
        )
    return int(found)


def reword(store: Store, item_id: int, *, story_id: int, like: VariantRow) -> None:
    """Assigns an item of a story to the variant of its new wording."""
    before, core = store.rows(
        "SELECT v.id, v.core FROM item i JOIN variant v ON v.id = i.variant_id WHERE i.id=?",
        (item_id,),
    )[0]
    variant = wording(store, story_id, like=replace(like, core=core), item_id=item_id)
    store.execute(
        "UPDATE item SET variant_id=?, refresh=? WHERE id=?", (variant, Refresh.NONE, item_id)
    )
    if variant != before:
        tidy_variant(store, before)
    else:
        store.execute("UPDATE variant SET headline=?, terms=? WHERE id=? AND item_id=?",
                      (like.headline, like.terms, variant, item_id))  # fmt: skip


def tidy_variant(store: Store, variant_id: int) -> None:
    """Deletes a variant without items; otherwise its first item represents it."""
    first = store.value("SELECT min(id) FROM item WHERE variant_id=?", (variant_id,))
    if first is None:
        store.execute("DELETE FROM variant WHERE id=?", (variant_id,))
    else:
        store.execute(
            "UPDATE variant SET item_id=? WHERE id=? AND item_id<>?", (first, variant_id, first)
        )


def open_story(store: Store, *, uid: str, item_id: int) -> int:
    """Creates a story for an item that is about to be moved there; returns its id."""
    story_id: int = store.value(
        "INSERT INTO story (uid, headline, url, lead_item_id, first_seen_at, first_item_at,"
        " last_item_at) SELECT ?, headline, url, item_id, first_seen_at, at, at"
        " FROM story_item WHERE item_id=? RETURNING id",
        (uid, item_id),
    )
    return story_id


def living(store: Store, story_id: int) -> int:
    """The story itself, or the one that it was merged into."""
    merged = store.value("SELECT merged_into FROM story WHERE id=?", (story_id,))
    return story_id if merged is None else int(merged)


def revive(store: Store, story_id: int) -> int:
    """Undoes the redirect of a merged story; the caller moves its items back."""
    store.execute("UPDATE story SET merged_into=NULL WHERE id=?", (story_id,))
    return story_id


def redirect(store: Store, story_id: int, *, to_story: int) -> None:
    """Makes an empty story redirect to another."""
    store.execute(
        "UPDATE story SET merged_into=? WHERE id=? OR merged_into=?", (to_story, story_id, story_id)
    )
    store.execute("DELETE FROM decision WHERE story_id=?", (story_id,))


def drop_decision(store: Store, story_id: int, *, topic: str) -> None:
    """Deletes a topic's decision on a story."""
    store.execute("DELETE FROM decision WHERE story_id=? AND topic=?", (story_id, topic))


def recount(store: Store, story_ids: Sequence[int]) -> None:
    """Updates the rows of stories from their items: counts, dates, hidden or not."""
    store.executemany(
        "UPDATE story SET items=n.items, variants=n.variants,"
        " first_item_at=coalesce(n.first, first_item_at),"
        " last_item_at=coalesce(n.last, last_item_at), hidden=n.hidden"
        " FROM (SELECT count(*) AS items, count(DISTINCT variant_id) AS variants,"
        "   min(at) AS first, max(at) AS last,"
        "   EXISTS (SELECT 1 FROM correction c JOIN story_item h ON h.item_id = c.item_a"
        "     WHERE c.kind = 'hide' AND c.undone_at IS NULL AND h.story_id = ?1) AS hidden"
        "   FROM story_item WHERE story_id = ?1) AS n"
        " WHERE story.id = ?1",
        [(story_id,) for story_id in story_ids],
    )


def hidden_by(store: Store, story_id: int) -> tuple[int, ...]:
    """The corrections in force that hide a story, in order."""
    return store.column(
        "SELECT c.id FROM correction c JOIN story_item h ON h.item_id = c.item_a"
        " WHERE c.kind = 'hide' AND c.undone_at IS NULL AND h.story_id = ? ORDER BY c.id",
        (story_id,),
    )
