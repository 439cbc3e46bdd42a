#!/usr/bin/python3
"""Writes captions into copies of many photos and compares all that exiftool reads of them.

usage: try_metadata.py [-v] [-u 'UNDO'] 'COMMAND' FOLDER...

COMMAND gets the copies' names behind its own words, such as
  'build/app/caption --write-metadata --existing overwrite -q'
Its lines on stderr that name a copy are the reasons why that was not written: it cannot be read, or
is refused (the reason recommends a sidecar).  FOLDER is searched for files with the endings of
pictures.  Every value that exiftool knows, previews and other pictures within the photo by their
bytes, must be the same before and after, but for those of the caption; where a value is a place in
the file, what lies there must be the same.  With -u, UNDO ('build/app/caption undo -q') takes the
captions out of those again that were written, and then those values, too, must be as before; the
table has how many files have the same bytes again.  Prints a table by format, the reasons, and what changed
(-v: all of them); a change is a non-zero exit.  It needs libimage-exiftool-perl.
"""
import argparse
import base64
import collections
import itertools
import json
import os
import re
import shlex
import shutil
import struct
import subprocess
import sys
import tempfile

ENDINGS = ('avif bmp cr2 cr3 crw dng exv gif heic heif hif jp2 jpeg jpg jps jxl mpo mrw nef orf pef '
           'pgm png ppm psd raf raw rw2 srw tga tif tiff webp').split()
BATCH = 100
SIDECAR = '--sidecar'

# Fields that say what the caption is, or when and how it was written.
OURS = re.compile(
    r'(XMP-dc:Description.*|XMP-iptcCore:AltTextAccessibility.*|XMP-caption:.*|'
    r'IFD0:ImageDescription|IPTC\d*:Caption-Abstract|Photoshop:IPTCDigest|'
    r'IPTC\d*:CodedCharacterSet|File:CurrentIPTCDigest|XMP-x:XMPToolkit|ExifTool:ExifToolVersion|'
    r'System:.*|RIFF:WebP_Flags|QuickTime:MediaData(Size|Offset)|Composite:AvgBitrate)$')
# Those that something is added to.
LISTS = re.compile(r'(XMP-dc:Subject|IPTC\d*:Keywords)$')
# Fields that are not of the file's bytes.
OUTSIDE = re.compile(r'(ExifTool:ExifToolVersion|System:.*)$')
# Fields that a file gets with its first metadata of a kind.
NEW = re.compile(r'(File:ExifByteOrder|XMP-.*:About|PNG:.*XMP|RIFF:Image(Width|Height)|'
                 r'Jpeg2000:(MajorBrand|MinorVersion|CompatibleBrands)|QuickTime:MediaData)$')
# Kinds and versions of file that others become with it.
BECOMES = {'WEBP': 'Extended WEBP', 'JXL Codestream': 'JXL', '87a': '89a'}
# Fields that are places in the file; the length of a first picture that includes its metadata.
PLACE = re.compile(r'.*(Offset|Start|Offsets)$')
CHUNKS = re.compile(r'Track\d+:ChunkOffset$')
LENGTH = re.compile(r'MPImage1:MPImageLength$')
XMP = re.compile(r'<(\?xpacket|x:xmpmeta)')


def photos_in(folders):
    for folder in folders:
        for path, folders_in, names in os.walk(folder):
            folders_in.sort()
            for name in sorted(names):
                if name.rpartition('.')[2].lower() in ENDINGS:
                    yield os.path.join(path, name)


def values_of(folder, names):
    """{name: {group and field: [values]}}, binary values whole."""
    listing = '\n'.join(names)
    read = subprocess.run(
        ['exiftool', '-json', '-n', '-a', '-u', '-b', '-ee3', '-G1:3:4', '-api', 'largefilesupport',
         '-all', '-@', '-'], input=listing, cwd=folder, capture_output=True,
        encoding='utf-8', errors='surrogateescape', check=False)
    rows = collections.defaultdict(lambda: collections.defaultdict(list))
    for row in json.loads(read.stdout or '[]'):
        values = rows[row.pop('SourceFile')]
        for key, value in row.items():
            values[re.sub(r'(Main|Copy\d+):', '', key)].append(value)
    return rows


def places_in(field, value):
    """The places that a value consists of, None where it is none."""
    if CHUNKS.match(field):
        table = base64.b64decode(value.removeprefix('base64:'))
        return struct.unpack(f'>{len(table) // 4}I', table)[2:]
    words = str(value).split() if PLACE.match(field) else ['?']
    return [int(word) for word in words] if all(word.isdigit() for word in words) else None


def words_in(value):
    return value if isinstance(value, list) else [] if value is None else [value]


def same(field, before, after, old, new):
    if LISTS.match(field):
        return words_in(new)[:len(words_in(old))] == words_in(old)
    if field == 'QuickTime:MediaData' and (old is None or XMP.match(old) and XMP.match(new)):
        return True
    if old is None or new is None:
        return False
    if LENGTH.search(field):
        return new - old == len(after) - len(before)
    if field in ('File:FileType', 'GIF:GIFVersion'):
        return BECOMES.get(old) == new
    olds, news = places_in(field, old), places_in(field, new)
    return bool(olds) and bool(news) and len(olds) == len(news) and all(
        before[one:][:16] == after[other:][:16] for one, other in zip(olds, news))


def compare(old, new, before, after, undone):
    """The number of values, and the fields that differ as (field, old value, new value)."""
    changes, compared = [], 0
    for field in sorted(old.keys() | new.keys()):
        if OUTSIDE.search(field) if undone else (OURS.search(field) or
                                                 field not in old and NEW.search(field)):
            continue
        compared += len(old[field])
        ones, others = list(old[field]), list(new[field])
        for value in old[field]:
            if value in others:
                ones.remove(value)
                others.remove(value)
        others = [value for value in others if value not in old[field]] # else it is there twice
        changes += [(field, one, other) for one, other in itertools.zip_longest(ones, others)
                    if undone and LISTS.match(field)
                    or not same(field, before, after, one, other)]
    return compared, changes


def reason_of(line, name):
    """A reason without what differs from file to file, so that equal ones can be counted."""
    reason = line.split(name, 1)[1].lstrip(': ')
    return re.sub(r'\d+', 'N', re.sub(r'\([^)]*\)', '(...)', reason))


def read(path):
    with open(path, 'rb') as file:
        return file.read()


class Tally:
    def __init__(self, undoes):
        self.undoes = undoes
        self.rows = collections.defaultdict(collections.Counter)
        self.reasons = collections.defaultdict(list)
        self.changed = []

    def add(self, photo, after, old, new, reason, written):
        """written: whether the command changed it; after: its bytes, undone where that is done."""
        row = self.rows[(old['File:FileType'] or ['unknown'])[0]]
        before = read(photo)
        row['files'] += 1
        if not written:
            row['refused' if SIDECAR in (reason or SIDECAR) else 'unreadable'] += 1
            self.reasons[reason or 'no reason given'].append(photo)
            return
        if self.undoes and reason:
            self.reasons[reason].append(photo)
        row['written'] += 1
        row['same bytes'] += before == after
        compared, changes = compare(old, new, before, after, self.undoes)
        row['values'] += compared
        row['changed'] += len(changes)
        if changes:
            self.changed.append((photo, changes))

    def show(self, verbose):
        columns = ['files', 'unreadable', 'refused', 'written', 'values', 'changed']
        columns += ['same bytes'] if self.undoes else []
        print('| format | ' + ' | '.join(columns) + ' |\n|---|' + '---:|' * len(columns))
        total = collections.Counter()
        for kind, row in sorted(self.rows.items()):
            print(f'| {kind} | ' + ' | '.join(f'{row[column]:,}' for column in columns) + ' |')
            total.update(row)
        print('| all | ' + ' | '.join(f'{total[column]:,}' for column in columns) + ' |\n')
        for reason, photos in sorted(self.reasons.items(), key=lambda item: -len(item[1])):
            print(f'not written: {len(photos)}: {reason}')
            for photo in photos if verbose else photos[:3]:
                print(f'    {photo}')
        for photo, changes in self.changed:
            print(f'changed: {photo}')
            for field, one, other in changes if verbose else changes[:5]:
                print(f'    {field}: {str(one)[:80]!r} -> {str(other)[:80]!r}')


def run(command, folder, names):
    """{name: why it was not done}"""
    done = subprocess.run(command + [os.path.join(folder, name) for name in names],
                          capture_output=True, check=False)
    reasons = {}
    for line in done.stderr.decode(errors='replace').splitlines():
        for name in re.findall(r'\d{4}\.\w+', line):
            if name in names:
                reasons[name] = reason_of(line, name)
    return reasons


def try_batch(command, undo, photos, tally):
    with tempfile.TemporaryDirectory() as folder:
        names = {}
        for number, photo in enumerate(photos):
            name = f'{number:04}.{photo.rpartition(".")[2].lower()}'
            names[name] = photo
            shutil.copyfile(photo, os.path.join(folder, name))
        old = values_of(folder, names)
        reasons = run(command, folder, names)
        written = {name for name, photo in names.items()
                   if read(photo) != read(os.path.join(folder, name))}
        if undo:
            reasons |= run(undo, folder, sorted(written))
        new = values_of(folder, names)
        for name, photo in names.items():
            tally.add(photo, read(os.path.join(folder, name)), old[name], new[name],
                      reasons.get(name), name in written)


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument('-v', dest='verbose', action='store_true')
    parser.add_argument('-u', dest='undo', type=shlex.split)
    parser.add_argument('command', type=shlex.split)
    parser.add_argument('folders', nargs='+')
    arguments = parser.parse_args()
    tally = Tally(arguments.undo is not None)
    photos = list(photos_in(arguments.folders))
    for begin in range(0, len(photos), BATCH):
        try_batch(arguments.command, arguments.undo, photos[begin:begin + BATCH], tally)
    tally.show(arguments.verbose)
    sys.exit(1 if tally.changed else 0)


if __name__ == '__main__':
    main()
