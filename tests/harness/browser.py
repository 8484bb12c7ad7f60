"""Headless Chromium, driven by chromedriver over WebDriver: no more than the tests need."""

import base64
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.harness.process import Process
from tests.harness.waiting import PATIENCE, eventually

_FLAGS = (
    "--headless=new",
    "--no-sandbox",  # the tests run as root, in a sandbox of their own
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
)


def missing_for_browser() -> str:
    """Why no browser can be started here; empty if one can."""
    for program in ("chromium", "chromedriver"):
        if shutil.which(program) is None:
            return f"there is no {program} (packages chromium and chromium-driver)"
    return ""


class Browser:
    """One window."""

    def __init__(self, session: str) -> None:
        self._session = session

    def open(self, url: str) -> None:
        """Go to a page, and return when it has loaded."""
        self._post("url", {"url": url})

    def run(self, script: str) -> Any:
        """Run a function body in the page; what it returns."""
        return self._post("execute/sync", {"script": script, "args": []})

    def until(self, expression: str) -> Any:
        """Wait until an expression is true in the page; its value.

        Raises:
            TimeoutError: It never was.
        """
        return eventually(lambda: self.run(f"return {expression}"))

    def press(self, keys: str) -> None:
        """Press keys, whatever has the focus."""
        actions = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
        keyboard = {"type": "key", "id": "keyboard", "actions": actions}
        self._post("actions", {"actions": [keyboard]})

    def size(self, width: int, height: int, *, phone: bool = False) -> None:
        """Make the page as large as a screen, which may be that of a phone."""
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": phone}
        self._devtools("Emulation.setDeviceMetricsOverride", metrics)

    def prefer(self, scheme: str) -> None:
        """Be on a system whose people like ``dark`` or ``light``."""
        feature = {"name": "prefers-color-scheme", "value": scheme}
        self._devtools("Emulation.setEmulatedMedia", {"features": [feature]})

    def complaints(self) -> list[str]:
        """What the page wrote to the console as errors and warnings, since the last call."""
        entries = self._post("se/log", {"type": "browser"})
        return [entry["message"] for entry in entries]

    def screenshot(self, file: Path, *, whole: bool = False) -> None:
        """Write what is to be seen, or the whole page, as a PNG."""
        shot = self._devtools(
            "Page.captureScreenshot", {"format": "png", "captureBeyondViewport": whole}
        )
        file.write_bytes(base64.b64decode(shot["data"]))

    def _devtools(self, command: str, parameters: dict[str, Any]) -> Any:
        return self._post("goog/cdp/execute", {"cmd": command, "params": parameters})

    def _post(self, path: str, body: dict[str, Any]) -> Any:
        return _value(httpx.post(f"{self._session}/{path}", json=body, timeout=PATIENCE * 2))


@contextmanager
def browser_in(folder: Path) -> Iterator[Browser]:
    """A browser with a profile of its own, until the end of the block."""
    profile = tempfile.mkdtemp(dir=folder)
    with Process(["chromedriver", "--port=0"]) as driver:
        port = driver.wait_for(r"started successfully on port (\d+)")[1]
        url = f"http://127.0.0.1:{port}/session"
        options = {
            "args": [*_FLAGS, f"--user-data-dir={profile}"],
            "binary": shutil.which("chromium"),
        }
        wanted = {
            "browserName": "chrome",
            "goog:chromeOptions": options,
            "goog:loggingPrefs": {"browser": "ALL"},
        }
        session = _value(
            httpx.post(url, json={"capabilities": {"alwaysMatch": wanted}}, timeout=PATIENCE * 2)
        )
        at = f"{url}/{session['sessionId']}"
        try:
            yield Browser(at)
        finally:
            httpx.delete(at, timeout=PATIENCE)


def _value(response: httpx.Response) -> Any:
    value = response.json()["value"]
    if response.is_error:
        raise RuntimeError(f"{value['error']}: {value['message']}")
    return value
