"""Chromium without a window, spoken to over a pipe (DevTools protocol)."""

import json
import os
import select
import shutil
import signal
import subprocess
import time

PROGRAM = shutil.which("chromium")
OPTIONS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
           "--no-proxy-server", "--disable-background-networking", "--disable-component-update",
           "--disable-sync", "--disable-extensions", "--remote-debugging-pipe"]
SECONDS = 120  # for one answer, on a machine that is busy


class Chromium:
    """One browser with one page. What it asked the network for is kept, page by page."""

    def __init__(self, folder, *options):
        os.mkdir(folder)
        get, to_browser = os.pipe()
        self.from_browser, put = os.pipe()
        self.to_browser = to_browser
        with open(os.path.join(folder, "log"), "wb") as log:
            self.process = subprocess.Popen(
                ["bash", "-c", f'exec "$@" 3<&{get} 4>&{put}', "bash", PROGRAM, *OPTIONS, *options,
                 "--user-data-dir=" + os.path.join(folder, "data"), "about:blank"],
                pass_fds=(get, put), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env=dict(os.environ, HOME=folder), start_new_session=True)
        os.close(get)
        os.close(put)
        self.number, self.bytes, self.events, self.session = 0, b"", [], None
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Runtime"):
            self.ask(domain + ".enable")

    # --- messages, each ends with a zero byte ---

    def hear(self, until):
        """The next message, or None when it is UNTIL, or the browser has ended."""
        while b"\0" not in self.bytes:
            left = until - time.monotonic()
            if left <= 0 or not select.select([self.from_browser], [], [], left)[0]:
                return None
            more = os.read(self.from_browser, 1 << 20)
            if not more:
                return None
            self.bytes += more
        message, self.bytes = self.bytes.split(b"\0", 1)
        message = json.loads(message)
        if "method" in message:
            self.events.append(message)
        return message

    def ask(self, method, **params):
        self.number += 1
        message = {"id": self.number, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self.to_browser, data):]
        until = time.monotonic() + SECONDS
        while True:
            got = self.hear(until)
            if got is None:
                raise AssertionError(f"{method}: chromium does not answer")
            if got.get("id") == self.number:
                if "error" in got:
                    raise AssertionError(f"{method}: {got['error']}")
                return got["result"]

    def wait_for(self, method, **members):
        """The event's params, of those since the page was opened."""
        until, at = time.monotonic() + SECONDS, 0
        while True:
            while at < len(self.events):
                event = self.events[at]
                at += 1
                params = event.get("params", {})
                if event["method"] == method and all(params.get(k) == v for k, v in members.items()):
                    return params
            if self.hear(until) is None:
                raise AssertionError(f"chromium: no {method}\n{self.events}")

    # --- the page ---

    def open(self, address, bearer=None, is_policy_off=False):
        """The status of ADDRESS, by a navigation, when it and all that it names is loaded or has
        failed. BEARER goes with this page's requests alone; the page's policy holds or not."""
        self.events.clear()
        self.ask("Page.navigate", url="about:blank")
        self.wait_for("Page.loadEventFired")
        self.ask("Page.setBypassCSP", enabled=is_policy_off)
        self.headers(bearer)
        self.events.clear()
        got = self.ask("Page.navigate", url=address)
        if "errorText" in got:
            raise AssertionError(f"{address}: {got['errorText']}")
        reply = self.wait_for("Network.responseReceived", requestId=got["loaderId"])
        self.wait_for("Page.loadEventFired")
        self.headers(None)
        return reply["response"]["status"]

    def headers(self, bearer):
        self.ask("Network.setExtraHTTPHeaders",
                 headers={"Authorization": "Bearer " + bearer} if bearer else {})

    def value(self, expression):
        """Of EXPRESSION in the page; of a promise what it comes to."""
        got = self.ask("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in got:
            raise AssertionError(f"{expression}: {got['exceptionDetails']}")
        return got["result"].get("value")

    def requests(self):
        """The addresses that were asked for since the page was opened, the page's own first."""
        return [event["params"]["request"]["url"] for event in self.events
                if event["method"] == "Network.requestWillBeSent"]

    def end(self):
        try:
            self.session = None
            self.ask("Browser.close")
            self.process.wait(timeout=30)
        except (AssertionError, OSError, subprocess.TimeoutExpired):
            pass
        try:
            os.killpg(self.process.pid, signal.SIGKILL)  # what it started, a session of its own
        except ProcessLookupError:
            pass
        self.process.wait()
        os.close(self.to_browser)
        os.close(self.from_browser)
