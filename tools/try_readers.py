#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes captions, alternative texts and keywords into copies of photos and beside them, and asks
other programs what they see.

usage: try_readers.py [--exifr FILE] [--screenshot PNG] CAPTION PHOTO...

CAPTION is the program, such as build/app/caption.  Each PHOTO is copied three times: captioned in
itself, by a sidecar photo.jpg.xmp, and by a sidecar photo.xmp.  Prints a row per program and place:
of how many photos it sees the caption, the alternative text and the keywords as they were written;
"-": it has no such field.  Programs that are not installed are left out: exiftool, exiv2, darktable
and digikam with sqlite3, and chromium, in which exifr (FILE: its dist/full.umd.js, from npm) fills
the alternative texts of a page; --screenshot shows that page.  WordPress's row does what its
wp_get_image_alttext() does (7.0).
"""
import argparse
import collections
import contextlib
import functools
import html.parser
import http.server
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import xml.etree.ElementTree

PLACES = {'photo': ['--write-metadata'],
          'photo.jpg.xmp': ['--sidecar', 'xmp', '--sidecar-name', 'full'],
          'photo.xmp': ['--sidecar', 'xmp', '--sidecar-name', 'stem']}
PATIENCE = 90  # seconds that a program may take
FIELDS = ('caption', 'alt', 'keywords')


def run(words, folder, **environment):
    return subprocess.run(words, cwd=folder, capture_output=True, encoding='utf-8', check=False,
                          errors='replace', env=os.environ | environment).stdout


def sidecar_of(place, name):
    return {'photo': name, 'photo.jpg.xmp': f'{name}.xmp',
            'photo.xmp': f'{os.path.splitext(name)[0]}.xmp'}[place]


# ---- Programs: each returns {name: {field: value}} of the files in a folder ----


def exiftool(folder, place, names, tags):
    """tags: those of the fields, None where there is none."""
    files = {sidecar_of(place, name): name for name in names}
    rows = json.loads(run(['exiftool', '-json', '-G1'] +
                          [f'-{tag}' for tag in tags if tag] + list(files), folder) or '[]')
    seen = {}
    for row in rows:
        found = seen[files[row['SourceFile']]] = {}
        for field, tag in zip(FIELDS, tags):
            if tag:
                found[field] = row.get(tag)
        if isinstance(found.get('keywords'), str):
            found['keywords'] = [found['keywords']]
    return seen


def exiv2(folder, place, names):
    seen = {}
    keys = dict(zip(FIELDS, ('Xmp.dc.description', 'Xmp.iptc.AltTextAccessibility',
                             'Xmp.dc.subject')))
    for name in names:
        lines = run(['exiv2', '-PXkt', sidecar_of(place, name)], folder).splitlines()
        said = {key: line[len(key):].strip() for line in lines for key in keys.values()
                if line.split(' ')[0] == key}
        seen[name] = {field: said.get(key, '') for field, key in keys.items()}
        for field in ('caption', 'alt'):
            default = re.match(r'lang="x-default" (.*?)(, lang=.*)?$', seen[name][field])
            seen[name][field] = default.group(1) if default else None
        seen[name]['keywords'] = seen[name]['keywords'].split(', ')
    return seen


def darktable(folder, _place, names):
    with tempfile.TemporaryDirectory() as home:
        run(['darktable-cli', folder, os.path.join(home, 'out'), '--width', '64', '--out-ext', 'jpg',
             '--core', '--configdir', home, '--cachedir', home, '--library', f'{home}/library.db',
             '--disable-opencl'], folder)
        with sqlite3.connect(f'{home}/library.db') as base:
            base.execute('ATTACH ? AS data', (f'{home}/data.db',))
            images = dict(base.execute('SELECT filename, id FROM images'))
            texts = dict(base.execute('SELECT id, value FROM meta_data WHERE key = 3'))
            tags = collections.defaultdict(list)
            for image, tag in base.execute(
                    'SELECT imgid, name FROM tagged_images, data.tags WHERE tags.id = tagid'
                    " AND name NOT LIKE 'darktable|%'"):
                tags[image].append(tag)
    return {name: {'caption': texts.get(images.get(name)), 'keywords': tags[images.get(name)]}
            for name in names}


def run_digikam(home, is_done):
    """It has no end of its own, and shows its windows nowhere."""
    environment = {'HOME': home, 'XDG_RUNTIME_DIR': home, 'XDG_CONFIG_HOME': home,
                   'QT_QPA_PLATFORM': 'offscreen', 'QT_QUICK_BACKEND': 'software',
                   'QTWEBENGINE_DISABLE_SANDBOX': '1', 'QTWEBENGINE_CHROMIUM_FLAGS':
                   '--disable-gpu --no-sandbox --single-process'}
    words = ['dbus-run-session', 'digikam', '--database-directory', home]
    end = time.monotonic() + PATIENCE
    with subprocess.Popen(words, env=os.environ | environment, stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL, start_new_session=True) as process:
        while time.monotonic() < end:
            time.sleep(2)
            with contextlib.suppress(sqlite3.OperationalError), \
                    sqlite3.connect(f'{home}/digikam4.db') as base:
                if is_done(base):
                    break
        os.killpg(process.pid, signal.SIGTERM)


def ask(base, query):
    return list(base.execute(query))


# Without them it asks, at its first start, where the photos are.
DIGIKAM_SETTINGS = '''[Database Settings]
Database Type=QSQLITE
Database Name={home}/
Database Name Face={home}/
Database Name Similarity={home}/
Database Name Thumbnails={home}/
Internal Database Server=false

[General Settings]
Version=7.9.0

[Album Settings]
Show Splash=false

[Metadata Settings]
Use XMP Sidecar For Reading={sidecars}
Use Compatible File Name={stem}
'''


def digikam(folder, place, names):
    with tempfile.TemporaryDirectory() as home:
        with open(f'{home}/digikamrc', 'w', encoding='utf-8') as settings:
            settings.write(DIGIKAM_SETTINGS.format(home=home, sidecars=str(place != 'photo').lower(),
                                                   stem=str(place == 'photo.xmp').lower()))
        run_digikam(home, lambda base: ask(base, 'SELECT * FROM Settings WHERE keyword = '
                                                 "'databaseImageFormats'"))
        with sqlite3.connect(f'{home}/digikam4.db') as base:
            base.execute('INSERT INTO AlbumRoots(label, status, type, identifier, specificPath) '
                         "VALUES('photos', 0, 1, ?, '/')", (f'volumeid:?path={folder}',))
        run_digikam(home, lambda base: len(ask(base, 'SELECT id FROM ImageInformation, Images '
                                                     'WHERE imageid = id')) == len(names))
        with sqlite3.connect(f'{home}/digikam4.db') as base:
            images = dict(base.execute('SELECT name, id FROM Images'))
            texts = dict(base.execute('SELECT imageid, comment FROM ImageComments WHERE type = 1 '
                                      "AND language = 'x-default'"))
            tags = collections.defaultdict(list)
            for image, tag in base.execute('SELECT imageid, name FROM ImageTags, Tags '
                                           'WHERE Tags.id = tagid AND pid = 0'):
                tags[image].append(tag)
    return {name: {'caption': texts.get(images.get(name)), 'keywords': tags[images.get(name)]}
            for name in names}


def wordpress(folder, _place, names):
    space = {'x': 'adobe:ns:meta/', 'rdf': 'http://www.w3.org/1999/02/22-rdf-syntax-ns#',
             'core': 'http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/'}
    seen = {}
    for name in names:
        with open(os.path.join(folder, name), 'rb') as file:
            bytes_in = file.read()
        start, end = bytes_in.find(b'<x:xmpmeta'), bytes_in.find(b'</x:xmpmeta>')
        seen[name] = {'alt': None}
        if start >= 0 and end >= 0:
            packet = xml.etree.ElementTree.fromstring(bytes_in[start:end + len('</x:xmpmeta>')])
            text = packet.find('rdf:RDF/rdf:Description/core:AltTextAccessibility/rdf:Alt/'
                               "rdf:li[@{http://www.w3.org/XML/1998/namespace}lang='x-default']",
                               space)
            seen[name]['alt'] = text.text if text is not None else None
    return seen


PAGE = '''<!doctype html><meta charset="utf-8"><title>Alternative texts</title>
<style>body { font: 16px sans-serif; margin: 1em } figure { display: inline-block; margin: .5em;
width: 20em; vertical-align: top } img { height: 10em }</style><script src="exifr.js"></script>
<script>
const text = value => value?.value ?? value?.[0]?.value ?? value;
async function show(name) {
  const figure = document.body.appendChild(document.createElement("figure"));
  const photo = figure.appendChild(document.createElement("img"));
  const words = figure.appendChild(document.createElement("figcaption"));
  const said = await exifr.parse(name, {xmp: true, multiSegment: true, mergeOutput: false})
    .catch(() => null);
  photo.src = name;
  photo.dataset.name = name;
  photo.dataset.caption = text(said?.dc?.description) ?? "";
  photo.dataset.keywords = JSON.stringify([said?.dc?.subject ?? []].flat());
  photo.alt = text(said?.Iptc4xmpCore?.AltTextAccessibility) ?? "";
  words.innerText = name + "\\nalt: " + photo.alt + "\\nkeywords: " + photo.dataset.keywords;
}
addEventListener("load", async () => { for (const name of NAMES) await show(name); });
</script><body></body>'''


class Images(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.seen = {}

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        if tag == 'img' and 'data-name' in found:
            self.seen[found['data-name']] = {
                'caption': found['data-caption'], 'alt': found['alt'],
                'keywords': json.loads(found['data-keywords'])}


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


def page(folder, _place, names, exifr, screenshot):
    """A page that reads the alternative texts of its pictures, in a browser."""
    shutil.copyfile(exifr, os.path.join(folder, 'exifr.js'))
    with open(os.path.join(folder, 'index.html'), 'w', encoding='utf-8') as file:
        file.write(PAGE.replace('NAMES', json.dumps(sorted(names))))
    server = http.server.ThreadingHTTPServer(
        ('127.0.0.1', 0), functools.partial(Quiet, directory=folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory() as home:
        browser = ['chromium', '--headless', '--no-sandbox', '--disable-gpu', '--no-first-run',
                   '--hide-scrollbars', f'--user-data-dir={home}', '--window-size=1100,900',
                   '--virtual-time-budget=20000']
        address = f'http://127.0.0.1:{server.server_port}/'
        images = Images()
        images.feed(run(browser + ['--dump-dom', address], folder))
        if screenshot:
            run(browser + [f'--screenshot={os.path.abspath(screenshot)}', address], folder)
    server.shutdown()
    return images.seen


# ---- The table ----


def programs(arguments):
    """(name, the programs that it needs, the places that it can look at, function)"""
    xmp = ('XMP-dc:Description', 'XMP-iptcCore:AltTextAccessibility', 'XMP-dc:Subject')
    exif, iptc = ('IFD0:ImageDescription', None, None), ('IPTC:Caption-Abstract', None,
                                                         'IPTC:Keywords')
    every = tuple(PLACES)
    return [
        ('exiftool: XMP', ['exiftool'], every, functools.partial(exiftool, tags=xmp)),
        ('exiftool: EXIF', ['exiftool'], ('photo',), functools.partial(exiftool, tags=exif)),
        ('exiftool: IPTC', ['exiftool'], ('photo',), functools.partial(exiftool, tags=iptc)),
        ('exiv2', ['exiv2'], every, exiv2),
        ('darktable', ['darktable-cli'], every, darktable),
        ('digiKam', ['digikam', 'dbus-run-session'], every, digikam),
        ('WordPress 7.0', [], ('photo',), wordpress),
        ('a page with exifr', ['chromium'] if arguments.exifr else ['exifr'], ('photo',),
         functools.partial(page, exifr=arguments.exifr, screenshot=arguments.screenshot))]


def write(caption, place, photos, folder):
    """{name: what was written}"""
    names = []
    for number, photo in enumerate(photos):
        name = f'{number:02}{os.path.splitext(photo)[1].lower()}'
        shutil.copyfile(photo, os.path.join(folder, name))
        names.append(name)
    rows = run([os.path.abspath(caption), '-q', '-f', 'jsonl', '--keywords', '5', '--existing',
                'replace'] + PLACES[place] + names, folder).splitlines()
    return {row['path']: {'caption': row['captions'][0]['caption'],
                          'alt': row['captions'][0]['caption'],
                          'keywords': [word['keyword'] for word in row['keywords']]}
            for row in map(json.loads, rows) if row['captions']}


def count(seen, written, field):
    if not any(field in fields for fields in seen.values()):
        return '-'
    there = 0
    for name, said in written.items():
        found = seen.get(name, {}).get(field)
        there += set(said[field]) <= set(found or []) if field == 'keywords' else \
            said[field] == found
    return f'{there} of {len(written)}'


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    for option in ('--exifr', '--screenshot'):
        parser.add_argument(option)
    parser.add_argument('caption')
    parser.add_argument('photos', nargs='+')
    arguments = parser.parse_args()
    print('| program | place | caption | alternative text | keywords |\n|---|---|---|---|---|')
    for name, needed, places, look in programs(arguments):
        if not all(map(shutil.which, needed)):
            continue
        for place in places:
            with tempfile.TemporaryDirectory() as folder:
                written = write(arguments.caption, place, arguments.photos, folder)
                seen = look(folder, place, list(written))
                print(f'| {name} | {place} | ' +
                      ' | '.join(count(seen, written, field) for field in FIELDS) + ' |',
                      flush=True)


if __name__ == '__main__':
    sys.exit(main())
