"""The tables of docs/configuration.md, from the settings: `python -m tests.settings_page`."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from msgspec import NODEFAULT

from aggregator import settings
from aggregator.config.fields import in_words
from aggregator.config.schema import SECTIONS, form_of, settings_in
from aggregator.setting import Described

PAGE = Path(__file__).parents[1] / "docs" / "configuration.md"
LISTS = ("feeds", "topics", "notify", "mail")
_HEAD = "| key | default | meaning |\n|---|---|---|\n"
_TABLE = re.compile(re.escape(_HEAD) + r"(?:\|.*\n)*")
_SIZES = ((10**9, "GB"), (10**6, "MB"), (10**3, "KB"))


def written(page: str) -> str:
    """The page with its tables written anew; each section of the page has one, in this order."""
    tables = iter([table(name) for name in ("", *SECTIONS)])
    found = _TABLE.sub(lambda _: next(tables), page)
    assert next(tables, None) is None, "a section of the settings has no table in the page"
    return found


def table(section: str) -> str:
    """The settings of one section, a row each."""
    return _HEAD + "".join(f"| {' | '.join(row)} |\n" for row in rows(section))


def rows(section: str) -> Iterator[tuple[str, str, str]]:
    """Key, default and meaning of each setting of a section."""
    prefix = f"{section}{'[]' if section in LISTS else ''}." if section else ""
    for key, one in settings_in(section).items():
        if section == "feeds" and one.setting.scope == "both":
            yield f"`{prefix}{key}`", f"`fetch.{key}`", "for this feed"
        else:
            yield f"`{prefix}{key}`", default(one), meaning(section, one) + bounds(one)


def meaning(section: str, one: Described) -> str:
    """What a setting says below its field, or in itself."""
    owners = [SECTIONS[section].__name__ if section else "Config"]
    owners += ["FeedSource"] if section == "fetch" else []
    found = (texts().get((owner, one.attribute)) for owner in owners)
    return one.setting.doc or next(filter(None, found), "")


@cache
def texts() -> Mapping[tuple[str, str], str]:
    """The text below each field of the settings, by the name of its struct and its own."""
    found = {}
    tree = ast.parse(Path(settings.__file__).read_text(encoding="utf-8"))
    for owner in (node for node in tree.body if isinstance(node, ast.ClassDef)):
        for field, below in pairwise(owner.body):
            match field, below:
                case (
                    ast.AnnAssign(target=ast.Name(id=name)),
                    ast.Expr(value=ast.Constant(value=str(text))),
                ):
                    found[owner.name, name] = " ".join(text.split())
    return found


def default(one: Described) -> str:
    """A default as the file would have it."""
    if one.setting.default:
        return one.setting.default
    if one.default is NODEFAULT:
        return "required"
    return "none" if one.default in (None, (), "") else f"`{as_written(one, one.default)}`"


def bounds(one: Described) -> str:
    """The least and the most of a value that has bounds."""
    setting = one.setting
    if not setting.most:
        return ""
    if form_of(one) in ("float", "timedelta"):
        return f" ({in_words(setting.least)} to {in_words(setting.most)})"
    return f" ({as_written(one, setting.least)} to {as_written(one, setting.most)})"


def as_written(one: Described, value: Any) -> str:
    """A value in the form that the file takes."""
    form = form_of(one)
    if form == "switch":
        return "on" if value else "off"
    if form == "size":
        return next(f"{value // unit}{name}" for unit, name in _SIZES if value >= unit)
    if form in ("float", "timedelta"):
        return in_words(value.total_seconds() if isinstance(value, timedelta) else value)
    if isinstance(value, tuple):
        return f"[{', '.join(value)}]"
    return str(value).lower() if form == "bool" else str(value)


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
