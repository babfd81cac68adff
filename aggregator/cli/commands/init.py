"""`aggregator init`: a folder to begin with."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import click

from aggregator.cli import show
from aggregator.cli.options import FOLDER
from aggregator.cli.session import DEFAULT_CONFIG, Session
from aggregator.errors import ConfigError, ConfigUnwritten, UsageError
from aggregator.text import counted

_OTHER_TOPIC = """\
topics:
  - name: {name}
{query}
# add some: 'aggregator feeds add URL', or a list with 'aggregator feeds import FILE.opml'
feeds: []
"""
_FIRST_QUERY = """\
    query:                                # a first guess: docs/topics.md says more, and
      rules:                              # 'aggregator topic new' proposes one from headlines
        - {{weight: 1, any: ["{words}"]}}
"""


@click.command()
@click.argument("folder", type=FOLDER, required=False)
@click.option("--topic", metavar="NAME", help="Another topic, with an empty list of feeds.")
@click.pass_obj
def init(session: Session, folder: Path | None, *, topic: str | None) -> None:
    """Creates a folder with a commented feeds.yaml.

    The feeds are those that come with the program, for its own topic. Also creates folders for
    database and output. Asks nothing, and leaves an existing feeds.yaml as it is.
    """
    import shlex

    from aggregator.config import parse

    path = session.path if folder is None else folder / DEFAULT_CONFIG
    data = _text(topic).encode("utf-8")
    try:
        config = parse(data, path=path, environ=os.environ, database=session.database)
    except ConfigError as error:
        problem = error.problems[0]
        raise UsageError(f"--topic: {problem.message}; {problem.hint}") from error
    try:
        if os.path.lexists(path):
            raise FileExistsError(errno.EEXIST, "", str(path))
        for place in (path.parent, config.database.parent, config.output):
            place.mkdir(parents=True, exist_ok=True)
        _write_new(path, data)
    except FileExistsError as error:
        what = "is there already, and stays as it is; edit it"
        if error.filename != str(path):
            what = "is a file where a folder belongs; move it"
        raise UsageError(
            f"{error.filename}: {what}, or name another folder: aggregator init FOLDER"
        ) from error
    except OSError as error:
        place = error.filename or path
        raise ConfigUnwritten(f"{place}: cannot be written ({error.strerror})") from error
    topics = ", ".join(one.name for one in config.topics)
    show.line(f"wrote {show.safe(path)}: {counted(len(config.feeds), 'feed')}, topic {topics}")
    show.note("set site.contact in it, so that publishers can write to you")
    is_named = folder is None and session.config_path is not None
    run = f"aggregator --config {shlex.quote(str(path))} " if is_named else "aggregator "
    move = f"cd {'./' if str(path).startswith('-') else ''}{shlex.quote(str(path.parent))} && "
    if is_named or path.parent == Path():
        move = ""
    show.note(f"then: {move}{run}{'fetch' if config.feeds else 'feeds add URL'}")


def _write_new(path: Path, data: bytes) -> None:
    """Raises OSError; half a file is left by no fault, since the next attempt would keep it."""
    with path.open("xb") as file:
        try:
            file.write(data)
            file.flush()
        except BaseException:
            path.unlink()
            raise


def _text(topic: str | None) -> str:
    """The project's own feeds.yaml, which a wheel holds beside `aggregator.cli`; or its head."""
    from importlib import resources

    from aggregator.settings import Config
    from aggregator.topics.query import builtin_names

    packaged = resources.files("aggregator.cli") / "feeds.yaml"
    checkout = Path(__file__).parents[3] / "feeds.yaml"
    text = (packaged if packaged.is_file() else checkout).read_text(encoding="utf-8")
    if topic is None or topic in {one.name for one in Config().topics}:
        return text
    words = topic.replace("-", " ").replace("_", " ")
    query = "" if topic in builtin_names() else _FIRST_QUERY.format(words=words)
    head = text[: text.index("topics:\n")]
    return head + _OTHER_TOPIC.format(name=topic, query=query)
