"""Messages of notifications: the operator's template or a default one, filled with a document.

Templates are rendered by Jinja in a sandbox. Text from feeds only occurs as values and is never
compiled; each value is escaped for the markup of the message when it is written. Pure.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import jinja2
from jinja2.sandbox import ImmutableSandboxedEnvironment

from aggregator.publishing.markup import JSON, Markup
from aggregator.publishing.render_text import safe_url

# what else an expression in a template can raise
_FAULTS = (ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError)


class MessageError(Exception):
    """A template cannot be read or filled; the text says where and why."""


class _Link(str):
    """An address that needs no checks any more."""

    __slots__ = ()


class _Json(str):
    """A value that is already JSON."""

    __slots__ = ()


def message(
    template: str | None, document: Mapping[str, Any], markup: Markup, *, is_trial: bool = False
) -> str:
    """The document as a message, by the template or the default one. Raises MessageError.

    If it is longer than `most`, the story's link is left out, then the last lines. Missing values
    are empty, but an error in a trial.
    """
    known = values(document)
    try:
        compiled = _compiled(template or markup.default, markup, is_trial=is_trial)
        text: str = compiled.render(known)
        if len(text) > markup.most:
            text = compiled.render(known | {"url": _link(None)})
    except jinja2.TemplateError as error:
        where = f"line {error.lineno}: " if isinstance(error, jinja2.TemplateSyntaxError) else ""
        raise MessageError(f"{where}{error.message}") from error
    except _FAULTS as error:
        raise MessageError(f"{type(error).__name__}: {error}") from error
    text = text.strip()
    while len(text) > markup.most and "\n" in text:  # never cut within markup
        text = text.rpartition("\n")[0]
    return text[: markup.most]


def values(document: Mapping[str, Any]) -> dict[str, Any]:
    """The values for a template: the document's, with safe links, and defaults for all events."""
    sources = [
        {**source, "url": _link(source.get("url"))} for source in document.get("sources", ())
    ]
    since, error = document.get("since"), document.get("error")
    broken = f"{document.get('feed')} has had no success since {since}: {error}"
    return {
        "headline": broken,
        "topic": "",
        "independent": 0,
        "first": "",
        "coverage": {},
        "rule": {},
        "reports": len(sources),
        **document,
        "url": _link(document.get("url")),
        "sources": sources,
        "document": document,
    }


def _link(url: str | None) -> str:
    return _Link(safe_url(url) or "")


@lru_cache(maxsize=100)
def _compiled(template: str, markup: Markup, *, is_trial: bool) -> Any:
    is_json = markup is JSON

    def written(value: Any) -> str:
        if is_json and isinstance(value, _Json):
            return value
        if isinstance(value, jinja2.Undefined) and not is_trial:
            value = None
        if is_json and (value is None or isinstance(value, bool)):
            return json.dumps(value)
        if isinstance(value, _Link):
            return markup.link(str(value))
        return markup.escape("" if value is None else str(value))

    environment = ImmutableSandboxedEnvironment(
        undefined=jinja2.StrictUndefined if is_trial else jinja2.ChainableUndefined,
        finalize=written,
        keep_trailing_newline=True,
    )
    environment.filters["tojson"] = lambda value: _Json(json.dumps(value, ensure_ascii=False))
    return environment.from_string(template)
