"""The unit and the image run commands that there are, and give away as little as they say."""

from __future__ import annotations

import configparser
import re
import shlex
import subprocess
import sys
from pathlib import Path
from shutil import which

import click
import pytest
import yaml

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


@pytest.mark.skipif(not which("systemd-analyze"), reason="systemd-analyze is not installed")
def test_systemd_finds_nothing_wrong_with_the_unit(tmp_path: Path) -> None:
    text = (ROOT / "deploy" / "aggregator.service").read_text(encoding="utf-8")
    unit = tmp_path / "aggregator.service"
    unit.write_text(text.replace("/opt/aggregator/bin/aggregator", sys.executable))

    done = subprocess.run(
        ["systemd-analyze", "verify", unit], capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_unit_reads_the_file_that_the_page_begins() -> None:
    folder = "/var/lib/aggregator"

    assert f"Environment=AGGREGATOR_CONFIG={folder}/feeds.yaml\n" in (
        ROOT / "deploy" / "aggregator.service"
    ).read_text(encoding="utf-8")
    assert f"bin/aggregator init {folder}\n" in PAGE
    assert service()["StateDirectory"] == "aggregator"  # the folder: the only one it may write


def test_compose_and_the_line_to_copy_shut_the_same_doors() -> None:
    (line,) = re.findall(r"^docker run [^`]*", PAGE, re.MULTILINE)
    words = shlex.split(line)
    (one,) = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text())["services"].values()

    assert one["read_only"] is True
    assert "--read-only" in words
    assert [one["tmpfs"], one["cap_drop"]] == [["/tmp"], ["ALL"]]
    assert one["security_opt"] == ["no-new-privileges:true"]
    assert one["ports"] == [words[words.index("-p") + 1]]
    (volume,) = one["volumes"]
    folder = volume.partition(":")[2]
    assert words[words.index("-v") + 1].endswith(f":{folder}")
    assert f'WORKDIR {folder}\nRUN aggregator init\nVOLUME ["{folder}"]\n' in DOCKERFILE
    assert DOCKERFILE.index("\nUSER ") < DOCKERFILE.index("RUN aggregator init")


def test_what_the_image_is_built_from_is_sent_to_the_engine() -> None:
    sent = {line[1:] for line in (ROOT / ".dockerignore").read_text().split() if line[0] == "!"}
    copied = re.findall(r"^COPY (?!--from)(.*) \S+$", DOCKERFILE, re.MULTILINE)

    assert sent == {name for names in copied for name in names.split()}


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
