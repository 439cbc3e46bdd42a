#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes pictures that show nothing that a caption could be about, to measure how many of them
`caption` says are no photos.  They share no code with those that `caption calibrate` draws and fits
to (train/fit/empty_pictures.h): each is a page of HTML and SVG that headless Chromium renders.
Needs chromium and chromium-driver.

usage: make_pictures_of_nothing.py FOLDER [SEED [PER_KIND [PHOTO...]]]
       SEED: 1, PER_KIND: 12; with photos also a kind "mixed", pages with some of them in small

count: caption -f jsonl FOLDER | grep -c '"not_a_photo":true'
"""
import base64
import math
import os
import random
import sys
import urllib.parse

from webdriver import Browser

SIZES = [(1280, 800), (1024, 768), (800, 1100), (900, 900), (600, 400)]
FONTS = ["DejaVu Sans", "DejaVu Serif", "DejaVu Sans Mono", "Liberation Sans", "Liberation Serif",
         "Liberation Mono", "C059", "Nimbus Sans", "URW Gothic"]
SYLLABLES = ("ba be bi co cu da de di fo ga ge hi jo ka le li lo ma me mi na ne no pa pe ra re ri "
             "sa se si ta te ti to tra un ve vi za").split()


class Page:
    """What one page is made of, all by chance; pages are strings of HTML."""

    def __init__(self, chance):
        self.chance = chance
        self.width, self.height = chance.choice(SIZES)
        self.dark = chance.random() < 0.25
        self.paper = self.hsl(8, 20) if self.dark else self.hsl(92, 100)
        self.ink = self.hsl(75, 95) if self.dark else self.hsl(0, 30)
        self.font = chance.choice(FONTS)
        self.hue = chance.randrange(360)

    def hsl(self, darkest, lightest, most_colour=70):
        c = self.chance
        return (f"hsl({c.randrange(360)},{c.randrange(most_colour + 1)}%,"
                f"{c.randint(darkest, lightest)}%)")

    def colour(self, number):
        return f"hsl({(self.hue + 67 * number) % 360},65%,{45 + 7 * (number % 3)}%)"

    def word(self):
        return "".join(self.chance.choices(SYLLABLES, k=self.chance.randint(1, 4)))

    def words(self, least, most):
        return " ".join(self.word() for _ in range(self.chance.randint(least, most)))

    def number(self):
        return f"{self.chance.uniform(0, 10 ** self.chance.randint(1, 5)):,.2f}"

    def page(self, body, style=""):
        return (f"<!DOCTYPE html><meta charset=utf-8><style>html,body{{margin:0;height:100%;"
                f"overflow:hidden;background:{self.paper};color:{self.ink};"
                f"font:{self.chance.randint(11, 24)}px '{self.font}'}}{style}</style>{body}")

    def svg(self, shapes):
        """A drawing in units of a thousandth of the page's sides."""
        return self.page(f"<svg width=100% height=100% viewBox='0 0 1000 1000' "
                         f"preserveAspectRatio=none>{shapes}</svg>")

    def text(self, x, y, words, size=24, anchor="start"):
        return (f"<text x={x:.0f} y={y:.0f} font-size={size} fill='{self.ink}' "
                f"text-anchor={anchor}>{words}</text>")


# ---- Plots ----

def axes(page):
    """The axes of a plot with ticks, and the plot's sides: left, top, right, bottom."""
    c = page.chance
    left, top, right, bottom = c.randint(70, 160), c.randint(40, 130), c.randint(840, 970), 860
    shapes = page.text(500, top - 12, page.words(2, 6), 32, "middle")
    for i in range(c.randint(4, 8) + 1):
        y, x = bottom - i * (bottom - top) / 8, left + i * (right - left) / 8
        if y >= top:
            shapes += page.text(left - 10, y, i * 25, 22, "end")
            shapes += (f"<path d='M{left} {y:.0f}H{right}' stroke='{page.ink}' "
                       f"opacity={c.choice([0.1, 0.3])} />")
        shapes += page.text(x, bottom + 30, 1990 + 4 * i, 22, "middle")
    shapes += f"<path d='M{left} {top}V{bottom}H{right}' stroke='{page.ink}' fill=none />"
    return shapes + page.text(500, 960, page.words(1, 3), 24, "middle"), left, top, right, bottom


def line_chart(page):
    c = page.chance
    shapes, left, top, right, bottom = axes(page)
    for line in range(c.randint(1, 5)):
        level, points = c.uniform(0.2, 0.8), []
        for i in range(c.choice([8, 25, 120])):
            level = min(0.98, max(0.02, level + c.gauss(0, 0.06)))
            points.append(level)
        step = (right - left) / (len(points) - 1)
        path = "L".join(f"{left + i * step:.0f} {bottom - p * (bottom - top):.0f}"
                        for i, p in enumerate(points))
        area = c.random() < 0.2
        shapes += (f"<path d='M{path}{f'V{bottom}H{left}Z' if area else ''}' "
                   f"fill='{page.colour(line) if area else 'none'}' fill-opacity=0.5 "
                   f"stroke='{page.colour(line)}' stroke-width={c.randint(2, 7)} />")
    return page.svg(shapes)


def bar_chart(page):
    c = page.chance
    shapes, left, top, right, bottom = axes(page)
    count, layers = c.randint(3, 20), c.choice([1, 1, 2, 3])
    width = (right - left) / count
    for i in range(count):
        foot = bottom
        for layer in range(layers):
            high = c.uniform(0.02, 0.95) * (bottom - top) / layers
            foot -= high
            shapes += (f"<rect x={left + (i + 0.15) * width:.0f} y={foot:.0f} "
                       f"width={0.7 * width:.0f} height={high:.0f} fill='{page.colour(layer)}' />")
    return page.svg(shapes)


def scatter_plot(page):
    c = page.chance
    shapes, left, top, right, bottom = axes(page)
    for cloud in range(c.randint(1, 4)):
        x, y, spread = c.uniform(left, right), c.uniform(top, bottom), c.uniform(30, 160)
        for _ in range(c.choice([15, 60, 250])):
            shapes += (f"<circle cx={c.gauss(x, spread):.0f} cy={c.gauss(y, spread):.0f} "
                       f"r={c.randint(4, 11)} fill='{page.colour(cloud)}' opacity=0.7 />")
    return page.svg(shapes)


def pie_chart(page):
    c = page.chance
    ends = sorted(c.uniform(0, 100) for _ in range(c.randint(1, 7))) + [100]
    parts = ",".join(f"{page.colour(i)} {end if i == 0 else 0:.1f}% {end:.1f}%"
                     for i, end in enumerate(ends))
    side = c.randint(40, 80)
    hole = f"radial-gradient({page.paper} {c.randint(30, 50)}%,#0000 0)," if c.random() < 0.4 else ""
    key = "".join(f"<li style='color:{page.colour(i)}'>{page.words(1, 2)}</li>"
                  for i in range(len(ends)))
    return page.page(f"<h2 style='text-align:center'>{page.words(2, 5)}</h2><div style='margin:auto;"
                     f"width:{side}vmin;height:{side}vmin;border-radius:50%;"
                     f"background:{hole}conic-gradient({parts})'></div><ul>{key}</ul>")


def heat_map(page):
    c = page.chance
    rows, columns = c.randint(4, 20), c.randint(4, 20)
    cells = "".join(
        "<tr>" + "".join(f"<td style='background:hsl({page.hue + 120 * c.random():.0f},70%,"
                         f"{c.randint(25, 85)}%)'>{c.randrange(100) if columns < 10 else ''}"
                         for _ in range(columns)) for _ in range(rows))
    return page.page(f"<h3>{page.words(2, 5)}</h3><table>{cells}</table>",
                     "table{width:90%;height:80%;margin:auto;border-collapse:collapse}")


# ---- What is read ----

def article(page):
    columns = page.chance.choice([1, 1, 2, 3])
    body = f"<h1>{page.words(2, 6)}</h1>" + "".join(
        f"<h3>{page.words(1, 4)}</h3><p>{page.words(30, 120)}.</p>" for _ in range(12))
    return page.page(f"<div style='columns:{columns}'>{body}</div>",
                     f"div{{padding:{page.chance.randint(1, 9)}%}}p{{text-align:justify}}")


def program_code(page):
    c = page.chance
    lines = "".join(
        f"<div style='padding-left:{2 * c.randrange(5)}em'><i>{number + 1} </i>" +
        " ".join(f"<span style='color:{page.colour(c.randrange(5))}'>{page.word()}"
                 f"{c.choice(['', '(', ' =', ');', ' {'])}</span>" for _ in range(c.randint(0, 9))) +
        "</div>" for number in range(90))
    page.font = "DejaVu Sans Mono"
    return page.page(lines)


def sheet_of_numbers(page):
    c = page.chance
    columns, rules = c.randint(3, 10), c.choice(["none", "1px solid gray", "2px solid black"])
    head = "".join(f"<th>{page.word()}</th>" for _ in range(columns))
    rows = "".join(f"<tr><td>{page.words(1, 2)}" + "".join(
        f"<td align=right>{page.number()}" for _ in range(columns - 1)) for _ in range(60))
    return page.page(f"<table>{head}{rows}</table>",
                     f"table{{width:100%;border-collapse:collapse}}td,th{{border:{rules};"
                     f"padding:{c.randint(1, 9)}px}}th{{background:{page.colour(1)}}}")


def form(page):
    c = page.chance
    fields = ["<input size=30>", "<input type=checkbox>", "<select><option>-</select>",
              "<textarea rows=3 cols=40></textarea>", "<input type=radio> <input type=radio>",
              "<hr style='width:60%;display:inline-block'>"]
    rows = "".join(f"<p>{page.words(1, 3)}: {c.choice(fields)}</p>" for _ in range(25))
    return page.page(f"<form><h2>{page.words(2, 4)}</h2>{rows}<button>{page.word()}</button></form>",
                     f"form{{padding:{c.randint(1, 8)}%}}input,select{{font-size:1em}}")


def slide(page):
    c = page.chance
    points = "".join(f"<li>{page.words(2, 7)}</li>" for _ in range(c.randint(1, 6)))
    return page.page(f"<h1>{page.words(1, 4)}</h1><ul>{points}</ul>",
                     f"h1{{background:{page.colour(0) if c.random() < 0.5 else 'none'};margin:0;"
                     f"padding:5%;font-size:{c.randint(40, 80)}px}}"
                     f"li{{font-size:{c.randint(22, 44)}px;margin:3% 6%}}")


def calendar(page):
    c = page.chance
    days = "".join(("<tr>" if day % 7 == 0 else "") + f"<td>{day + 1}<br><small>"
                   f"{page.words(1, 2) if c.random() < 0.4 else ''}</small>" for day in range(31))
    return page.page(f"<h2>{page.word()} {c.randint(1990, 2030)}</h2><table border=1>{days}</table>",
                     "table{width:100%;height:85%;border-collapse:collapse}td{vertical-align:top}")


def chat(page):
    c = page.chance
    bubbles = "".join(
        f"<p style='margin:1% {'40%' if left else '3%'} 1% {'3%' if left else '40%'};padding:1em;"
        f"border-radius:1em;background:{page.colour(left)};color:white'>{page.words(2, 25)}</p>"
        for left in (c.random() < 0.5 for _ in range(14)))
    return page.page(bubbles)


# ---- Signs ----

def flow_chart(page):
    c = page.chance
    count, shapes = c.randint(3, 10), ""
    places = [(150 + 350 * (i % 3) + c.randint(-40, 40), 120 + 240 * (i // 3) + c.randint(-40, 40))
              for i in range(count)]
    for i in range(1, count):
        (x, y), (u, v) = places[i], places[c.randrange(i)]
        shapes += (f"<path d='M{u} {v}Q{(x + u) // 2 + 60} {(y + v) // 2} {x} {y}' fill=none "
                   f"stroke='{page.ink}' stroke-width=3 />")
    for x, y in places:
        shapes += (f"<rect x={x - 100} y={y - 45} width=200 height=90 rx={c.choice([0, 15, 45])} "
                   f"fill='{page.colour(c.randrange(2))}' stroke='{page.ink}' />"
                   + page.text(x, y + 8, page.words(1, 2), 26, "middle"))
    return page.svg(shapes)


def square_code(page):
    c = page.chance
    side = c.choice([21, 25, 33])

    def black(x, y):
        for left, top in ((0, 0), (side - 7, 0), (0, side - 7)):
            ring = max(abs(x - left - 3), abs(y - top - 3))
            if ring <= 4:
                return ring in (0, 1, 3)
        return c.random() < 0.5
    cells = "".join(f"<rect x={x} y={y} width=1.05 height=1.05 />"
                    for x in range(side) for y in range(side) if black(x, y))
    return page.page(f"<center><p>{page.words(0, 6)}</p><svg style='height:{c.randint(40, 85)}vmin;"
                     f"background:white' viewBox='-3 -3 {side + 6} {side + 6}'>{cells}</svg></center>")


def music(page):
    c = page.chance
    shapes, gap = page.text(500, 50, page.words(1, 4), 36, "middle"), c.randint(9, 15)
    for top in range(110, 900, gap * c.randint(9, 13)):
        for line in range(5):
            shapes += f"<path d='M50 {top + gap * line}H950' stroke='{page.ink}' />"
        x = 110
        while x < 920:
            y = top + gap * c.randint(-1, 9) / 2
            shapes += (f"<ellipse cx={x} cy={y} rx={0.6 * gap:.0f} ry={0.45 * gap:.0f} "
                       f"fill='{page.ink if c.random() < 0.8 else 'none'}' stroke='{page.ink}' />"
                       f"<path d='M{x + 0.6 * gap:.0f} {y}v-{3.4 * gap:.0f}' stroke='{page.ink}' />")
            x += c.randint(2 * gap, 6 * gap)
    return page.svg(shapes)


def street_map(page):
    c = page.chance
    shapes = "<rect width=1000 height=1000 fill='#f2efe9' />"
    for colour in ["#aad3df", "#cdebb0", "#add19e", "#e0dfdf"] * c.randint(1, 3):
        points = " ".join(f"{c.gauss(0, 1) * 120 + x:.0f},{c.gauss(0, 1) * 120 + y:.0f}"
                          for x, y in [(c.randint(0, 1000), c.randint(0, 1000))] for _ in range(7))
        shapes += f"<polygon points='{points}' fill='{colour}' />"
    for width, colour in [(7, "white"), (12, "#f7fabf"), (18, "#fcd6a4")]:
        for _ in range(c.randint(3, 18)):
            at = [c.randint(-100, 1100) for _ in range(6)]
            path = f"M{at[0]} {at[1]}Q{at[2]} {at[3]} {at[4]} {at[5]}"
            shapes += (f"<path d='{path}' fill=none stroke=gray stroke-width={width + 3} />"
                       f"<path d='{path}' fill=none stroke='{colour}' stroke-width={width} />")
    page.ink = "#333"
    for _ in range(c.randint(4, 25)):
        shapes += page.text(c.randint(0, 900), c.randint(20, 990), page.words(1, 2),
                            c.choice([16, 20, 28]))
    return page.svg(shapes)


# ---- Surfaces ----

def plain(page):
    page.paper = page.hsl(0, 100, 100)
    return page.page("")


def gradient(page):
    c = page.chance
    stops = ",".join(page.hsl(10, 95) for _ in range(c.randint(2, 3)))
    kind = c.choice([f"linear-gradient({c.randrange(360)}deg,", "radial-gradient("])
    return page.page(f"<div style='height:100%;background:{kind}{stops})'></div>")


def plaster(page):
    """Rough walls in light from the side, by the noise of SVG filters."""
    c = page.chance
    grain = math.exp(c.uniform(math.log(0.01), math.log(0.6)))
    return page.page(
        f"<svg width=100% height=100%><filter id=wall x=0 y=0 width=100% height=100%>"
        f"<feTurbulence type=fractalNoise baseFrequency={grain:.3f} numOctaves={c.randint(2, 5)} "
        f"seed={c.randrange(999)} /><feDiffuseLighting lighting-color='{page.hsl(70, 95, 40)}' "
        f"surfaceScale={c.uniform(0.5, 3):.1f}><feDistantLight azimuth={c.randrange(360)} "
        f"elevation={c.randint(45, 75)} /></feDiffuseLighting></filter>"
        f"<rect width=100% height=100% filter=url(#wall) /></svg>")


def scan(page):
    """Something that is read, a little turned, yellow and out of focus, on a ground."""
    c = page.chance
    inner = c.choice([article, sheet_of_numbers, form, music, line_chart])(page)
    style, body = inner.split("<style>", 1)[1].split("</style>", 1)
    return (f"<!DOCTYPE html><meta charset=utf-8><style>{style}body{{transform:"
            f"rotate({c.uniform(-7, 7):.1f}deg) scale({c.uniform(0.7, 1.05):.2f});"
            f"filter:blur({c.uniform(0, 2):.1f}px) sepia({c.uniform(0, 0.6):.1f}) "
            f"contrast({c.uniform(0.6, 1):.2f})}}html{{background:{page.hsl(5, 60)}}}</style>{body}")


def mixed(page, photos):
    """A page with photos in small: hardly to be decided."""
    c = page.chance
    body = "".join(f"<p><img src='data:image/jpeg;base64,{c.choice(photos)}' "
                   f"style='float:{c.choice(['left', 'right'])};width:{c.randint(8, 25)}%;margin:1em'>"
                   f"{page.words(30, 90)}</p>" for _ in range(8))
    return page.page(f"<h2>{page.words(2, 5)}</h2>{body}")


KINDS = [line_chart, bar_chart, scatter_plot, pie_chart, heat_map, article, program_code,
         sheet_of_numbers, form, slide, calendar, chat, flow_chart, square_code, music, street_map,
         plain, gradient, plaster, scan]


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    folder = sys.argv[1]
    seed, count = (int(a) for a in (sys.argv[2:4] + ["1", "12"][len(sys.argv[2:4]):]))
    photos = [base64.b64encode(open(path, "rb").read()).decode() for path in sys.argv[4:]]
    kinds = [(draw.__name__, draw) for draw in KINDS]
    if photos:
        kinds.append(("mixed", lambda page: mixed(page, photos)))
    os.makedirs(folder, exist_ok=True)
    browser = Browser()
    for name, draw in kinds:
        for number in range(count):
            page = Page(random.Random(f"{seed} {name} {number}"))
            picture = draw(page)
            browser.devtools("Emulation.setDeviceMetricsOverride", width=page.width,
                             height=page.height, deviceScaleFactor=1, mobile=False)
            browser.post("/url", {"url": "data:text/html;charset=utf-8,"
                                         + urllib.parse.quote(picture)})
            shot = browser.devtools("Page.captureScreenshot", format="png")["data"]
            with open(os.path.join(folder, f"{name}-{number:02}.png"), "wb") as file:
                file.write(base64.b64decode(shot))
    browser.end()


if __name__ == "__main__":
    main()
