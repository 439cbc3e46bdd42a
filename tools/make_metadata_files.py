#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes small PNG, WebP, GIF, TIFF and PSD files with metadata in all its places.

usage: tools/make_metadata_files.py   Writes into fuzz/corpus/fuzz_metadata/ and, for the test of
memory that runs out, into tests/data/metadata/; the same files each time.
"""
import os
import struct
import zlib

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..')
TESTED = ['texts.png', 'xmp_packed.png', 'xmp.webp', 'xmp.gif', 'iptc.tif', 'rich.psd']

XMP = (b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>"
       b"<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'><rdf:Description "
       b"rdf:about='' xmlns:dc='http://purl.org/dc/elements/1.1/'><dc:description><rdf:Alt>"
       b"<rdf:li xml:lang='x-default'>old</rdf:li></rdf:Alt></dc:description></rdf:Description>"
       b"</rdf:RDF></x:xmpmeta>")
IPTC = b'\x1c\2\x78\0\3dog'


def tiff(endian, fields, picture=b''):
    """A directory of (tag, value): a number, or bytes."""
    data = (b'MM\0*' if endian == '>' else b'II*\0') + struct.pack(endian + 'I', 8 + len(picture))
    data += picture + struct.pack(endian + 'H', len(fields))
    behind, place = b'', len(data) + 12 * len(fields) + 4
    for tag, value in fields:
        if isinstance(value, int):
            data += struct.pack(endian + 'HHIHH', tag, 3, 1, value, 0)
            continue
        kind = 2 if tag == 0x10E else 1
        data += struct.pack(endian + 'HHI', tag, kind, len(value))
        data += value.ljust(4, b'\0') if len(value) <= 4 else struct.pack(endian + 'I',
                                                                          place + len(behind))
        behind += value if len(value) > 4 else b''
    return data + bytes(4) + behind


EXIF = tiff('<', [(0x10E, b'the map\0'), (0x112, 6)])
SMALL_EXIF = tiff('>', [(0x10E, b'map\0')])


def resource(number, data):
    return b'8BIM' + struct.pack('>HHI', number, 0, len(data)) + data + bytes(len(data) % 2)


def picture_tiff(endian, description, others):
    fields = [(0x100, 2), (0x101, 1), (0x102, 8), (0x103, 1), (0x106, 1), (0x111, 8), (0x117, 2)]
    return tiff(endian, sorted(fields + description + others), b'px')


def chunk(name, data):
    return struct.pack('>I', len(data)) + name + data + struct.pack('>I', zlib.crc32(name + data))


def png(*chunks):
    return (b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', struct.pack('>IIBBBBB', 1, 1, 8, 0, 0, 0, 0)) +
            b''.join(chunks) + chunk(b'IDAT', zlib.compress(b'\0\x80')) + chunk(b'IEND', b''))


def profile(kind, data):
    return f'\n{kind}\n{len(data):8}\n{data.hex()}\n'.encode()


def packed(keyword, text):
    return chunk(b'zTXt', keyword + b'\0\0' + zlib.compress(text))


def riff_chunk(name, data):
    return name + struct.pack('<I', len(data)) + data + bytes(len(data) % 2)


def webp(flags, *chunks):
    body = b'WEBP' + riff_chunk(b'VP8X', bytes((flags, 0, 0, 0, 3, 0, 0, 2, 0, 0)))
    body += b''.join(chunks)
    return b'RIFF' + struct.pack('<I', len(body)) + body


def lossless():
    """The picture's chunk of a WebP file that is there."""
    with open(os.path.join(ROOT, 'tests/data/images/lossless.webp'), 'rb') as file:
        return file.read()[12:]


def gif(version, *blocks):
    screen = b'GIF' + version + b'\1\0\1\0\x80\0\0\0\0\0\xff\xff\xff'
    picture = b'\x2c\0\0\0\0\1\0\1\0\0\2\2\x44\1\0'
    return screen + b''.join(blocks) + picture + b'\x21\xfe\7comment\0;'


def psd(resources):
    return (b'8BPS\0\1' + bytes(6) + struct.pack('>HIIHHI', 1, 1, 1, 8, 1, 0) +
            struct.pack('>I', len(resources)) + resources + bytes(4) + b'\0\0\x80')


def files():
    head = b'XML:com.adobe.xmp\0'
    landing = bytes([1, *range(255, -1, -1), 0])
    yield 'xmp.png', png(chunk(b'iTXt', head + bytes(4) + XMP), chunk(b'eXIf', SMALL_EXIF)) + b'tail'
    yield 'xmp_packed.png', png(chunk(b'iTXt', head + b'\1\0\0\0' + zlib.compress(XMP)))
    yield 'texts.png', png(
        chunk(b'tEXt', b'Description\0Stra\xdfe'), packed(b'Description', b'dog'),
        chunk(b'iTXt', b'Description\0\0\0ja\0setsumei\0inu'),
        chunk(b'tEXt', b'Raw profile type exif\0' + profile('exif', b'Exif\0\0' + EXIF)),
        packed(b'Raw profile type iptc', profile('iptc', resource(0x404, IPTC))),
        packed(b'Raw profile type xmp', profile('xmp', XMP)))
    yield 'xmp.webp', webp(0x0C, lossless(), riff_chunk(b'EXIF', EXIF),
                           riff_chunk(b'XMP ', XMP)) + b'tail'
    yield 'animated.webp', webp(0x1A, riff_chunk(b'ANIM', bytes(6)),
                                riff_chunk(b'ANMF', bytes(16) + lossless()),
                                riff_chunk(b'EXIF', b'Exif\0\0' + SMALL_EXIF))
    yield 'xmp.gif', gif(b'89a', b'\x21\xff\x0bXMP DataXMP' + XMP + landing) + b'tail'
    yield 'plain.gif', gif(b'87a')
    yield 'plain.tif', picture_tiff('<', [], [])
    yield 'xmp.tif', picture_tiff('>', [(0x10E, b'the map\0')], [(0x2BC, XMP)])
    yield 'iptc.tif', picture_tiff('<', [(0x10E, b'ImageJ=1.52')],
                                   [(0x83BB, IPTC), (0x8649, resource(0x404, IPTC))])
    yield 'plain.psd', psd(b'')
    yield 'rich.psd', psd(resource(0x404, IPTC) + resource(0x422, EXIF) + resource(0x424, XMP))


for name, data in files():
    folders = ['fuzz/corpus/fuzz_metadata'] + ['tests/data/metadata'] * (name in TESTED)
    for folder in folders:
        with open(os.path.join(ROOT, folder, name), 'wb') as file:
            file.write(data)
