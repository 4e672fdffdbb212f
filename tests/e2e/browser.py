#!/usr/bin/python3
"""The page to be printed, and both APIs, in chromium. Prints TAP; e2e/96-report-browser.sh runs it.

The page is that of the hub's own address: the token goes with the navigation, by the DevTools
protocol. Each "nothing" here is first shown to be something where it is not prevented.
"""

import http.server
import json
import os
import sys
import threading
import time
import urllib.parse

sys.dont_write_bytecode = True

import api
import chromium
import front
from room import HAS_CLIENT, Tap, leave, room

tap = Tap()
TITLE = "Báo cáo thư viện"
RAN = "it ran"
FOREIGN = "script,img,iframe,object,embed,link,base,form,input,svg,a,b[onmouseover]"


class Place:
    """A web server of somebody else on this machine: PAGES by path, and what was asked of it."""

    def __init__(self):
        self.pages, self.asked = {}, []
        place = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                place.asked.append(self.path)
                body, headers = place.pages.get(self.path, (b"", {}))
                self.send_response(200)
                self.send_header("Access-Control-Allow-Origin", "*")
                for header in {"Content-Type": "text/html; charset=utf-8", **headers}.items():
                    self.send_header(*header)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def end(self):
        self.server.shutdown()
        self.server.server_close()


def names(port):
    """Markup, by where it stands in the page."""
    leak = f"http://127.0.0.1:{port}/"
    runs = f"document.title='{RAN}'"
    return {
        "a commune": f"<script>{runs}</script>",
        "another": f"\"><img src={leak}commune onerror=\"{runs}\">",
        "a third": f"</td></table></style><script src={leak}script></script>",
        "a decision": f"<img src={leak}d>",
        "the agency": f"</style><link rel=stylesheet href={leak}agency><svg onload=\"{runs}\">",
        "the unit": f"<iframe src={leak}unit></iframe>",
        "the place": f"<style>@import url({leak}place);</style><b onmouseover=\"{runs}\">",
    }


def fill(hub, markup):
    """A province of such names."""
    for code, which in ("03646", "a commune"), ("03651", "another"), ("03652", "a third"):
        hub.done("commune", "add", code, "--name", markup[which], "--type", "xa")
    hub.done("site", "set", "14-0371", "--status", "open", "--when", "2025-01-01")
    hub.done("model", "put", "03646", "--status", "recognised", "--date", "2026-08-01",
             "--decision", markup["a decision"])


class Province(api.Web):
    def done(self, *words):
        got = self.command(*words)
        if got.returncode != 0:
            raise AssertionError(f"{words}: {got.stderr}")

    def page(self, markup):
        head = {"period": "2026-Q3", "agency": markup["the agency"], "unit": markup["the unit"],
                "place": markup["the place"]}
        return "/api/v1/page?" + urllib.parse.urlencode(head)


# --- the page ---

def quiet(browser, leak, name):
    """The page that is open did nothing, and has done with loading."""
    time.sleep(0.5)  # a script that is late; what is loaded was waited for
    tap.ok(f"{name}: nothing ran", browser.value("document.title").startswith(TITLE),
           browser.value("document.title"))
    tap.equal(f"{name}: nothing was asked for at the other place", leak.asked, [])


def test_page(browser, hub, leak, markup):
    address = f"http://127.0.0.1:{hub.web}{hub.page(markup)}"
    for name, is_policy_off in ("the page", False), ("the page without its policy", True):
        leak.asked.clear()
        tap.equal(f"{name} is served", browser.open(address, hub.tokens["viewer"], is_policy_off), 200)
        text = browser.value("document.body.textContent")
        for where, words in markup.items():
            tap.ok(f"{name}: {where} stands as text", words in text, words)
        foreign = f"[...document.querySelectorAll('{FOREIGN}')].map(e => e.outerHTML)"
        tap.equal(f"{name}: no element of it came to be", browser.value(foreign), [])
        tap.equal(f"{name}: no style but its own",
                  browser.value("document.querySelectorAll('style').length"), 1)
        icon = f"http://127.0.0.1:{hub.web}/favicon.ico"  # which the browser asks for by itself
        tap.equal(f"{name}: nothing is loaded beside it",
                  [asked for asked in browser.requests() if asked != icon], [address])
        quiet(browser, leak, name)
    tap.equal("without a token: refused", browser.open(address), 401)


def test_detector(browser, place, leak, markup):
    """The same markup not escaped: it is seen, and the hub's policy alone holds it."""
    page = f"<title>{TITLE}</title>" + "".join(f"<p>{words}</p>" for words in markup.values()
                                               if "</td>" not in words)
    place.pages["/raw"] = page.encode(), {}
    leak.asked.clear()
    browser.open(f"http://127.0.0.1:{place.port}/raw")
    tap.equal("not escaped, without a policy: it runs", browser.value("document.title"), RAN)
    tap.ok("and loads", {"/commune", "/d", "/agency", "/unit", "/place"} <= set(leak.asked), leak.asked)


def test_policy(browser, hub, place, leak, markup):
    headers = hub.ask("GET", "/api/v1/page?period=2026")[2]
    policy = {"Content-Security-Policy": headers["Content-Security-Policy"]}
    place.pages["/held"] = place.pages["/raw"][0], policy
    leak.asked.clear()
    browser.open(f"http://127.0.0.1:{place.port}/held")
    quiet(browser, leak, "not escaped, with the hub's policy")
    place.pages["/frame"] = (f"<iframe src='http://127.0.0.1:{hub.web}{hub.page(markup)}'></iframe>"
                             .encode(), {})
    browser.open(f"http://127.0.0.1:{place.port}/frame", hub.tokens["viewer"])
    tap.ok("a page of another place has no frame of it", any(
        event["params"].get("blockedReason") == "csp" or
        event["params"].get("errorText") == "net::ERR_BLOCKED_BY_RESPONSE"
        for event in browser.events if event["method"] == "Network.loadingFailed"), browser.events)


# --- the API, from pages of other places ---

FETCH = """(async () => {
  try {
    const reply = await fetch(%s, %s);
    return [reply.type, reply.status, await reply.text()];
  } catch (error) {
    return [error.name, 0, ""];
  }
})()"""


def fetched(browser, address, **options):
    """What a script of the page has of it: (type, status)."""
    return tuple(browser.value(FETCH % (json.dumps(address), json.dumps(options)))[:2])


def statuses(browser, address):
    """What ADDRESS answered the browser, of those since the page was opened."""
    return [event["params"]["response"]["status"] for event in browser.events
            if event["method"] == "Network.responseReceived" and
            event["params"]["response"]["url"] == address]


def post(browser, address):
    """The status of a form that is sent from the page that is open, and what the page then has."""
    browser.events.clear()
    browser.value("""(() => {
      const form = document.createElement("form");
      form.method = "POST", form.enctype = "text/plain", form.action = %s;
      const field = document.createElement("input");
      field.name = '{"x":"', field.value = '"}';  // so that the body is an object: {"x":"="}
      form.append(field);
      document.body.append(form);
      form.submit();
    })()""" % json.dumps(address))
    browser.wait_for("Page.loadEventFired")
    return statuses(browser, address), browser.value("JSON.parse(document.body.innerText).error")


def test_api(browser, place, port, bearer, ours, read, write, body, what):
    """Of WHAT at PORT: READ is an address with a GET, WRITE with a POST that takes BODY."""
    base = f"http://127.0.0.1:{port}"
    token = {"Authorization": "Bearer " + bearer}
    sent = {**token, "Content-Type": "application/json"}
    place.pages["/page"] = b"<title>a page</title><body></body>", {}
    # a page of its own address, whose policy is taken away: so these requests are good ones
    browser.open(base + ours, bearer, is_policy_off=True)
    tap.equal(f"{what}: from its own address it is read", fetched(browser, base + read, headers=token),
              ("basic", 200))
    for host, name in ("127.0.0.1", "another port"), ("localhost", "another name"):
        browser.open(f"http://{host}:{place.port}/page")
        tap.equal(f"{what}, {name}: not read without a token", fetched(browser, base + read),
                  ("TypeError", 0))
        tap.equal(f"{what}, {name}: not read with one", fetched(browser, base + read, headers=token),
                  ("TypeError", 0))
        tap.equal(f"{what}, {name}: not read blindly", fetched(browser, base + read, mode="no-cors"),
                  ("TypeError", 0))
        tap.equal(f"{what}, {name}: not written with a token",
                  fetched(browser, base + write, method="POST", headers=sent, body=json.dumps(body)),
                  ("TypeError", 0))
        # the token that no such page has goes with it: that is not what refuses it
        browser.headers(bearer)
        tap.equal(f"{what}, {name}: a form is refused", post(browser, base + write),
                  ([403], "origin"))
        browser.headers(None)
    status = browser.open(f"http://elsewhere.example:{port}{read}", bearer)
    tap.equal(f"{what}: a name that was made to point here is refused",
              (status, browser.value("JSON.parse(document.body.innerText).error")), (403, "host"))


def run(folder, browser, hub, site):
    place, leak = Place(), Place()
    try:
        markup = names(leak.port)
        fill(hub, markup)
        test_detector(browser, place, leak, markup)
        test_page(browser, hub, leak, markup)
        test_policy(browser, hub, place, leak, markup)
        before = hub.ask("GET", "/api/v1/communes")[1]
        commune = {"communes": [{"code": "04003", "name": "Tô Múa", "type": "xa"}]}
        test_api(browser, place, hub.web, hub.tokens["admin"], hub.page(markup), "/api/v1/communes",
                 "/api/v1/communes", commune, "hub")
        tap.equal("hub: nothing was written", hub.ask("GET", "/api/v1/communes")[1], before)
        bearer = site.enter()
        before = site.ask("GET", "/api/v1/log", bearer=bearer)[1]
        test_api(browser, place, site.port, bearer, "/", "/api/v1/status", "/api/v1/visits",
                 {"band": "adult", "count": 3}, "desk")
        tap.equal("desk: nothing was written", site.ask("GET", "/api/v1/log", bearer=bearer)[1], before)
        written = site.ask("POST", "/api/v1/visits", {"band": "adult", "count": 3}, bearer=bearer)[0]
        tap.equal("desk: the same, from no page, is", written, 200)
    finally:
        place.end()
        leak.end()


def main():
    if not chromium.PROGRAM or not HAS_CLIENT:
        tap.skip("pages in a browser", "there is no chromium: the Debian package chromium has it"
                 if not chromium.PROGRAM else "there is no packhorse")
        tap.done()
    folder = room()
    hub = Province(os.path.join(folder, "hub"))
    hub.start()
    site = front.Site(hub, os.path.join(folder, "site"))
    browser = None
    try:
        site.start()
        browser = chromium.Chromium(os.path.join(folder, "browser"),
                                    "--host-resolver-rules=MAP elsewhere.example 127.0.0.1")
        run(folder, browser, hub, site)
    finally:
        if browser:
            browser.end()
        site.kill()
        hub.kill()
        leave(folder)
    tap.done()


if __name__ == "__main__":
    main()
