"""What a setting's annotation says: how it is written in `feeds.yaml`, and what it means.

A field of a settings struct is a setting when it is annotated with a `Setting`; the text below it
is its meaning. The loader and docs/configuration.md are derived from both. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, get_args

from msgspec import Struct
from msgspec.structs import fields

MINUTE, HOUR, DAY, MONTH = 60, 3600, 86_400, 30 * 86_400  # seconds


class Setting(Struct, frozen=True):
    """How a field is written and read.

    Bounds are those of a number, of a size in bytes, or of a length of time in seconds.
    """

    doc: str = ""  # its meaning, where that is not below a field
    least: float = 0
    most: float = 0
    form: str = ""  # a row of `config.schema.FORMS`; empty: the one of the field's type
    key: str = ""  # in the file, where it is not the field's name
    default: str = ""  # for the docs, where the field's own default says something else
    scope: str = "feed"  # of a feed's settings: "feed", "fetch" (a default for all) or "both"


class Described(Struct, frozen=True):
    """A setting with the field that it annotates."""

    attribute: str
    type: Any
    default: Any  # NODEFAULT: it is required
    setting: Setting


# evaluating annotations that are text takes longer than reading a file
_fields_of = cache(fields)


@cache
def settings_of(owner: type[Struct], scope: str = "feed") -> Mapping[str, Described]:
    """The settings of a struct by their key in the file, in the order of its fields."""
    found: dict[str, Described] = {}
    for field in _fields_of(owner):
        plain, *notes = get_args(field.type) or (field.type,)
        for setting in notes:
            if isinstance(setting, Setting) and setting.scope in (scope, "both"):
                key = setting.key or field.name
                found[key] = Described(field.name, plain, field.default, setting)
    return found
