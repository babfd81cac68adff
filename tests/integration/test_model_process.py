"""The model's process starts when asked, answers in bounds, and is never left behind.

Most tests run a process whose model is a few lines of Python: loading and pipes are the real ones.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from aggregator import pipe
from aggregator.errors import ModelUnavailable
from aggregator.semantics.process import BATCH, ModelProcess
from aggregator.semantics.wordpiece import Text

SMALL_MODEL = """
import os, sys, time
from aggregator.errors import ModelUnavailable
from aggregator.semantics.child import serve

def logits(pairs):
    first = pairs[0][0].headline
    if first == "die":
        os._exit(3)
    if first == "hang":
        time.sleep(600)
    if first == "fail":
        raise ModelUnavailable("cannot read this")
    if first == "die once" and not os.path.exists(sys.argv[1]):
        open(sys.argv[1], "w").close()
        os._exit(3)
    if first == "who":
        return [float(os.getpid())]
    print("noise of a library", flush=True)
    return [len(a.headline) - len(b.headline) + len(a.summary) / 1000 for a, b in pairs]

def load():
    if sys.argv[2] == "broken":
        raise ModelUnavailable("the model is broken")
    if sys.argv[2] == "slow":
        time.sleep(600)
    if sys.argv[2] == "crash":
        os._exit(3)
    return logits

serve(load, float(sys.argv[3]))
"""
WHO = [(Text("who"), Text(""))]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModelProcess]:
    with small_model(tmp_path_factory.mktemp("model")) as process:
        yield process


def small_model(
    folder: Path, *, loads: str = "well", idle_s: float = 60.0, start_s: float = 60.0,
    answer_s: float = 60.0,
) -> ModelProcess:  # fmt: skip
    command = (sys.executable, "-c", SMALL_MODEL, str(folder / "died"), loads, str(idle_s))
    return ModelProcess(command, start_s=start_s, answer_s=answer_s)


def pid_of(model: ModelProcess) -> int:
    return int(model.logits(WHO)[0])


def is_there(pid: int) -> bool:
    """Also a process that ended and was not collected is there."""
    return Path(f"/proc/{pid}").exists()


def gone(pid: int) -> bool:
    deadline = time.monotonic() + 30
    while is_there(pid) and time.monotonic() < deadline:
        time.sleep(0.01)
    return not is_there(pid)


def pairs(count: int) -> list[tuple[Text, Text]]:
    return [(Text("a" * at, "s" * (at % 7)), Text("b")) for at in range(count)]


def expected(count: int) -> list[float]:
    return [at - 1 + at % 7 / 1000 for at in range(count)]


@pytest.mark.parametrize("count", [0, 1, BATCH - 1, BATCH, BATCH + 1, 3 * BATCH + 5])
def test_every_pair_gets_its_answer_in_order(model: ModelProcess, count: int) -> None:
    assert model.logits(pairs(count)) == expected(count)


@pytest.mark.parametrize("text", ["\ud800x", "x\udfff\ud800", "\x00x"])
def test_any_text_can_be_asked(model: ModelProcess, text: str) -> None:
    (found,) = model.logits([(Text(text), Text(""))])

    assert found == len(text.encode(errors="ignore"))


def test_no_more_of_a_text_is_sent_than_is_read(model: ModelProcess) -> None:
    assert model.logits([(Text("x" * 100_000, "y" * 100_000), Text(""))]) == [600.6]


def test_one_process_serves_all_questions(model: ModelProcess) -> None:
    assert pid_of(model) == pid_of(model)


def test_threads_take_turns(model: ModelProcess) -> None:
    found: dict[int, list[float]] = {}

    def ask(count: int) -> None:
        found[count] = model.logits(pairs(count))

    threads = [threading.Thread(target=ask, args=(100 + at,)) for at in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert found == {count: expected(count) for count in range(100, 106)}


def test_killed_process_is_replaced_once(model: ModelProcess) -> None:
    pid = pid_of(model)
    os.kill(pid, signal.SIGKILL)

    assert gone(pid)  # collected, though nobody asked
    assert pid_of(model) != pid


def test_process_that_dies_at_a_question_is_asked_once_more(tmp_path: Path) -> None:
    with small_model(tmp_path) as model:
        assert model.logits([(Text("die once"), Text(""))]) == [8.0]


@pytest.mark.parametrize("question", ["die", "fail"])
def test_question_that_cannot_be_answered_raises_and_the_next_one_is(
    model: ModelProcess, question: str
) -> None:
    with pytest.raises(ModelUnavailable, match=r"ended twice|cannot read this"):
        model.logits([(Text(question), Text(""))])

    assert model.logits(pairs(2)) == expected(2)


@pytest.mark.parametrize(
    ("loads", "message"),
    [("broken", "the model is broken"), ("crash", "ends with code 3"), ("slow", "does not begin")],
)
def test_process_that_does_not_start_raises(tmp_path: Path, loads: str, message: str) -> None:
    start_s = 0.2 if loads == "slow" else 60.0
    with (
        small_model(tmp_path, loads=loads, start_s=start_s) as model,
        pytest.raises(ModelUnavailable, match=message),
    ):
        model.logits(pairs(1))


def test_command_that_cannot_be_run_raises() -> None:
    with (
        ModelProcess(("/nonexistent/python",)) as model,
        pytest.raises(ModelUnavailable, match="cannot be started"),
    ):
        model.logits(pairs(1))


def test_answer_that_does_not_come_is_not_waited_for(tmp_path: Path) -> None:
    with small_model(tmp_path, answer_s=1.0) as model:
        pid = pid_of(model)  # in time, on a slow machine, too
        with pytest.raises(ModelUnavailable, match="does not answer"):
            model.logits([(Text("hang"), Text(""))])

        assert not is_there(pid)


def test_idle_process_ends_and_the_next_question_starts_another(tmp_path: Path) -> None:
    with small_model(tmp_path, idle_s=0.5) as model:
        pid = pid_of(model)

        assert gone(pid)
        assert pid_of(model) != pid


def test_closing_ends_it_and_a_second_time_does_nothing(tmp_path: Path) -> None:
    model = small_model(tmp_path)
    pid = pid_of(model)

    model.close()
    model.close()

    assert not is_there(pid)


def test_process_that_nothing_refers_to_is_ended(tmp_path: Path) -> None:
    model = small_model(tmp_path)
    pid = pid_of(model)

    del model

    assert not is_there(pid)


def test_process_does_not_outlive_a_killed_parent(tmp_path: Path) -> None:
    parent = (
        "import sys, time\n"
        "from aggregator.semantics.process import ModelProcess\n"
        "from aggregator.semantics.wordpiece import Text\n"
        "model = ModelProcess(sys.argv[1:])\n"
        "print(int(model.logits([(Text('who'), Text(''))])[0]), flush=True)\n"
        "time.sleep(600)\n"
    )
    child = (sys.executable, "-c", SMALL_MODEL, str(tmp_path / "died"), "well", "60")
    with subprocess.Popen(
        [sys.executable, "-c", parent, *child], stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        pid = int(process.stdout.readline())
        process.kill()

    assert gone(pid)


def test_message_that_nobody_takes_is_given_up() -> None:
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    try:
        with pytest.raises(TimeoutError):
            pipe.send(writing, bytes(1_000_000), 0.05)
        os.close(reading)
        with pytest.raises(EOFError):
            pipe.send(writing, b"x", 5)
    finally:
        os.close(writing)


def test_message_that_breaks_off_is_none() -> None:
    reading, writing = os.pipe()
    os.write(writing, (100).to_bytes(4, "big") + b"half")
    os.close(writing)
    try:
        with pytest.raises(EOFError):
            pipe.receive(reading, 5)
    finally:
        os.close(reading)


def test_nothing_of_it_is_loaded_into_the_main_process() -> None:
    code = (
        "import sys\n"
        "from aggregator.ingest.rules import load_rules\n"
        "from aggregator.settings import Config\n"
        "load_rules(Config())\n"
        "import aggregator.semantics.process\n"
        "found = {'numpy', 'onnxruntime', 'google.protobuf'} & set(sys.modules)\n"
        "sys.exit(str(found) if found else 0)"
    )

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
