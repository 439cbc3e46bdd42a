# SPDX-License-Identifier: MIT
"""Headless Chromium, by the WebDriver protocol.  Needs chromium and chromium-driver."""
import base64
import json
import os
import re
import shutil
import subprocess
import tempfile
import urllib.error
import urllib.request

# Root in a container has no sandbox, and little shared memory.  What is not for this machine ends
# at a proxy that nobody is.
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync",
         "--proxy-server=http://127.0.0.1:9"]
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"


class Browser:
    """downloads: the folder of saved files.  requests: record them for requested()."""

    def __init__(self, downloads=None, requests=False):
        self.folder = tempfile.mkdtemp(prefix="caption-browser.")
        self.driver = subprocess.Popen(["chromedriver", "--port=0"], stdout=subprocess.PIPE,
                                       text=True, env={**os.environ, "HOME": self.folder})
        try:
            self.address = self.started()
            wanted = {"goog:chromeOptions": {
                          "args": FLAGS + ["--user-data-dir=" + self.folder],
                          "prefs": {"download.default_directory": downloads} if downloads else {}},
                      "goog:loggingPrefs": {"browser": "ALL",
                                            "performance": "ALL" if requests else "OFF"},
                      "unhandledPromptBehavior": "ignore"}
            answer = self.post("/session", {"capabilities": {"alwaysMatch": wanted}})
            self.address += "/session/" + answer["sessionId"]
        except BaseException:
            self.leave()
            raise

    def started(self):
        for line in self.driver.stdout:
            port = re.search(r"started successfully on port (\d+)", line)
            if port:
                return "http://127.0.0.1:" + port[1]
        raise RuntimeError("chromedriver ended before it was ready")

    def ask(self, method, path, body=None):
        request = urllib.request.Request(
            self.address + path, None if body is None else json.dumps(body).encode(),
            {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            value = json.load(error)["value"]
            raise RuntimeError(f"{method} {path}: {value['error']}: {value['message']}") from None

    def post(self, path, body):
        return self.ask("POST", path, body)

    def run(self, script, *arguments):
        return self.post("/execute/sync", {"script": script, "args": arguments})

    def wait(self, script, *arguments):
        """The same of a script that calls its last argument with the result."""
        return self.post("/execute/async", {"script": script, "args": arguments})

    def devtools(self, command, **parameters):
        return self.post("/goog/cdp/execute", {"cmd": command, "params": parameters})

    def find(self, selector):
        return self.post("/element", {"using": "css selector", "value": selector})[ELEMENT]

    def find_all(self, selector):
        found = self.post("/elements", {"using": "css selector", "value": selector})
        return [element[ELEMENT] for element in found]

    def click(self, selector):
        self.post(f"/element/{self.find(selector)}/click", {})

    def press(self, key, *held):
        """A key, wherever the focus is, while others are held."""
        presses = [*(("keyDown", other) for other in held), ("keyDown", key), ("keyUp", key),
                   *(("keyUp", other) for other in held)]
        self.post("/actions", {"actions": [{"type": "key", "id": "keys", "actions": [
            {"type": kind, "value": value} for kind, value in presses]}]})

    def type(self, text):
        for key in text:
            self.press(key)

    def choose_files(self, selector, paths):
        self.post(f"/element/{self.find(selector)}/value", {"text": "\n".join(paths)})

    def messages(self):
        return self.post("/se/log", {"type": "browser"})

    def requested(self):
        """The addresses that were asked for since the last call."""
        events = [json.loads(entry["message"])["message"]
                  for entry in self.post("/se/log", {"type": "performance"})]
        return [event["params"]["request"]["url"] for event in events
                if event["method"] == "Network.requestWillBeSent"]

    def size(self, width, height, mobile=False):
        self.devtools("Emulation.setDeviceMetricsOverride", width=width, height=height,
                      deviceScaleFactor=1, mobile=mobile)

    def prefer(self, **features):
        """Such as prefers_color_scheme="dark"."""
        self.devtools("Emulation.setEmulatedMedia", features=[
            {"name": name.replace("_", "-"), "value": value} for name, value in features.items()])

    def axe(self):
        """What axe-core, in the file that AXE names, has against the page; nothing without one."""
        if "AXE" not in os.environ:
            return []
        with open(os.environ["AXE"], encoding="utf-8") as file:
            self.devtools("Runtime.evaluate", expression=file.read())  # which no policy forbids
        return self.wait("""const done = arguments[0];
            axe.run(document, {resultTypes: ['violations', 'incomplete']}).then(
                result => done([...result.violations, ...result.incomplete]
                    .filter(rule => result.violations.includes(rule) || rule.id !== 'color-contrast')
                    .map(rule => [rule.id, rule.help, ...rule.nodes.map(node => node.html)])),
                error => done([String(error)]));""")

    def picture(self):
        """Of the window, as a PNG."""
        return base64.b64decode(self.devtools("Page.captureScreenshot", format="png")["data"])

    def leave(self):
        self.driver.terminate()
        self.driver.wait()
        self.driver.stdout.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def end(self):
        try:
            self.ask("DELETE", "")
        finally:
            self.leave()
