#!/usr/bin/python3
"""Runs caption over a photo zoo (make_photo_zoo.py) as a person with a bad day would, and checks it.

usage: try_photo_zoo.py CAPTION ZOO [KILLS]

1. One run over all, to a JSONL file with a list of errors: every photo is either captioned once or
   listed once, what must be readable is captioned and what must not is listed.
2. The same, killed with SIGKILL at KILLS (10) random moments and started again each time: each photo
   is captioned exactly once, and what is whole with the caption of the first run (a decoder may make
   something else of a damaged file each time).
3. --write-metadata into a copy of the photos, killed as often: every file is there and no other, and
   what is whole is captioned as in the first run, with the same probability: no pixel changed.
   (tools/try_metadata.py compares what lies around the pixels.)
Prints what it found and the peak memory; a failure is a non-zero exit.
"""
import collections
import json
import os
import random
import re
import resource
import shutil
import subprocess
import sys
import time


def photos_of(zoo):
    """{path in bytes: (readable, photo)} of the manifest."""
    rows = {}
    with open(os.path.join(zoo, 'zoo.tsv'), 'rb') as file:
        names = file.readline().rstrip(b'\n').split(b'\t')
        for line in file:
            row = dict(zip(names, line.rstrip(b'\n').split(b'\t')))
            path = subprocess.run(['bash', '-c', b'printf %b "$1"', '-', row[b'path'] + b'.'],
                                  capture_output=True, check=True).stdout[:-1]
            rows[os.path.join(os.fsencode(zoo), path)] = (row[b'readable'], row[b'photo'])
    return rows


def captions_of(file):
    """{path: (caption, logarithm of its probability)}; a photo that stands twice is an error."""
    captions = {}
    with open(file, encoding='utf-8') as lines:
        for line in lines:
            row = json.loads(line)
            path = bytes.fromhex(row['path_hex']) if 'path_hex' in row else row['path'].encode()
            assert path not in captions, f'{path} stands twice'
            captions[path] = (row['captions'][0]['caption'], row['captions'][0]['log_prob'])
    return captions


def errors_of(file):
    def unescape(text):
        return text.replace(b'\\\\', b'\0').replace(b'\\t', b'\t').replace(b'\\n', b'\n') \
            .replace(b'\\r', b'\r').replace(b'\0', b'\\')
    with open(file, 'rb') as lines:
        return [unescape(line.split(b'\t')[0]) for line in lines]


def check(rows, captions, errors):
    problems = []
    for path, (readable, photo) in rows.items():
        listed = errors.count(path) + (path in captions)
        if listed != (photo == b'yes'):
            problems.append(f'{path}: in {listed} places')
        if readable == b'yes' and photo == b'yes' and path not in captions:
            problems.append(f'{path}: not captioned')
        if readable == b'no' and path in captions:
            problems.append(f'{path}: captioned, though it is broken')
    problems += [f'{path}: not in the zoo' for path in captions.keys() - rows.keys()]
    for problem in problems:
        print(problem)
    return not problems


def run_killed(command, kills, seconds, progress):
    """Runs it to the end, after it was killed at random moments."""
    random.seed(1)
    for _ in range(kills):
        process = subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        time.sleep(random.uniform(0, 2 * seconds / max(kills, 1)))
        process.kill()
        process.wait()
        print('killed:', progress())
    return subprocess.run(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, check=False)


def same_caption(one, other):
    return one[0] == other[0] and abs(one[1] - other[1]) < 0.001


def files_below(folder):
    folder = os.fsencode(folder)
    return {os.path.relpath(os.path.join(place, name), folder)
            for place, _, names in os.walk(folder) for name in names}


def content(*path):
    with open(os.path.join(*map(os.fsencode, path)), 'rb') as file:
        return file.read()


def try_writing(caption, zoo, kills, seconds, rows, captions):
    photos, copy, out = f'{zoo}/photos', f'{zoo}/written', f'{zoo}/written.jsonl'
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(photos, copy)
    written = lambda: sum(content(photos, name) != content(copy, name)
                          for name in files_below(photos))
    run = run_killed([caption, '-q', '--write-metadata', copy], kills, seconds,
                     lambda: f'{written()} files written')
    good = files_below(photos) == files_below(copy)
    if os.path.exists(out):
        os.remove(out)
    subprocess.run([caption, '-q', '-o', out, copy], stderr=subprocess.DEVNULL, check=False)
    again = captions_of(out)
    for path, said in captions.items():
        path_again = path.replace(os.fsencode(photos), os.fsencode(copy), 1)
        if rows[path][0] == b'yes' and not same_caption(said, again.get(path_again, ('', 0))):
            print(f'{path_again}: {again.get(path_again)}, and before {said}')
            good = False
    print(f'written into {written()} files,', 'none lost, none harmed' if good else 'some harmed')
    print(collections.Counter(re.sub(r'.*: ', '', line) for line in
                              run.stderr.decode(errors='replace').splitlines()).most_common(12))
    return good


def main():
    caption, zoo = sys.argv[1], sys.argv[2].rstrip('/')
    kills = int(sys.argv[3]) if len(sys.argv) > 3 else 10
    photos, out, failed = f'{zoo}/photos', f'{zoo}/out.jsonl', f'{zoo}/failed.tsv'
    rows = photos_of(zoo)
    command = [caption, '-q', '-o', out, '--errors', failed, photos]
    if os.path.exists(out):
        os.remove(out)

    start = time.monotonic()
    run = subprocess.run(command, stderr=subprocess.PIPE, check=False)
    seconds = time.monotonic() - start
    captions, errors = captions_of(out), errors_of(failed)
    good = run.returncode == 1 and check(rows, captions, errors)
    print(f'{len(rows)} files: {len(captions)} captioned, {len(errors)} failed, exit code '
          f'{run.returncode}, {seconds:.1f} s, at most '
          f'{resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024} MiB')
    if run.returncode != 1:
        print(run.stderr.decode(errors='replace')[-3000:])

    os.remove(out)
    run_killed(command, kills, seconds,
               lambda: f"{content(out).count(b'%c' % 10) if os.path.exists(out) else 0} rows")
    again = captions_of(out)
    same = again.keys() == captions.keys() and all(
        same_caption(again[path], captions[path]) for path in again if rows[path][0] == b'yes')
    print(f'after {kills} kills: {len(again)} captioned, each once,',
          'the same captions' if same else 'other captions than in one run')
    good &= try_writing(caption, zoo, kills, 2 * seconds, rows, captions)
    return 0 if good and same else 1


if __name__ == '__main__':
    sys.exit(main())
