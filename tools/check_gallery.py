#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Tries a gallery page in headless Chromium: searches, filters and orders it, and compares what the
page shows with what stands in its rows.  Scrolls through it, and waits for the pictures at 20 places.
Prints how long the page took to open and to scroll.  Needs chromium and chromium-driver.  With
AXE=axe.min.js in the environment, axe-core looks at the page, too.

usage: check_gallery.py PAGE [FOLDER]     FOLDER: for pictures of the page, narrow, wide, light, dark
"""
import html.parser
import os
import sys
import unicodedata
import urllib.parse

from webdriver import Browser


class Rows(html.parser.HTMLParser):
    """The photos of a page: link, alternative text, keywords, shown path and confidence."""

    def __init__(self):
        super().__init__()
        self.photos, self.inside = [], None

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag == "figure":
            self.photos.append({"path": "", "keywords": "", "percent": None})
        elif tag == "a" and self.photos:
            self.photos[-1]["link"] = attributes["href"]
        elif tag == "img":
            self.photos[-1]["caption"] = attributes["alt"]
        elif tag == "data" and self.photos[-1]["percent"] is None:
            self.photos[-1]["confidence"] = float(attributes["value"])
            self.inside = "percent"
        elif tag == "bdi":
            self.inside = "path"
        elif tag == "ul":
            self.inside = "keywords"

    def handle_data(self, data):
        if self.inside == "path":
            self.photos[-1]["path"] += data
        elif self.inside == "keywords":
            self.photos[-1]["keywords"] += data + "\n"
        elif self.inside == "percent":
            self.photos[-1]["percent"] = int(data.rstrip("%"))

    def handle_endtag(self, tag):
        if tag in ("bdi", "data", "ul"):
            self.inside = None


def fold(text):
    """As the page: without case and accents."""
    return "".join(c for c in unicodedata.normalize("NFKD", text)
                   if not unicodedata.category(c).startswith("M")).lower()


def shown(browser, words="", lowest=0):
    """The paths that the page shows for such a search, and its count."""
    return browser.run("""
        const set = (id, value) => {
            const input = document.getElementById(id);
            input.value = value;
            input.dispatchEvent(new Event('input'));
        };
        set('words', arguments[0]);
        set('lowest', arguments[1]);
        dispatchEvent(new Event('beforeprint')); // with all that a card has
        return [[...document.querySelectorAll('figure bdi')].map(path => path.textContent),
                document.getElementById('count').textContent];""", words, lowest)


def expected_count(count, total):
    if count < total:
        return f"{count:,} of {total:,} photos"
    return f"{count:,} photo" + ("s" if count != 1 else "")


def check_searches(browser, photos):
    words = sorted({w for p in photos for w in p["caption"].split() if len(w) > 2})[:30]
    words += sorted({w for p in photos for w in p["keywords"].split()})[:30]
    searches = [("", 0), ("no such words", 0), ("", 100)]
    searches += [(w.upper() + " ", 0) for w in words]
    searches += [(f"{a}  {b}", 30) for a, b in zip(words, words[3:])]
    searches += [(p["path"][-9:], 0) for p in photos[:5]]
    if len(photos) > 2000:
        searches = searches[:8]
    for text, lowest in searches:
        fits = [p["path"] for p in photos if p["percent"] >= lowest and
                all(w in fold("\n".join([p["caption"], p["keywords"], p["path"]]))
                    for w in fold(text).split())]
        paths, count = shown(browser, text, lowest)
        assert paths == fits, (text, lowest, len(paths), len(fits))
        assert count == expected_count(len(fits), len(photos)), (text, lowest, count)
    return len(searches)


def check_orders(browser, photos):
    orders = {"most": lambda p: -p["confidence"], "least": lambda p: p["confidence"]}
    shown(browser)
    for name, key in orders.items():
        got = browser.run("""const order = document.getElementById('order');
            order.value = arguments[0];
            order.dispatchEvent(new Event('change'));
            dispatchEvent(new Event('beforeprint'));
            return [...document.querySelectorAll('figure')]
                .map(figure => Number(figure.querySelector('data').value));""", name)
        assert got == [p["confidence"] for p in sorted(photos, key=key)], name
    browser.run("""document.getElementById('order').value = 'run';
        document.getElementById('order').dispatchEvent(new Event('change'));""")


def check_scrolling(browser, photos):
    """Milliseconds of a frame while the page scrolls to its end: the median, and the longest."""
    frames = browser.wait("""const done = arguments[0], frames = [];
        let last = performance.now();
        scrollTo(0, 0);
        requestAnimationFrame(function step(now) {
            frames.push(now - last);
            last = now;
            if (scrollY + innerHeight >= document.documentElement.scrollHeight - 1)
                return done(frames);
            scrollBy(0, Math.max(innerHeight, document.documentElement.scrollHeight / 200));
            requestAnimationFrame(step);
        });""")
    for i in range(20):
        captions = browser.wait("""const [part, done] = arguments;
            const inside = box => box.bottom > 0 && box.top < innerHeight;
            scrollTo(0, part * document.documentElement.scrollHeight);
            (function look() {
                const figures = [...document.querySelectorAll('figure')]
                    .filter(figure => inside(figure.getBoundingClientRect()));
                const images = figures.map(figure => figure.querySelector('img'));
                if (images.length > 0 && images.every(i => i && i.complete && i.naturalWidth > 0))
                    return done(images.map(image => image.alt));
                requestAnimationFrame(look);
            })();""", i / 19)
        assert set(captions) <= {p["caption"] for p in photos}, captions
    assert captions[-1] == photos[-1]["caption"], captions
    return sorted(frames)[len(frames) // 2], max(frames)


def check_opening(browser, page):
    """Seconds until something is shown, until the captions are, and until the page is loaded."""
    browser.post("/url", {"url": "file://" + urllib.parse.quote(page)})
    return browser.wait("""const done = arguments[0];
        (function look() {
            const paint = performance.getEntriesByName('first-contentful-paint')[0];
            const {domInteractive, loadEventEnd} = performance.getEntriesByType('navigation')[0];
            if (!paint || !loadEventEnd)
                return setTimeout(look, 20);
            const captions = Math.max(paint.startTime, domInteractive); // the script has run
            done([paint.startTime, captions, loadEventEnd].map(time => time / 1000));
        })();""")


def check_links(page, photos):
    for photo in photos:
        link = urllib.parse.unquote_to_bytes(photo["link"].removeprefix("file://"))
        target = os.path.join(os.path.dirname(os.fsencode(page)), link)
        assert os.path.exists(target), photo["link"]


def take_pictures(browser, folder):
    for scheme in ("light", "dark"):
        browser.prefer(prefers_color_scheme=scheme)
        for width in (400, 1200, 1900):
            browser.size(width, 1000)
            with open(os.path.join(folder, f"{width}-{scheme}.png"), "wb") as file:
                file.write(browser.picture())


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    page = os.path.abspath(sys.argv[1])
    rows = Rows()
    with open(page, encoding="utf-8") as file:
        rows.feed(file.read())
    check_links(page, rows.photos)
    browser = Browser()
    try:
        browser.post("/timeouts", {"script": 120000})
        browser.size(1200, 1000)
        paint, captions, load = check_opening(browser, page)
        frame, longest = check_scrolling(browser, rows.photos)
        searches = check_searches(browser, rows.photos)
        check_orders(browser, rows.photos)
        shown(browser)
        found = browser.axe()
        assert not found, found
        if len(sys.argv) == 3:
            take_pictures(browser, sys.argv[2])
        messages = browser.messages()
        assert not messages, messages
    finally:
        browser.end()
    print(f"{len(rows.photos)} photos, {searches} searches: as expected; "
          f"painted after {paint:.2f} s, captions after {captions:.2f} s, "
          f"loaded after {load:.2f} s, {frame:.0f} ms per frame (at most {longest:.0f})")


if __name__ == "__main__":
    main()
