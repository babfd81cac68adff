"""Headlines from templates: hundreds of stories that differ by a few words, told in several ways.

News agencies write so about markets, sport, weather and the business of states; word overlap takes
such headlines for one another. Rows are drawn with a seed: the same seed gives the same rows.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

START = datetime(2026, 1, 10, tzinfo=UTC)
SPAN_H = 60  # hours over which the stories are spread
STATES = (
    "Kenya", "Chile", "Finland", "Morocco", "Ghana", "Hungary", "Portugal", "Uganda", "Bolivia",
    "Austria", "Tunisia", "Croatia", "Ecuador", "Ireland", "Malaysia", "Nigeria", "Romania",
    "Senegal", "Denmark", "Kuwait", "India", "Iran", "Iraq", "Turkey", "Pakistan", "Bangladesh",
)  # fmt: skip
BODIES = (
    "cabinet", "election commission", "navy", "farmers", "health ministry", "opposition leader",
    "prosecutors", "rail operator", "senate", "trade envoy", "mayors", "customs service",
    "water authority", "teachers' union", "high court", "tourism board", "army", "president",
)  # fmt: skip
ACTS: tuple[tuple[str, ...], ...] = (
    ("signs", "seals", "inks"), ("scraps", "cancels", "drops"), ("delays", "postpones"),
    ("backs", "supports", "endorses"), ("unveils", "presents"), ("questions", "doubts"),
    ("weighs", "considers"), ("begins", "starts"), ("halts", "suspends", "stops"),
    ("audits", "examines"), ("widens", "extends"), ("wins", "secures"),
)  # fmt: skip
KINDS = ("northern", "costly", "planned", "shared", "two-year", "secret", "rural", "offshore", "")
THINGS: tuple[tuple[str, ...], ...] = (
    ("ferry link", "ferry route"), ("wheat import scheme",), ("satellite programme",),
    ("visa waiver", "visa exemption"), ("copper mine",), ("fishing accord", "fisheries pact"),
    ("solar park",), ("border crossing",), ("vaccine order",), ("radar upgrade",),
    ("pension overhaul", "pension reform"), ("dam project",), ("cotton levy", "cotton tax"),
    ("student exchange",), ("airport lease",), ("coast guard drill",), ("museum loan",),
)  # fmt: skip
TAILS = (
    "despite court challenge", "ahead of summit", "as drought deepens", "after weeks of talks",
    "amid budget row", "as prices climb {n} percent", "in {n} million euro package",
    "following storm that killed {n}", "before parliament rises", "as debt mounts", "",
)  # fmt: skip
TEAMS = (
    "Rovers", "United", "Wanderers", "Athletic", "Dynamos", "Rangers", "Harbour City", "Lakeside",
    "Northgate", "Old Mill", "Kingsway", "Redfield", "Saltmarsh", "Westbrook",
)  # fmt: skip
TOWNS = (
    "Aldermoor", "Brackley", "Corran", "Dunmore", "Eastvale", "Fairhaven", "Glenrock", "Hartwell",
    "Islay Bay", "Juniper", "Kelso", "Larkhill", "Multan", "Peshawar", "Quetta", "Lahore",
)  # fmt: skip
FIRMS = ("Orbex", "Calder Steel", "Nivana", "Trellis Bank", "Amberline", "Pol Air", "Vexo", "Hylo")
HAZARDS = ("flood", "heat", "dust storm", "frost", "gale", "landslide", "smog", "hail")
OUTLETS = ("The Courier", "Daily Ledger", "Morning Post Online", "Wire One", "Gazette 24", "Herald")

# What any report of such things may say: alike summaries do not make one story.
SENTENCES = (
    "Officials said the decision was made after several days of consultations.",
    "The announcement comes at a difficult time for the region.",
    "Critics say the plan lacks detail and will cost more than expected.",
    "Residents welcomed the news but asked for a clear timetable.",
    "A spokesman said further steps would be taken in the coming weeks.",
    "The opposition has called for an independent inquiry into the matter.",
    "Analysts expect the move to affect trade between the two countries.",
    "Emergency services were sent to the area early in the morning.",
    "No group has claimed responsibility so far, police said.",
    "The government has promised help for the families of the victims.",
    "Economists warned that prices may rise again before the end of the year.",
    "The project was first proposed more than a decade ago.",
    "Both sides described the talks as constructive and agreed to meet again.",
    "Local media reported that several people were taken to hospital.",
    "Supporters argue that it will create thousands of jobs.",
    "The vote is expected to take place before the summer recess.",
    "Experts had long pointed to the need for better infrastructure.",
    "Workers have threatened to strike if their demands are not met.",
    "The ministry did not respond to a request for comment.",
    "Shares fell slightly after the statement was published.",
    "Rain is forecast for the coming days, the weather service said.",
    "The agreement still has to be approved by parliament.",
    "Fans celebrated in the streets until late in the night.",
    "An investigation has been opened, according to the prosecutor's office.",
)


@dataclass(frozen=True)
class Telling:
    """One story: the words that all tellings share, and how to write them."""

    group: str
    write: Callable[[random.Random], str]


def _state(rng: random.Random) -> Telling:
    state, other = rng.sample(STATES, 2)
    body, act, thing = rng.choice(BODIES), rng.choice(ACTS), rng.choice(THINGS)
    kind, tail = rng.choice(KINDS), rng.choice(TAILS).format(n=rng.randint(3, 90))

    def write(own: random.Random) -> str:
        verb, named = own.choice(act), f"{kind} {own.choice(thing)}".strip()
        return own.choice((
            f"{state} {body} {verb} {named} with {other} {tail}",
            f"{state} {body} {verb} {named} with {other}",
            f"{body} of {state} {verb} {named} with {other} {tail}",
            f"{named} with {other}: {state} {body} {verb} it {tail}",
            f"{tail}, {state} {body} {verb} {named} with {other}".lstrip(", "),
        ))  # fmt: skip

    return Telling("state", write)


def _match(rng: random.Random) -> Telling:
    first, second = rng.sample(TEAMS, 2)
    goals = sorted((rng.randint(0, 5), rng.randint(0, 5)), reverse=True)
    cup = rng.choice(("cup tie", "league opener", "derby", "semi-final", "friendly"))

    def write(own: random.Random) -> str:
        verb = own.choice(("beat", "defeat", "see off", "overcome"))
        return own.choice((
            f"{first} {verb} {second} {goals[0]}-{goals[1]} in {cup}",
            f"{first} {verb} {second} in {cup}, {goals[0]}-{goals[1]}",
            f"{cup}: {first} {goals[0]}, {second} {goals[1]}",
        ))  # fmt: skip

    return Telling("match", write)


def _warning(rng: random.Random) -> Telling:
    town, hazard = rng.choice(TOWNS), rng.choice(HAZARDS)
    dead = rng.choice((0, 0, rng.randint(2, 40)))

    def write(own: random.Random) -> str:
        if dead:
            return own.choice((
                f"{dead} dead as {hazard} hits {town}",
                f"{hazard} kills {dead + own.choice((0, 0, 1, 2))} in {town}",
                f"Toll of {town} {hazard} at {dead + own.choice((0, 1, 3))}, officials say",
            ))  # fmt: skip
        return own.choice((
            f"{hazard} warning issued for {town}",
            f"{town} told to expect {hazard}, schools close",
            f"Forecasters issue {hazard} warning for {town}",
        ))  # fmt: skip

    return Telling("warning", write)


def _firm(rng: random.Random) -> Telling:
    firm, town = rng.choice(FIRMS), rng.choice(TOWNS)
    deed = rng.choice(("cuts", "hires", "recalls", "orders"))
    what = {"cuts": "jobs", "hires": "engineers", "recalls": "vehicles", "orders": "turbines"}[deed]
    count = rng.randint(2, 90) * 100
    why = rng.choice(("as profit falls", "after record quarter", "amid safety probe", ""))

    def write(own: random.Random) -> str:
        return own.choice((
            f"{firm} {deed} {count:,} {what} at {town} plant {why}",
            f"{firm} {deed} {count} {what} in {town}",
            f"{town} plant: {firm} {deed} {count:,} {what} {why}",
        ))  # fmt: skip

    return Telling("firm", write)


def _raid(rng: random.Random) -> Telling:
    state, town, killed = rng.choice(STATES), rng.choice(TOWNS), rng.randint(2, 300)
    force = rng.choice(("army", "police", "border guards", "air force"))
    foes = rng.choice(("rebels", "gunmen", "smugglers", "militants"))

    def write(own: random.Random) -> str:
        return own.choice((
            f"{state} {force} kill {killed} {foes} in {town} raid",
            f"{killed} {foes} killed in {town}, {state} {force} say",
            f"{force} in {state} shoot dead {killed} {foes} near {town}",
        ))  # fmt: skip

    return Telling("raid", write)


MAKERS = (_state, _state, _state, _match, _warning, _firm, _raid)


def _dressed(headline: str, rng: random.Random) -> str:
    """As outlets pass a headline on: as it is, named, cut off, with a label."""
    said = " ".join(headline.split())
    said = said[0].upper() + said[1:]
    words = said.split()
    return rng.choice((
        said, said, said,
        f"{said} - {rng.choice(OUTLETS)}",
        f"{' '.join(words[: max(6, len(words) - 3)])}..." if len(words) > 9 else said,
        f"BREAKING: {said}",
    ))  # fmt: skip


def _summary(rng: random.Random) -> str:
    """Half of the feeds bring one, of sentences that fit everywhere."""
    return " ".join(rng.sample(SENTENCES, rng.randint(3, 7))) if rng.random() < 0.6 else ""


def rows(stories: int = 500, seed: int = 7) -> list[dict[str, Any]]:
    """Labelled rows, a third of the stories told more than once."""
    rng = random.Random(seed)
    found = []
    for number in range(stories):
        telling = rng.choice(MAKERS)(rng)
        at = START + timedelta(hours=rng.random() * SPAN_H)
        for copy in range(rng.choice((1, 1, 1, 2, 3, 4))):
            found.append({
                "title": _dressed(telling.write(rng), rng),
                "summary": _summary(rng),
                "story": f"{telling.group}-{number}",
                "group": f"{telling.group}-{number % 25}",
                "publisher": rng.choice(OUTLETS),
                "date": (at + timedelta(hours=copy * rng.random() * 8)).isoformat(),
            })  # fmt: skip
    return found
