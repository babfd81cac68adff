"""Chromium without a window, led over a pipe by its own protocol (CDP): one process for many tests.

    with chromium() as browser:
        page = browser.page(width=390)
        page.open("http://127.0.0.1:8080/")
        page.evaluate("document.title")

Where it is not installed, `chromium` raises FileNotFoundError.
"""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_PATIENCE_S = 120.0  # a machine that does much else needs most of a minute for the first answer
_FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--hide-scrollbars", "--remote-debugging-pipe", "--ignore-certificate-errors"),
)
# The protocol's descriptors are 3 and 4, whatever those of this process are.
_SHELL = 'exec 3<&"$1" 4>&"$2"; shift 2; exec "$@"'


class Browser:
    """The process and its pipes; use `chromium`."""

    def __init__(self, process: subprocess.Popen[bytes], reads: int, writes: int) -> None:
        self._process = process
        self._reads, self._writes = reads, writes
        self._number = 0
        self._rest = b""
        self.events: list[dict[str, Any]] = []

    def call(self, method: str, session: str = "", **parameters: Any) -> dict[str, Any]:
        """The result of a method; events that come meanwhile are kept."""
        self._number += 1
        number = self._number
        message = {"id": number, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        os.write(self._writes, json.dumps(message).encode() + b"\0")
        while True:
            answer = self.message()
            if answer.get("id") == number:
                assert "error" not in answer, (method, answer["error"])
                result: dict[str, Any] = answer["result"]
                return result

    def message(self) -> dict[str, Any]:
        """The next answer or event."""
        until = time.monotonic() + _PATIENCE_S
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self._reads], [], [], max(until - time.monotonic(), 0))
            data = os.read(self._reads, 1 << 20) if ready else b""
            assert data, "the browser says no more"
            self._rest += data
        line, _, self._rest = self._rest.partition(b"\0")
        found: dict[str, Any] = json.loads(line)
        if "method" in found:
            self.events.append(found)
        return found

    def page(self, *, width: int = 1200, height: int = 900) -> Page:
        """A new tab of this size."""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        page = Page(self, attached["sessionId"])
        for domain in ("Page", "Runtime", "Log", "Network"):
            page.call(f"{domain}.enable")
        page.resize(width, height)
        return page


class Page:
    """A tab; use `Browser.page`."""

    def __init__(self, browser: Browser, session: str) -> None:
        self._browser = browser
        self._session = session

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """The result of a method in this tab."""
        return self._browser.call(method, self._session, **parameters)

    def resize(self, width: int, height: int = 900) -> None:
        """Gives the page this size, in CSS pixels."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height,
                  deviceScaleFactor=1, mobile=False)  # fmt: skip

    def emulate(self, *, media: str = "screen", scheme: str = "light") -> None:
        """Shows the page on screen or paper, in light or dark."""
        feature = {"name": "prefers-color-scheme", "value": scheme}
        self.call("Emulation.setEmulatedMedia", media=media, features=[feature])

    def open(self, url: str) -> None:
        """Goes to the address, and waits until all that it shows has come."""
        self._browser.events.clear()
        self.call("Page.navigate", url=url)
        while not self._events("Page.loadEventFired"):
            self._browser.message()

    def evaluate(self, expression: str) -> Any:
        """The value of a JavaScript expression; the page's own policy does not forbid it."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def press(self, key: str, *, code: int) -> None:
        """A key goes down and up: `Tab` is 9, `Enter` 13."""
        text = {"text": "\r"} if key == "Enter" else {}
        self.call("Input.dispatchKeyEvent", type="keyDown", key=key, code=key,
                  windowsVirtualKeyCode=code, **text)  # fmt: skip
        self.call("Input.dispatchKeyEvent", type="keyUp", key=key, code=key,
                  windowsVirtualKeyCode=code)  # fmt: skip

    def picture(self, *, whole: bool = False) -> bytes:
        """What is seen, as PNG; `whole`: the page to its end."""
        answer = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        return base64.b64decode(answer["data"])

    @property
    def complaints(self) -> list[str]:
        """What the browser wrote to the console since the page was opened."""
        return [one["params"]["entry"]["text"] for one in self._events("Log.entryAdded")]

    @property
    def asked(self) -> list[str]:
        """The addresses that were asked since, that of the page first."""
        return [
            one["params"]["request"]["url"] for one in self._events("Network.requestWillBeSent")
        ]

    def _events(self, method: str) -> list[dict[str, Any]]:
        return [one for one in self._browser.events
                if one["method"] == method and one.get("sessionId") == self._session]  # fmt: skip


@contextmanager
def chromium(flags: Sequence[str] = ()) -> Iterator[Browser]:
    """A browser with a profile of its own, ended at the end of the block."""
    program = next((found for name in _NAMES if (found := shutil.which(name))), None)
    if program is None:
        raise FileNotFoundError("chromium is not installed")
    to_browser, writes = os.pipe()
    reads, from_browser = os.pipe()
    with TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        process = subprocess.Popen(
            ["bash", "-c", _SHELL, "browser", str(to_browser), str(from_browser), program,
             *_FLAGS, *flags, f"--user-data-dir={Path(profile)}"],
            pass_fds=(to_browser, from_browser),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        os.close(to_browser)
        os.close(from_browser)
        try:
            yield Browser(process, reads, writes)
        finally:
            os.close(writes)  # it ends itself when nobody leads it
            os.close(reads)
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
