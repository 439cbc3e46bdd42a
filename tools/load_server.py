#!/usr/bin/python3
"""Asks a `caption serve` for thousands of captions, by hundreds of clients at a time, and lets things
go wrong: connections that are cut at any place, garbage, wrong lengths, slow and silent clients,
damaged photos and bombs, bodies over the limit, foreign hosts.  Each caption must be what `caption`
prints for the photo, each fault must be refused, and nothing may be lost.

usage: load_server.py CAPTION MODEL PHOTOS [options]
  PHOTOS          a folder of photos, or files
  --requests N    10000
  --clients N     at a time: 200
  --seed N        what goes wrong, when and where: 1
  --bombs FOLDER  what make_photo_bombs.py made: refused, or captioned as `caption` does
  --photos N      distinct photos at most: 100
  --memory MB     more is a failure
  --serve ARG     an argument for `caption serve`; may be given again

Then all clients ask at once and the server gets SIGTERM: all are answered, and it exits with 0.
Prints a table and ends with 1 if anything was lost or wrong.  Needs only Python.
"""
import argparse
import asyncio
import collections
import json
import os
import random
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from caption_server import (SHAPES, Broken, Server, as_json, chunked,  # noqa: E402
                            first_caption, read_answer, request)

PATIENCE = 600  # seconds; an answer that has not come by then is lost
MOST_TOLD = 3  # failures of a kind
MOST_BYTES = 4 << 20  # --max-bytes of the server


class Load:
    def __init__(self, arguments, server, photos):
        self.arguments, self.server, self.photos = arguments, server, photos
        self.counts = collections.defaultdict(collections.Counter)  # [kind][outcome]
        self.failures = []
        self.times = []

    def note(self, kind, outcome, detail=''):
        self.counts[kind][outcome] += 1
        if outcome in ('lost', 'wrong'):
            self.failures.append(f'{kind}: {outcome}: {detail}')
            if self.counts[kind][outcome] <= MOST_TOLD:
                print(self.failures[-1])

    def verdict(self, kind, photo, answer, caption_of):
        """Compares with what `caption` says about the photo."""
        expected = self.photos[photo][1]
        if expected is None:
            good = answer.code in (400, 413, 415, 422)
            self.note(kind, 'refused' if good else 'wrong',
                      f'{photo}: {answer.code} {answer.body[:200]!r}, expected a refusal')
            return
        try:
            caption = caption_of(answer) if answer.code == 200 else None
        except (ValueError, KeyError, IndexError, TypeError):
            caption = None
        self.note(kind, 'right' if caption == expected else 'wrong',
                  f'{photo}: {answer.code} {answer.body[:300]!r}, expected {expected!r}')


class Client:
    """One at a time; keeps its connection from one request to the next where it can."""

    def __init__(self, load, rng):
        self.load, self.rng = load, rng
        self.reader = self.writer = None

    async def open(self):
        if self.writer is None:
            self.reader, self.writer = await self.load.server.connect()
        return self.reader, self.writer

    async def close(self, abort=False):
        if self.writer is None:
            return
        writer, self.writer = self.writer, None
        if abort:
            writer.transport.abort()
            return
        writer.close()
        try:
            await writer.wait_closed()
        except OSError:
            pass

    async def send(self, data):
        """What the server no longer reads is not our loss: its answer may be there already."""
        try:
            self.writer.write(data)
            await self.writer.drain()
        except OSError:
            pass

    async def receive(self):
        answer = await asyncio.wait_for(read_answer(self.reader), PATIENCE)
        if not answer.stays:
            await self.close()
        return answer

    async def ask(self, data):
        await self.open()
        await self.send(data)
        return await self.receive()

    def photo(self):
        return self.rng.choice(self.load.good)

    def whole_request(self):
        name = self.photo()
        shape = self.rng.choice(self.load.shapes)
        return name, shape, SHAPES[shape][0](self.load.photos[name][0])

    # What a client may do.  Each notes what came of it.
    async def caption(self):
        name, shape, data = self.whole_request()
        start = time.monotonic()
        answer = await self.ask(data)
        self.load.times.append(time.monotonic() - start)
        self.load.verdict(shape, name, answer, SHAPES[shape][1])

    async def damaged(self):
        name = self.rng.choice(self.load.bad)
        shape = self.rng.choice([shape for shape in self.load.shapes if 'stream' not in shape])
        data = SHAPES[shape][0](self.load.photos[name][0])
        if len(data) > MOST_BYTES:  # whoever still sends may miss the answer
            await self.expect('over --max-bytes', data, (413, None))
            return
        answer = await self.ask(data)
        self.load.verdict('damaged photo', name, answer, SHAPES[shape][1])

    async def in_chunks(self):
        name = self.photo()
        body = self.load.photos[name][0]
        sizes = [self.rng.randrange(1, 40000) for _ in range(self.rng.randrange(6))]
        answer = await self.ask(chunked('/caption', body, sizes))
        self.load.verdict('in chunks', name, answer, SHAPES['plain'][1])

    async def pipeline(self):
        requests = [self.whole_request() for _ in range(self.rng.randrange(2, 6))]
        await self.close()
        await self.open()
        sending = asyncio.create_task(self.send(b''.join(data for _, _, data in requests)))
        for name, shape, _ in requests:
            answer = await asyncio.wait_for(read_answer(self.reader), PATIENCE)
            self.load.verdict('pipelined', name, answer, SHAPES[shape][1])
        await sending
        await self.close()

    async def slow(self):
        name, shape, data = self.whole_request()
        await self.close()
        await self.open()
        cuts = sorted(self.rng.randrange(len(data)) for _ in range(5))
        for start, end in zip([0] + cuts, cuts + [len(data)]):
            await self.send(data[start:end])
            await asyncio.sleep(self.rng.random() * 0.2)
        self.load.verdict('slow', name, await self.receive(), SHAPES[shape][1])

    async def state(self):
        path = self.rng.choice(['/health', '/metrics'] +
                               ['/api/tags', '/api/version'] * ('ollama' in self.load.shapes) +
                               ['/v1/models'] * ('openai' in self.load.shapes))
        answer = await self.ask(request(path, method='GET'))
        self.load.note('state', 'right' if answer.code == 200 else 'wrong', f'{path} {answer.code}')

    async def cut(self):
        """Anywhere: in the headers, in the body, or before the answer."""
        _, _, data = self.whole_request()
        await self.close()
        await self.open()
        place = self.rng.choice(['headers', 'body', 'answer'])
        head = data.index(b'\r\n\r\n') + 4
        end = {'headers': self.rng.randrange(head), 'body': self.rng.randrange(head, len(data)),
               'answer': len(data)}[place]
        await self.send(data[:end])
        if self.rng.random() < 0.5:
            await asyncio.sleep(self.rng.random() * 0.05)
        await self.close(abort=self.rng.random() < 0.5)
        self.load.note(f'cut before the end of the {place}', 'gone')

    async def silent(self):
        """Says nothing, or half of something, until the server ends it (or the load ends)."""
        await self.close()
        await self.open()
        await self.send(self.rng.choice([b'', b'POST /caption HTTP/1.1\r\nHost: loc',
                                         request('/caption', bytes(50))[:-20]]))
        try:
            await asyncio.wait_for(self.reader.read(), PATIENCE)
            self.load.note('silent', 'refused')
        except OSError:
            self.load.note('silent', 'refused')
        await self.close()

    async def expect(self, kind, data, codes, close=True):
        """A fault that is answered with one of the codes; None: by closing the connection."""
        await self.close()
        await self.open()
        await self.send(data)
        try:
            answer = await self.receive()
            self.load.note(kind, 'refused' if answer.code in codes else 'wrong',
                           f'{data[:120]!r}: {answer.code} {answer.body[:120]!r}')
        except Broken as error:
            self.load.note(kind, 'refused' if None in codes else 'lost', f'{data[:120]!r}: {error}')
        if close:
            await self.close()

    async def garbage(self):
        data = self.rng.choice([
            bytes(self.rng.randrange(256) for _ in range(300)) + b'\r\n\r\n',
            b'\r\n\r\n\r\n\r\nPOST\r\n\r\n', b'GET\r\n\r\n', b'POST /caption\r\n\r\n',
            b'\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03' + bytes(80) + b'\r\n\r\n',
            b'POST /caption HTTP/1.1\r\nno colon\r\n\r\n',
            request('/caption', b'abc', headers={'Content-Length': '-3'}),
            request('/caption', b'abc', headers={'Content-Length': '3, 4'}),
            request('/caption', b'abc', headers={'Content-Length': '99999999999999999999999'}),
            request('/caption', b'zz\r\nabc', headers={'Content-Length': None,
                                                       'Transfer-Encoding': 'chunked'}),
            request('/caption', b'\xff' * 64 + b'\r\n', headers={'Content-Length': None,
                                                                'Transfer-Encoding': 'chunked'})])
        await self.expect('garbage', data, (400, 403, 404, 405, 411, 413, 501, 505, None))

    async def not_json(self):
        path = self.rng.choice(['/api/generate', '/api/chat', '/v1/chat/completions'])
        body = self.rng.choice([b'', b'{', b'[]', b'null', b'{"images":[7]}', b'{"images":["%%%"]}',
                                b'{"messages":7}', b'[' * 100000, b'\xff\xfe', b'{"model":{}}'])
        await self.expect('not JSON, or not that', request(path, body, kind='application/json'),
                          (400, 404, 415, 422))

    async def long_body(self):
        """Over --max-bytes: refused before it is read, so that half of it is never sent."""
        if self.rng.random() < 0.5:
            data = request('/caption', headers={'Content-Length': str(MOST_BYTES + 1)})
        else:
            data = chunked('/caption', bytes(MOST_BYTES + 200000), [1 << 20] * 8)
        await self.expect('over --max-bytes', data, (413, None) if b'chunked' in data[:300] else (413,))

    async def wrong_length(self):
        """More is announced than comes, and the client then says that no more will."""
        name, _, data = self.whole_request()
        await self.close()
        await self.open()
        await self.send(data[:-self.rng.randrange(1, 2000)])
        self.writer.write_eof()
        try:
            answer = await self.receive()
            self.load.note('wrong length', 'refused' if answer.code in (400, 408) else 'wrong',
                           answer.code)
        except Broken:
            self.load.note('wrong length', 'refused')
        await self.close()

    async def wrong_place(self):
        photo = self.load.photos[self.photo()][0]
        data, codes = self.rng.choice([
            (request('/caption', photo, headers={'Host': 'evil.example'}), (403, 421)),
            (request('/caption', photo, headers={'Host': None}), (400, 403, 421)),
            (request('/caption', photo, headers={'Origin': 'http://evil.example'}), (403,)),
            (request('/caption', photo, headers={'Origin': 'null'}), (403,)),
            (request('/nowhere', photo), (404,)),
            (request('/../../etc/passwd', method='GET'), (400, 404)),
            (request('/caption', photo, method='PUT'), (405,)),
            (request('/caption?beam=zero', photo), (400,)),
            (as_json('/api/generate', {'model': 'another', 'images': ['AAAA']}), (404, 422))])
        await self.expect('wrong host, origin, path or wish', data, codes)

    ACTIONS = {caption: 56, damaged: 6, in_chunks: 4, pipeline: 2, slow: 3, state: 4, cut: 10, silent: 1,
               garbage: 4, not_json: 3, long_body: 2, wrong_length: 3, wrong_place: 4}

    async def act(self):
        action = self.rng.choices(list(self.ACTIONS), list(self.ACTIONS.values()))[0]
        try:
            await action(self)
        except Broken as error:
            self.load.note(action.__name__, 'lost', error)
            await self.close(abort=True)
        except (OSError, asyncio.TimeoutError) as error:
            self.load.note(action.__name__, 'lost', repr(error))
            await self.close(abort=True)


async def sample(server, samples, stop):
    while not stop.is_set():
        usage = server.usage()
        if usage:
            samples.append(usage)
        await asyncio.sleep(0.1)


async def work(load, requests, clients):
    """That many requests, by so many clients."""
    left = iter(range(requests))

    async def one(number):
        client = Client(load, random.Random(load.arguments.seed * 1000003 + number))
        for _ in left:
            await client.act()
        await client.close()

    await asyncio.gather(*(one(number) for number in range(clients)))


async def end_in_the_middle(load, clients):
    """All ask, and have been heard, when SIGTERM comes: all are answered."""
    crowd = [Client(load, random.Random(number)) for number in range(clients)]
    asked = [client.whole_request() for client in crowd]
    for client, (_, _, data) in zip(crowd, asked):
        await client.open()
        await client.send(data)
    await asyncio.sleep(1)
    ending = asyncio.create_task(load.server.stop())
    for client, (name, shape, _) in zip(crowd, asked):
        try:
            answer = await client.receive()
            load.verdict('asked before SIGTERM', name, answer, SHAPES[shape][1])
        except (Broken, asyncio.TimeoutError) as error:
            load.note('asked before SIGTERM', 'lost', error)
        await client.close()
    code = await ending
    load.note('exit code after SIGTERM', 'right' if code == 0 else 'wrong', code)


def damage(photos, folder, rng):
    """Photos that are cut, overwritten in places, or none at all: {name: bytes}."""
    made = {'empty.jpg': b'', 'text.jpg': b'no photo at all\n', 'zeros.jpg': bytes(10000)}
    for number in range(12):
        name = rng.choice(sorted(photos))
        data = bytearray(photos[name])
        if number % 2:
            del data[rng.randrange(1, len(data)):]
        else:
            for _ in range(rng.randrange(1, 30)):
                data[rng.randrange(len(data))] = rng.randrange(256)
        made[f'damaged-{number}.jpg'] = bytes(data)
    for name, data in made.items():
        with open(os.path.join(folder, name), 'wb') as file:
            file.write(data)
    return [os.path.join(folder, name) for name in made]


def captions_of(program, model, paths):
    """What `caption` says: {path: caption, or None where it fails}."""
    done = subprocess.run([program, '-q', '-m', model, '-f', 'jsonl', *paths], check=False,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    captions = dict.fromkeys(paths)
    for line in done.stdout.splitlines():
        row = json.loads(line)
        captions[row['path']] = first_caption(row)
    return captions


def read_photos(arguments, folder):
    """{path: (bytes, caption)}, and the paths that are damaged."""
    rng = random.Random(arguments.seed)
    paths = []
    for place in arguments.photos:
        paths += sorted(os.path.join(place, name) for name in os.listdir(place)) \
            if os.path.isdir(place) else [place]
    paths = paths[:arguments.distinct]
    good = {}
    for path in paths:
        with open(path, 'rb') as file:
            good[path] = file.read()
    bad = damage(good, folder, rng)
    if arguments.bombs:
        bad += [os.path.join(arguments.bombs, name) for name in sorted(os.listdir(arguments.bombs))]
    captions = captions_of(arguments.program, arguments.model, paths + bad)
    photos = {}
    for path in paths + bad:
        with open(path, 'rb') as file:
            photos[path] = (file.read(), captions[path])
    return photos, paths, bad


async def known_shapes(server, photo):
    """The shapes that this server speaks: an earlier one knows fewer."""
    shapes = []
    for shape, (make, _) in SHAPES.items():
        reader, writer = await server.connect()
        writer.write(make(photo))
        if (await read_answer(reader)).code not in (404, 405):
            shapes.append(shape)
        writer.close()
    return shapes


def print_table(load, base, samples, after, seconds):
    print(f'| {"what":40} | right | refused | gone | lost | wrong |')
    print('|---|---|---|---|---|---|')
    total = collections.Counter()
    for kind, counts in sorted(load.counts.items()):
        print(f'| {kind:40} | ' + ' | '.join(
            str(counts[outcome]) for outcome in ('right', 'refused', 'gone', 'lost', 'wrong')) + ' |')
        total.update(counts)
    print(f'| {"all":40} | ' + ' | '.join(
        str(total[outcome]) for outcome in ('right', 'refused', 'gone', 'lost', 'wrong')) + ' |')
    times = sorted(load.times)
    print(f'{seconds:.0f} s; captions took {times[len(times) // 2] * 1000:.0f} ms at the median, '
          f'{times[-1] * 1000:.0f} ms at most')
    print(f'memory, MB: {base["rss"]:.0f} before, {max(s["rss"] for s in samples):.0f} at most, '
          f'{after["rss"]:.0f} after; the peak {after["peak"]:.0f}')
    print(f'open files: {base["files"]} before, {max(s["files"] for s in samples)} at most, '
          f'{after["files"]} after; threads: {base["threads"]}, '
          f'{max(s["threads"] for s in samples)}, {after["threads"]}')


async def settled(server, base):
    """The usage once all clients are gone and the server has noticed."""
    for _ in range(600):
        usage = server.usage()
        if usage is None or usage['files'] <= base['files']:
            break
        await asyncio.sleep(0.1)
    return usage


async def run(arguments, folder):
    photos, good, bad = read_photos(arguments, folder)
    server = await Server(arguments.program, arguments.model, arguments.log or f'{folder}/log',
                          ['--max-bytes', str(MOST_BYTES), *arguments.serve]).ready()
    load = Load(arguments, server, photos)
    load.good, load.bad = [
        path for path in good if photos[path][1] and len(photos[path][0]) < MOST_BYTES / 2], bad
    load.shapes = await known_shapes(server, photos[load.good[0]][0])
    print(f'{len(load.good)} photos, {len(bad)} damaged; shapes: {", ".join(load.shapes)}')
    await work(load, min(200, arguments.requests), 32)
    await asyncio.sleep(0.5)
    base, samples, stop = server.usage(), [], asyncio.Event()
    sampling = asyncio.create_task(sample(server, samples, stop))
    start = time.monotonic()
    await work(load, arguments.requests, arguments.clients)
    seconds = time.monotonic() - start
    after = await settled(server, base)
    if after:
        await end_in_the_middle(load, arguments.clients)
    stop.set()
    await sampling
    if after is None:
        print(f'the server ended: {await server.stop()}')
        return 1
    print_table(load, base, samples, after, seconds)
    if after['files'] > base['files']:
        load.failures.append('files stay open')
    if arguments.memory and after['peak'] > arguments.memory:
        load.failures.append(f'more than {arguments.memory} MB')
    return 1 if load.failures else 0


def main():
    parser = argparse.ArgumentParser(usage=__doc__, add_help=False)
    parser.add_argument('program')
    parser.add_argument('model')
    parser.add_argument('photos', nargs='+')
    parser.add_argument('--requests', type=int, default=10000)
    parser.add_argument('--clients', type=int, default=200)
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--bombs')
    parser.add_argument('--photos', dest='distinct', type=int, default=100)
    parser.add_argument('--memory', type=float)
    parser.add_argument('--log')
    parser.add_argument('--serve', action='append', default=[])
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        sys.exit(asyncio.run(run(arguments, folder)))


if __name__ == '__main__':
    main()
