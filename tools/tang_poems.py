#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Prints the poems of the Complete Tang Poems whose lines all have five or all seven characters:
title and author, a couplet a line, an empty line after each.  usage: tang_poems.py CHECKOUT
CHECKOUT is that of github.com/chinese-poetry/chinese-poetry; `collect-corpus tang` calls this."""
import json
import re
import sys
from pathlib import Path

MOST_COUPLETS = 8
NOTES = re.compile(r"（.*?）|\(.*?\)|〔.*?〕|【.*?】|\s")


def couplets(paragraphs):
    """The poem's couplets "a line，a line。", or None where it has another form."""
    text = NOTES.sub("", "".join(paragraphs))
    lines = re.findall(r"[^。]*。|[^。]+$", re.sub("[？！；]", "。", text))
    forms = {bool(re.fullmatch(rf"\w{{{n}}}，\w{{{n}}}。", line)) and n
             for line in lines for n in [line.find("，")]}
    return lines if 2 <= len(lines) <= MOST_COUPLETS and forms in ({5}, {7}) else None


def main():
    for path in sorted(Path(sys.argv[1], "御定全唐詩/json").glob("*.json")):
        for poem in json.loads(path.read_text(encoding="utf-8")):
            lines = couplets(poem["paragraphs"])
            title = NOTES.sub("", poem["title"])
            if lines and re.fullmatch(r"\w{1,14}", title):
                print(f"《{title}》{poem['author']}", *lines, "", sep="\n")


main()
