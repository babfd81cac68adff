"""The triggers of the first schema that note which stories are to be published again."""

from __future__ import annotations


def _touch(name: str, event: str, *, stories: str) -> str:
    """A trigger that notes which stories a change shows in; `stories` selects their ids.

    Publishing reads only these stories again, however large the archive. Triggers, because a
    change comes from many places (matching, corrections, replay, another process, a user's SQL)
    and one that nobody reports would stay unpublished. An older note is deleted first: a note
    made while files are being written must outlive the clearing of what was written.
    Stories that no topic ever accepted are passed over: they are most of them.
    """
    shown = f"""
      SELECT id FROM story WHERE id IN ({stories})
      AND (EXISTS (SELECT 1 FROM decision d WHERE d.story_id = story.id AND d.accepted)
           OR EXISTS (SELECT 1 FROM published p WHERE p.story_id = story.id))
    """  # noqa: S608 - SQL of ours alone
    return f"""
    CREATE TRIGGER {name} {event} BEGIN
      DELETE FROM story_touched WHERE story_id IN ({shown});
      INSERT INTO story_touched(story_id) {shown};
    END
    """  # noqa: S608 - as above


RELATED_TOUCHES = _touch(
    "related_touches",
    "AFTER INSERT ON evidence WHEN new.related",
    stories="SELECT new.story_id UNION SELECT v.story_id FROM item i"
    " JOIN variant v ON v.id = i.variant_id WHERE i.id = new.item_id",
)
TOUCHES = (
    _touch(
        "item_touches",
        "AFTER UPDATE OF variant_id, headline, url, summary, author, publisher, language, rights,"
        " published_at ON item",
        stories="SELECT story_id FROM variant WHERE id IN (old.variant_id, new.variant_id)",
    ),
    _touch(
        "item_insert_touches",
        "AFTER INSERT ON item WHEN new.variant_id IS NOT NULL",
        stories="SELECT story_id FROM variant WHERE id = new.variant_id",
    ),
    _touch(
        "item_delete_touches",
        "BEFORE DELETE ON item",
        stories="SELECT story_id FROM variant WHERE id = old.variant_id",
    ),
    _touch(
        "variant_touches",
        "AFTER UPDATE OF story_id ON variant",
        stories="SELECT old.story_id UNION SELECT new.story_id",
    ),
    _touch(
        "story_touches",
        "AFTER UPDATE OF headline, url, lead_item_id, merged_into, hidden ON story",
        stories="SELECT new.id",
    ),
    _touch("decision_touches", "AFTER INSERT ON decision", stories="SELECT new.story_id"),
    _touch(
        "decision_change_touches",
        "AFTER UPDATE OF accepted, terms ON decision",
        stories="SELECT new.story_id",
    ),
    RELATED_TOUCHES,
    _touch(
        "feed_touches",
        "AFTER UPDATE OF name, title, private, shown_url, language, rights ON feed"
        " WHEN (old.name, old.title, old.private, old.shown_url, old.language, old.rights)"
        " IS NOT (new.name, new.title, new.private, new.shown_url, new.language, new.rights)",
        stories="SELECT v.story_id FROM item i JOIN variant v ON v.id = i.variant_id"
        " WHERE i.feed_id = new.id",
    ),
    _touch(
        "withdrawn_source_touches",
        "AFTER INSERT ON withdrawn_source",
        stories="SELECT v.story_id FROM item i JOIN variant v ON v.id = i.variant_id"
        " WHERE i.feed_id = new.feed_id",
    ),
    _touch(
        "restored_source_touches",
        "AFTER DELETE ON withdrawn_source",
        stories="SELECT v.story_id FROM item i JOIN variant v ON v.id = i.variant_id"
        " WHERE i.feed_id = old.feed_id",
    ),
)
