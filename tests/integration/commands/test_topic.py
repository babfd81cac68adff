"""`aggregator topic test`."""

from __future__ import annotations

from tests.command_line import FIRMS, TALKS, TOPIC, Command, configure


def test_a_headline_is_judged_without_a_database(command: Command) -> None:
    document = command("topic", "test", TALKS, "--json").document()

    assert set(document) >= {"topic", "accepted", "score", "threshold", "terms"}
    assert document["accepted"] is True
    assert all("rules" in term for term in document["terms"])
    said = command("topic", "test", TALKS).out
    assert "on topic" in said
    assert "(headline)  both countries, " in said
    assert "off topic" in command("topic", "test", "Lahore wins the cup", "--summary", "x").out
    assert command("topic", "test", TALKS, "--topic", "x").code == 2
    configure(
        more="topics: [{name: x, query: {rules: [{all: [dawn, war], fields: [publisher, url]}]}}]\n"
    )
    more = ("--publisher", "Dawn", "--url", "https://a.example/war/1")
    assert command("topic", "test", TALKS, *more, "--json").document()["score"] == 1


def test_a_topic_is_chosen_among_those_that_there_are(command: Command) -> None:
    configure(more="topics: [{name: us-pakistan-security, enabled: false}]\n")

    unknown = command("topic", "test", TALKS, "--topic", "x")

    assert unknown.err == f"error: no topic is named 'x'; choose from {TOPIC}\n"
    assert command("topic", "test", TALKS, "--topic", TOPIC).code == 0
    assert command("topic", "test", TALKS).err == "error: no topic is enabled\n"
    assert "no receiver is named 'x'; add one" in command("notify", "test", "x").err


def test_several_topics_are_one_document(command: Command) -> None:
    configure(more="topics: [{name: us-pakistan-security}, "
                   "{name: arms, query: {rules: [{any: [missile]}]}}]\n")  # fmt: skip

    documents = command("topic", "test", FIRMS, "--json").document()

    assert [one["topic"] for one in documents] == [TOPIC, "arms"]
    assert command("topic", "test", FIRMS, "--topic", "arms", "--json").document()["accepted"]
