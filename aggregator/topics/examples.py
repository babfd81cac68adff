"""Headlines that a topic is to take or to leave out, as `aggregator topic new` reads them.

A line is `+ HEADLINE` (wanted) or `- HEADLINE` (unwanted); empty lines and `#` lines are for
people.
"""

from __future__ import annotations

from msgspec import Struct

from aggregator.text import one_line
from aggregator.topics.words import words

LEAST = 5  # of each kind: of fewer, words shared by chance are most
MOST = 500  # of both: proposing takes longer than their square


class ExampleError(ValueError):
    """A line that cannot be used: its number, what is wrong and what to do."""

    def __init__(self, line: int, message: str, hint: str) -> None:
        super().__init__(f"line {line}: {message}")
        self.line = line
        self.message = message
        self.hint = hint


class Example(Struct, frozen=True):
    """One headline, and whether the topic is to take it."""

    headline: str
    wanted: bool
    line: int


def read_examples(text: str) -> tuple[Example, ...]:
    """The examples of a file, in its order. Raises ExampleError."""
    found: dict[tuple[str, ...], Example] = {}
    lines = text.split("\n")
    for number, line in enumerate(lines, start=1):
        body = line.strip().removeprefix("\ufeff")
        if not body or body.startswith("#"):
            continue
        sign, headline = body[0], one_line(body[1:])
        if sign not in "+-\u2212\u2013":
            hint = "write + before a headline that is wanted, - before one that is not"
            raise ExampleError(number, "begins with neither + nor -", hint)
        key = tuple(word.lower() for word in words(headline))
        if not key:
            raise ExampleError(number, "holds no word", "write a headline after the sign")
        example = Example(headline, sign == "+", number)
        first = found.setdefault(key, example)
        if first.wanted is not example.wanted:
            message = f"the headline of line {first.line} again, with the other sign"
            raise ExampleError(number, message, "keep one of the two")
    examples = tuple(found.values())
    for wanted, name, sign in ((True, "wanted", "+"), (False, "unwanted", "-")):
        count = sum(example.wanted is wanted for example in examples)
        if count < LEAST:
            hint = f"write {LEAST} at least, better 20, each on a line that begins with {sign}"
            raise ExampleError(max(len(lines), 1), f"the file has {count} {name} headlines", hint)
    if len(examples) > MOST:
        raise ExampleError(examples[MOST].line, f"more than {MOST} headlines", "take some out")
    return examples
