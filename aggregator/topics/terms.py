"""Terms of lexicons and how they are found: one walk over the words through a trie of words.

A term is a word or a phrase. `=US` must be written exactly so; `extradit*` takes every word that
begins so (the star only at the end, after three letters at least). Case, accents, hyphens and
possessives are read as `words` folds them. A term in a script that is written without spaces is
found wherever its letters are side by side, as a phrase of letters.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from aggregator.topics.unspaced import is_sign, is_unspaced
from aggregator.topics.words import is_shouted, words

STEM = 3  # a star's stem is filed under its first three letters


class TermError(ValueError):
    """A term that can never be found, with the reason."""


class Term(Struct, frozen=True):
    """One alias: its text as shown, its folded words, and what it belongs to."""

    text: str
    folded: tuple[str, ...]
    exact: tuple[str, ...] = ()  # as it must be written; empty: any case
    stem: bool = False  # the last word is the beginning of a word
    groups: int = 0  # bit set of the groups that hold it
    ignored: int = -1  # number of the `ignore` row whose phrase it is


class Hit(Struct, frozen=True, gc=False):
    """A term found at words `start` to `end` (exclusive) of a field."""

    term: int
    start: int
    end: int


class Node(Struct):
    """A place in the trie: what may follow, and the terms that end here.

    Most of thousands lead nowhere: what is empty is not made.
    """

    following: dict[str, Node] | None = None
    ends: tuple[int, ...] = ()
    stems: dict[str, list[tuple[str, int]]] | None = None

    def step(self, word: str) -> Node:
        """The place that a word leads to, made where it is new."""
        if self.following is None:
            self.following = {}
        found = self.following.get(word)
        if found is None:
            found = self.following[word] = Node()
        return found


def read_term(text: str, *, groups: int = 0) -> Term:
    """The term that a line of a lexicon or a query stands for. Raises TermError.

    `groups`: the bit set of those that hold it.
    """
    body = text.strip()
    is_exact = body.startswith("=")
    is_stem = body.endswith("*")
    written = words(body.removeprefix("=").removesuffix("*"))
    if not written:
        raise TermError("it holds no word")
    if "*" in body[:-1]:
        raise TermError("the star may only be at the end")
    if is_stem and is_exact:
        raise TermError("a term is either exact (=) or a beginning (*)")
    if is_sign(written[0]):
        raise TermError("it begins with a combining mark")
    if is_stem and is_unspaced(written[-1]):
        raise TermError("its script has no spaces, so it is found inside words without a star")
    if is_stem and len(written[-1]) < STEM:
        raise TermError(f"a star needs {STEM} letters before it")
    return Term(
        text=body.removeprefix("="),
        folded=tuple([word.lower() for word in written]),
        exact=tuple(written) if is_exact else (),
        stem=is_stem,
        groups=groups,
    )


def build_trie(terms: Iterable[Term]) -> Node:
    """The trie of all terms; its leaves are positions in `terms`."""
    root = Node()
    for index, term in enumerate(terms):
        node = root
        for word in term.folded[:-1] if term.stem else term.folded:
            node = node.step(word)
        if term.stem:
            last = term.folded[-1]
            if node.stems is None:
                node.stems = {}
            node.stems.setdefault(last[:STEM], []).append((last, index))
        else:
            node.ends += (index,)
    return root


def find(written: list[str], terms: tuple[Term, ...], trie: Node) -> list[Hit]:
    """Every term in the words, overlapping ones too, in the order of their first word."""
    folded = "\n".join(written).lower().split("\n")  # a third of the time of one by one
    hits: list[Hit] = []
    firsts, stems = trie.following or {}, trie.stems or {}
    for start, first in enumerate(folded):
        for stem, index in stems.get(first[:STEM], ()):
            if first.startswith(stem):
                hits.append(Hit(index, start, start + 1))
        node, end = firsts.get(first), start  # two words of five lead on, few of them far
        while node is not None:
            end += 1
            for index in node.ends:
                exact = terms[index].exact
                if exact:  # asks for these capitals, and that not all around is in capitals
                    if tuple(written[start:end]) != exact:
                        continue
                    if exact[0].isupper() and is_shouted(written, start, end):
                        continue
                hits.append(Hit(index, start, end))
            if end == len(folded):
                break
            word = folded[end]
            for stem, index in node.stems.get(word[:STEM], ()) if node.stems else ():
                if word.startswith(stem):
                    hits.append(Hit(index, start, end + 1))
            node = node.following.get(word) if node.following else None
    return hits
