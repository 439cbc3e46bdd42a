#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes tests/data/metrics.json: made-up captions and their scores.

The scores are computed here from the definitions (Papineni 2002, Lin 2004, Vedantam 2015, with
coco-caption's choices), in the plainest way and without a line shared with metrics/, so that the
C test meets an independent second opinion.  Standard library only:

    python3 tools/make_metrics_golden.py > tests/data/metrics.json
"""
import json
import math
import random
from collections import Counter


def ngrams(words, n):
    return Counter(tuple(words[i:i + n]) for i in range(len(words) - n + 1))


def bleu(items):
    matches, guesses, length, target = [0] * 4, [0] * 4, 0, 0
    for hypothesis, references in items:
        length += len(hypothesis)
        target += min((abs(len(r) - len(hypothesis)), len(r)) for r in references)[1]
        for n in range(4):
            said = ngrams(hypothesis, n + 1)
            guesses[n] += sum(said.values())
            allowed = Counter()
            for reference in references:
                allowed |= ngrams(reference, n + 1)
            matches[n] += sum((said & allowed).values())
    scores = []
    for k in range(1, 5):
        product = math.prod((matches[n] + 1e-15) / (guesses[n] + 1e-9) for n in range(k))
        ratio = (length + 1e-15) / (target + 1e-9)
        scores.append(product ** (1 / k) * (math.exp(1 - 1 / ratio) if ratio < 1 else 1))
    return scores


def common(a, b):
    table = [[0] * (len(b) + 1) for _ in range(len(a) + 1)]
    for i, x in enumerate(a):
        for j, y in enumerate(b):
            table[i + 1][j + 1] = table[i][j] + 1 if x == y else max(table[i][j + 1], table[i + 1][j])
    return table[-1][-1]


def rouge(hypothesis, references, beta=1.2):
    if not hypothesis:
        return 0.0
    precision = max(common(hypothesis, r) / len(hypothesis) for r in references)
    recall = max(common(hypothesis, r) / len(r) for r in references if r)
    if precision == 0 or recall == 0:
        return 0.0
    return (1 + beta ** 2) * precision * recall / (recall + beta ** 2 * precision)


def cider(items, sigma=6.0):
    documents = Counter()
    for _, references in items:
        documents.update({g for r in references for n in range(1, 5) for g in ngrams(r, n)})

    def vector(words, n):
        return {g: c * (math.log(len(items)) - math.log(max(1, documents[g])))
                for g, c in ngrams(words, n).items()}

    def norm(v):
        return math.sqrt(sum(x * x for x in v.values()))

    scores = []
    for hypothesis, references in items:
        total = 0.0
        for reference in references:
            gap = max(0, len(hypothesis) - 1) - max(0, len(reference) - 1)
            for n in range(1, 5):
                h, r = vector(hypothesis, n), vector(reference, n)
                if norm(h) > 0 and norm(r) > 0:
                    dot = sum(min(h[g], r[g]) * r[g] for g in h if g in r)
                    total += dot / (norm(h) * norm(r)) * math.exp(-gap ** 2 / (2 * sigma ** 2))
        scores.append(10 * total / 4 / len(references))
    return scores


def score(items):
    rouges = [rouge(h, r) for h, r in items]
    ciders = cider(items)
    bleus = bleu(items)
    return {'bleu': bleus, 'rouge_l': sum(rouges) / len(items), 'cider': sum(ciders) / len(items),
            'rouge_each': rouges, 'cider_each': ciders,
            'distinct': len({tuple(h) for h, _ in items}) / len(items)}


def invented(rng):
    """A sentence from a small grammar: enough overlap for every order of n-gram to match."""
    words = [rng.choice(['a', 'the', 'two']), rng.choice(['small', 'old', 'red', 'red red', '']),
             rng.choice(['robot', 'kettle', 'lighthouse', 'violin']),
             rng.choice(['sings', 'sleeps', 'sails past the moon', 'is painted green']),
             rng.choice(['', 'in the rain', 'on the moon', 'beside a very very quiet lake'])]
    return ' '.join(words).split()


def main():
    rng = random.Random(7)
    items = [(invented(rng), [invented(rng) for _ in range(rng.randint(1, 5))]) for _ in range(40)]
    items.append(([], [['nothing', 'was', 'said']]))
    items.append((['hello'], [['hello'], ['good', 'day']]))
    items.append((['the'] * 9, [['the', 'kettle', 'the', 'lighthouse'], ['a', 'robot']]))
    items.append((items[0][0], items[1][1]))
    result = score(items)
    result['items'] = [{'hypothesis': ' '.join(h), 'references': [' '.join(r) for r in rs]}
                       for h, rs in items]
    print(json.dumps(result, indent=1))


if __name__ == '__main__':
    main()
