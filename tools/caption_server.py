"""`caption serve` as programs see it: starts it, asks it in every shape of its API, reads answers.

For tools/load_server.py and bench/serve.  Python's standard library alone.
"""
import asyncio
import base64
import json
import os
import re
import signal
import subprocess

MEDIA = 'application/json'


class Broken(Exception):
    """The connection ended, or what came is no answer of HTTP."""


class Answer:
    def __init__(self, code, headers, body):
        self.code, self.headers, self.body = code, headers, body

    @property
    def stays(self):
        return self.headers.get('connection', '').lower() != 'close'

    def json(self):
        return json.loads(self.body)

    def lines(self):
        return [json.loads(line) for line in self.body.splitlines() if line]

    def events(self):
        return [json.loads(line[6:]) for line in self.body.decode().splitlines()
                if line.startswith('data: ') and line != 'data: [DONE]']


async def read_chunks(reader):
    body = b''
    while True:
        size = int((await reader.readline()).split(b';')[0], 16)
        body += await reader.readexactly(size)
        if await reader.readline() not in (b'\r\n', b'\n'):
            raise Broken('no end of line behind a chunk')
        if size == 0:
            return body


async def read_answer(reader, method='POST'):
    """One answer.  Interim ones ("100 Continue") are passed over."""
    try:
        while True:
            head = await reader.readuntil(b'\r\n\r\n')
            first, *lines = head.decode('latin-1').split('\r\n')
            code = int(re.fullmatch(r'HTTP/1\.[01] (\d{3}) .*', first).group(1))
            if code >= 200:
                break
        headers = {name.lower(): value.strip() for name, value in
                   (line.split(':', 1) for line in lines if line)}
        if method == 'HEAD' or code in (204, 304):
            body = b''
        elif headers.get('transfer-encoding') == 'chunked':
            body = await read_chunks(reader)
        elif 'content-length' in headers:
            body = await reader.readexactly(int(headers['content-length']))
        else:
            body = await reader.read()
        return Answer(code, headers, body)
    except (OSError, EOFError, ValueError, AttributeError, asyncio.LimitOverrunError) as error:
        raise Broken(repr(error)) from error


def request(path, body=b'', method='POST', kind='application/octet-stream', headers=()):
    """A request's bytes.  A header that is given replaces the usual one; None: it is left out."""
    all_headers = {'Host': 'localhost', 'Content-Type': kind, 'Content-Length': str(len(body))}
    if method == 'GET':
        all_headers = {'Host': 'localhost'}
    all_headers.update(headers)
    lines = [f'{method} {path} HTTP/1.1']
    lines += [f'{name}: {value}' for name, value in all_headers.items() if value is not None]
    return '\r\n'.join(lines).encode('latin-1') + b'\r\n\r\n' + body


def chunked(path, body, sizes):
    """The same with a body in chunks."""
    out, start = [], 0
    for size in sizes:
        part = body[start:start + size]
        start += size
        if part:
            out.append(b'%x\r\n%s\r\n' % (len(part), part))
    if body[start:]:
        out.append(b'%x\r\n%s\r\n' % (len(body) - start, body[start:]))
    return request(path, headers={'Content-Length': None, 'Transfer-Encoding': 'chunked'}) + \
        b''.join(out) + b'0\r\n\r\n'


def first_caption(row):
    """A row's; of what is hardly a photo there is none."""
    return row['captions'][0]['caption'] if row['captions'] else ''


# The shapes: name -> (the request's bytes for a photo, the caption in an answer of code 200).
def plain(photo):
    return request('/caption', photo)


def multipart(photo):
    mark = b'----caption0123456789'
    body = (b'--' + mark + b'\r\nContent-Disposition: form-data; name="photo"; filename="a.jpg"\r\n'
            b'Content-Type: image/jpeg\r\n\r\n' + photo + b'\r\n--' + mark + b'--\r\n')
    return request('/caption', body, kind='multipart/form-data; boundary=' + mark.decode())


def as_json(path, value):
    return request(path, json.dumps(value).encode(), kind=MEDIA)


def ollama(photo, **more):
    return as_json('/api/generate', {'model': 'caption', 'prompt': 'What is this?', 'images':
                                     [base64.b64encode(photo).decode()], **more})


def ollama_chat(photo, **more):
    return as_json('/api/chat', {'model': 'caption', 'messages': [
        {'role': 'user', 'content': 'What is this?',
         'images': [base64.b64encode(photo).decode()]}], **more})


def openai(photo, **more):
    url = 'data:image/jpeg;base64,' + base64.b64encode(photo).decode()
    return as_json('/v1/chat/completions', {'model': 'caption', 'messages': [
        {'role': 'user', 'content': [{'type': 'text', 'text': 'What is this?'},
                                     {'type': 'image_url', 'image_url': {'url': url}}]}], **more})


SHAPES = {
    'plain': (plain, lambda answer: first_caption(answer.json())),
    'multipart': (multipart, lambda answer: first_caption(answer.json()[0])),
    'ollama': (lambda photo: ollama(photo, stream=False),
               lambda answer: answer.json()['response']),
    'ollama stream': (ollama, lambda answer: ''.join(line['response'] for line in answer.lines())),
    'ollama chat': (lambda photo: ollama_chat(photo, stream=False),
                    lambda answer: answer.json()['message']['content']),
    'ollama chat stream': (ollama_chat, lambda answer: ''.join(
        line['message']['content'] for line in answer.lines())),
    'openai': (openai, lambda answer: answer.json()['choices'][0]['message']['content']),
    'openai stream': (lambda photo: openai(photo, stream=True), lambda answer: ''.join(
        event['choices'][0]['delta'].get('content') or '' for event in answer.events()
        if event['choices'])),
}


class Server:
    """A running `caption serve` at a port of the kernel's choice; its log goes to a file."""

    def __init__(self, program, model, log, arguments=()):
        self.log = log
        with open(log, 'wb') as file:
            self.process = subprocess.Popen(
                [program, 'serve', '--listen', '127.0.0.1:0', '--model', model, *arguments],
                stdin=subprocess.DEVNULL, stdout=file, stderr=file)
        self.port = None

    async def ready(self):
        """Waits for the line that names the port."""
        while self.process.poll() is None:
            with open(self.log, encoding='utf-8', errors='replace') as file:
                found = re.search(r'http://127\.0\.0\.1:(\d+)', file.read())
            if found:
                self.port = int(found.group(1))
                return self
            await asyncio.sleep(0.02)
        raise SystemExit(f'caption serve ended with {self.process.returncode}: see {self.log}')

    async def connect(self):
        return await asyncio.open_connection('127.0.0.1', self.port, limit=1 << 22)

    def usage(self):
        """Memory in MB (now, and the peak) and open files, or None where it has ended."""
        folder = f'/proc/{self.process.pid}'
        try:
            with open(f'{folder}/status', encoding='ascii', errors='replace') as file:
                fields = dict(line.split(':', 1) for line in file)
            return {'rss': int(fields['VmRSS'].split()[0]) / 1024,
                    'peak': int(fields['VmHWM'].split()[0]) / 1024,
                    'files': len(os.listdir(f'{folder}/fd')), 'threads': int(fields['Threads'])}
        except (OSError, KeyError):
            return None

    async def stop(self):
        """SIGTERM; the exit code, negative where a signal ended it."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return await asyncio.to_thread(self.process.wait)
