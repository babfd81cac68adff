"""`dataclass` and `replace` as the standard library has them, for frozen values with slots quicker.

The standard library compiles seven functions for each such class, half a millisecond of every
start; a run that finds nothing new needs some sixty of these classes and does little else. Here
only `__init__` is compiled, for values are made often; what compares, hashes, shows and pickles
them is made without. Such a class is not to be inherited from, and all its fields are arguments.

A poll replaces states of thirty fields several times: `replace` takes the fields at once instead
of asking for one after the other by name.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING, Any, TypeVar

__all__ = ["dataclass", "replace"]

_T = TypeVar("_T")
_MISSING = dataclasses.MISSING

if TYPE_CHECKING:
    from dataclasses import dataclass, replace
else:

    def dataclass(
        *, frozen: bool = False, slots: bool = False, eq: bool = True
    ) -> Callable[[type[_T]], type[_T]]:
        """A decorator, with those of the standard library's options that are in use here."""
        if frozen and slots:
            return partial(_value, eq=eq)
        return dataclasses.dataclass(frozen=frozen, slots=slots, eq=eq)

    def replace(value: _T, /, **changes: Any) -> _T:
        """The value with other content in these fields."""
        known = getattr(value, "_replaced", None)
        return dataclasses.replace(value, **changes) if known is None else known(changes)


def _value(cls: type[_T], *, eq: bool) -> type[_T]:
    made: Any = dataclasses.dataclass(init=False, repr=False, eq=False, slots=True)(cls)
    fields = dataclasses.fields(made)
    names = [field.name for field in fields]
    values = _values(names)
    methods = {
        "__init__": _init(made, fields),
        "__repr__": _repr,
        "__reduce__": lambda self: (self.__class__, values(self)),
        "_replaced": _replaced(names, values),
        "__setattr__": _refuse_to_assign,
        "__delattr__": _refuse_to_delete,
    }
    if eq:
        compared = _values([field.name for field in fields if field.compare])
        methods |= {"__eq__": _eq(compared), "__hash__": lambda self: hash(compared(self))}
    for name, method in methods.items():
        if name not in cls.__dict__:
            setattr(made, name, method)
    found: type[_T] = made
    return found


def _init(made: Any, fields: Sequence[dataclasses.Field[Any]]) -> Callable[..., None]:
    """Sets each slot by its descriptor, which `__setattr__` does not keep from it."""
    known: dict[str, Any] = {"_MISSING": _MISSING}
    arguments, lines = [], []
    for field in fields:
        name = argument = value = field.name
        known[f"_set_{name}"] = getattr(made, name).__set__
        if field.default is not _MISSING:
            known[f"_of_{name}"] = field.default
            argument = f"{name}=_of_{name}"
        elif field.default_factory is not _MISSING:
            known[f"_of_{name}"] = field.default_factory
            argument, value = f"{name}=_MISSING", f"_of_{name}() if {name} is _MISSING else {name}"
        arguments.append(argument)
        lines.append(f" _set_{name}(self, {value})\n")
    exec(f"def __init__(self, {', '.join(arguments)}):\n{''.join(lines) or ' pass'}", known)  # noqa: S102 - names of fields
    init: Any = known["__init__"]
    init.__qualname__ = f"{made.__qualname__}.__init__"
    init.__annotations__ = {field.name: field.type for field in fields} | {"return": None}
    return init  # type: ignore[no-any-return]


def _values(names: Sequence[str]) -> Callable[[object], tuple[Any, ...]]:
    """What reads these fields as a tuple."""
    if len(names) > 1:
        return attrgetter(*names)
    return lambda self: tuple(getattr(self, name) for name in names)


def _eq(compared: Callable[[object], tuple[Any, ...]]) -> Callable[[object, object], Any]:
    def equal(self: object, other: object) -> Any:
        if other.__class__ is not self.__class__:
            return NotImplemented
        return compared(self) == compared(other)

    return equal


def _replaced(
    names: Sequence[str], values: Callable[[object], tuple[Any, ...]]
) -> Callable[[object, dict[str, Any]], object]:
    place = {name: index for index, name in enumerate(names)}

    def replaced(self: object, changes: dict[str, Any]) -> object:
        content = list(values(self))
        try:
            for name, value in changes.items():
                content[place[name]] = value
        except KeyError as error:
            raise TypeError(f"{self.__class__.__qualname__} has no field {error}") from None
        return self.__class__(*content)

    return replaced


def _repr(self: Any) -> str:
    shown = (
        f"{field.name}={getattr(self, field.name)!r}"
        for field in dataclasses.fields(self)
        if field.repr
    )
    return f"{self.__class__.__qualname__}({', '.join(shown)})"


def _refuse_to_assign(self: object, name: str, value: object) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_to_delete(self: object, name: str) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")
