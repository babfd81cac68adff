"""Digests by mail, sent to a real SMTP server: once a period, over TLS or not at all."""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import re
import ssl
import threading
import warnings
from collections.abc import Awaitable, Callable, Iterator
from datetime import datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
from msgspec.structs import replace

from aggregator.cli.root import run as cli
from aggregator.errors import MailError
from aggregator.ingest import corrections
from aggregator.publishing import mailing
from aggregator.publishing.announce import announce_all
from aggregator.publishing.publish import publish
from aggregator.publishing.smtp import try_server
from aggregator.settings import Config, MailSettings, TopicSettings
from aggregator.storage import mail
from aggregator.storage.store import Store, open_store
from aggregator.storage.thread import StoreThread
from tests.certificates import Signed, sign
from tests.mail_server import PASSWORD, USER, MailServer, server_context, serving
from tests.newsroom import BLAST, NOW, Newsroom, make_item, make_rules

DAY = timedelta(days=1)
SECOND = "QueuedMail bomb injures clerk at Athens tax office"
READERS = ("one@reader.example", "two@reader.example")
MAILING = MailSettings("desk", "smtp://127.0.0.1", "news@example.org", READERS)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Signed:
    return sign(tmp_path_factory.mktemp("root"), "root", is_authority=True)


@pytest.fixture(scope="module")
def tls(root: Signed) -> ssl.SSLContext:
    return server_context(sign(root.certificate.parent, "mail", root))


@pytest.fixture(autouse=True)
def trusted(root: Signed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(root.certificate))


class Desk:
    """A newsroom whose digests go out by mail."""

    def __init__(self, room: Newsroom, config: Config) -> None:
        self.room = room
        self.config = config

    @property
    def store(self) -> Store:
        return self.room.store

    def report(self, headline: str, *, at: datetime) -> None:
        self.room.poll("dawn", make_item(headline, at=at), now=at)
        self.room.match(now=at)

    def close(self, now: datetime) -> int:
        """Publishes and queues what is over; returns how many mails."""
        publish(self.store, self.config, now)
        return mailing.queue_mails(self.store, self.config, now)

    def set(self, **changes: object) -> None:
        self.config = replace(self.config, mail=(replace(self.config.mail[0], **changes),))

    async def deliver(self, server: MailServer, now: datetime, *, scheme: str = "smtp") -> int:
        self.set(server=f"{scheme}://127.0.0.1:{server.port}")
        thread = StoreThread(self.config.database)
        try:
            return await mailing.deliver(thread, self.config, now, self.config.mail[0])
        finally:
            thread.close()

    def errors(self) -> list[str]:
        return [row[0] for row in self.store.rows("SELECT last_error FROM mail ORDER BY id")]


def text_of(message: EmailMessage) -> str:
    body = message.get_body(("plain",))
    assert isinstance(body, EmailMessage)
    return str(body.get_content())


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """One story of 1 March, whose digest is queued for two readers."""
    with open_store(tmp_path / "a.db") as store:
        room = Newsroom(store, rules=make_rules(term="bomb"))
        config = room.config(tmp_path, TopicSettings("news", "The news"))
        made = Desk(room, replace(config, mail=(MAILING,)))
        made.report(BLAST, at=NOW)
        assert made.close(NOW) == 0  # nothing of the time before a mailing began
        assert made.close(NOW + DAY) == 2
        yield made


def test_a_day_is_mailed_to_each_reader_once(desk: Desk, tls: ssl.SSLContext) -> None:
    async def run() -> MailServer:
        async with serving(starttls=tls, login=True) as server:
            desk.set(user=USER, password=PASSWORD)
            assert await desk.deliver(server, NOW + DAY) == 2
            assert await desk.deliver(server, NOW + DAY) == 0
        return server

    kept = desk.store.rows("SELECT message_id FROM mail ORDER BY id")
    server = asyncio.run(run())

    assert [reader for reader, _ in server.mails] == [*READERS]
    assert [message["To"] for _, message in server.mails] == [*READERS]
    assert [message["Message-ID"] for _, message in server.mails] == [row[0] for row in kept]
    assert all(BLAST in text_of(message) for _, message in server.mails)
    assert server.plain == []
    assert desk.close(NOW + DAY) == 0
    assert "reader.example" not in "".join(desk.store.connection.iterdump())


def test_tls_from_the_start_goes_as_well(desk: Desk, tls: ssl.SSLContext) -> None:
    async def run() -> MailServer:
        async with serving(tls=tls) as server:
            assert await desk.deliver(server, NOW + DAY, scheme="smtps") == 2
        return server

    assert len(asyncio.run(run()).mails) == 2


Case = Callable[[Path], dict[str, ssl.SSLContext]]


@pytest.mark.parametrize(
    ("make", "scheme", "told"),
    [
        (lambda folder: {}, "smtp", "the server offers no STARTTLS; without TLS nothing is"),
        (lambda folder: {}, "smtps",
         "TLS: it answers without TLS; the URL may have to begin with smtp:"),
        (lambda folder: {"starttls": server_context(sign(folder, "own"))}, "smtp",
         "TLS: its certificate is signed by itself"),
        (lambda folder: {"tls": server_context(sign(folder, "own"))}, "smtps",
         "TLS: its certificate is signed by itself"),
    ],
)  # fmt: skip
def test_nothing_is_sent_without_tls_that_can_be_trusted(
    desk: Desk, tmp_path: Path, make: Case, scheme: str, told: str
) -> None:
    async def run() -> MailServer:
        async with serving(**make(tmp_path), login=True) as server:
            desk.set(user=USER, password=PASSWORD)
            assert await desk.deliver(server, NOW + DAY, scheme=scheme) == 0
        return server

    server = asyncio.run(run())

    assert server.mails == []
    assert server.plain == []
    assert [error[: len(told)] for error in desk.errors()] == [told] * 2


def test_an_authority_of_the_operator_is_trusted(
    desk: Desk, tls: ssl.SSLContext, root: Signed, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def run() -> MailServer:
        async with serving(starttls=tls) as server:
            for file in (root.key, root.certificate):
                desk.set(ca_file=file)
                await desk.deliver(server, NOW + DAY)
                told.append(desk.errors())
                desk.store.execute("UPDATE mail SET next_try_at=NULL")
        return server

    told: list[list[str]] = []
    monkeypatch.delenv("SSL_CERT_FILE")

    assert len(asyncio.run(run()).mails) == 2
    assert told == [[f"TLS: ca_file names {root.key}, which holds no certificates"] * 2, ["", ""]]


def test_what_failed_is_sent_again_under_its_message_id(
    desk: Desk, tls: ssl.SSLContext, caplog: pytest.LogCaptureFixture
) -> None:
    async def run() -> MailServer:
        async with serving(starttls=tls) as server:
            server.data_reply = "451 4.3.0 s3cret words about one@reader.example"
            assert await desk.deliver(server, NOW + DAY) == 0
            assert await desk.deliver(server, NOW + DAY) == 0  # not due yet
            server.data_reply = ""
            assert await desk.deliver(server, NOW + DAY + timedelta(minutes=2)) == 2
        return server

    kept = {row[0] for row in desk.store.rows("SELECT message_id FROM mail")}
    with caplog.at_level(logging.DEBUG):
        server = asyncio.run(run())

    assert {message["Message-ID"] for _, message in server.mails} == kept
    ours = [one.__dict__ for one in caplog.records if one.name.startswith("aggregator")]
    told = str(ours)
    assert "s3cret" not in told
    assert "reader.example" not in told
    assert "mail.failed" in told
    assert "the server refused the mail (451)" in told


@pytest.mark.parametrize(("code", "settled"), [(550, 2), (452, 1)])
def test_a_refused_reader_keeps_nobody_waiting(
    desk: Desk, tls: ssl.SSLContext, code: int, settled: int
) -> None:
    async def run() -> MailServer:
        async with serving(starttls=tls) as server:
            server.reply = lambda to: f"{code} 5.1.1 <{to}>: s3cret" if to == READERS[0] else ""
            assert await desk.deliver(server, NOW + DAY) == settled
        return server

    server = asyncio.run(run())

    assert [reader for reader, _ in server.mails] == [READERS[1]]
    assert desk.errors() == [f"the server refused a reader's address ({code})", ""]
    (state,) = mail.states(desk.store)
    assert (state.name, state.waiting, state.failed) == ("desk", 2 - settled, settled - 1)
    assert state.last_error == desk.errors()[0]
    assert (state.next_try is None) == (code == 550)


def test_status_has_neither_a_reader_nor_what_the_server_said(
    desk: Desk, tls: ssl.SSLContext, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    async def run() -> None:
        async with serving(starttls=tls) as server:
            server.reply = lambda to: f"452 4.2.2 <{to}>: s3cret"
            assert await desk.deliver(server, NOW + DAY) == 0

    asyncio.run(run())
    monkeypatch.chdir(desk.config.database.parent)

    for form in ((), ("--json",)):
        assert cli(("--db", "a.db", "status", *form)) == 0
        told = " ".join(capsys.readouterr().out.split())
        assert "desk" in told
        assert "the server refused a reader's address (452)" in told
        assert not re.search(r"s3cret|reader\.example|4\.2\.2", told)


def test_a_wrong_password_is_told_and_kept(desk: Desk, tls: ssl.SSLContext) -> None:
    async def run() -> None:
        async with serving(starttls=tls, login=True) as server:
            desk.set(user=USER, password="wr0ng")
            assert await desk.deliver(server, NOW + DAY) == 0

    asyncio.run(run())

    assert set(desk.errors()) == {"the server refused user or password (535)"}


def test_a_server_that_is_not_there_is_tried_twenty_times(desk: Desk) -> None:
    async def run() -> int:
        return await desk.deliver(MailServer(port=9), NOW + DAY)

    assert asyncio.run(run()) == 0
    desk.store.execute("UPDATE mail SET attempts=19, next_try_at=NULL")
    assert asyncio.run(run()) == 2
    assert set(desk.errors()) == {"the server refuses connections to its port"}


def test_a_story_that_was_withdrawn_meanwhile_is_not_mailed(
    desk: Desk, tls: ssl.SSLContext
) -> None:
    async def run() -> MailServer:
        async with serving(starttls=tls) as server:
            assert await desk.deliver(server, NOW + DAY) == 2
        return server

    corrections.hide(desk.store, story=desk.room.story(BLAST), now=NOW)
    desk.close(NOW + DAY)

    assert asyncio.run(run()).mails == []


def test_a_week_is_mailed_when_its_sunday_is_over(desk: Desk, tls: ssl.SSLContext) -> None:
    async def run() -> MailServer:
        async with serving(starttls=tls) as server:
            await desk.deliver(server, NOW + 8 * DAY)
        return server

    desk.store.execute("DELETE FROM mail")
    desk.set(every="week", to=READERS[:1])
    desk.report(SECOND, at=NOW + 2 * DAY)  # a Tuesday
    assert [desk.close(NOW + day * DAY) for day in range(2, 8)] == [0] * 6
    assert desk.close(NOW + 8 * DAY) == 1

    ((_, message),) = asyncio.run(run()).mails
    text = text_of(message)
    assert SECOND in text
    assert BLAST not in text


def test_days_that_were_missed_are_made_up_for(desk: Desk) -> None:
    desk.report(SECOND, at=NOW + 2 * DAY)
    desk.close(NOW + 2 * DAY)

    assert desk.close(NOW + 40 * DAY) == 0  # longer ago than a week
    assert desk.store.value("SELECT count(*) FROM mail") == 2


def test_who_left_gets_no_more_mails(desk: Desk, tls: ssl.SSLContext) -> None:
    async def run(act: Callable[[MailServer], Awaitable[None]]) -> MailServer:
        async with serving(starttls=tls) as server:
            await act(server)
        return server

    async def without_a_reader(server: MailServer) -> None:
        desk.set(to=READERS[1:])
        assert await desk.deliver(server, NOW + DAY) == 2

    async def without_a_mailing(server: MailServer) -> None:
        desk.config = replace(desk.config, mail=())
        thread = StoreThread(desk.config.database)
        await announce_all(thread, desk.config, lambda: NOW + DAY)
        thread.close()

    assert [to for to, _ in asyncio.run(run(without_a_reader)).mails] == [READERS[1]]
    desk.store.execute("UPDATE mail SET done_at=NULL, last_error=''")
    assert asyncio.run(run(without_a_mailing)).mails == []
    assert set(desk.errors()) == {"mailing no longer configured"}
    assert mail.queued_upto(desk.store, "desk", "news") is None


def test_fetch_announces_by_mail(desk: Desk, tls: ssl.SSLContext) -> None:
    async def run() -> MailServer:
        async with serving(starttls=tls) as server:
            desk.set(server=f"smtp://127.0.0.1:{server.port}")
            thread = StoreThread(desk.config.database)
            await announce_all(thread, desk.config, lambda: NOW + DAY)
            thread.close()
        return server

    assert len(asyncio.run(run()).mails) == 2


def test_a_sample_goes_to_one_reader_and_the_doctor_asks_without_sending(
    tmp_path: Path, tls: ssl.SSLContext, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """Whatever fails is told without an address, and without a word of the server's."""
    told: list[tuple[int, str, str]] = []

    def tried(*arguments: str) -> None:
        code = cli(arguments)
        told.append((code, *capsys.readouterr()))

    def configure(*mailings: tuple[str, str]) -> None:
        """Mailings by name, each with its server and whatever is its own."""
        lines = [f"  - {{name: {name}, from: news@example.org, server: '{server}, to: ["
                 f"{', '.join(READERS)}]}}\n" for name, server in mailings]  # fmt: skip
        Path("feeds.yaml").write_text(f"mail:\n{''.join(lines)}")

    async def run() -> list[MailServer]:
        async with (
            serving(starttls=tls, login=True) as server,
            serving(tls=tls) as other,
            serving() as unsafe,
        ):
            address = f"smtp://127.0.0.1:{server.port}', user: {USER}"
            configure(
                ("desk", f"{address}, password: {PASSWORD}"),
                ("wrong", f"{address}, password: wr0ng"),
                ("all", f"smtps://127.0.0.1:{other.port}'"),
                ("bare", f"smtp://127.0.0.1:{unsafe.port}'"),
            )
            await asyncio.to_thread(tried, "doctor", "--json")
            assert server.mails + other.mails == []
            await asyncio.to_thread(tried, "mail", "test", "desk")
            await asyncio.to_thread(tried, "mail", "test", "desk", "--to", READERS[1])
            server.reply = lambda to: f"550 5.1.1 <{to}>: s3cret"
            await asyncio.to_thread(tried, "mail", "test", "desk")
            await asyncio.to_thread(tried, "mail", "test", "desk", "--to", "a@b\nBcc: c@d.example")
            await asyncio.to_thread(tried, "mail", "test", "none")
        return [server, other, unsafe]

    monkeypatch.chdir(tmp_path)
    server, other, unsafe = asyncio.run(run())

    checks = [one for one in json.loads(told[0][1]) if one["check"] == "mail"]
    assert [one["detail"] for one in checks] == [
        "desk: the server takes us over TLS, logged in",
        "wrong: the server refused user or password (535)",
        "all: the server takes us over TLS",
        "bare: the server offers no STARTTLS; without TLS nothing is sent",
    ]
    assert [one["ok"] for one in checks] == [True, False, True, False]
    assert "'aggregator mail test wrong'" in checks[1]["fix"]
    assert [(code, out) for code, out, _ in told[1:]] == [
        (0, "desk: the server took the sample\n"), (0, "desk: the server took the sample\n"),
        (1, ""), (2, ""), (2, ""),
    ]  # fmt: skip
    assert "desk: the server refused a reader's address (550)\n" in told[3][2]
    assert "--to is not a mail address; write it as news@example.org, without a name" in told[4][2]
    assert "no mailing is named 'none'; choose from desk, wrong, all, bare" in told[5][2]
    assert "reader.example" not in str(told)
    assert [reader for reader, _ in server.mails] == [*READERS]
    assert {message["Subject"].partition(",")[0] for _, message in server.mails} == {
        "A test of mails"
    }
    assert "3 reports, 3 independent; first: Gazette." in text_of(server.mails[0][1])
    assert not Path("aggregator.db").exists()
    assert other.mails + unsafe.mails == []


def test_no_connection_outlives_its_loop(tls: ssl.SSLContext) -> None:
    """A server that is busy when we go answers no farewell of TLS in time."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 ready\r\n")
        while line := await reader.readline():
            writer.write(b"221 bye\r\n" if line.startswith(b"QUIT") else b"250 ok\r\n")
            if line.startswith(b"QUIT"):
                left.wait(20)  # the loop does nothing else meanwhile

    def leave(port: int) -> None:
        asyncio.run(try_server(replace(MAILING, server=f"smtps://127.0.0.1:{port}")))
        left.set()

    async def run() -> int:
        async with await asyncio.start_server(answer, "127.0.0.1", 0, ssl=tls) as server:
            port: int = server.sockets[0].getsockname()[1]
            await asyncio.to_thread(leave, port)
        return port

    left = threading.Event()
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        port = asyncio.run(run())
        gc.collect()

    assert [one for one in told if f"127.0.0.1', {port})" in str(one.message)] == []


@pytest.mark.parametrize(
    ("server", "told"),
    [
        ("smtps://127.0.0.1:9", "the server refuses connections to its port"),
        ("smtp://127.0.0.1:9", "the server refuses connections to its port"),
        ("smtps://mail.invalid", "the server's host name does not resolve"),
        ("smtps://127.0.0.1:{resetting}", "the server closed the connection"),
        ("smtp://127.0.0.1:{resetting}", "the server closed the connection"),
        ("smtps://127.0.0.1:{greeting}", "TLS: it answers without TLS; the URL may have to begin"
         " with smtp:, or name another port"),
    ],
    ids=["refused", "refused, STARTTLS", "no name", "reset", "reset, STARTTLS", "no TLS"],
)  # fmt: skip
def test_why_a_server_is_not_reached_is_told(server: str, told: str) -> None:
    async def reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.abort()

    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example ESMTP\r\n")
        await reader.read(1)
        writer.close()

    async def run() -> None:
        async with (
            await asyncio.start_server(reset, "127.0.0.1", 0) as resetting,
            await asyncio.start_server(greet, "127.0.0.1", 0) as greeting,
        ):
            ports = {
                "resetting": resetting.sockets[0].getsockname()[1],
                "greeting": greeting.sockets[0].getsockname()[1],
            }
            await try_server(replace(MAILING, server=server.format(**ports)))

    with pytest.raises(MailError) as caught:
        asyncio.run(run())
    assert caught.value.detail == told
