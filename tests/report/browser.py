"""Chromium without a window, driven through its DevTools by a pipe: no port, no package beyond Python's own."""
import base64
import json
import os
import shutil
import subprocess
import tempfile
import threading
import time

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--remote-debugging-pipe", "--hide-scrollbars")


def find_chromium():
    """The program, or None: a snap is none, since it reads no file outside of the home folder."""
    for name in NAMES:
        path = shutil.which(name)
        if path and "/snap/" not in os.path.realpath(path) and not is_snap_stub(path):
            return path
    return None


def is_snap_stub(path):
    """Ubuntu's package chromium-browser is a script that calls the snap."""
    with open(path, "rb") as file:
        head = file.read(4096)
    return head.startswith(b"#!") and b"/snap/bin" in head


class Browser:
    """One page. `problems` are console errors and warnings, exceptions and dialogs; `requests` all addresses that
    were asked for."""

    def __init__(self, program, patience=120):
        self.patience = patience
        self.problems, self.requests = [], []
        self._answers, self._last = {}, 0
        self._arrived = threading.Condition()
        self._profile = tempfile.TemporaryDirectory(prefix="fractal-browser-", ignore_cleanup_errors=True)
        ours_in, theirs_out = os.pipe()
        theirs_in, ours_out = os.pipe()

        def place():  # what Chromium reads is descriptor 3, what it writes is 4
            spare = [os.dup(theirs_in), os.dup(theirs_out)]
            os.dup2(spare[0], 3)
            os.dup2(spare[1], 4)

        self._process = subprocess.Popen([program, *FLAGS, f"--user-data-dir={self._profile.name}", "about:blank"],
                                         stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                         stderr=subprocess.DEVNULL, close_fds=False, preexec_fn=place)
        os.close(theirs_in)
        os.close(theirs_out)
        self._in, self._out = os.fdopen(ours_in, "rb", 0), os.fdopen(ours_out, "wb", 0)
        threading.Thread(target=self._listen, daemon=True).start()
        self._session = None
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")
        self.call("Performance.enable", timeDomain="threadTicks")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self._session = None
            self.call("Browser.close")
        except Exception:
            self._process.kill()
        self._process.wait(30)
        self._profile.cleanup()

    def call(self, method, **parameters):
        with self._arrived:
            self._last += 1
            number = self._last
        message = {"id": number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        self._out.write(json.dumps(message).encode() + b"\0")
        with self._arrived:
            if not self._arrived.wait_for(lambda: number in self._answers, self.patience):
                raise TimeoutError(f"{method}: no answer in {self.patience} s")
            answer = self._answers.pop(number)
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']}")
        return answer["result"]

    def _listen(self):
        rest = b""
        while chunk := self._in.read(1 << 16):
            *messages, rest = (rest + chunk).split(b"\0")
            for message in messages:
                self._take(json.loads(message))

    def _take(self, message):
        method, event = message.get("method"), message.get("params", {})
        with self._arrived:
            if "id" in message:
                self._answers[message["id"]] = message
            elif method == "Runtime.consoleAPICalled" and event["type"] in ("error", "warning", "assert"):
                self.problems.append(f"console.{event['type']}: {event['args']}")
            elif method == "Runtime.exceptionThrown":
                self.problems.append(f"exception: {event['exceptionDetails']}")
            elif method == "Log.entryAdded" and event["entry"]["level"] in ("error", "warning"):
                self.problems.append(f"log: {event['entry']}")
            elif method == "Page.javascriptDialogOpening":
                self.problems.append(f"dialog: {event['message']}")
            elif method == "Network.requestWillBeSent":
                self.requests.append(event["request"]["url"])
            self._arrived.notify_all()

    def run(self, expression):
        """The value of a JavaScript expression; of a promise what it comes to."""
        result = self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in result:
            raise RuntimeError(f"{expression}: {result['exceptionDetails']}")
        return result["result"].get("value")

    def wait_for(self, expression):
        end = time.monotonic() + self.patience
        while not self.run(f"Boolean({expression})"):  # what is true may be an element, which has no value
            if time.monotonic() > end:
                raise TimeoutError(f"not within {self.patience} s: {expression}")
            time.sleep(0.05)

    def cpu_seconds(self):
        metrics = {m["name"]: m["value"] for m in self.call("Performance.getMetrics")["metrics"]}
        return metrics["TaskDuration"]

    def press(self, key, code):
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code,
                      text="\r" if key == "Enter" else "")

    def type(self, text):
        self.call("Input.insertText", text=text)

    def screen(self, width, height, dark=False, phone=False):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=phone)
        self.call("Emulation.setEmulatedMedia",
                  features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])

    def screenshot(self, path):
        data = self.call("Page.captureScreenshot", format="png")["data"]
        with open(path, "wb") as file:
            file.write(base64.b64decode(data))
