"""Count how many headlines hold each term: writes `aggregator/stories/data/frequency.tsv`.

    python bench/stories/frequency.py HEADLINES.jsonl[.gz]

The input is one JSON object a line with a `title` and, where known, a `publisher`. Stored are
words and numbers about them, never a headline.
"""

from __future__ import annotations

import collections
import gzip
import json
import sys
from collections.abc import Iterator
from pathlib import Path

TARGET = Path(__file__).parents[2] / "aggregator" / "stories" / "data" / "frequency.tsv"
LEAST = 4  # headlines; rarer words need no line


def rows(path: Path) -> Iterator[dict[str, str]]:
    """The rows of a file, compressed or not."""
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as lines:
        for line in lines:
            yield json.loads(line)


def main(source: Path) -> None:
    """Count the terms of each distinct headline once."""
    if not TARGET.exists():
        TARGET.write_text("#total\t1\n", "utf-8")
    from aggregator.stories.features import _Reading  # noqa: PLC0415 - reads TARGET
    from aggregator.stories.folding import fold, strip  # noqa: PLC0415 - as above
    from aggregator.stories.lexicon import lexicon  # noqa: PLC0415

    total = 0
    seen: set[str] = set()
    counts: collections.Counter[str] = collections.Counter()
    cased: collections.Counter[str] = collections.Counter()
    capital: collections.Counter[str] = collections.Counter()
    for row in rows(source):
        core, _ = strip(row["title"], row.get("publisher", ""))
        if core in seen:
            continue
        seen.add(core)
        total += 1
        text = fold(core)
        found = _Reading(text, lexicon())
        counts.update(set(found.terms))
        words = found.raw[1:]
        if words and sum(word[0].isupper() for word in words) * 2 < len(words):
            for word in words:
                folded = _Reading(word.lower(), lexicon()).terms[:1]
                cased.update(folded)
                capital.update(folded if word[0].isupper() else ())
    lines = [f"#total\t{total}"]
    for term, count in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])):
        if count >= LEAST and not term.startswith(("#", "@")):
            share = round(100 * capital[term] / cased[term]) if cased[term] >= 3 else 0
            lines.append(f"{term}\t{count}\t{share}")
    TARGET.write_text("\n".join(lines) + "\n", "utf-8")
    print(f"{total} headlines, {len(lines) - 1} terms -> {TARGET}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
