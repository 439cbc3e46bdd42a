#!/usr/bin/env python3
"""Does a picture get the same sentence in every form that it comes in?

    same_picture.py make [--seed N] [--skip N] [--count N] SET PHOTO...
    same_picture.py compare SET NAME=PROGRAM... [-- OPTION...]

`make` draws photos by the seed and writes each in many forms to SET/<number>/: other formats, other
qualities, the eight orientations, half the size.  Photos may also be named in a file: @LIST.
`compare` captions them with one or several builds of `caption` and prints, for every kind of pair,
the share that gets the same sentence.  Needs python3-pil, cwebp, avifenc, heif-enc and cjxl.
"""
import argparse
import os
import random
import subprocess
import sys
import tempfile

from PIL import Image

Image.MAX_IMAGE_PIXELS = None
LONGEST = (1200, 1600, 2400, 3264, 4032)  # pixels of the longer side of a photo that has as many
STORED = {2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180,
          4: Image.Transpose.FLIP_TOP_BOTTOM, 5: Image.Transpose.TRANSPOSE,
          6: Image.Transpose.ROTATE_90, 7: Image.Transpose.TRANSVERSE,
          8: Image.Transpose.ROTATE_270}  # how a picture is stored that a tag turns upright


def by_pil(**options):
    def write(picture, original, path):
        picture.save(path, **options)
    return write


def by_program(*command):
    def write(picture, original, path):
        words = [{'IN': original, 'OUT': path}.get(word, word) for word in command]
        subprocess.run(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    return write


def turned(orientation, **options):
    exif = Image.Exif()
    exif[0x0112] = orientation

    def write(picture, original, path):
        picture.transpose(STORED[orientation]).save(path, exif=exif, **options)
    return write


def halved(**options):
    def write(picture, original, path):
        size = (picture.width + 1) // 2, (picture.height + 1) // 2
        picture.resize(size, Image.Resampling.LANCZOS).save(path, **options)
    return write


def jpeg(quality, subsampling=2, **options):
    return dict(quality=quality, subsampling=subsampling, **options)


# kind: what is shown, [(file, the file that it is compared with, writer)]
KINDS = {
    'lossless formats': [
        ('lossless.tif', 'original.png', by_pil()),
        ('lossless.bmp', 'original.png', by_pil()),
        ('lossless.ppm', 'original.png', by_pil()),
        ('lossless.webp', 'original.png', by_program('cwebp', '-z', '0', 'IN', '-o', 'OUT')),
        ('lossless.jxl', 'original.png', by_program('cjxl', '-d', '0', '-e', '3', 'IN', 'OUT'))],
    'orientations, lossless': [
        (f'turned-{o}.png', 'original.png', turned(o, compress_level=1)) for o in STORED],
    'progressive JPEG': [('progressive.jpg', '85.jpg', by_pil(**jpeg(85, progressive=True)))],
    'JPEG, quality 95, 4:4:4': [('95-444.jpg', 'original.png', by_pil(**jpeg(95, 0)))],
    'JPEG, quality 95': [('95.jpg', 'original.png', by_pil(**jpeg(95)))],
    'JPEG, quality 85': [('85.jpg', 'original.png', by_pil(**jpeg(85)))],
    'JPEG, quality 60': [('60.jpg', 'original.png', by_pil(**jpeg(60)))],
    '4:2:0 beside 4:4:4': [('95.jpg', '95-444.jpg', None)],
    'orientations, JPEG': [(f'turned-{o}.jpg', '85.jpg', turned(o, **jpeg(85))) for o in STORED],
    'WebP': [('80.webp', 'original.png', by_program('cwebp', '-q', '80', 'IN', '-o', 'OUT'))],
    'AVIF': [('q60.avif', 'original.png',
              by_program('avifenc', '-s', '9', '--min', '20', '--max', '30', 'IN', 'OUT'))],
    'HEIC': [('q60.heic', 'original.png',
              by_program('heif-enc', '-q', '60', '-p', 'preset=ultrafast', 'IN', '-o', 'OUT'))],
    'JPEG XL': [('d1.jxl', 'original.png', by_program('cjxl', '-d', '1', '-e', '3', 'IN', 'OUT'))],
    'half the size': [('half.png', 'original.png', halved(compress_level=1)),
                      ('half.jpg', '85.jpg', halved(**jpeg(85)))],
}


def write_forms(photo, longest, folder):
    """All forms of a photo; those that are there already are left."""
    os.makedirs(folder, exist_ok=True)
    original = os.path.join(folder, 'original.png')
    with Image.open(photo) as image:
        picture = image.convert('RGB')  # its own orientation and profile are nothing to compare
    if max(picture.size) > longest:
        picture.thumbnail((longest, longest), Image.Resampling.LANCZOS)
    if not os.path.exists(original):
        picture.save(original, compress_level=1)
    for pairs in KINDS.values():
        for name, _, write in pairs:
            path = os.path.join(folder, name)
            if write and not os.path.exists(path):
                write(picture, original, path)


def named(photos):
    for photo in photos:
        if photo.startswith('@'):
            with open(photo[1:]) as lines:
                yield from lines.read().splitlines()
        else:
            yield photo


def make(arguments):
    photos = sorted(named(arguments.photo))
    rng = random.Random(arguments.seed)
    rng.shuffle(photos)
    longest = [rng.choice(LONGEST) for _ in photos]
    end = arguments.skip + arguments.count if arguments.count else len(photos)
    for number in range(arguments.skip, min(end, len(photos))):
        write_forms(photos[number], longest[number], os.path.join(arguments.set, f'{number:04}'))


def captions(program, folders, options):
    """path: sentence."""
    with tempfile.NamedTemporaryFile('w', suffix='.txt') as names:
        for folder in folders:
            names.writelines(os.path.join(folder, name) + '\n' for name in sorted(os.listdir(folder)))
        names.flush()
        lines = subprocess.run([program, '-q', '-f', 'tsv', '--files-from', names.name, *options],
                               stdout=subprocess.PIPE, check=True, text=True).stdout.splitlines()
    return dict(line.split('\t')[0:3:2] for line in lines)  # path, rank, caption


def shares(sentences, folders):
    """kind: (pairs with the same sentence, pairs)."""
    result = {}
    for kind, pairs in KINDS.items():
        same = [sentences[os.path.join(folder, a)] == sentences[os.path.join(folder, b)]
                for folder in folders for a, b, _ in pairs]
        result[kind] = sum(same), len(same)
    lossy = [result[kind] for kind in list(KINDS)[3:]]
    result['all lossy kinds'] = sum(s for s, _ in lossy), sum(n for _, n in lossy)
    return result


def compare(arguments):
    folders = [entry.path for entry in sorted(os.scandir(arguments.set), key=lambda e: e.name)]
    programs = dict(program.split('=', 1) for program in arguments.program)
    columns = [shares(captions(program, folders, arguments.options), folders)
               for program in programs.values()]
    print('| kind | pairs |', ' | '.join(programs), '|')
    print('|---|---|' + '---|' * len(programs))
    for kind, (_, pairs) in columns[0].items():
        print(f'| {kind} | {pairs} |',
              ' | '.join(f'{100 * column[kind][0] / pairs:.1f} %' for column in columns), '|')


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    making = commands.add_parser('make')
    making.add_argument('--seed', type=int, default=1)
    making.add_argument('--skip', type=int, default=0, help='photos drawn and left out')
    making.add_argument('--count', type=int, help='photos; default: all')
    making.add_argument('set')
    making.add_argument('photo', nargs='+')
    making.set_defaults(run=make)
    comparing = commands.add_parser('compare')
    comparing.add_argument('set')
    comparing.add_argument('program', nargs='+')
    comparing.set_defaults(run=compare)
    words = sys.argv[1:]
    cut = words.index('--') if '--' in words else len(words)
    arguments = parser.parse_args(words[:cut])
    arguments.options = words[cut + 1:]
    arguments.run(arguments)


if __name__ == '__main__':
    main()
