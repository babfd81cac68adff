"""Terms that headlines share: words, beginnings of words, phrases, and letters side by side.

What `propose` weighs. A term here is written as a query writes it, with the headlines in which
the topic language finds it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from aggregator.topics.lexicon import shipped, spell_out
from aggregator.topics.unspaced import is_unspaced
from aggregator.topics.words import is_shouted, words

LEAST_STEM, LONGEST_ENDING = 4, 3  # letters of a beginning, and of what forms of a word add to it
LONGEST_ACRONYM = 5
LETTERS = (2, 6)  # of a term in a script without spaces
LEAST_SHARED = 2  # headlines of one kind that must hold a term


def shared_terms(headlines: Sequence[str]) -> Mapping[str, frozenset[int]]:
    """Term -> the numbers of the headlines that hold it, of those that two headlines hold.

    Of terms that the same headlines hold one stays: the shortest of words, since it finds more,
    and the longest of letters, since parts of a word mean nothing.
    """
    read = [words(headline) for headline in headlines]
    found: dict[str, set[int]] = {}
    for number, written in enumerate(read):
        # two words, in lower case
        for one, other in pairwise(map(str.lower, written)):
            if all(_tells(word) and not is_unspaced(word) for word in (one, other)):
                found.setdefault(f"{one} {other}", set()).add(number)
        # letters of a script without spaces
        least, most = LETTERS
        for start in range(len(written)):
            for end in range(start + least, min(start + most, len(written)) + 1):
                if all(map(is_unspaced, written[start:end])):
                    found.setdefault("".join(written[start:end]), set()).add(number)
    for term, numbers in _single_words(read):
        found.setdefault(term, set()).update(numbers)
    best: dict[frozenset[int], str] = {}
    for term, numbers in found.items():
        if len(numbers) >= LEAST_SHARED:
            key = frozenset(numbers)
            best[key] = min(
                (term, best.get(key, term)),
                key=lambda one: (-len(one) if is_unspaced(one[0]) else len(one.split()), one),
            )
    return {term: numbers for numbers, term in sorted(best.items(), key=lambda pair: pair[1])}


def _single_words(read: Sequence[Sequence[str]]) -> Iterator[tuple[str, set[int]]]:
    """Words, with the forms that only add an ending (`strike*`), and acronyms (`=US`)."""
    forms: dict[str, set[str]] = {}
    places: dict[str, set[int]] = {}
    loud: set[str] = set()
    for number, written in enumerate(read):
        for at, word in enumerate(written):
            if is_unspaced(word):
                continue
            forms.setdefault(word.lower(), set()).add(word)
            places.setdefault(word.lower(), set()).add(number)
            if is_shouted(list(written), at, at + 1):
                loud.add(word.lower())
    for word, numbers in places.items():
        form, *others = forms[word]
        is_acronym = (
            not (others or word in loud)  # it is in capitals alone
            and (form.isupper() and form.isalpha() and 2 <= len(form) <= LONGEST_ACRONYM)
        )
        if not (is_acronym or _tells(word)):
            continue
        longer = [other for other in places if other.startswith(word) and other != word]
        most = len(word) + LONGEST_ENDING
        if len(word) >= LEAST_STEM and longer and all(len(other) <= most for other in longer):
            yield f"{word}*", numbers.union(*(places[other] for other in longer))
        elif is_acronym:
            yield f"={word.upper()}", numbers
        else:
            yield word, numbers


def _tells(word: str) -> bool:
    """Whether a word may say what a headline is about."""
    return len(word) > 1 and not word.isdigit() and word not in _FUNCTION_WORDS and word != "us$"


_FUNCTION_WORDS = frozenset(spell_out("function-words", shipped()))
