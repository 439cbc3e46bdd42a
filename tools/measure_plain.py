#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Measures what `caption --plain` makes of captions, on photos that people described.

usage: measure_plain.py [--model FILE] [--pairs N] FLICKR8K [X]...

FLICKR8K holds images/, Flickr8k.token.txt and Flickr_8k.devImages.txt, whose photos are captioned.
CAPTION names the program (build/app/caption).  For each X (0.3 0.4 0.5) it prints a row of the
table in docs/confidence.md: how many captions change; of the words that went the share that no
reference of the photo has, in any form; of the words of classes that came the share where some
reference has a word of the class; and content precision (metrics/metrics.h) of all captions as
found and as changed.  --pairs N prints N changed captions of the last X, drawn from a seed, to read.

The classes are read from models/captioner/plain.c, the forms of words from english_words.inc.
"""
import argparse
import collections
import json
import math
import os
import random
import re
import subprocess
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
WORDS = os.path.join(ROOT, 'models/captioner/english_words.inc')
CLASSES = os.path.join(ROOT, 'models/captioner/plain.c')


def read_forms():
    """The keyword of each word: its base form."""
    forms = {}
    for line in open(WORDS):
        if line.startswith('"'):
            name, *words = line.strip().rstrip(',').strip('"').split(',')
            forms.update((word.lstrip('~'), name) for word in words if name)
    return forms


def read_classes():
    """For each word of a class, singular or plural, all words of the class and those below it."""
    pattern = r'plain_class (\w+) = \{&?(\w+), NOUNS\{([^}]*)\}'
    found = [(name, above, re.findall(r'"(\w+)"', nouns))
             for name, above, nouns in re.findall(pattern, open(CLASSES).read())]
    below = {name: set(nouns) for name, _, nouns in found}
    for name, above, _ in found:
        if above != 'NULL':
            below[above] |= below[name]
    return {word: below[name] for name, _, nouns in found for word in nouns[:2]}


def read_references(folder):
    words = collections.defaultdict(set)
    for line in open(os.path.join(folder, 'Flickr8k.token.txt')):
        name, text = line.rstrip('\n').split('\t')
        words[name.split('#')[0]].update(tokens(text))
    photos = open(os.path.join(folder, 'Flickr_8k.devImages.txt')).read().split()
    return {photo: words[photo] for photo in photos}


def tokens(text):
    return re.findall(r"'s|[\w-]+", text.lower())


def captions(program, model, folder, photos, least):
    """For each photo the words that were found, and those of the caption."""
    paths = [os.path.join(folder, 'images', photo) for photo in photos]
    with tempfile.NamedTemporaryFile('w', suffix='.txt') as file:
        file.write('\n'.join(paths))
        file.flush()
        command = [program, '-q', '-f', 'jsonl', '--any-picture', '--plain', str(least),
                   '--files-from', file.name] + (['-m', model] if model else [])
        rows = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    for row in map(json.loads, rows.splitlines()):
        caption = row['captions'][0]
        yield (os.path.basename(row['path']), [word['text'] for word in caption['words']],
               tokens(caption['caption']))


def content(words, said, idf):
    weights = {word: idf(word) for word in words}
    total = sum(weights.values())
    return sum(weights[word] for word in weights if word in said) / total if total else 0


def share(some):
    return f'{100 * sum(some) / len(some):.1f} %' if some else '-'


def measure(rows, references, forms, classes):
    documents = collections.Counter(word for said in references.values() for word in said)
    went, came, before, after, pairs = [], [], [], [], []

    def idf(word):
        return math.log(len(references)) - math.log(max(documents[word], 1))

    def form(word):
        return forms.get(word, word)

    for photo, found, plain in rows:
        said = references[photo]
        said_forms = {form(word) for word in said}
        assert len(found) == len(plain), (found, plain)
        for old, new in zip(found, plain):
            if old != new and new in classes:
                went.append(form(old) not in said_forms)
                came.append(any(form(word) in said_forms for word in classes[new]))
        before.append(content(found, said, idf))
        after.append(content(plain, said, idf))
        if found != plain:
            pairs.append((photo, ' '.join(found), ' '.join(plain)))
    row = [len(pairs), len(went), share(went), share(came)]
    row += [f'{sum(scores) / len(scores):.3f}' for scores in (before, after)]
    return row, pairs


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--model')
    parser.add_argument('--pairs', type=int, default=0)
    parser.add_argument('folder')
    parser.add_argument('least', nargs='*', type=float, default=[0.3, 0.4, 0.5])
    options = parser.parse_args()
    program = os.environ.get('CAPTION', os.path.join(ROOT, 'build/app/caption'))
    references = read_references(options.folder)
    forms, classes = read_forms(), read_classes()
    pairs = []

    print('| X | captions changed | words replaced | of these, no reference has | of the class words,'
          ' some reference has the class | content precision: found | plain |')
    print('|---|---|---|---|---|---|---|')
    for least in options.least:
        rows = captions(program, options.model, options.folder, references, least)
        row, pairs = measure(rows, references, forms, classes)
        print('|', ' | '.join(map(str, [least] + row)), '|', flush=True)
    random.Random(1).shuffle(pairs)
    for pair in pairs[:options.pairs]:
        print(*pair, sep='\n  ')


if __name__ == '__main__':
    main()
