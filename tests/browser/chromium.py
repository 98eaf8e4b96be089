"""Drives Debian's Chromium through its own DevTools protocol, over a pair of pipes: nothing to install beside it."""
import base64
import json
import os
import select
import shutil
import subprocess
import tempfile
import time


class BrowserError(Exception):
    """The browser is missing, died, or refused a command."""


class Chromium:
    """One headless browser with one page. Use as a context manager: the process ends with it."""

    def __init__(self, program="chromium", timeout_s=60):
        self.program = shutil.which(program)
        if self.program is None:
            raise BrowserError(f"{program} is missing: tools/setup installs it")
        self.timeout_s = timeout_s
        self.events = []

    def __enter__(self):
        self.profile = tempfile.TemporaryDirectory(prefix="clm-chromium-", ignore_cleanup_errors=True)
        to_browser, self.writing = os.pipe()
        self.reading, from_browser = os.pipe()
        flags = ["--headless", "--remote-debugging-pipe", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
                 "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-extensions",
                 "--hide-scrollbars", "--host-resolver-rules=MAP * ~NOTFOUND", f"--user-data-dir={self.profile.name}"]
        if os.geteuid() == 0:
            flags.append("--no-sandbox")

        def pipes():
            # The protocol is spoken on 3 and 4; both ends are moved away first, for they may lie there already.
            high_in, high_out = os.dup(to_browser), os.dup(from_browser)
            while high_in in (3, 4):
                high_in = os.dup(high_in)
            while high_out in (3, 4):
                high_out = os.dup(high_out)
            os.dup2(high_in, 3)
            os.dup2(high_out, 4)

        self.log = tempfile.TemporaryFile()
        self.process = subprocess.Popen([self.program, *flags, "about:blank"], stdin=subprocess.DEVNULL, stdout=self.log,
                                        stderr=self.log, preexec_fn=pipes, close_fds=False)
        os.close(to_browser)
        os.close(from_browser)
        self.buffer = b""
        self.next_id = 0
        self.session = None
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        os.close(self.reading)
        os.close(self.writing)
        self.log.close()
        self.profile.cleanup()

    def message(self, deadline):
        while b"\0" not in self.buffer:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.reading], [], [], left)[0]:
                raise BrowserError(f"no answer in {self.timeout_s} s")
            chunk = os.read(self.reading, 1 << 20)
            if not chunk:
                self.log.seek(0)
                raise BrowserError("the browser ended: " + self.log.read().decode(errors="replace")[-2000:])
            self.buffer += chunk
        text, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(text)

    def call(self, method, **parameters):
        """The result of one command; what happens meanwhile is kept in `events`."""
        self.next_id += 1
        request = {"id": self.next_id, "method": method, "params": parameters}
        if self.session:
            request["sessionId"] = self.session
        data = json.dumps(request).encode() + b"\0"
        while data:
            data = data[os.write(self.writing, data):]
        deadline = time.monotonic() + self.timeout_s
        while True:
            message = self.message(deadline)
            if message.get("id") == self.next_id:
                if "error" in message:
                    raise BrowserError(f"{method}: {message['error']['message']}")
                return message["result"]
            if "method" in message:
                self.events.append(message)

    def wait_for(self, method):
        deadline = time.monotonic() + self.timeout_s
        while not any(event["method"] == method for event in self.events):
            message = self.message(deadline)
            if "method" in message:
                self.events.append(message)

    def open(self, url, width, height, scheme):
        """Loads the page as a screen of that size and colour scheme shows it; returns what went on meanwhile."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1,
                  mobile=width < 600)
        self.call("Emulation.setEmulatedMedia", media="screen",
                  features=[{"name": "prefers-color-scheme", "value": scheme}])
        self.events.clear()
        self.call("Page.navigate", url=url)
        self.wait_for("Page.loadEventFired")
        return list(self.events)

    def evaluate(self, expression):
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            details = answer["exceptionDetails"]
            raise BrowserError(details.get("exception", {}).get("description", details["text"]))
        return answer["result"].get("value")

    def screenshot(self, path):
        """The whole page; of one that is taller than the browser can draw, the beginning."""
        width, height = self.evaluate("[document.documentElement.clientWidth, document.scrollingElement.scrollHeight]")
        clip = {"x": 0, "y": 0, "width": width, "height": min(height, 16000), "scale": 1}
        answer = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=True, clip=clip)
        with open(path, "wb") as file:
            file.write(base64.b64decode(answer["data"]))
