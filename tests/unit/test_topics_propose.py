"""Queries proposed from examples: what is read, the terms, weights and figures."""

from __future__ import annotations

import pytest

from aggregator.topics.candidates import shared_terms
from aggregator.topics.propose import LEAST, MOST, Example, ExampleError, propose, read_examples

WANTED = (
    "Avalanche warning raised for Valais",
    "Avalanches close the pass above Andermatt",
    "Snowpack weak after storm, avalanche risk high",
    "Skier dies in avalanche near Verbier",
    "Rescuers search avalanche slope in Tyrol",
    "Warm spell makes snowpack unstable in Savoie",
)
UNWANTED = (
    "Colorado Avalanche win in overtime, NHL says",
    "Avalanche sign goalkeeper, NHL reports",
    "Ministers close the budget talks in Bern",
    "Storm cuts power in the valley",
    "Bank opens branch in Verbier",
    "Goalkeeper signs for Zurich",
)


def examples(wanted: tuple[str, ...], unwanted: tuple[str, ...]) -> tuple[Example, ...]:
    lines = [f"+ {one}" for one in wanted] + [f"- {one}" for one in unwanted]
    return read_examples("\n".join(lines))


def test_a_proposal_takes_what_is_wanted_by_shared_terms() -> None:
    found = propose(examples(WANTED, UNWANTED))

    assert found is not None
    weights = {rule["any"][0]: rule["weight"] for rule in found.query["rules"]}
    assert weights["snowpack"] > 0 > weights["=NHL"]
    assert weights["avalanche*"] > 0
    assert "the" not in weights
    assert found.own.precision == found.own.recall == found.own.f1 == 1.0
    assert found.own.missed == found.own.alarms == ()
    assert found.left_out.recall < 1.0
    assert set(found.left_out.missed) <= set(WANTED)
    assert found == propose(examples(WANTED, UNWANTED))


def test_letters_of_a_script_without_spaces_are_terms() -> None:
    wanted = (
        "米軍が空爆開始",
        "米軍機が沖縄に着陸",
        "沖縄で米軍が訓練",
        "米軍基地に抗議",
        "在日米軍が声明",
    )
    unwanted = ("新米の価格が上昇", "沖縄で台風", "株価が上昇", "選挙の結果", "桜が開花")
    found = propose(examples(wanted, unwanted))

    assert found is not None
    assert found.query["rules"][0]["any"] == ["米軍"]
    assert found.left_out.recall == 1.0


def test_nothing_is_proposed_where_wanted_headlines_share_no_term() -> None:
    wanted = ("alpha one", "beta two", "gamma three", "delta four", "epsilon five")

    assert propose(examples(wanted, UNWANTED)) is None


def test_a_query_that_takes_nothing_when_one_is_left_out_has_figures() -> None:
    wanted = ("alpha storm", "alpha wind", "gamma three", "delta four", "epsilon five")
    found = propose(examples(wanted, UNWANTED))

    assert found is not None
    assert (found.left_out.precision, found.left_out.recall, found.left_out.f1) == (1.0, 0.0, 0.0)
    assert found.own.recall == pytest.approx(0.4)


def test_terms_that_the_same_headlines_hold_are_one() -> None:
    found = shared_terms(["drone strike kills", "drone strike again", "drones seen", "US drone"])

    assert found["drone*"] == {0, 1, 2, 3}
    assert found["strike"] == {0, 1}
    assert "drone strike" not in found


def test_acronyms_keep_their_capitals_where_they_are_no_shouting() -> None:
    assert "=WHO" in shared_terms(["WHO warns", "Envoy of the WHO"])
    assert "us" in shared_terms(["THEY LEFT US TO DIE", "US envoy"])
    assert "=NATO" not in shared_terms(["NATO meets", "Nato talks"])


def test_longer_words_are_no_forms_of_a_short_one() -> None:
    found = shared_terms(["star wins", "star falls", "starvation spreads", "starvation ends"])

    assert set(found) == {"star", "starvation"}


def test_a_file_is_read_by_its_signs() -> None:
    lines = ["\ufeff# of May", "", *(f"+ Wanted {n}" for n in "abcde")]
    lines += ["  -  Not   this a", *(f"\u2013 Not this {n}" for n in "bcde"), "+ wanted A"]
    found = read_examples("\n".join(lines))

    assert len(found) == 2 * LEAST  # the last line says the first again
    assert found[0] == Example("Wanted a", True, 3)
    assert found[5] == Example("Not this a", False, 8)


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("", 1, "0 wanted"),
        ("+ a b\nplain", 2, "neither"),
        ("+ a b\n\n+ !!", 3, "no word"),
        ("+ a b\n- A B", 2, "line 1 again"),
        ("\n".join(f"+ w {n}" for n in range(5)), 5, "0 unwanted"),
        ("\n".join(f"{s} w{s} {n}" for s in "+-" for n in range(MOST)), MOST + 1, "again"),
        ("\n".join(f"{s} w {s == '+'} {n}" for s in "+-" for n in range(MOST)), MOST + 1, "500"),
    ],
)
def test_a_line_that_cannot_be_used_is_named(text: str, line: int, message: str) -> None:
    with pytest.raises(ExampleError, match=message) as told:
        read_examples(text)

    assert told.value.line == line
    assert told.value.hint
