"""The picture of a topic page in README.md: `python -m tests.readme_picture` runs the demo for it.

The papers of the demo have no servers: a drawing stands in for each of their pictures.
"""

from __future__ import annotations

import ssl
import time
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from msgspec.structs import replace

from aggregator.demo.run import run_demo
from aggregator.publishing.publish import publish
from aggregator.storage.store import open_store
from tests.browser import chromium
from tests.certificates import sign
from tests.servers import Reply, running

FILE = Path(__file__).parents[1] / "docs" / "topic-page.png"
_HILLS = "<path d='M0 430 220 250 420 400 620 220 900 420V600H0z' fill='{}'/>"
_SEA = "<path d='M0 400h900v200H0z' fill='{}'/><path d='M250 400h380l-60 70H310z' fill='#333a44'/>"
_DRAWING = (
    "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 900 600' width='900' height='600'>"
    "<path d='M0 0h900v600H0z' fill='{sky}'/><circle cx='{x}' cy='150' r='60' fill='#f6e3b4'/>"
    "{land}</svg>"
)
DRAWINGS = {
    "/images/81231.svg": _DRAWING.format(sky="#9dbcd4", x=690, land=_HILLS.format("#5d7a5b")),
    "/images/81402.svg": _DRAWING.format(sky="#c9a98c", x=220, land=_SEA.format("#47687f")),
    "/images/77151.svg": _DRAWING.format(sky="#a9c7cf", x=640, land=_SEA.format("#3d6a8a")),
    "/images/f16.svg": _DRAWING.format(sky="#8fa9c9", x=450, land=_HILLS.format("#7d7465")),
}


def main() -> None:
    """Writes the picture."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        config = run_demo(lambda line: None, database=folder / "a.db", output=folder / "public")
        config = replace(config, publish=replace(config.publish, images="feeds_and_pages"))
        with open_store(config.database) as store:
            publish(store, config, datetime.now(UTC))
        signed = sign(folder, "papers", names="DNS:*.example")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(signed.certificate, signed.key)
        with running(context=context) as papers:
            for path, drawing in DRAWINGS.items():
                headers = {"Content-Type": "image/svg+xml"}
                papers.serve(path, Reply(drawing.encode(), headers=headers))
            port = papers.base.rpartition(":")[2]
            with chromium([f"--host-resolver-rules=MAP *.example 127.0.0.1:{port}"]) as browser:
                page = browser.page(width=900, height=1150)
                page.open((config.output / "us-pakistan-security.html").as_uri())
                while page.evaluate("[...document.images].some(one => !one.complete)"):
                    time.sleep(0.1)  # each picture is asked for when it comes into view
                FILE.write_bytes(page.picture())


if __name__ == "__main__":
    main()
