"""`aggregator.values.dataclass` against the standard library's, which it stands for."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import pickle
from collections.abc import Callable
from typing import Any

import pytest

from aggregator import values


@values.dataclass(frozen=True, slots=True)
class Quick:
    """Made by ours."""

    name: str
    size: int = 3
    tags: tuple[str, ...] = dataclasses.field(default_factory=tuple)
    secret: str = dataclasses.field(default="", repr=False)
    note: str = dataclasses.field(default="", compare=False)


@dataclasses.dataclass(frozen=True, slots=True)
class Usual:
    """The same, made by the standard library."""

    name: str
    size: int = 3
    tags: tuple[str, ...] = dataclasses.field(default_factory=tuple)
    secret: str = dataclasses.field(default="", repr=False)
    note: str = dataclasses.field(default="", compare=False)


@values.dataclass(frozen=True, slots=True)
class Single:
    """One field: no tuple by itself."""

    value: float


@values.dataclass(frozen=True, slots=True)
class Nothing:
    """No field at all."""


@values.dataclass(frozen=True, slots=True, eq=False)
class Itself:
    """Equal to nothing but itself."""

    value: int


@values.dataclass(frozen=True, slots=True)
class Worded:
    """Has words of its own, and says how it is shown."""

    value: int

    def __repr__(self) -> str:
        return "its own"


@values.dataclass(slots=True)
class Changing:
    """Not frozen: left to the standard library."""

    value: int


BOTH = pytest.mark.parametrize("kind", [Quick, Usual])


@BOTH
def test_arguments_and_defaults(kind: Callable[..., Any]) -> None:
    one, two = kind("a"), kind("a", 4, ("x",), secret="s", note="n")
    assert (one.name, one.size, one.tags, one.secret, one.note) == ("a", 3, (), "", "")
    assert (two.name, two.size, two.tags, two.secret, two.note) == ("a", 4, ("x",), "s", "n")
    for wrong in ((), ("a", 1, (), "", "", "more")):
        with pytest.raises(TypeError):
            kind(*wrong)
    with pytest.raises(TypeError, match="unknown"):
        kind("a", unknown=1)


@BOTH
def test_equality_and_hash(kind: Callable[..., Any]) -> None:
    assert kind("a", note="this") == kind("a", note="that")
    assert hash(kind("a", note="this")) == hash(kind("a", note="that"))
    assert kind("a") != kind("a", 4)
    assert kind("a") != ("a", 3, (), "", "")
    assert len({kind("a"), kind("a"), kind("b")}) == 2


@BOTH
def test_shown_without_secrets(kind: Callable[..., Any]) -> None:
    shown = repr(kind("a", secret="s", note="n"))
    assert shown.partition("(")[2] == "name='a', size=3, tags=(), note='n')"


@BOTH
def test_never_changed(kind: Callable[..., Any]) -> None:
    one = kind("a")
    with pytest.raises(dataclasses.FrozenInstanceError, match="cannot assign to field 'name'"):
        one.name = "b"
    with pytest.raises(dataclasses.FrozenInstanceError, match="cannot delete field 'name'"):
        del one.name
    with pytest.raises((dataclasses.FrozenInstanceError, TypeError)):
        one.other = 1
    assert not hasattr(one, "__dict__")


@BOTH
def test_copied_pickled_and_replaced(kind: Callable[..., Any]) -> None:
    one = kind("a", 4, ("x",), "s", "n")
    for same in (pickle.loads(pickle.dumps(one)), copy.copy(one), copy.deepcopy(one)):  # noqa: S301
        assert (same, same.note) == (one, "n")
    other = dataclasses.replace(one, size=5)
    assert (other.size, other.tags, other.note) == (5, ("x",), "n")


@BOTH
def test_told_of_by_the_standard_library(kind: Any) -> None:
    names = ["name", "size", "tags", "secret", "note"]
    assert [field.name for field in dataclasses.fields(kind)] == names
    assert list(kind.__match_args__) == names
    assert dataclasses.asdict(kind("a"))["size"] == 3
    assert inspect.get_annotations(kind.__init__)["name"] == "str"


@pytest.mark.parametrize(
    "kind", [Quick, Usual, pytest.param(Changing, id="not frozen"), pytest.param(Single, id="one")]
)
def test_replace(kind: Callable[..., Any]) -> None:
    field = dataclasses.fields(kind(1))[0].name
    one = kind(1)
    other = values.replace(one, **{field: 2})
    assert (getattr(one, field), getattr(other, field)) == (1, 2)
    assert other == kind(2)
    assert values.replace(other) == other
    with pytest.raises(TypeError):
        values.replace(one, unknown=2)


def test_few_fields() -> None:
    assert Single(1.0) == Single(1) != Single(2.0)
    assert hash(Single(1.0)) == hash(Single(1))
    nan = float("nan")
    assert Single(nan) == Single(nan)  # as tuples that hold the same object
    assert Nothing() == Nothing()
    assert hash(Nothing()) == hash(Nothing())
    assert repr(Nothing()).endswith("Nothing()")


def test_identity_instead_of_equality() -> None:
    one = Itself(1)
    assert one == one  # noqa: PLR0124 - what is tested
    assert one != Itself(1)
    assert len({one, Itself(1)}) == 2


def test_what_a_class_says_itself_stays() -> None:
    assert repr(Worded(1)) == "its own"


def test_others_are_the_standard_librarys() -> None:
    one = Changing(1)
    one.value = 2
    assert one == Changing(2)
