#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""make_subwords_golden.py >tests/vocab/subwords_golden.h: byte pair encoding, the slow way.

Written from the paper (Sennrich et al. 2016) and vocab/subwords.h: every merge counts all pairs of
the whole text again, and every word is merged by looking at all of its pairs.
"""
import collections
import unicodedata

TEXT = """low low low low low lower lower newest newest newest newest newest newest
widest widest widest\tthe  low tower, the lowest tower's   newest flower (wide) well-known
我是中国人 我是中国人 中国的中国人 我是人
""" + "banana bananas aaaaa aaaa the bandana \U0001F600 \n" * 3 + "r\u00e9sum\u00e9 r\u00e9sum\u00e9 x\n"
TRIED = ["lowest newer", "the widest  banana\n", "中国人是我", "\U0001F601 zebra", "résumé\t x",
         "aaaaaaa", "   bananas", "\ue041 low"]
MINIMUM, LIMIT, LONGEST = 2, 300, 64


def is_word(c):
    return c == "_" or unicodedata.category(c)[0] in "LMN"


def is_blank(c):
    return c in " \t\r\f\v" or unicodedata.category(c) == "Zs"


def word_at(text, at):
    end, size = at + 1, len(text[at].encode())
    if not is_word(text[at]):
        return end
    while end < len(text):
        joins = text[end] in "'-\u2019\u2010" and end + 1 < len(text) and is_word(text[end + 1])
        size += len(text[end].encode())
        if not (is_word(text[end]) or joins) or size > LONGEST:
            break
        end += 1
    return end


def words(text):
    """Words with the space before them, and runs of other blanks."""
    at, found = 0, []
    while at < len(text):
        def visible(i):
            return i < len(text) and text[i] != "\n" and not is_blank(text[i])
        if not is_blank(text[at]):
            end = word_at(text, at)
        elif text[at] == " " and visible(at + 1):
            end = word_at(text, at + 1)
        else:
            end = at + 1
            while (end < len(text) and text[end] == text[at]
                   and not (text[at] == " " and visible(end + 1))):
                end += 1
        found.append(text[at:end])
        at = end
    assert "".join(found) == text
    return found


def spell(word, known):
    """Characters, and bytes of those that are not known."""
    symbols = []
    for c in word:
        if c in known and not 0xE000 <= ord(c) < 0xE100:
            symbols.append(c)
        else:
            symbols += [chr(0xE000 + b) for b in c.encode()]
    return symbols


def join(symbols, pair):
    out, i = [], 0
    while i < len(symbols):
        if tuple(symbols[i:i + 2]) == pair:
            out.append(symbols[i] + symbols[i + 1])
            i += 2
        else:
            out.append(symbols[i])
            i += 1
    return out


def learn(text):
    vocabulary = [chr(0xE000 + b) for b in range(1, 256)]
    characters = collections.Counter(c for c in text if not 0xE000 <= ord(c) < 0xE100)
    vocabulary += sorted((c for c, n in characters.items() if n >= MINIMUM),
                         key=lambda c: (-characters[c], c.encode()))
    spelled = [spell(word, vocabulary) for word in words(text)]
    while len(vocabulary) < LIMIT:
        pairs = collections.Counter(p for s in spelled for p in zip(s, s[1:]))
        if not pairs:
            break
        best = min(pairs, key=lambda p: (-pairs[p], p[0].encode(), p[1].encode()))
        if pairs[best] < MINIMUM:
            break
        if best[0] + best[1] not in vocabulary:
            vocabulary.append(best[0] + best[1])
        spelled = [join(s, best) for s in spelled]
    return vocabulary


def encode(text, vocabulary):
    rank = {token: i for i, token in enumerate(vocabulary)}
    tokens = []
    for word in words(text):
        symbols = spell(word, vocabulary)
        while True:
            ranks = [rank.get(a + b, len(rank)) for a, b in zip(symbols, symbols[1:])]
            if not ranks or min(ranks) == len(rank):
                break
            at = ranks.index(min(ranks))
            symbols[at:at + 2] = [symbols[at] + symbols[at + 1]]
        tokens += symbols
    return tokens


def literal(text):
    return '"' + "".join(chr(b) if 32 <= b < 127 and chr(b) not in '"\\?' else f"\\{b:03o}"
                         for b in text.encode()) + '"'


def listing(name, items):
    print(f"static const char *const {name}[] = {{")
    for item in items:
        print(f"    {literal(item)},")
    print("    NULL,\n};")


vocabulary = learn(TEXT)
print("/* SPDX-License-Identifier: MIT */")
print("/* Made by tools/make_subwords_golden.py. */")
print(f"enum {{ GOLDEN_MINIMUM = {MINIMUM}, GOLDEN_LIMIT = {LIMIT} }};")
print("static const char golden_text[] =")
for line in TEXT.splitlines(keepends=True):
    print(f"    {literal(line)}")
print("    ;")
listing("golden_vocabulary", vocabulary)
print("/* Texts, and their tokens, which NULL ends. */")
listing("golden_texts", TRIED)
print("static const char *const *const golden_tokens[] = {")
for text in TRIED:
    tokens = ", ".join(literal(t) for t in encode(text, vocabulary))
    print(f"    (const char *const[]){{{tokens}, NULL}},")
print("};")
