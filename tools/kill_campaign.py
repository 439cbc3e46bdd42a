#!/usr/bin/python3
"""Kills caption with SIGKILL at many moments, for every output and for training, and lets the same
command go on: what then is there must be what a run writes that nobody disturbs, and nothing else.

usage: kill_campaign.py CAPTION MODEL PHOTOS... [--moments N] [--copies N] [--only NAME]...
                        [--preload LIBRARY]

The moments (40) are spread over the time that a run takes; a run that ended before is repeated.
The photos are copied until there are as many as --copies (60).  --preload tests/libfaults.so runs
all as on a file system that has no files without a name.  Prints a row per output: how often a run
was killed, how often that left a temporary file, and how often what stood in the end was as it
should be.  A failure is a non-zero exit, and what differed is printed.
"""
import argparse
import filecmp
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

ALBUM, OUT = 'album', 'out'
TEXTS = ('a dog runs through the grass', 'a man sits on a bench', 'two children play in the sand')
ROWS = ('txt', 'tsv', 'csv', 'json', 'jsonl', 'html')
TRAINING = ['--data', ALBUM, '-o', OUT + '/m.safetensors', '--cache', OUT + '/cache',
            '--hidden', '64', '--min-count', '1', '--batch', '8', '--epochs', '12', '--warmup', '0',
            '--threads', '1']


def commands():
    """{name: arguments}"""
    found = {name: ['-o', f'{OUT}/rows.{name}', ALBUM] for name in ROWS}
    found['txt, best 3'] = ['--best', '3', '-o', f'{OUT}/rows.txt', ALBUM]
    found['overwrite'] = ['--existing', 'overwrite', '-o', f'{OUT}/rows.tsv', ALBUM]
    found['sidecar txt'] = ['--sidecar', 'txt', ALBUM]
    found['sidecar xmp'] = ['--sidecar', 'xmp', ALBUM]
    found['sidecar-dir'] = ['--sidecar', 'txt', '--sidecar', 'xmp', '--sidecar-dir', OUT, ALBUM]
    found['metadata'] = ['--write-metadata', ALBUM]
    found['train'] = ['train'] + TRAINING
    return found


def make_world(folder, photos, copies, training):
    os.makedirs(os.path.join(folder, OUT))
    os.mkdir(os.path.join(folder, ALBUM))
    for i in range(copies):
        stem = os.path.join(folder, ALBUM, f'{i:03}')
        shutil.copy2(photos[i % len(photos)], stem + '.jpg')
        if training:
            with open(stem + '.txt', 'w') as file:
                file.write(TEXTS[i % len(TEXTS)] + '\n')


def files_of(folder):
    return {os.path.relpath(os.path.join(place, name), folder)
            for place, _, names in os.walk(folder) for name in names}


def differences(folder, expected):
    ours, theirs = files_of(folder), files_of(expected)
    found = [f'{name} is left behind' for name in sorted(ours - theirs)]
    found += [f'{name} is missing' for name in sorted(theirs - ours)]
    found += [f'{name} differs' for name in sorted(ours & theirs)
              if not filecmp.cmp(os.path.join(folder, name), os.path.join(expected, name), False)]
    return found


def is_temporary(name):
    return os.path.basename(name).startswith('.caption-unfinished-') or '.tmp' in name


def how_to_go_on(folder, training):
    """What a training's command needs more: a model may be there before its first checkpoint."""
    if not training:
        return []
    begun = os.path.exists(os.path.join(folder, OUT, 'm.safetensors.checkpoint'))
    return ['--resume'] if begun else ['--overwrite']


class Campaign:
    def __init__(self, arguments):
        self.caption = os.path.abspath(arguments.caption)
        self.environment = dict(os.environ, CAPTION_MODEL=os.path.abspath(arguments.model))
        if arguments.preload:
            self.environment.update(LD_PRELOAD=os.path.abspath(arguments.preload),
                                    FAULT='nameless:1+')
        self.photos = [os.path.abspath(photo) for photo in arguments.photos]
        self.moments, self.copies = arguments.moments, arguments.copies

    def start(self, folder, command, more=()):
        return subprocess.Popen([self.caption, *command, *more], cwd=folder, env=self.environment,
                                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                stderr=subprocess.PIPE)

    def end(self, process):
        """What was wrong with the run, as a list."""
        messages = process.communicate()[1].decode(errors='replace').strip().split('\n')
        return [] if process.returncode == 0 else [f'exit code {process.returncode}: {messages[-1]}']

    def kill_once(self, folder, command, expected, wait):
        """(killed, left a temporary file, problems)"""
        training = command[0] == 'train'
        make_world(folder, self.photos, self.copies, training)
        process = self.start(folder, command)
        time.sleep(wait)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        killed = process.returncode == -signal.SIGKILL
        left = any(is_temporary(name) for name in files_of(folder))
        if not killed:
            return killed, left, []
        problems = self.end(self.start(folder, command, how_to_go_on(folder, training)))
        return killed, left, problems + differences(folder, expected)

    def run(self, name, command):
        """Prints the output's row; the number of failures."""
        failures = kills = leftovers = 0
        with tempfile.TemporaryDirectory() as work:
            expected = os.path.join(work, 'expected')
            make_world(expected, self.photos, self.copies, command[0] == 'train')
            began = time.monotonic()
            problems = self.end(self.start(expected, command))
            duration = time.monotonic() - began
            if problems:
                sys.exit(f'{name}: the run that nobody disturbed: {problems[0]}')
            for i in range(self.moments):
                folder = os.path.join(work, str(i))
                killed = False
                while not killed:  # where the machine is faster than it was: earlier
                    shutil.rmtree(folder, ignore_errors=True)
                    wait = duration * (i + 0.5) / self.moments
                    killed, left, problems = self.kill_once(folder, command, expected, wait)
                    duration *= 1 if killed else 0.9
                kills += killed
                leftovers += left
                failures += bool(problems)
                for problem in problems[:3]:
                    print(f'  {name}, killed after {wait:.3f} s: {problem}')
                shutil.rmtree(folder)
        print(f'{name:<12} {kills:4} killed within {duration:5.2f} s, {leftovers:2} left a '
              f'temporary file, {self.moments - failures:3} as they should be', flush=True)
        return failures


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('caption')
    parser.add_argument('model')
    parser.add_argument('photos', nargs='+')
    parser.add_argument('--moments', type=int, default=40)
    parser.add_argument('--copies', type=int, default=60)
    parser.add_argument('--only', action='append')
    parser.add_argument('--preload')
    arguments = parser.parse_args()
    campaign = Campaign(arguments)
    failures = 0
    for name, command in commands().items():
        if not arguments.only or name in arguments.only:
            failures += campaign.run(name, command)
    sys.exit(1 if failures else 0)


main()
