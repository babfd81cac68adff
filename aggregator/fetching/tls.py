"""TLS: whom we trust, and what a failed handshake means, each in its own words with an advice.

The numbers are those of X509_V_ERR_* (openssl verify(1)), the reasons those of OpenSSL's errors.
"""

from __future__ import annotations

import os
import ssl
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from aggregator.errors import NetworkFailure

_EXPIRED = "its certificate has expired (or our clock is wrong); its operator must renew it"
_CHAIN = (
    "its certificate leads to no authority known here: the server leaves out an intermediate "
    "certificate, which its operator must add, or the authority is a private one (`ca_file`)"
)
_AUTHORITY = (
    "its certificate is from an authority unknown here; if you trust that one, name a file with "
    "its certificate in `ca_file`"
)
_OTHER_HOST = "its certificate is for other host names; correct the host in the URL"
_WEAK = "its certificate is too weak to be trusted; its operator must replace it"
_VERIFY = {
    2: _CHAIN,  # unable to get issuer certificate
    9: "its certificate is not valid yet; see whether this machine's clock is right",
    10: _EXPIRED,
    18: "its certificate is signed by itself and no authority; if you trust it, name a file with "
    "it in `ca_file`",
    19: _AUTHORITY,
    20: _CHAIN,  # unable to get local issuer certificate
    21: _CHAIN,  # unable to verify the first certificate
    23: "its certificate was revoked; its operator must replace it",
    26: "its certificate is not meant for servers; its operator must replace it",
    62: _OTHER_HOST,
    64: _OTHER_HOST,  # an address
    66: _WEAK,
    67: _WEAK,
    68: _WEAK,
}
_UNKNOWN_ISSUER = frozenset({2, 18, 19, 20, 21})
_OLD = "it speaks only versions of TLS that are no longer safe; its operator must allow TLS 1.2"
_PLAIN = "it answers without TLS; the URL may have to begin with {plain}, or name another port"
_NO_CIPHER = "no cipher in common, or it requires a client certificate; ask its operator"
_CLIENT = "it requires a client certificate, which is not supported; ask for another URL"
_REASONS = (  # parts of OpenSSL's reason -> words
    (("UNSUPPORTED_PROTOCOL", "PROTOCOL_VERSION", "WRONG_SSL_VERSION", "NO_PROTOCOLS"), _OLD),
    (("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "UNKNOWN_PROTOCOL", "PACKET_LENGTH"), _PLAIN),
    (("CERTIFICATE_REQUIRED", "ALERT_BAD_CERTIFICATE", "UNKNOWN_CA"), _CLIENT),
    (("UNRECOGNIZED_NAME",), "it knows no site of this host name; correct the host in the URL"),
    (("HANDSHAKE_FAILURE", "NO_SHARED_CIPHER", "INSUFFICIENT_SECURITY"), _NO_CIPHER),
    (("KEY_TOO_SMALL", "DH_KEY", "LEGACY_RENEGOTIATION", "MD_TOO_WEAK"), _NO_CIPHER),
    (("EOF",), "it closed the connection during the TLS handshake; try again later"),
)


def context(ca_file: Path | None = None) -> ssl.SSLContext:
    """For connections to feeds: the system's authorities and those of a file, HTTP/1.1.

    Made once for all connections of a process, which takes 35 ms, and again when a file of
    authorities was changed. Raises NetworkFailure when `ca_file` cannot be used.
    """
    places = ssl.get_default_verify_paths()
    file = os.environ.get(places.openssl_cafile_env)
    folder = os.environ.get(places.openssl_capath_env)
    stamps = (_stamp(ca_file), _stamp(file or places.openssl_cafile))
    return _context(ca_file, (file, folder), stamps)


@lru_cache(maxsize=32)
def _context(ca_file: Path | None, environment: object, stamps: object) -> ssl.SSLContext:
    """What the two others say is read by OpenSSL itself; here they tell one state from another."""
    made = ssl.create_default_context()
    made.set_alpn_protocols(["http/1.1"])
    if ca_file is not None:
        try:
            made.load_verify_locations(ca_file)
        except (OSError, ssl.SSLError) as error:
            raise NetworkFailure(
                f"TLS: ca_file names {ca_file}, which holds no certificates (PEM) that can be read",
                kind="tls",
            ) from error
    return made


def _stamp(path: Path | str | None) -> tuple[int, int] | None:
    """Changes with the content of a file."""
    if path is None:
        return None
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size


def words(
    error: ssl.SSLError,
    trusting: ssl.SSLContext,
    environ: Mapping[str, str],
    *,
    plain: str = "http:",
) -> str:
    """Why TLS failed and what to do; nothing of it comes from the server.

    `plain`: how the URL of a server begins that answers without TLS at first.
    """
    if isinstance(error, ssl.SSLCertVerificationError):
        found = _VERIFY.get(error.verify_code, "its certificate cannot be verified")
        is_of_trust = error.verify_code in _UNKNOWN_ISSUER
        return f"TLS: {(is_of_trust and fault_of_trust(trusting, environ)) or found}"
    return broken(error, plain=plain)


def broken(error: ssl.SSLError, *, plain: str = "http:") -> str:
    """The same for what is wrong with no certificate, in the handshake or after it."""
    reason = f"{getattr(error, 'reason', '')} {type(error).__name__}".upper()
    for parts, meaning in _REASONS:
        if any(part in reason for part in parts):
            return f"TLS: {meaning.replace('{plain}', plain)}"
    return "the TLS connection failed; try again later"


def fault_of_trust(trusting: ssl.SSLContext, environ: Mapping[str, str]) -> str:
    """Why no certificate at all can be verified on this machine, or ""."""
    places = ssl.get_default_verify_paths()
    file = environ.get(places.openssl_cafile_env, "")
    if file and not os.path.isfile(file):
        return f"SSL_CERT_FILE names {file}, which is not there; correct or unset it"
    if file and not os.access(file, os.R_OK):
        return f"SSL_CERT_FILE names {file}, which this user cannot read; correct or unset it"
    folder = environ.get(places.openssl_capath_env, "")
    if folder and not os.path.isdir(folder):
        return f"SSL_CERT_DIR names {folder}, which is not a folder; correct or unset it"
    if file and not trusting.cert_store_stats()["x509_ca"]:
        return f"SSL_CERT_FILE names {file}, which holds no authority's certificate (PEM)"
    if not (file or folder or places.cafile or places.capath):
        return "this machine knows no authorities; install the package ca-certificates"
    return ""
