"""The unit and the image run commands that there are, and give away as little as they say."""

from __future__ import annotations

import configparser
import re
import shlex
from pathlib import Path

import click
import pytest

from aggregator.cli.root import cli
from aggregator.cli.session import Session

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", "")
PAGE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")


def service() -> configparser.SectionProxy:
    unit = configparser.RawConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign] # names keep their case
    unit.read(ROOT / "deploy" / "aggregator.service", encoding="utf-8")
    return unit["Service"]


def parsed(arguments: list[str]) -> str:
    """The command that these arguments run; click refuses what does not exist."""
    context = cli.make_context("aggregator", list(arguments), obj=Session())
    with context:
        name, command, rest = cli.resolve_command(context, context._protected_args + context.args)
        assert command is not None
        command.make_context(name, rest, parent=context)
    return str(name)


def test_the_unit_starts_the_daemon_and_shuts_everything_else() -> None:
    unit = service()

    program, *arguments = shlex.split(unit["ExecStart"])
    assert program.endswith("/aggregator")
    assert parsed(arguments) == "daemon"
    assert unit["Type"] == "notify"
    assert int(unit["WatchdogSec"].rstrip("s")) > 60  # the daemon's own limit for a tick
    assert int(unit["TimeoutStopSec"].rstrip("s")) > 30  # its grace, twice over
    for name in ("NoNewPrivileges", "ProtectHome", "PrivateTmp", "PrivateDevices",
                 "ProtectKernelModules", "ProtectKernelTunables", "RestrictNamespaces",
                 "RestrictSUIDSGID", "LockPersonality"):  # fmt: skip
        assert unit[name] == "true", name
    assert unit["ProtectSystem"] == "strict"
    assert unit["CapabilityBoundingSet"] == ""
    assert unit["User"] != "root"


def test_the_image_runs_the_daemon_as_nobody_in_particular() -> None:
    users = re.findall(r"^USER (\S+)$", DOCKERFILE, re.MULTILINE)
    commands = dict(re.findall(r"^(ENTRYPOINT|CMD) \[(.*)\]$", DOCKERFILE, re.MULTILINE))

    assert re.fullmatch(r"[1-9]\d+:[1-9]\d+", users[-1])
    assert commands["ENTRYPOINT"] == '"aggregator"'
    assert parsed(re.findall(r'"([^"]*)"', commands["CMD"])) == "daemon"
    assert re.search(r"^HEALTHCHECK .*/healthz", DOCKERFILE, re.MULTILINE)
    assert not re.search(r"^FROM \S+:latest|^ADD ", DOCKERFILE, re.MULTILINE)
    for source in re.findall(r"^COPY (?!--from)(.*) \S+$", DOCKERFILE, re.MULTILINE):
        assert all((ROOT / name).exists() for name in source.split()), source


def test_lines_to_copy_run_what_there_is() -> None:
    (cron,) = re.findall(r"^\*/10 .*$", PAGE, re.MULTILINE)
    (docker,) = re.findall(r"^docker run [^`]*", PAGE, re.MULTILINE)
    words = shlex.split(cron)

    assert parsed(words[words.index(".venv/bin/aggregator") + 1 :]) == "fetch"
    assert {"--read-only", "--cap-drop", "no-new-privileges"} <= set(shlex.split(docker))


def test_an_unknown_command_would_be_noticed() -> None:
    with pytest.raises(click.UsageError):
        parsed(["--log-format", "json", "demon"])
