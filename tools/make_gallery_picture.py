#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes docs/gallery.png: the gallery's page with the sample photos, as the shipped model captions them.
Needs chromium, chromium-driver and python3-pil.

usage: make_gallery_picture.py CAPTION OUT.png     CAPTION: the program, with its model beside it
"""
import io
import os
import shutil
import subprocess
import sys
import tempfile

from PIL import Image

from webdriver import Browser

SAMPLES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "samples")


def main():
    program, out = os.path.abspath(sys.argv[1]), sys.argv[2]
    with tempfile.TemporaryDirectory() as folder:
        os.mkdir(os.path.join(folder, "holidays"))
        for name in sorted(os.listdir(SAMPLES)):
            if name.endswith(".jpg"):
                shutil.copy(os.path.join(SAMPLES, name), os.path.join(folder, "holidays"))
        subprocess.run([program, "-q", "--best", "3", "--gallery", "page.html", "holidays"],
                       cwd=folder, check=True, stdout=subprocess.DEVNULL)
        browser = Browser()
        try:
            browser.size(850, 580)
            browser.devtools("Emulation.setScrollbarsHidden", hidden=True)
            browser.post("/url", {"url": "file://" + os.path.join(folder, "page.html")})
            browser.run("dispatchEvent(new Event('beforeprint'));"  # with all that a card has
                        "document.querySelector('details').open = true;")
            picture = browser.picture()
        finally:
            browser.end()
    colours = Image.open(io.BytesIO(picture)).convert("RGB").quantize(256)
    colours.save(out, optimize=True)


if __name__ == "__main__":
    main()
