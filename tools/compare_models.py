#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Puts the captions of two models side by side on one HTML page, for the same random dev photos.

usage: compare_models.py [--photos N] [--seed N] MODEL_OLD MODEL_NEW DATA OUT.html

DATA holds flickr8k/, with images/, Flickr8k.token.txt and the split lists.  CAPTION names the
program (build/app/caption): both models are scored on all of dev by `caption eval`, whose captions,
confidences and scores the page shows.  The page holds the photos themselves: do not publish it.
"""
import argparse
import base64
import html
import json
import os
import random
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

STYLE = """
:root { color-scheme: light dark; --paper: #fff; --ink: #1c1d20; --soft: #62656c; --line: #dcdee3;
        --card: #f7f7f9; --old: #9a5b13; --new: #1d6fb8; }
@media (prefers-color-scheme: dark) {
  :root { --paper: #17181b; --ink: #e6e7ea; --soft: #9a9da6; --line: #34363c; --card: #1f2125;
          --old: #e0a458; --new: #6cb4f2; } }
body { margin: 0 auto; padding: 2rem 1.5rem 4rem; max-width: 90rem; background: var(--paper);
       color: var(--ink); font: 16px/1.45 system-ui, sans-serif; }
h1 { font-size: 1.5rem; margin: 0 0 .5rem; }
p { color: var(--soft); max-width: 60rem; margin: 0 0 1.5rem; }
table { border-collapse: collapse; margin: 0 0 2rem; }
th, td { padding: .25rem 1rem .25rem 0; text-align: left; border-bottom: 1px solid var(--line);
         font-variant-numeric: tabular-nums; }
td + td, th + th { text-align: right; padding-right: 0; padding-left: 1.5rem; }
.old { color: var(--old); } .new { color: var(--new); }
main { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(34rem, 100%), 1fr));
       gap: 1rem; }
article { display: grid; grid-template-columns: 224px 1fr; gap: 0 1rem; padding: 1rem;
          background: var(--card); border: 1px solid var(--line); border-radius: .5rem;
          grid-template-rows: auto auto 1fr; }
article > img { width: 100%; height: auto; border-radius: .25rem; grid-row: span 3; }
.said { border-left: 3px solid currentColor; padding-left: .75rem; margin-bottom: .75rem; }
.said b { display: block; font-size: .75rem; font-weight: 600; text-transform: uppercase;
          letter-spacing: .05em; }
.said span { color: var(--ink); }
.said em { font-style: normal; }
.said small { display: block; color: var(--soft); font-variant-numeric: tabular-nums; }
.better em { color: var(--ink); font-weight: 600; }
details { color: var(--soft); font-size: .875rem; }
summary { cursor: pointer; }
ul { margin: .25rem 0 0; padding-left: 1.1rem; }
@media (max-width: 32rem) { article { grid-template-columns: 1fr; gap: .75rem; } }
"""

# Name, where in the JSON, factor, form.
ROWS = [("BLEU-1", "scores", "bleu1", 100, "%.1f"), ("BLEU-4", "scores", "bleu4", 100, "%.1f"),
        ("ROUGE-L", "scores", "rouge_l", 100, "%.1f"), ("CIDEr-D", "scores", "cider_d", 1, "%.3f"),
        ("content, %", "scores", "content_precision", 100, "%.1f"),
        ("perplexity", "scores", "perplexity", 1, "%.2f"),
        ("distinct captions, %", "scores", "distinct", 100, "%.1f"),
        ("words used", "scores", "words_used", 1, "%d"),
        ("words per caption", "scores", "mean_length", 1, "%.1f"),
        ("mean confidence, %", "calibration", "confidence", 100, "%.1f"),
        ("calibration error (ECE)", "calibration", "ece", 1, "%.3f"),
        ("confidence with content, rank correlation", "calibration", "spearman", 1, "%.3f")]


def evaluate(program, model, data):
    """What `caption eval --json` says of a model on dev."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "scores.json")
        subprocess.run([program, "eval", "--data", data, "--split", "dev", "--model", model,
                        "--json", path], check=True, stdout=subprocess.DEVNULL)
        with open(path, encoding="utf-8") as file:
            return json.load(file)


def read_captions(path):
    """What people said: name -> captions."""
    captions = {}
    with open(path, encoding="utf-8") as file:
        for line in file:
            photo, text = line.rstrip("\n").split("\t", 1)
            captions.setdefault(photo.rsplit("#", 1)[0], []).append(text)
    return captions


def table(old, new):
    """The models' scores on all of dev; a dash where a model is not calibrated."""
    rows = []
    for name, part, key, times, form in ROWS:
        cells = [scores[part][key] * times if part in scores else None for scores in (old, new)]
        rows.append("<tr><td>%s</td>%s</tr>" % (name, "".join(
            "<td>%s</td>" % ("–" if cell is None else form % cell) for cell in cells)))
    return "".join(rows)


def numbers(caption, calibrated):
    return "<em>CIDEr-D %.2f</em> · content %.0f %% · %s %.0f %%" % (
        caption["cider_d"], 100 * caption["content_precision"],
        "confidence" if calibrated else "word probability", 100 * caption["confidence"])


def said(kind, title, text, small):
    return '<div class="said %s"><b>%s</b><span>%s</span><small>%s</small></div>' % (
        kind, title, html.escape(text), small)


def card(name, data, pair, calibrated, people):
    old, new = pair
    with open(os.path.join(data, "images", name), "rb") as file:
        photo = base64.b64encode(file.read()).decode()
    if old["caption"] == new["caption"]:
        small = numbers(new, calibrated[1])
        if calibrated[0] and calibrated[1]:
            small = numbers(old, True) + " → %.0f %%" % (100 * new["confidence"])
        captions = said("", "both", old["caption"], small)
    else:
        captions = "\n".join(
            said(kind + (" better" if caption["cider_d"] > other["cider_d"] else ""), kind,
                 caption["caption"], numbers(caption, known))
            for kind, caption, other, known in (("old", old, new, calibrated[0]),
                                                ("new", new, old, calibrated[1])))
    return """<article>
<img src="data:image/jpeg;base64,%s" width="224" height="224" alt="%s">
%s
<details><summary>%d people</summary><ul>%s</ul></details></article>""" % (
        photo, html.escape(name), captions, len(people),
        "".join("<li>%s</li>" % html.escape(text) for text in people))


def page(old, new, data, names, seed):
    by_name = [{caption["photo"]: caption for caption in scores["captions"]}
               for scores in (old, new)]
    people = read_captions(os.path.join(data, "Flickr8k.token.txt"))
    pairs = [(by_name[0][name], by_name[1][name]) for name in names]
    changed = [(a, b) for a, b in pairs if a["caption"] != b["caption"]]
    summary = ("%d of the %d dev photos, drawn at random with seed %d. On these, %d captions "
               "differ; by CIDEr-D %d are better, %d worse, and the mean goes from %.3f to "
               "%.3f." % (
                   len(names), old["photos"], seed, len(changed),
                   sum(b["cider_d"] > a["cider_d"] for a, b in changed),
                   sum(b["cider_d"] < a["cider_d"] for a, b in changed),
                   sum(a["cider_d"] for a, _ in pairs) / len(names),
                   sum(b["cider_d"] for _, b in pairs) / len(names)))
    calibrated = ["calibration" in scores for scores in (old, new)]
    cards = "\n".join(card(name, data, pair, calibrated, people[name])
                      for name, pair in zip(names, pairs))
    return """<!DOCTYPE html>
<html lang="en"><meta charset="utf-8"><title>Two models</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><style>%s</style>
<h1>Two models: <span class="old">%s</span> and <span class="new">%s</span></h1>
<p>%s</p>
<table><tr><th>all of dev</th><th class="old">old</th><th class="new">new</th></tr>%s</table>
<main>%s</main></html>
""" % (STYLE, *(html.escape(os.path.basename(scores["model"])) for scores in (old, new)),
       summary, table(old, new), cards)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("old", metavar="MODEL_OLD")
    parser.add_argument("new", metavar="MODEL_NEW")
    parser.add_argument("data", metavar="DATA", help="folder with flickr8k/")
    parser.add_argument("out", metavar="OUT.html")
    parser.add_argument("--photos", type=int, default=60, help="how many (60)")
    parser.add_argument("--seed", type=int, default=1, help="of the draw (1)")
    options = parser.parse_args()
    program = os.environ.get("CAPTION", os.path.join(ROOT, "build", "app", "caption"))
    data = os.path.join(options.data, "flickr8k")
    try:
        old, new = (evaluate(program, model, data) for model in (options.old, options.new))
        names = sorted(caption["photo"] for caption in old["captions"])
        names = random.Random(options.seed).sample(names, max(1, min(options.photos, len(names))))
        text = page(old, new, data, names, options.seed)
        with open(options.out + ".new", "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(options.out + ".new", options.out)
    except subprocess.CalledProcessError as error:
        sys.exit("compare_models: %s failed, see above" % " ".join(error.cmd[:2]))
    except OSError as error:
        sys.exit("compare_models: %s: %s" % (error.filename, error.strerror))


if __name__ == "__main__":
    main()
