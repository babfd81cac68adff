"""Every way in which TLS fails is told in its own words, with what to do about it."""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
import subprocess
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread

import pytest

from aggregator.errors import NetworkFailure
from aggregator.fetching.guard import check_url, origin_of
from aggregator.fetching.resolver import Resolver
from aggregator.fetching.tls import broken, context, fault_of_trust, words
from aggregator.fetching.transport import Transport
from aggregator.network import Route
from tests.certificates import Signed, sign


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Signed:
    """An authority that is trusted where SSL_CERT_FILE names it."""
    return sign(tmp_path_factory.mktemp("root"), "root", is_authority=True)


@contextmanager
def serving(context: ssl.SSLContext | None, said: bytes) -> Iterator[int]:
    """A server of one connection that says this, under TLS where there is a context; its port.

    On a thread: the alert that ends a handshake is not sent by asyncio.
    """

    def serve(listening: socket.socket) -> None:
        with listening.accept()[0] as plain, suppress(OSError):
            one = plain if context is None else context.wrap_socket(plain, server_side=True)
            with one:
                one.recv(5000)
                one.sendall(said)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = Thread(target=serve, args=(listening,))
        thread.start()
        try:
            yield listening.getsockname()[1]
        finally:
            thread.join()


def asked(
    context: ssl.SSLContext | None,
    said: bytes = b"HTTP/1.1 204 No Content\r\n\r\n",
    *,
    ca_file: Path | None = None,
) -> int | str:
    """The status that such a server answers with, or why it was not asked."""

    async def run(port: int) -> int:
        url = f"https://127.0.0.1:{port}/"
        transport = Transport(Resolver(lambda host: (host,)))
        try:
            target, route = check_url(url, own=origin_of(url)), Route(ca_file=ca_file)
            async with transport.request(target, {}, route=route) as found:
                return found.status
        finally:
            await transport.close()

    try:
        with serving(context, said) as port:
            return asyncio.run(run(port))
    except NetworkFailure as error:
        return f"{error.kind}: {error.detail}"


def showing(*chain: Signed) -> ssl.SSLContext:
    """A server's context with a certificate and those between it and its authority."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    joined = chain[0].certificate.with_suffix(".chain")
    joined.write_bytes(b"".join(one.certificate.read_bytes() for one in chain))
    made.load_cert_chain(joined, chain[0].key)
    return made


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda to, by: [sign(to, "good", by)], 204),
        (
            lambda to, by: [
                sign(to, "far", between := sign(to, "between", by, is_authority=True)),
                between,
            ],
            204,
        ),
        (lambda to, by: [sign(to, "other", by, names="DNS:b.example")], "for other host names"),
        (lambda to, by: [sign(to, "address", by, names="IP:127.0.0.2")], "for other host names"),
        (lambda to, by: [sign(to, "old", by, years=(2020, 2021))], "has expired"),
        (lambda to, by: [sign(to, "new", by, years=(2080, 2090))], "not valid yet"),
        (lambda to, by: [sign(to, "self")], "signed by itself"),
        (
            lambda to, by: [
                sign(to, "leaf", own := sign(to, "own", is_authority=True)),
                own,
            ],
            "authority unknown here",
        ),
        (
            lambda to, by: [sign(to, "cut", sign(to, "left-out", by, is_authority=True))],
            "leaves out an intermediate",
        ),
    ],
    ids=[
        "good", "chain", "wrong-host", "wrong-address", "expired", "not-yet", "self-signed",
        "unknown-authority", "missing-intermediate",
    ],
)  # fmt: skip
def test_a_certificate_that_is_refused_is_told_with_the_reason(
    root: Signed,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    make: Callable[[Path, Signed], list[Signed]],
    told: int | str,
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(root.certificate))

    found = asked(showing(*make(tmp_path, root)))

    assert found == told if isinstance(told, int) else told in str(found)
    assert len(str(found)) <= 200  # what is kept of it


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("version", "no longer safe"),
        ("cipher", "no cipher in common"),
        ("client", "requires a client certificate"),
    ],
)
def test_a_handshake_that_fails_is_told_with_the_reason(
    root: Signed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: str, told: str
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(root.certificate))
    context = showing(sign(tmp_path, "good", root))
    context.maximum_version = ssl.TLSVersion.TLSv1_2  # later, a client hears of it by chance
    if change == "version":
        context.set_ciphers("ALL:@SECLEVEL=0")
        with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
            context.minimum_version = ssl.TLSVersion.TLSv1
            context.maximum_version = ssl.TLSVersion.TLSv1_1
    elif change == "cipher":
        context.set_ciphers("ECDHE-ECDSA-AES256-CCM8:@SECLEVEL=0")
    else:
        context.verify_mode = ssl.CERT_REQUIRED

    assert told in str(asked(context))


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "answers without TLS"),
        (b"<html>400 The plain HTTP request was sent to HTTPS port", "answers without TLS"),
        (b"SSH-2.0-OpenSSH_9.6\r\n", "answers without TLS"),
        (b"\x15\x03\x01\x00\x02\x02\x70", "knows no site of this host name"),
        (b"\x15\x03\x01\x00\x02\x02\x50", "tls: the TLS connection failed"),
        (b"\x16\x03\x03\x40\x00cut off", "connect: the server closed the connection"),
    ],
    ids=["http", "html", "ssh", "unrecognized-name", "internal-error", "cut"],
)
def test_what_is_no_tls_is_told_as_that(said: bytes, told: str) -> None:
    assert told in str(asked(None, said))


@pytest.mark.parametrize(
    ("setting", "content", "told"),
    [
        ("SSL_CERT_FILE", None, "which is not there"),
        ("SSL_CERT_FILE", "", "holds no authority's certificate"),
        ("SSL_CERT_FILE", "not PEM at all", "holds no authority's certificate"),
        ("SSL_CERT_DIR", None, "which is not a folder"),
        ("SSL_CERT_DIR", "a file", "which is not a folder"),
    ],
)
def test_a_wrong_setting_of_this_machine_is_told_before_the_server_is_blamed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, setting: str, content: str | None, *, told: str
) -> None:
    path = tmp_path / "wrong"
    if content is not None:
        path.write_text(content)
    monkeypatch.setenv(setting, str(path))

    found = str(asked(showing(sign(tmp_path, "good"))))

    assert f"{setting} names {path}" in found
    assert told in found


def test_the_environment_names_a_file_or_a_folder_of_authorities(
    root: Signed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = showing(sign(tmp_path, "good", root))
    folder = tmp_path / "authorities"
    folder.mkdir()
    (folder / "root.pem").write_bytes(root.certificate.read_bytes())
    subprocess.run(["openssl", "rehash", folder], check=True)

    monkeypatch.setenv("SSL_CERT_FILE", str(root.certificate))
    assert asked(good) == 204
    monkeypatch.delenv("SSL_CERT_FILE")
    assert "leads to no authority" in str(asked(good))
    monkeypatch.setenv("SSL_CERT_DIR", str(folder))
    assert asked(good) == 204


def test_a_feed_has_authorities_of_its_own_beside_those_of_the_machine(
    root: Signed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = sign(tmp_path, "other", is_authority=True)
    monkeypatch.setenv("SSL_CERT_FILE", str(other.certificate))
    itself = sign(tmp_path, "itself")

    assert asked(showing(sign(tmp_path, "good", root)), ca_file=root.certificate) == 204
    assert asked(showing(sign(tmp_path, "too", other)), ca_file=root.certificate) == 204
    assert asked(showing(itself), ca_file=itself.certificate) == 204
    wrong = sign(tmp_path, "wrong", root, names="DNS:b.example")
    assert "for other host names" in str(asked(showing(wrong), ca_file=root.certificate))


def test_a_file_of_authorities_is_read_again_when_it_changes(root: Signed, tmp_path: Path) -> None:
    ca_file = tmp_path / "ca.pem"
    good = showing(sign(tmp_path, "good", root))
    ca_file.write_bytes(sign(tmp_path, "other", is_authority=True).certificate.read_bytes())

    assert "leads to no authority" in str(asked(good, ca_file=ca_file))
    ca_file.write_bytes(root.certificate.read_bytes() + b"\n")
    assert asked(good, ca_file=ca_file) == 204
    assert context(ca_file) is context(ca_file)
    ca_file.write_text("-----BEGIN CERTIFICATE-----\nno\n")
    assert str(asked(good, ca_file=ca_file)).endswith(
        "holds no certificates (PEM) that can be read"
    )


def test_what_is_met_nowhere_else_has_words_too() -> None:
    unknown = ssl.SSLCertVerificationError()
    unknown.verify_code = 79

    assert words(unknown, ssl.create_default_context(), {}) == (
        "TLS: its certificate cannot be verified"
    )
    assert "closed the connection" in broken(ssl.SSLEOFError())
    wanting = ssl.SSLError()
    wanting.reason = "TLSV13_ALERT_CERTIFICATE_REQUIRED"
    assert "requires a client certificate" in broken(wanting)


def test_a_file_that_may_not_be_read_is_told(tmp_path: Path) -> None:
    path = tmp_path / "secret.pem"
    path.touch(mode=0o000)
    if os.access(path, os.R_OK):
        pytest.skip("this user reads every file")

    assert "cannot read" in fault_of_trust(
        ssl.create_default_context(), {"SSL_CERT_FILE": str(path)}
    )
