#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes models/captioner/english_words.inc: which words of captions are the same keyword, and which
are none.

usage: make_keyword_words.py CAPTIONS... > models/captioner/english_words.inc

CAPTIONS are text files with a caption per line: the shipped table is of Flickr30k's and of 131,874
of COCO's.  They say which words are in use, which of two classes a word is in ("walks" after "man",
"walk" after "a") and which of two synonyms is the usual one.  All else is from WordNet 3.0 (Debian:
wordnet-base): base forms, classes, synonyms, words of two parts.  What WordNet cannot know is in
the lists below.
"""
import collections
import os
import re
import sys

WORDNET = '/usr/share/wordnet/'
FILES = {'n': 'noun', 'v': 'verb', 'a': 'adj', 'r': 'adv'}
FEWEST, FEWEST_TWO = 10, 30  # how often a word, or two, must be in use
LONGEST_LINE = 88

# Words that no photo is searched by: little words, numbers, colours, what is said of anything.
NONE = set('''a an the and or but nor of in on at to with by from into onto through over under near
next behind beside besides between among around across along against above below up down off out
outside inside away toward towards during while as for that this these those there here it its his
her hers their them they he she him i you we us me my your our who which what where when how why
whose some any all both each every other others another many several few lot lots much more most no
not one two three four five six seven eight nine ten eleven twelve dozen hundred first second third
multiple various different same own such so very too also just only together apart ahead about atop
amongst upon within without due because if then than itself himself herself themselves like
is are was were be been being am has have had having do does did doing can could will would may
might must get gets getting got go goes going gone went come comes coming came make makes making
made take takes taking taken took put puts putting use uses using used try tries trying tried let
lets wear wears wearing worn hold holds holding held look looks looking looked show shows showing
shown seem seems appears appear appearing see sees seen seeing
front side top back bottom middle center centre left right end edge part piece pieces background
foreground distance group groups couple couples bunch pair pairs number set sets row rows line lines
stack pile bit half kind kinds type types way ways thing things something someone somebody anything
nothing everything everyone everybody anyone item items object objects stuff area areas place places
spot scene view views picture pictures pic pics photo photos photograph photographs image images
camera cameras shot day time times year years variety display displays displayed shape size style
form sort case amount full position angle direction level name surface corner length attire ground
base setting settings sub remote cell cells teddy
color colors colour colours white whites black blacks red blue blues green greens yellow brown
orange pink purple gray grey tan golden silver blond blonde brunette beige maroon turquoise
asian asians american americans african africans male males female females adult adults mens womens
ready old young little large small big long open close closed past lit double doubles plaid clad cut
cuts hot living dining gear gearing saying says say said tell tells state states stating s t re ll
ve d m n't 's'''.split())
# Verbs that say as little, in all their forms.
NO_DOINGS = set('''be have do get go come make take use try let wear hold look show seem appear see
put cover fill contain include become keep leave begin start prepare attempt live gear give need
want set turn face move bring bear hang place position surround attach line locate consist follow
lead lay lie head hand close enjoy check help allow reach continue'''.split())
# What the words before a word do not show.
NOUNS = set('''building clothing ceiling wedding railing painting evening morning ring king wing
string spring crossing parking lightning pudding earring swing swings slide slides bike bikes
skateboard skateboards rocks waves drink drinks flowers dress bed beds net nets dryer owner owners
sunset sunsets mural murals locomotive locomotives cooking'''.split())
VERBS = set('''ride rides jump jumps climb climbs swim swims run runs walk walks ski skis surfs
kicks dives splashes splashing hike hikes sleep sleeps fight fights'''.split())
# Plurals that are things of their own.
PLURALS = set('''glasses shorts pants jeans sunglasses goggles clothes scissors headphones bleachers
stairs binoculars overalls tights'''.split())
# Words that captions use alike, though WordNet does not.
ALIKE = [('n', x) for x in (
    'man guy gentleman fellow dude', 'woman lady gal', 'people person persons',
    'bicycle bike cycle', 'child kid youngster', 'baby infant', 'television tv', 'sofa couch', 'automobile car',
    'motorcycle motorbike', 'puppy pup', 'sea ocean', 'photographer cameraman', 'girl lass',
    't-shirt tshirt tee-shirt', 'cellphone cell-phone', 'boy lad', 'bathroom restroom',
    'phone telephone', 'airplane plane aeroplane jet', 'sneaker trainer', 'bunny rabbit',
    'stair stairs staircase stairway steps', 'policeman policewoman officer', 'pier dock',
    'grandma grandmother', 'mom mother mum', 'dad father', 'spectator onlooker')
] + [('v', x) for x in (
    'jump leap', 'smile grin', 'talk speak converse chat', 'run sprint', 'walk stroll')]
# Words whose first synonyms are not what captions mean.
ALONE = set('''wheel bike hat lid game bus court park field ground land plant dog mitt john internet
kale turtleneck turtle paddy multitude knoll recital punk hoodlum scrap grinder lounge pic scroll ma
o trey hello household step'''.split())
NAMES = {'person': 'people', 'automobile': 'car'}
# Nouns that say what a doing is.
DOINGS = {'smile': 'smiling', 'grin': 'smiling', 'dance': 'dancing', 'work': 'working',
          'jump': 'jumping', 'walk': 'walking', 'run': 'running'}
# First parts that make no keyword with their second, some that do all the same, and words of two
# parts of which one is not in the photo.
NO_FIRST = set('''riding drinking paying eating watering paper straw phone open metal male female
adult home rock playing body blood car cheese marching bucking college food cross field
business'''.split())
TWO = {'hot dog', 'hot dogs', 'living room', 'dining room', 'dining table', 'teddy bear',
       'teddy bears'}
APART = {x.strip() for x in '''teddy bear, hot dog, ice cream, roller coaster, bathing suit,
jungle gym, orange juice, mickey mouse, computer mouse, cutting board, fire hydrant, fire truck, fire engine,
table tennis, telephone pole, cotton candy, bowling alley, coffee table, traffic light, life jacket,
life vest, swimming trunks, steering wheel, tennis shoe'''.split(',')}
BEFORE_NOUNS = set('''a an the his her its their two three four five of with some many several and
on in white black red blue brown green yellow small large little big'''.split())


class WordNet:
    """Lemmas of words, and the first meanings of lemmas."""

    SUFFIXES = {
        'n': [('s', ''), ('ses', 's'), ('xes', 'x'), ('zes', 'z'), ('ches', 'ch'), ('shes', 'sh'),
              ('men', 'man'), ('ies', 'y')],
        'v': [('s', ''), ('ies', 'y'), ('es', 'e'), ('es', ''), ('ed', 'e'), ('ed', ''),
              ('ing', 'e'), ('ing', '')],
        'a': [('er', ''), ('est', ''), ('er', 'e'), ('est', 'e')],
        'r': []}

    def __init__(self, folder):
        self.meanings = {p: {} for p in FILES}  # of a lemma, the most frequent first
        self.exceptions = {p: collections.defaultdict(list) for p in FILES}
        self.tags = collections.Counter()  # how often a lemma is in a class in tagged texts
        for p, name in FILES.items():
            for line in open(os.path.join(folder, 'index.' + name)):
                if line[0] != ' ':
                    fields = line.split()
                    self.meanings[p][fields[0]] = fields[4 + int(fields[3]) + 2:]
            for line in open(os.path.join(folder, name + '.exc')):
                fields = line.split()
                self.exceptions[p][fields[0]] += fields[1:]
        for line in open(os.path.join(folder, 'cntlist.rev')):
            key, _, count = line.split()
            lemma, rest = key.split('%')
            self.tags[lemma, '?nvara'[int(rest[0])]] += int(count)

    def lemmas(self, word, p):
        known = self.meanings[p]
        found = [word] + self.exceptions[p].get(word, [])
        for suffix, ending in self.SUFFIXES[p]:
            if word.endswith(suffix):
                stem = word[:-len(suffix)] + ending
                found.append(stem)
                if p == 'v' and suffix in ('ed', 'ing') and len(stem) > 2 and stem[-1] == stem[-2]:
                    found.append(stem[:-1])
        return list(dict.fromkeys(x for x in found if x in known))

    def first_meaning(self, lemma):
        return self.meanings['n'].get(lemma, [None])[0]


class Usage:
    """How captions use words."""

    def __init__(self, files):
        self.count = collections.Counter()
        self.pairs = collections.Counter()
        self.as_noun = collections.Counter()
        for name in files:
            for line in open(name, encoding='utf-8'):
                words = re.findall(r"[a-z0-9]+(?:[-'][a-z0-9]+)*", line.lower())
                self.count.update(words)
                for a, b in zip(words, words[1:]):
                    self.pairs[a + ' ' + b] += 1
                    self.as_noun[b] += a in BEFORE_NOUNS


class Table:
    def __init__(self, wordnet, usage):
        self.wordnet, self.usage = wordnet, usage
        self.kinds = {}  # of a word: (class, lemma), or None: no keyword
        self.groups = collections.defaultdict(set)  # of (class, lemma): words
        for word in sorted(usage.count):
            if usage.count[word] >= FEWEST and not word[0].isdigit():
                self.classify(word)
        self.joined = {key: key for key in self.groups}
        self.join_alike()
        self.keywords = self.name_groups()
        self.add_twos()
        self.prefer_twos()
        self.make_unique()

    # ---- Words ----

    def noun(self, word):
        found = self.wordnet.lemmas(word, 'n')
        others = [x for x in found if x != word]
        if not found or word in PLURALS:
            return word if found else None
        if word in found and others:
            return max(others, key=lambda x: self.usage.count[x])
        if word.endswith('s') and self.usage.count[found[0]] < FEWEST:
            return word
        return found[0]

    def verb(self, word):
        found = self.wordnet.lemmas(word, 'v')
        return max(found, default=None,
                   key=lambda x: (self.wordnet.tags[x, 'v'], self.usage.count[x]))

    def modifier_tags(self, word):
        lemmas = [(x, p) for p in 'ar' for x in self.wordnet.lemmas(word, p)[:1]]
        return max((self.wordnet.tags[x] for x in lemmas), default=-1)

    def kind(self, word):
        noun, verb = self.noun(word), self.verb(word)
        nouns = self.wordnet.tags[noun, 'n'] if noun else -1
        verbs = self.wordnet.tags[verb, 'v'] if verb else -1
        modifiers = self.modifier_tags(word)
        share = self.usage.as_noun[word] / self.usage.count[word]
        if word in NOUNS:
            return ('n', noun or word)
        if verb and (word in VERBS or word.endswith('ing') and (not noun or share < 0.6)):
            return ('v', verb)
        if verb and word.endswith('ed') and word != verb:
            return None if modifiers >= 0 else ('v', verb)
        if modifiers >= 0 and modifiers >= max(nouns, verbs):
            return None
        if noun and (not verb or share >= 0.2 or verbs == 0 or nouns > 8 * verbs and share >= 0.1):
            return ('n', noun)
        return ('v', verb) if verb else ('n', noun) if noun else ()

    def classify(self, word):
        kind = None if word in NONE else self.kind(word)
        if kind and kind[1] in (NO_DOINGS if kind[0] == 'v' else NONE):
            kind = None
        if kind != ():  # of what WordNet does not know nothing is said
            self.kinds[word] = kind
        if kind:
            self.groups[kind].add(word)

    # ---- Synonyms ----

    def total(self, words):
        return sum(self.usage.count[x] + self.usage.pairs[x] for x in words)

    def leader(self, key):
        while self.joined[key] != key:
            key = self.joined[key]
        return key

    def join(self, a, b):
        a, b = self.leader(a), self.leader(b)
        if a == b:
            return
        if self.total(self.groups[a]) < self.total(self.groups[b]):
            a, b = b, a
        self.joined[b] = a
        self.groups[a] |= self.groups.pop(b)

    def join_alike(self):
        meanings = collections.defaultdict(list)
        for p, words in ALIKE:
            keys = [(p, x) for x in words.split() if (p, x) in self.joined]
            for key in keys[1:]:
                self.join(keys[0], key)
        for key in list(self.groups):
            if key[0] == 'n' and key[1] not in ALONE and self.wordnet.first_meaning(key[1]):
                meanings[self.wordnet.first_meaning(key[1])].append(key)
        for keys in meanings.values():
            for key in keys[1:]:
                self.join(keys[0], key)

    def name_of(self, key, words):
        p, lemma = key
        if p == 'n':
            return NAMES.get(lemma, DOINGS.get(lemma, lemma))
        forms = [x for x in words if x.endswith('ing') and lemma in self.wordnet.lemmas(x, 'v')]
        return max(forms, key=lambda x: self.usage.count[x], default=lemma)

    def name_groups(self):
        keywords = collections.defaultdict(set)
        for key, words in self.groups.items():
            keywords[self.name_of(key, words)] |= words
        keywords['orange'].add('oranges')  # while "orange" is a colour
        return keywords

    # ---- Words of two parts ----

    def may_begin(self, first, second):
        noun = self.kinds.get(second) and self.kinds[second][0] == 'n'
        return first not in NO_FIRST and self.kinds.get(first) and noun

    def add_twos(self):
        meanings, twos = {}, collections.defaultdict(list)
        for key in self.joined:
            if key[0] == 'n' and key[1] not in ALONE and self.wordnet.first_meaning(key[1]):
                leader = self.leader(key)
                meanings.setdefault(self.wordnet.first_meaning(key[1]),
                                    self.name_of(leader, self.groups[leader]))
        for pair in sorted(self.usage.pairs):
            first, second = pair.split()
            if pair not in TWO and not self.may_begin(first, second):
                continue
            for lemma in dict.fromkeys([second] + self.wordnet.lemmas(second, 'n')):
                meaning = self.wordnet.first_meaning(first + '_' + lemma)
                if meaning:
                    twos[meaning].append((pair, first + ' ' + lemma))
                    break
        for meaning, pairs in sorted(twos.items()):
            names = collections.Counter()
            for pair, name in pairs:
                names[name] += self.usage.pairs[pair]
            usual = names.most_common(1)[0][0].replace('racquet', 'racket')
            if sum(names.values()) >= FEWEST_TWO:
                self.keywords[meanings.get(meaning, usual)] |= {pair for pair, _ in pairs}

    def prefer_twos(self):
        """Calls a keyword by two words where these are in use more than its one."""
        for name in list(self.keywords):
            pairs = sorted(x for x in self.keywords[name] if ' ' in x and x != 'baseball glove')
            self.keywords[name].discard('baseball glove')
            most = max(pairs, key=lambda x: self.usage.pairs[x], default=None)
            if most and ' ' not in name and self.usage.pairs[most] > self.usage.count[name]:
                self.keywords[most] |= self.keywords.pop(name)

    def make_unique(self):
        """Each word once, of the more frequent keyword."""
        total = {n: self.total(words) for n, words in self.keywords.items()}
        seen = set(NONE)
        for name in sorted(self.keywords, key=lambda n: (-total[n], n)):
            words = self.keywords[name] | {name}
            self.keywords[name] = {x for x in words if x not in seen}
            seen |= words

    def lines(self):
        none = {x for x, kind in self.kinds.items() if kind is None}
        for name, words in sorted(self.keywords.items()) + [('', none)]:
            line = name
            for word in sorted(words, key=lambda x: (x != name, x)):
                apart = word in APART or word.rstrip('s') in APART
                word = ',' + '~' * apart + word
                if len(line) + len(word) > LONGEST_LINE:
                    yield line
                    line = name
                line += word
            if words:
                yield line


HEADER = '''/* SPDX-License-Identifier: MIT */
/*
 * Words of English captions as keywords: see keyword_words.c.  Made by tools/make_keyword_words.py
 * from WordNet 3.0; do not edit.
 *
 * WordNet 3.0 Copyright 2006 by Princeton University.  All rights reserved.
 *
 * Permission to use, copy, modify and distribute this software and database and its documentation
 * for any purpose and without fee or royalty is hereby granted, provided that you agree to comply
 * with the following copyright notice and statements, including the disclaimer, and that the same
 * appear on ALL copies of the software, database and documentation, including modifications that
 * you make for internal use or for distribution.
 *
 * THIS SOFTWARE AND DATABASE IS PROVIDED "AS IS" AND PRINCETON UNIVERSITY MAKES NO REPRESENTATIONS
 * OR WARRANTIES, EXPRESS OR IMPLIED.  BY WAY OF EXAMPLE, BUT NOT LIMITATION, PRINCETON UNIVERSITY
 * MAKES NO REPRESENTATIONS OR WARRANTIES OF MERCHANTABILITY OR FITNESS FOR ANY PARTICULAR PURPOSE
 * OR THAT THE USE OF THE LICENSED SOFTWARE, DATABASE OR DOCUMENTATION WILL NOT INFRINGE ANY THIRD
 * PARTY PATENTS, COPYRIGHTS, TRADEMARKS OR OTHER RIGHTS.
 *
 * The name of Princeton University or Princeton may not be used in advertising or publicity
 * pertaining to distribution of the software and/or database.  Title to copyright in this software,
 * database and any associated documentation shall at all times remain with Princeton University and
 * LICENSEE agrees to preserve same.
 */'''


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    print(HEADER)
    for line in Table(WordNet(WORDNET), Usage(sys.argv[1:])).lines():
        print(f'"{line}",')


main()
