"""One small way to drive a page, in Chromium (Playwright) and in Firefox (WebDriver BiDi).

Playwright cannot drive a distribution's own Firefox; WebDriver BiDi, which Firefox speaks itself on
a websocket, can. Both drivers have the same few verbs, so that a test is written once.
"""

from __future__ import annotations

import base64
import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from playwright.sync_api import Error
from websockets.sync.client import ClientConnection, connect

READY = ".geolls-app[data-ready]"
EQUIPPED = ".geolls-app[data-tools]"  # the tools come after the map
# Waits until nothing of a map has moved for three frames, and its frame neither.
STILL = """async () => {
  const map = document.querySelector(".geolls-app")?.geolls.map;
  const seen = () => [innerWidth, map?.getSize(), map?.getCenter(), map?.getZoom()].join();
  for (let same = 0, last = ""; same < 3; last = seen()) {
    await new Promise((done) => requestAnimationFrame(done));
    same = seen() === last ? same + 1 : 0;
  }
}"""
KEYS = {"Enter": "\ue007", "Escape": "\ue00c", "Tab": "\ue004", "Space": " ", "Home": "\ue011"}
KEYS |= {"ArrowLeft": "\ue012", "ArrowUp": "\ue013", "ArrowRight": "\ue014", "End": "\ue010"}
KEYS |= {"ArrowDown": "\ue015", "Control": "\ue009", "Shift": "\ue008", "Backspace": "\ue003"}

# Nothing is looked up, updated, restored or reported; what would leave the machine finds no door.
PREFERENCES = {
    "app.normandy.enabled": False,
    "app.update.disabledForTesting": True,
    "browser.contentblocking.features.strict": "",
    "browser.download.folderList": 2,
    "browser.safebrowsing.blockedURIs.enabled": False,
    "browser.safebrowsing.malware.enabled": False,
    "browser.safebrowsing.phishing.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.page": 0,
    "datareporting.policy.dataSubmissionEnabled": False,
    "dom.ipc.processCount": 1,
    "dom.ipc.processPrelaunch.enabled": False,
    "extensions.update.enabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "network.proxy.http": "127.0.0.1",
    "network.proxy.http_port": 9,
    "network.proxy.ssl": "127.0.0.1",
    "network.proxy.ssl_port": 9,
    "network.proxy.type": 1,
    "services.settings.server": "data:,",
    "toolkit.telemetry.enabled": False,
    "ui.prefersReducedMotion": 1,
}


class Tab(Protocol):
    """What a test may do with a page, whichever browser shows it."""

    faults: list[str]
    asked: list[str]

    def open(self, address: str) -> None: ...
    def evaluate(self, expression: str) -> Any: ...
    def click(self, selector: str) -> None: ...
    def press(self, x: float, y: float) -> None: ...
    def type(self, selector: str, text: str) -> None: ...
    def key(self, name: str) -> None: ...
    def wait(self, condition: str) -> None: ...
    def saved(self, selector: str) -> bytes: ...
    def picture(self, path: Path) -> None: ...
    def printed(self) -> bytes: ...


def there(selector: str) -> str:
    """Return the expression that is true once a selector is drawn."""
    return f"!!document.querySelector({json.dumps(selector)})"


def until(page: Any, condition: str) -> None:
    """Wait in a page of Playwright's until an expression is true, also across to another page.

    Playwright's own `wait_for_function` asks again by eval, which the policy of a page forbids.
    """
    end = time.monotonic() + 30
    while True:
        try:
            if page.evaluate(f"() => !!({condition})"):
                return
        except Error as left:  # the page was left while it was asked
            if "navigat" not in str(left):
                raise
        assert time.monotonic() < end, f"not within 30 seconds: {condition}"
        page.wait_for_timeout(20)


class ChromiumTab:
    """A page that Playwright drives."""

    def __init__(self, browser: Any, width: int = 1280, height: int = 900) -> None:
        size = {"width": width, "height": height}
        self.context = browser.new_context(viewport=size, reduced_motion="reduce")
        self.context.set_offline(True)
        self.context.set_default_timeout(30_000)
        self.page = self.context.new_page()
        self.faults: list[str] = []
        self.asked: list[str] = []
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda e: self.faults.append(str(e)))
        self.page.on("request", lambda r: self.asked.append(r.url))

    def _heard(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.faults.append(message.text)

    def open(self, address: str) -> None:
        self.page.goto(address)

    def evaluate(self, expression: str) -> Any:
        return self.page.evaluate(f"async () => ({expression})")

    def click(self, selector: str) -> None:
        self.page.locator(selector).first.click()

    def press(self, x: float, y: float) -> None:
        self.page.mouse.click(x, y)

    def type(self, selector: str, text: str) -> None:
        self.page.locator(selector).first.click()
        self.page.keyboard.type(text)

    def key(self, name: str) -> None:
        self.page.keyboard.press(name)

    def wait(self, condition: str) -> None:
        until(self.page, condition)

    def saved(self, selector: str) -> bytes:
        with self.page.expect_download() as waiting:
            self.click(selector)
        return Path(waiting.value.path()).read_bytes()

    def picture(self, path: Path) -> None:
        self.page.screenshot(path=path)

    def printed(self) -> bytes:
        data: bytes = self.page.pdf(prefer_css_page_size=True)
        return data

    def close(self) -> None:
        self.context.close()


class Firefox:
    """Firefox without its windows, and one session with it over WebDriver BiDi."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.sent = 0
        self.tabs: dict[str, FirefoxTab] = {}
        self.ask("session.new", capabilities={})
        events = ["log.entryAdded", "network.beforeRequestSent", "browsingContext.downloadEnd"]
        self.ask("session.subscribe", events=events)

    @staticmethod
    @contextmanager
    def started(program: str, folder: Path) -> Iterator[Firefox]:
        """Start it with a new profile in a folder; end it whatever happens."""
        wanted = PREFERENCES | {"browser.download.dir": str(folder)}
        lines = [f"user_pref({json.dumps(k)}, {json.dumps(v)});" for k, v in wanted.items()]
        (folder / "user.js").write_text("\n".join(lines), "utf-8")
        how = ["--headless", "--no-remote", "--remote-debugging-port=0", "--profile", str(folder)]
        silent = subprocess.DEVNULL
        with subprocess.Popen([program, *how], stdout=silent, stderr=silent) as process:
            try:
                address = f"ws://127.0.0.1:{_port(folder, process)}/session"
                # Its pings come from a thread that draws from `random`, which hypothesis watches.
                quiet = {"ping_interval": None, "compression": None, "proxy": None}
                with connect(address, max_size=None, **quiet) as socket:
                    firefox = Firefox(socket)
                    yield firefox
                    firefox.ask("browser.close")
                process.wait(20)
            finally:
                process.kill()

    def ask(self, method: str, **params: Any) -> Any:
        """Send one command, hear what happens meanwhile, return its answer."""
        self.sent += 1
        self.socket.send(json.dumps({"id": self.sent, "method": method, "params": params}))
        while True:
            answer = json.loads(self.socket.recv(timeout=60))
            if answer.get("id") == self.sent:
                if answer["type"] == "error":
                    raise RuntimeError(f"{method}: {answer['error']}: {answer['message']}")
                return answer["result"]
            self._hear(answer)

    def _hear(self, event: dict[str, Any]) -> None:
        params = event.get("params", {})
        where = params.get("context") or params.get("source", {}).get("context")
        if (tab := self.tabs.get(where)) is None:
            return
        if event["method"] == "log.entryAdded":
            if params["level"] in ("error", "warn"):
                tab.faults.append(params["text"])
        elif event["method"] == "network.beforeRequestSent":
            tab.asked.append(params["request"]["url"])
        elif params["status"] == "complete":
            tab.taken.append(Path(params["filepath"]))


def _port(folder: Path, process: subprocess.Popen[bytes]) -> int:
    # Firefox writes where it listens into its profile.
    for _ in range(600):
        if process.poll() is not None:
            raise RuntimeError(f"Firefox ended with {process.returncode}")
        try:
            said = (folder / "WebDriverBiDiServer.json").read_text("utf-8")
            return int(json.loads(said)["ws_port"])
        except (OSError, ValueError, KeyError):
            time.sleep(0.05)
    raise RuntimeError("Firefox did not say within 30 seconds where it listens")


class FirefoxTab:
    """A page that Firefox shows, with the verbs of `ChromiumTab`."""

    def __init__(self, firefox: Firefox, width: int = 1280, height: int = 900) -> None:
        self.firefox = firefox
        self.faults: list[str] = []
        self.asked: list[str] = []
        self.taken: list[Path] = []
        self.id = firefox.ask("browsingContext.create", type="tab")["context"]
        firefox.tabs[self.id] = self
        size = {"width": width, "height": height}
        self._ask("browsingContext.setViewport", viewport=size)

    def _ask(self, method: str, **params: Any) -> Any:
        return self.firefox.ask(method, context=self.id, **params)

    def open(self, address: str) -> None:
        self._ask("browsingContext.navigate", url=address, wait="complete")

    def evaluate(self, expression: str) -> Any:
        # As text: a number, a list and a null come back as Python's own.
        said = self.firefox.ask(
            "script.evaluate",
            expression=f"(async () => JSON.stringify({{v: await ({expression})}}))()",
            target={"context": self.id},
            awaitPromise=True,
            userActivation=True,
        )
        if said["type"] == "exception":
            raise RuntimeError(said["exceptionDetails"]["text"])
        return json.loads(said["result"]["value"]).get("v")

    def _act(self, kind: str, actions: list[dict[str, Any]]) -> None:
        source: dict[str, Any] = {"type": kind, "id": kind, "actions": actions}
        self._ask("input.performActions", actions=[source])

    def press(self, x: float, y: float) -> None:
        down, up = ({"type": f"pointer{way}", "button": 0} for way in ("Down", "Up"))
        self._act("pointer", [{"type": "pointerMove", "x": int(x), "y": int(y)}, down, up])

    def click(self, selector: str) -> None:
        found = json.dumps(selector)
        self.wait(f"document.querySelector({found})?.checkVisibility()")
        x, y = self.evaluate(
            f"(() => {{ const n = document.querySelector({found});"
            " n.scrollIntoView({block: 'nearest', behavior: 'instant'});"
            " const b = n.getBoundingClientRect();"
            " return [b.x + b.width / 2, b.y + b.height / 2]; })()"
        )
        self.press(x, y)

    def type(self, selector: str, text: str) -> None:
        self.click(selector)
        self._act("key", [{"type": f"key{w}", "value": c} for c in text for w in ("Down", "Up")])

    def key(self, name: str) -> None:
        keys = [KEYS.get(part, part) for part in name.split("+")]
        down = [{"type": "keyDown", "value": k} for k in keys]
        self._act("key", down + [{"type": "keyUp", "value": k} for k in reversed(keys)])

    def wait(self, condition: str) -> None:
        until = time.monotonic() + 30
        while not self.evaluate(f"!!({condition})"):
            assert time.monotonic() < until, f"not within 30 seconds: {condition}"
            time.sleep(0.05)

    def saved(self, selector: str) -> bytes:
        before = len(self.taken)
        self.click(selector)
        until = time.monotonic() + 30
        while len(self.taken) == before:
            assert time.monotonic() < until, "nothing was saved within 30 seconds"
            self.evaluate("0")
            time.sleep(0.05)
        return self.taken[-1].read_bytes()

    def picture(self, path: Path) -> None:
        path.write_bytes(base64.b64decode(self._ask("browsingContext.captureScreenshot")["data"]))

    def printed(self) -> bytes:
        # A4 in centimetres; the page's own style says the margins.
        sheet = {"width": 21.0, "height": 29.7}
        none = dict.fromkeys(("top", "bottom", "left", "right"), 0)
        data = self._ask("browsingContext.print", page=sheet, margin=none, background=True)["data"]
        return base64.b64decode(data)

    def close(self) -> None:
        self._ask("browsingContext.close")
        del self.firefox.tabs[self.id]
