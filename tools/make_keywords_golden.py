#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes tests/data/keywords.json: keywords of made-up photos, by the formula of
models/captioner/keywords.h, and weights and scores that a fit of made-up examples has.

Computed without a line shared with models/ or train/: the photos of a keyword as columns of a
matrix, the fit by iterated weighted least squares.  The words are written down here with their
keywords.  Needs numpy:

    python3 tools/make_keywords_golden.py > tests/data/keywords.json
"""
import json

import numpy as np

PHOTOS, IMAGES, EXAMPLES = 40, 12, 30
# Of each word or pair of words: its keyword.  None: none; absent: not known.
KEYWORDS = {'a': None, 'of': None, 'red': None, 'dog': 'dog', 'dogs': 'dog', 'hot': None,
            'guy': 'man', 'man': 'man', 'men': 'man', 'runs': 'running', 'running': 'running',
            'tennis': 'tennis', 'court': 'court', 'ice': 'ice', 'cream': 'cream',
            'hot dog': 'hot dog', 'ice cream': 'ice cream', 'tennis court': 'tennis court'}
APART = {'hot dog', 'ice cream'}
UNKNOWN = ['zorb', 'qua', 'everwhere', 'ofti']  # the last two are said of too many photos
PAIRS = ['hot dog', 'ice cream', 'tennis court', 'red dog', 'zorb qua']


def matrix(rng):
    """n-gram -> the photos that have it."""
    said = {x: rng.random(PHOTOS) < 0.25 for x in list(KEYWORDS) + UNKNOWN if ' ' not in x}
    said['everwhere'] = rng.random(PHOTOS) < 0.8
    said['ofti'] = rng.random(PHOTOS) < 0.45
    for pair in PAIRS:
        first, second = pair.split()
        said[pair] = said[first] & said[second] & (rng.random(PHOTOS) < 0.8)
        said[pair][PAIRS.index(pair)] = said[first][PAIRS.index(pair)] = True
        said[second][PAIRS.index(pair)] = True
    return said


def keyword_photos(said):
    photos = {}
    for gram, where in said.items():
        name = KEYWORDS.get(gram, None if ' ' in gram else gram)
        if name:
            photos[name] = photos.get(name, np.zeros(PHOTOS, bool)) | where
    for pair in APART:
        for word in pair.split():
            name = KEYWORDS[word]
            if name:
                photos[name] &= ~said[pair]
    return photos


def expect(photos, shares, w, c, photo):
    found = {}
    for name, where in photos.items():
        e, share = w[where].sum(), shares[where].sum()
        known = name in KEYWORDS.values()
        if e < 0.01 or not known and (share > 0.33 or e < 2 * share):
            continue
        e = min(e, 0.99)
        found[name] = photo / (1 + np.exp(-(c[0] + c[1] * np.log(e / (1 - e)))))
    return sorted(([n, float(p)] for n, p in found.items()), key=lambda x: -x[1])


def fit(x, y, ridge=1.0):
    """Logistic regression on the standardised x, the ridge on its weight."""
    mean, deviation = x.mean(), x.std()
    z = np.stack([np.ones_like(x), (x - mean) / deviation], 1)
    w = np.zeros(2)
    for _ in range(100):
        p = 1 / (1 + np.exp(-z @ w))
        curve = p * (1 - p)
        target = z @ w + (y - p) / curve
        w = np.linalg.solve(z.T @ (curve[:, None] * z) + np.diag([0, ridge]), z.T @ (curve * target))
    return [w[0] - w[1] * mean / deviation, w[1] / deviation]


def examples(rng):
    counts = rng.integers(0, 9, EXAMPLES)
    counts[3], counts[4] = 0, 8
    photo = np.repeat(np.arange(EXAMPLES), counts)
    x = rng.normal(-1, 1.5, len(photo)).astype(np.float32).astype(float)
    y = (rng.random(len(x)) < 1 / (1 + np.exp(-(0.3 + 1.2 * x)))).astype(float)
    people = np.bincount(photo, y, EXAMPLES) + rng.integers(0, 4, EXAMPLES)
    people[3] = 0
    return counts, photo, x, y, people


def scores(photo, p, y, people, least):
    taken = p > least
    best = np.zeros(len(p), bool)
    for i in range(EXAMPLES):
        mine = np.flatnonzero(photo == i)
        best[mine[np.argsort(-p[mine])][:5]] = True
    per_photo = np.bincount(photo[taken], minlength=EXAMPLES)
    return {'precision': y[taken].mean(), 'recall': y[taken].sum() / people.sum(),
            'at_five': y[best].mean(), 'per_photo': taken.sum() / EXAMPLES,
            'none': float((per_photo == 0).mean())}


def main():
    rng = np.random.default_rng(7)
    said = matrix(rng)
    shares = rng.random(PHOTOS)
    shares = (shares / shares.sum()).astype(np.float32).astype(float)
    c = [np.float32(0.4), np.float32(1.1)]
    photos = keyword_photos(said)
    images = []
    for i in range(IMAGES):
        w = (rng.normal(0, 0.06, PHOTOS) + shares).astype(np.float32).astype(float)
        w[:] = 0 if i == 0 else w
        w += 0.04 * said['ofti'] * (i == IMAGES - 1)
        photo = 1 if i < 4 else 0.5
        images.append({'weights': w.tolist(), 'photo': photo,
                       'keywords': expect(photos, shares, w, [float(x) for x in c], photo)})
    counts, photo, x, y, people = examples(rng)
    weights, crossed = fit(x, y), np.zeros(len(x))
    for half in range(2):
        a, b = fit(x[photo % 2 == half], y[photo % 2 == half])
        crossed[photo % 2 != half] = 1 / (1 + np.exp(-(a + b * x[photo % 2 != half])))
    print(json.dumps({
        'words': [x for x in list(KEYWORDS) + UNKNOWN if ' ' not in x],
        'grams': {gram: np.flatnonzero(where).tolist() for gram, where in said.items()},
        'shares': shares.tolist(), 'weights': [float(v) for v in c], 'images': images,
        'fit': {'counts': counts.tolist(), 'evidence': x.tolist(), 'said': y.astype(int).tolist(),
                'people': people.astype(int).tolist(), 'weights': weights,
                'crossed': crossed.tolist(), 'scores': scores(photo, crossed, y, people, 0.4)}}))


main()
