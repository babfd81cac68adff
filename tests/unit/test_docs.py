"""The docs name every command, option, setting and dependency, and nothing that is none."""

from __future__ import annotations

import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from aggregator.cli.root import cli
from aggregator.config.schema import SECTIONS, settings_in
from aggregator.publishing.formats import FORMATS, Format
from tests import settings_page
from tests.docs import ROOT, page, undocumented_formats
from tests.hostile.corpus.cases import BY_ID


def commands(group: click.Group = cli, path: str = "") -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from commands(command, f"{path}{name} ")
        else:
            yield path + name, command


def options(command: click.Command) -> list[str]:
    return [
        option
        for parameter in command.params
        if isinstance(parameter, click.Option)
        for option in parameter.opts
        if option.startswith("--")
    ]


COMMANDS = dict(commands())


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_option_is_documented(name: str) -> None:
    rows = [line for line in page("docs/commands.md").splitlines() if line.startswith(f"| `{name}")]

    (row,) = [line for line in rows if re.match(rf"\| `{name}[ `]", line)]
    for option in options(COMMANDS[name]):
        assert option in row, f"{name} {option}"


def test_every_documented_command_and_option_exists() -> None:
    for line in page("docs/commands.md").splitlines():
        found = re.match(r"\| `([a-z][^`]*)` \|", line)
        if found is None:
            continue
        words = [word for word in shlex.split(found[1]) if word.islower()]
        name = " ".join(words)
        assert name in COMMANDS, line
        for option in re.findall(r"`(--[a-z-]+)", line):
            assert option in options(COMMANDS[name]), f"{name} {option}"


def test_every_global_option_is_documented() -> None:
    text = page("docs/commands.md")

    for option in ("--config", "--db", "-v", "-q", "--log-format"):
        assert option in text


def test_the_page_of_settings_is_written_from_them() -> None:
    page_now = page("docs/configuration.md")

    assert page_now == settings_page.written(page_now), "run python -m tests.settings_page"


@pytest.mark.parametrize("section", ["", *SECTIONS])
def test_every_setting_says_what_it_means(section: str) -> None:
    for key, one in settings_in(section).items():
        assert settings_page.meaning(section, one), key


def test_every_output_format_is_documented() -> None:
    assert undocumented_formats(page("docs/publishing.md")) == []


@pytest.mark.parametrize("form", FORMATS.values(), ids=lambda form: form.name)
def test_web_servers_are_told_the_type_of_every_feed_format(form: Format) -> None:
    (types,) = re.findall(r"types \{(.*?)\}", page("docs/publishing.md"), re.DOTALL)

    assert re.search(rf"{re.escape(form.media_type)} +{form.ending};", types)


def test_every_dependency_has_its_reason() -> None:
    project = tomllib.loads(page("pyproject.toml"))["project"]
    text = page("docs/dependencies.md").lower()

    for group in (project["dependencies"], *project["optional-dependencies"].values()):
        for requirement in group:
            name = re.split(r"[<>=\[ ]", requirement)[0].lower()
            assert name in text, name


def test_every_pinned_version_is_within_its_range() -> None:
    project = tomllib.loads(page("pyproject.toml"))["project"]
    pins = dict(
        line.lower().split("==") for line in page("constraints.txt").splitlines() if "==" in line
    )

    extras = project["optional-dependencies"]
    tested = [one for name in ("test", "readers", "mcp") for one in extras[name]]
    for requirement in (*project["dependencies"], *tested):
        name, least, most = re.fullmatch(r"([\w-]+)>=([\d.]+),<([\d.]+)", requirement).groups()  # type: ignore[union-attr] # the form of all
        pinned = (
            pins[name.lower().replace("-", "_")] if name.lower() not in pins else pins[name.lower()]
        )
        version = tuple(int(part) for part in pinned.split(".")[:3])
        assert tuple(map(int, least.split("."))) <= version < tuple(map(int, most.split("."))), name


@pytest.mark.parametrize(
    "path", [*sorted((ROOT / "docs").glob("*.md")), ROOT / "README.md"], ids=lambda p: p.name
)
def test_links_between_pages_lead_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", path.read_text(encoding="utf-8")):
        assert (path.parent / target).exists(), target


def test_every_fault_has_tests_and_every_named_test_exists() -> None:
    rows = [line for line in page("docs/security.md").splitlines() if line.startswith("| ")]
    faults = [row for row in rows if not row.startswith("| fault ")]

    assert len(faults) >= 48
    for row in faults:
        cases = re.findall(r"case `([^`]+)`", row)
        tests = re.findall(r"`(tests/[^`]+)::(test_\w+)`", row)
        assert cases or tests, row
        assert row.count("`") - row.count("`javascript:`") * 2 == 2 * (len(cases) + len(tests)), row
        assert set(cases) <= BY_ID.keys(), row
        for path, name in tests:
            assert re.search(rf"^(?:async )?def {name}\(", page(path), re.MULTILINE), name


def test_the_readme_has_one_command_to_try_and_one_to_test() -> None:
    lines = [line.strip() for line in page("README.md").splitlines() if line.startswith("    ")]
    installs = [line for line in lines if "pip install" in line]

    assert len(installs) == 2
    assert installs[0].endswith("aggregator demo")
    assert "pytest" in installs[1]
    assert lines[lines.index(installs[0]) + 1].endswith("aggregator fetch")


def test_the_changelog_says_nothing_twice() -> None:
    unreleased = (ROOT / "CHANGELOG.md").read_text("utf-8").split("\n## ")[1]
    entries = [line[:40] for line in unreleased.splitlines() if line.startswith("- ")]
    assert sorted(entries) == sorted(set(entries))
