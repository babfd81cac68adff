"""`aggregator init`, from a checkout and from an installed wheel; completion; the release."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from aggregator import __version__
from aggregator.cli import main
from aggregator.cli.root import run
from aggregator.storage.store import SCHEMA
from tests.command_line import Command
from tests.commands import environment

ROOT = Path(__file__).parents[3]
SHIPPED = (ROOT / "feeds.yaml").read_bytes()


def test_a_folder_to_begin_with_holds_the_shipped_list_and_is_never_begun_twice(
    command: Command,
) -> None:
    done = command("init", "my news")

    assert (done.code, done.err.splitlines()[-1]) == (0, "then: cd 'my news' && aggregator fetch")
    assert Path("my news/feeds.yaml").read_bytes() == SHIPPED
    assert sorted(path.name for path in Path("my news").iterdir()) == ["db", "feeds.yaml", "public"]
    Path("my news/feeds.yaml").write_text("feeds: []\n")
    again = command("init", "my news")
    assert (again.code, again.err.split("; ")[0]) == (
        2,
        "error: my news/feeds.yaml: is there already, and stays as it is",
    )
    assert Path("my news/feeds.yaml").read_text() == "feeds: []\n"


@pytest.mark.parametrize("topic", ["semiconductor-export-controls", "floods_in-sindh"])
def test_another_topic_begins_with_an_empty_list(command: Command, topic: str) -> None:
    done = command("--config", "other.yaml", "init", "--topic", topic)

    assert done.out == f"wrote other.yaml: 0 feeds, topic {topic}\n"
    assert done.err.endswith("then: aggregator --config other.yaml feeds add URL\n")
    headline = "Floods in Sindh force thousands from their homes"
    decided = command("--config", "other.yaml", "topic", "test", headline, "--json").document()
    assert (decided["topic"], decided["accepted"]) == (topic, topic == "floods_in-sindh")
    assert command("--config", "other.yaml", "feeds", "list", "--json").document() == []


@pytest.mark.parametrize("topic", ["a/b", "index", "", "x\n- name: y"])
def test_a_topic_that_cannot_be_a_file_name_begins_nothing(command: Command, topic: str) -> None:
    done = command("init", "new", "--topic", topic)

    assert (done.code, done.err.partition(":")[0]) == (2, "error")
    assert not Path("new").exists()


def test_a_place_that_cannot_be_written_is_told(command: Command) -> None:
    Path("file").write_text("")

    done = command("init", "file/new")

    assert (done.code, done.err) == (1, "error: file/new: cannot be written (Not a directory)\n")


@pytest.mark.parametrize("name", ["db", "public"])
def test_a_file_in_the_place_of_a_folder_is_told_before_anything_is_written(
    command: Command, name: str
) -> None:
    Path("news").mkdir()
    Path("news", name).write_text("")

    done = command("init", "news")

    place = Path("news", name).resolve()
    assert (done.code, done.err) == (
        2,
        f"error: {place}: is a file where a folder belongs; move it, or name another folder:"
        " aggregator init FOLDER\n",
    )
    assert not Path("news/feeds.yaml").exists()


def test_the_next_line_works_for_a_folder_that_begins_with_a_dash(command: Command) -> None:
    done = command("init", "--", "-news")

    assert done.err.endswith("then: cd ./-news && aggregator fetch\n")


def test_the_release_names_its_schema(command: Command) -> None:
    assert command("--version").out == f"aggregator, version {__version__}, schema {SCHEMA[-1]}\n"


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("aggregator fe", ["plain,feeds", "plain,fetch"]),
        ("aggregator feeds re", ["plain,remove"]),
        ("aggregator fetch --no", ["plain,--no-publish"]),
    ],
)
def test_shells_complete_commands_and_options(
    words: str,
    found: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("_AGGREGATOR_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", words)
    monkeypatch.setenv("COMP_CWORD", str(len(words.split()) - 1))

    with pytest.raises(SystemExit) as ended:
        run([])

    assert (ended.value.code, capsys.readouterr().out.split()) == (0, found)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_lines_of_the_page_give_a_script_for_each_shell(
    shell: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    page = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    assert f"_AGGREGATOR_COMPLETE={shell}_source aggregator" in page
    monkeypatch.setenv("_AGGREGATOR_COMPLETE", f"{shell}_source")

    with pytest.raises(SystemExit):
        run([])

    assert f"_AGGREGATOR_COMPLETE={shell}_complete" in capsys.readouterr().out


def test_on_windows_the_answer_says_where_it_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")

    with pytest.raises(SystemExit, match="not supported: run it in WSL 2, or in a container"):
        main()


def test_a_wheel_is_all_that_is_needed_to_begin(tmp_path: Path) -> None:
    pytest.importorskip("hatchling", reason="the extra 'test' is not installed as it is now")
    build = "import sys, hatchling.build; hatchling.build.build_wheel(sys.argv[1])"
    subprocess.run([sys.executable, "-c", build, str(tmp_path)], cwd=ROOT, check=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(tmp_path / "installed")
    (entry,) = (tmp_path / "installed").glob("*.dist-info/entry_points.txt")
    assert "aggregator = aggregator.cli:main" in entry.read_text()

    done = subprocess.run(
        [sys.executable, "-P", "-c", INSTALLED],
        cwd=tmp_path,
        env=environment(PYTHONPATH=str(tmp_path / "installed")),
        stdout=subprocess.PIPE,
        check=True,
    )

    at, codes, feeds = json.loads(done.stdout.splitlines()[-1])
    assert Path(at).is_relative_to(tmp_path / "installed")
    assert (codes, feeds) == ([0, 0, 0], SHIPPED.count(b"\n  - url: "))
    assert (tmp_path / "news" / "feeds.yaml").read_bytes() == SHIPPED


INSTALLED = """
import json, os
import aggregator
from aggregator.cli import main
from aggregator.cli.root import run
from aggregator.config import load
from pathlib import Path

codes = [run(["init", "news"])]
os.chdir("news")
codes += [run(["feeds", "list"]), run(["topic", "test", "Floods in Sindh"])]
print(json.dumps([aggregator.__file__, codes, len(load(Path("feeds.yaml"), {}).feeds)]))
"""


def test_a_disk_that_is_full_leaves_no_half_of_a_file(tmp_path: Path) -> None:
    def limit() -> None:  # a file of a kilobyte is one too large
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))

    done = subprocess.run(
        [sys.executable, "-m", "aggregator", "init", "news"],
        cwd=tmp_path, preexec_fn=limit,
        env=environment(PYTHONDONTWRITEBYTECODE="1", COVERAGE_PROCESS_CONFIG=""),
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert (done.returncode, done.stderr) == (
        1,
        "error: news/feeds.yaml: cannot be written (File too large)\n",
    )
    assert not (tmp_path / "news/feeds.yaml").exists()
