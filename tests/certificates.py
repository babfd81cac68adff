"""Authorities and certificates, good and bad, made by openssl."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_SETTINGS = """\
[ca]
default_ca = own
[own]
database = {folder}/index.txt
new_certs_dir = {folder}
default_md = sha256
policy = any
rand_serial = yes
unique_subject = no
[any]
commonName = supplied
[authority]
basicConstraints = critical,CA:TRUE
[server]
subjectAltName = {names}
"""


@dataclass(frozen=True, slots=True)
class Signed:
    """A certificate and its key, both as PEM files."""

    certificate: Path
    key: Path


def _openssl(*arguments: str | Path) -> None:
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


def sign(
    folder: Path,
    name: str,
    by: Signed | None = None,
    *,
    names: str = "IP:127.0.0.1",
    is_authority: bool = False,
    years: Sequence[int] = (2020, 2090),
) -> Signed:
    """A certificate valid from the first to the second year, signed by another or by itself."""
    made = Signed(folder / f"{name}.pem", folder / f"{name}.key")
    settings, request = folder / f"{name}.cnf", folder / f"{name}.csr"
    settings.write_text(_SETTINGS.format(folder=folder, names=names))
    (folder / "index.txt").touch()
    kind = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    _openssl("req", *kind, "-subj", f"/CN={name}", "-keyout", made.key, "-out", request)
    signer: tuple[str | Path, ...] = ("-selfsign", "-keyfile", made.key)
    if by is not None:
        signer = ("-cert", by.certificate, "-keyfile", by.key)
    _openssl(
        *("ca", "-batch", "-notext", "-config", settings, *signer, "-in", request),
        *("-out", made.certificate, "-extensions", "authority" if is_authority else "server"),
        *("-startdate", f"{years[0]}0101000000Z", "-enddate", f"{years[1]}0101000000Z"),
    )
    return made
