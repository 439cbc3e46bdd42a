#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes docs/gallery.png and docs/server-page.png: the gallery, and the page of `caption serve`, with
the sample photos, as the shipped model captions them.  Needs chromium, chromium-driver and
python3-pil.

usage: make_page_picture.py gallery|server CAPTION OUT.png     CAPTION: with its model beside it
"""
import contextlib
import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

from PIL import Image

from webdriver import Browser

SAMPLES = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "samples")


def samples():
    return [os.path.join(SAMPLES, name) for name in sorted(os.listdir(SAMPLES))
            if name.endswith(".jpg")]


def show_gallery(browser, program, folder):
    os.mkdir(os.path.join(folder, "holidays"))
    for path in samples():
        shutil.copy(path, os.path.join(folder, "holidays"))
    subprocess.run([program, "-q", "--best", "3", "--gallery", "page.html", "holidays"],
                   cwd=folder, check=True, stdout=subprocess.DEVNULL)
    browser.size(850, 580)
    browser.post("/url", {"url": "file://" + os.path.join(folder, "page.html")})
    browser.run("dispatchEvent(new Event('beforeprint'));"  # with all that a card has
                "document.querySelector('details').open = true;")


@contextlib.contextmanager
def serving(program):
    """The address of a server."""
    server = subprocess.Popen([program, "serve", "--listen", "127.0.0.1:0"], text=True,
                              stderr=subprocess.PIPE)
    try:
        yield next(filter(None, (re.search(r"http://\S+", line) for line in server.stderr)))[0]
    finally:
        server.terminate()
        server.communicate()


def show_server(browser, program, _folder):
    browser.size(1000, 660)
    with serving(program) as address:
        browser.post("/url", {"url": address})
        browser.choose_files("#files", samples())
        while not browser.run("return cards.length === arguments[0] &&"
                              "cards.every(card => card.state === 'done' && card.url);",
                              len(samples())):
            time.sleep(0.1)
        browser.run("document.querySelector('details').open = true;"
                    "document.querySelector('details').dispatchEvent(new Event('toggle'));"
                    "cards[1].take({caption: 'a tabby cat with green eyes'}); say('');")
        time.sleep(1)  # until the page has been drawn


SHOWS = {"gallery": show_gallery, "server": show_server}


def main():
    if len(sys.argv) != 4 or sys.argv[1] not in SHOWS:
        sys.exit(__doc__)
    browser = Browser()
    try:
        browser.devtools("Emulation.setScrollbarsHidden", hidden=True)
        with tempfile.TemporaryDirectory() as folder:
            SHOWS[sys.argv[1]](browser, os.path.abspath(sys.argv[2]), folder)
            picture = browser.picture()
    finally:
        browser.end()
    colours = Image.open(io.BytesIO(picture)).convert("RGB").quantize(256)
    colours.save(sys.argv[3], optimize=True)


if __name__ == "__main__":
    main()
