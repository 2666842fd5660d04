"""Drives a rendered leaderboard in headless Chromium through its debugging pipe.

usage: drive_board.py CHROMIUM SITE PICTURES

Sorts by a locale, filters by task, follows to an entry and to its report, and
prints what it saw as JSON. PICTURES gets screenshots.
"""

import base64
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

chromium, site, pictures = sys.argv[1], Path(sys.argv[2]).resolve(), Path(sys.argv[3])


class Browser:
    """Commands go to file descriptor 3, answers come from 4, ended by a zero byte."""

    def __init__(self, profile):
        to_browser, self.out = os.pipe()
        self.into, from_browser = os.pipe()

        def descriptors():
            # Out of the way first, so that neither end is closed by the other.
            reading, writing = os.dup(to_browser), os.dup(from_browser)
            os.dup2(reading, 3)
            os.dup2(writing, 4)

        self.process = subprocess.Popen(
            [chromium, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
             "--disable-background-networking", "--disable-component-update", "--disable-sync",
             "--remote-debugging-pipe", "--hide-scrollbars", "--window-size=1280,1000",
             f"--user-data-dir={profile}", "about:blank"],
            preexec_fn=descriptors, close_fds=False,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        os.close(to_browser)
        os.close(from_browser)
        self.buffer = b""
        self.number = 0
        self.session = None
        self.requests = []
        self.errors = []

    def message(self):
        while b"\0" not in self.buffer:
            part = os.read(self.into, 1 << 16)
            if not part:
                raise RuntimeError("the browser went away")
            self.buffer += part
        one, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(one)

    def call(self, method, **parameters):
        self.number += 1
        command = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            command["sessionId"] = self.session
        os.write(self.out, json.dumps(command).encode() + b"\0")
        while True:
            answer = self.message()
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]
            if answer.get("method") == "Network.requestWillBeSent":
                self.requests.append(answer["params"]["request"]["url"])
            if answer.get("method") in ("Runtime.exceptionThrown", "Log.entryAdded"):
                self.errors.append(json.dumps(answer["params"])[:400])

    def run(self, script):
        answer = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(json.dumps(answer["exceptionDetails"])[:800])
        return answer["result"].get("value")

    def open(self, url):
        self.call("Page.navigate", url=url)
        self.loaded()

    def loaded(self):
        for _ in range(600):
            time.sleep(0.05)
            try:
                if self.run("document.readyState") == "complete" and self.run("location.href") != "about:blank":
                    return
            except RuntimeError:
                pass  # between two pages
        raise RuntimeError("the page does not load")

    def picture(self, name):
        shot = self.call("Page.captureScreenshot", format="png")
        (pictures / name).write_bytes(base64.b64decode(shot["data"]))


ROWS = """
[...document.querySelectorAll('.ranking')].map((section) => ({
  heading: section.querySelector('h2').textContent,
  shown: !section.hidden,
  columns: [...section.querySelectorAll('thead th')].map((th) => th.textContent),
  sorted: section.querySelector('[aria-sort]')?.textContent,
  rows: [...section.querySelectorAll('tbody tr')].map((tr) =>
    [...tr.cells].map((cell) => cell.textContent)),
}))
"""

CHOOSE = """
(async () => {
  const field = document.querySelector('#controls [name=%s]');
  field.value = %s;
  field.dispatchEvent(new Event('input', { bubbles: true }));
  await new Promise((done) => setTimeout(done, 200));
})()
"""

with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
    browser = Browser(profile)
    try:
        target = browser.call("Target.createTarget", url="about:blank")["targetId"]
        browser.session = browser.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Runtime", "Log"):
            browser.call(f"{domain}.enable")
        seen = {}
        index = (site / "index.html").as_uri()
        browser.open(index)
        seen["first"] = browser.run(ROWS)
        browser.picture("board.png")

        browser.run(CHOOSE % ("columns", "'locales'"))
        browser.run("""
          [...document.querySelectorAll('.ranking thead button')]
            .find((button) => button.textContent === 'sw-KE').click()
        """)
        seen["by_locale"] = browser.run(ROWS)
        browser.picture("by-locale.png")
        browser.run("document.querySelector('#controls [type=reset]').click()")
        time.sleep(0.2)

        browser.run(CHOOSE % ("on", "'ja-JP'"))
        seen["on_locale"] = browser.run(ROWS)
        browser.run(CHOOSE % ("task", "'zero-shot'"))
        seen["zero_shot"] = browser.run(ROWS)
        seen["status"] = browser.run("document.getElementById('shown').textContent")
        browser.picture("zero-shot.png")
        browser.run("document.querySelector('#controls [type=reset]').click()")
        time.sleep(0.2)
        seen["reset"] = browser.run(ROWS)

        browser.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark"}])
        browser.picture("dark.png")
        browser.call("Emulation.setEmulatedMedia", features=[])
        browser.run("document.querySelector('.history')?.scrollIntoView()")
        browser.picture("history.png")

        report = "a.report"
        for href in browser.run("[...document.querySelectorAll('.ranking tbody a')].map((a) => a.href)"):
            browser.open(href)
            if browser.run(f"!!document.querySelector('{report}')"):
                break
        seen["entry"] = browser.run("document.querySelector('h1').textContent")
        browser.run("document.querySelector('table.sortable thead button').click()")
        browser.picture("entry.png")
        browser.run(f"document.querySelector('{report}').click()")
        time.sleep(0.3)
        browser.loaded()
        seen["report"] = browser.run("document.body.textContent")
        seen["alerts"] = browser.run("window.hacked ?? null")
        outside = [url for url in browser.requests if not url.startswith(("file:", "data:", "about:"))]
        seen["outside"] = outside
        seen["errors"] = browser.errors
        json.dump(seen, sys.stdout)
    finally:
        browser.process.kill()
        browser.process.wait()
