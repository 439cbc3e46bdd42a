#!/usr/bin/python3
"""Makes a zoo of photos for stress tests, out of real ones.

usage: make_photo_zoo.py [--seed N] OUT COUNT SOURCE_DIR...

OUT/photos/ gets COUNT files in nested folders: every form that is read (photo_kinds.py), the eight
orientations, sizes from 1x1 to 48 megapixels (most of them small), odd names, half of them with
metadata of other programs (photo_metadata.py), and 5 % that are broken or foreign.  Equal seed,
equal zoo.

OUT/zoo.tsv says of each: path (below OUT; printf '%b' undoes its escapes), readable (yes, no;
maybe: damage that a decoder may mend), photo (whether a walk through the folder takes it up: it
is not hidden, and its first bytes are a photo's), form, width and height when upright, orientation, bytes.

Needs PIL with WebP, numpy, heif-enc (libheif-examples), jpegtran (libjpeg-turbo-progs) and cjxl
(libjxl-tools).
"""
import argparse
import math
import multiprocessing
import os
import random
import signal
import sys

import numpy as np
from PIL import Image

from make_test_images import stored
from photo_kinds import READABLE, REFUSED
from photo_metadata import dress

BROKEN_SHARE = 0.05
BROKEN = ('empty', 'cut', 'cut', 'cut', 'header', 'garbage', 'garbage', 'text', 'foreign',
          'foreign', 'misnamed')
# (share, least and most pixels); one in 200 photos is as large as its form may be
SIZES = ((0.06, 1, 400), (0.60, 1e4, 2e5), (0.27, 2e5, 1e6), (0.06, 1e6, 4e6), (0.01, 4e6, 13e6))
ODD_NAMES = ('two  blanks %d', ' blank first %d', "it's %d", '"quoted" %d', 'line\nfeed %d',
             'a\ttab %d', b'invalid \xff\xfe\xc3 %d', '-n %d', '--help=%d', '\U0001F415 %d',
             '狗 %d', 'e\u0301te\u0301 %d', '$(echo %d) `x` $HOME', '*?[a-z]{%d}', 'back\\slash\\n %d',
             '<b>&amp; %d', 'percent %%s %%n %d', 'no ending %d', '..twice..%d', 'l' * 236 + ' %d',
             'semi;colon|%d&', '#%d', '~%d', '=cmd()%d', 'UPPER_%d')
FOLDERS = ('2019', 'summer holiday', '-x', 'été', 'a\nb', "O'Brien", 'empty.jpg', '日本', 'deep')


def pick_size(rng, largest):
    """(width, height), of at most `largest` pixels, mostly as photos are shaped."""
    chosen = rng.random()
    for share, least, most in SIZES:
        chosen -= share
        if chosen < 0:
            break
    if rng.random() < 1 / 200:
        least = most = largest
    pixels = min(math.exp(rng.uniform(math.log(least), math.log(most))), largest)
    shape = rng.choice((1, 3 / 2, 2 / 3, 4 / 3, 3 / 4, 16 / 9, rng.uniform(0.2, 5)))
    if rng.random() < 0.02:
        pixels = min(pixels, 3000)  # x265 refuses longer ones
        shape = pixels if rng.random() < 0.5 else 1 / pixels  # a line
    width = max(1, min(round(math.sqrt(pixels * shape)), 16383))
    return width, max(1, min(int(pixels / width), 16383))


def picture(rng, sources, width, height):
    """uint8 [height][width][3] of some source photo, its shape kept where that is possible."""
    with Image.open(rng.choice(sources)) as source:
        source = source.convert('RGB')
    scale = min(source.width / width, source.height / height)
    cut = (min(source.width, max(1, width * scale)), min(source.height, max(1, height * scale)))
    left, top = (source.width - cut[0]) / 2, (source.height - cut[1]) / 2
    image = source.resize((width, height), Image.BICUBIC,
                          box=(left, top, left + cut[0], top + cut[1]))
    return np.asarray(image)


def file_name(rng, number, ending):
    if rng.random() < 0.75:
        name = rng.choice(('IMG_%04d', 'DSC%05d', 'photo-%d', 'P%07d')) % number
    else:
        name = rng.choice(ODD_NAMES)
        if isinstance(name, bytes):
            return name.replace(b'%d', b'%d' % number) + os.fsencode('.' + ending)
        name = name % number
        ending = {'no': None, 'UP': ending.upper()}.get(name[:2], ending)
    return os.fsencode(name + ('.' + ending if ending else ''))


def damage(how, data, form, dressed, rng):
    """(bytes, readable)"""
    if how == 'empty':
        return b'', 'no'
    if how == 'text':
        return b'These are words, not pixels.\n' * rng.randint(1, 9), 'no'
    if how == 'header':
        return data[:min(rng.randint(24, 40), len(data) // 2)], 'no'
    if how == 'cut':
        # What lies behind the pixels, as fields of a TIFF do, or the second frame, may be missed.
        behind = dressed or any(word in form for word in ('animated', 'behind', 'pages', 'tiff'))
        return data[:rng.randint(len(data) // 5, len(data) * 4 // 5)], 'maybe' if behind else 'no'
    if how == 'garbage':
        at, count = rng.randint(len(data) // 3, len(data) // 2), rng.randint(1, 64)
        return data[:at] + rng.randbytes(count) + data[at + count:], 'maybe'
    return data, 'no' if how == 'foreign' else 'yes'


def escaped(path):
    """The path as printf '%b' reads it."""
    text = path.decode('utf-8', 'surrogateescape')
    special = {'\\': '\\\\', '\n': '\\n', '\t': '\\t'}
    return ''.join(special.get(c) or ('\\x%02x' % (ord(c) - 0xDC00) if 0xDC80 <= ord(c) <= 0xDCFF
                                      else c) for c in text)


def make_photo(task):
    """Writes file `number` of the zoo; returns its line of zoo.tsv."""
    number, seed, form, out, folder, sources = task
    rng = random.Random('%d %d' % (seed, number))
    how = rng.choice(BROKEN) if rng.random() < BROKEN_SHARE else None
    name, ending, write, largest, orientations = rng.choice(REFUSED) if how == 'foreign' else form
    width, height = pick_size(rng, largest)
    orientation = rng.choice(orientations)
    image = Image.fromarray(stored(picture(rng, sources, width, height), orientation))
    data, readable = write(image, orientation, rng), 'yes'
    dressed = how != 'foreign' and rng.random() < 0.5
    if dressed:
        data = dress(ending, data, orientation, rng)
    if how:
        data, readable = damage(how, data, name, dressed, rng)
        name = name if how == 'foreign' else how + ' ' + name
    if how in ('misnamed', 'text'):
        ending = rng.choice(('jpg', 'png', 'txt', 'JPEG', 'dat'))
    path = os.path.join(b'photos', *folder, file_name(rng, number, ending))
    with open(os.path.join(out, path), 'wb') as file:
        file.write(data)
    hidden = os.path.basename(path).startswith(b'.')
    photo = 'no' if hidden or how in ('empty', 'text') else 'yes'
    return '\t'.join([escaped(path), readable, photo, name, str(width), str(height),
                      str(orientation), str(len(data))]) + '\n'


def plan(arguments, out, sources):
    """The tasks: every form comes before any comes again."""
    rng = random.Random(arguments.seed)
    folders = [[]]
    for i in range(1 + arguments.count // 25):
        parent = rng.choice(folders)
        folders.append(parent + [os.fsencode('%s %d' % (rng.choice(FOLDERS), i))]
                       if len(parent) < 4 else [os.fsencode('again %d' % i)])
    deck = []
    for number in range(arguments.count):
        if not deck:
            deck = list(range(len(READABLE)))
            rng.shuffle(deck)
        folder = rng.choice(folders)
        os.makedirs(os.path.join(out, b'photos', *folder), exist_ok=True)
        yield number, arguments.seed, deck.pop(), out, folder, sources


def make_planned(task):
    return make_photo((*task[:2], READABLE[task[2]], *task[3:]))


def find_sources(folders):
    sources = sorted(os.path.join(folder, name) for folder in folders for name in os.listdir(folder)
                     if name.lower().endswith(('.jpg', '.jpeg', '.png')))
    if not sources:
        sys.exit('make_photo_zoo: no .jpg or .png in %s' % ', '.join(folders))
    return sources


def main():
    parser = argparse.ArgumentParser(description='Makes mixed photos for stress tests.')
    parser.add_argument('out')
    parser.add_argument('count', type=int)
    parser.add_argument('sources', nargs='+')
    parser.add_argument('--seed', type=int, default=1)
    arguments = parser.parse_args()
    out = os.fsencode(arguments.out)
    if os.path.exists(os.path.join(out, b'photos')):
        sys.exit('make_photo_zoo: %s/photos is there already' % arguments.out)
    sources = find_sources(arguments.sources)
    tasks = list(plan(arguments, out, sources))
    ignore = lambda: signal.signal(signal.SIGINT, signal.SIG_IGN)
    with multiprocessing.Pool(initializer=ignore) as pool, \
            open(os.path.join(out, b'zoo.tsv'), 'w', encoding='utf-8') as manifest:
        manifest.write('path\treadable\tphoto\tform\twidth\theight\torientation\tbytes\n')
        for done, line in enumerate(pool.imap(make_planned, tasks, chunksize=4), 1):
            manifest.write(line)
            if sys.stderr.isatty():
                sys.stderr.write('\r%d of %d photos' % (done, len(tasks)))
    if sys.stderr.isatty():
        sys.stderr.write('\n')


if __name__ == '__main__':
    main()
