"""Options and arguments that several commands share."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from aggregator.errors import UsageError

if TYPE_CHECKING:
    from aggregator.settings import Config, MailSettings, NotifySettings, TopicSettings

FOLDER = click.Path(file_okay=False, path_type=Path)
READABLE = click.Path(exists=True, dir_okay=False, path_type=Path)

topic_option = click.option("--topic", metavar="T", help="Only stories of this topic.")
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
host_option = click.option("--host", help="Address to listen on, instead of the configuration's.")
port_option = click.option(
    "--port", type=click.IntRange(0, 65535), help="Port, instead of the configuration's."
)


N = TypeVar("N", "TopicSettings", "NotifySettings", "MailSettings")
F = TypeVar("F", bound=Callable[..., Any])


def named(kind: str, name: str, among: Iterable[N]) -> N:
    """The one that has this name. Raises UsageError, which says what names there are."""
    known = {one.name: one for one in among}
    if name not in known:
        names = f"choose from {', '.join(known)}" if known else "add one to the configuration"
        raise UsageError(f"no {kind} is named {name!r}; {names}")
    return known[name]


def topics(config: Config, name: str | None) -> tuple[TopicSettings, ...]:
    """The topic of this name, or the enabled ones. Raises UsageError where there is none."""
    if name is not None:
        return (named("topic", name, config.topics),)
    if not config.enabled_topics:
        raise UsageError("no topic is enabled")
    return config.enabled_topics


def need_extra(name: str, module: str) -> None:
    """Raises UsageError unless an extra of this package is installed; `module` is one of it."""
    if find_spec(module) is None:
        hint = f"run: pip install -c constraints.txt '.[{name}]'"
        raise UsageError(f"the extra '{name}' is not installed; {hint}")


def since_option(default: str) -> Callable[[F], F]:
    """`--since`, to be read with `age_of`."""
    return click.option(
        "--since", metavar="AGE", default=default, show_default=True, help="How far back."
    )


def age_of(value: str) -> timedelta:
    """An age as written on the command line, such as 30d. Raises UsageError."""
    from aggregator.config.document import Bad
    from aggregator.config.fields import read_seconds

    try:
        return timedelta(seconds=read_seconds(value, least=1, most=36_500 * 86_400))
    except Bad as error:
        raise UsageError(str(error)) from error
