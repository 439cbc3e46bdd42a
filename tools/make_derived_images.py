#!/usr/bin/python3
"""Makes pictures of tests/data/images/ out of others that are there (usage: make_derived_images.py
DIRECTORY).  Needs avifenc.

Those whose colours are not sRGB hold the same numbers, and say that these are Adobe RGB (1998),
Display P3 or inks.  HEIC and AVIF files are turned, mirrored, laid over one another, or go round in
circles.
"""
import os
import struct
import subprocess
import sys
import zlib

import heif_file

# XYZ under D50 of red, green and blue, as published.
ADOBE_RGB = ((0.60974, 0.31111, 0.01947), (0.20528, 0.62567, 0.06087), (0.14919, 0.06322, 0.74457))
ADOBE_GAMMA = 2.19921875
DISPLAY_P3_XY = (0.3127, 0.3290, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060)  # white, red, green, blue


def fixed(*values):
    """s15Fixed16Number"""
    return b''.join(struct.pack('>i', round(65536 * value)) for value in values)


def profile(kind, space, connection, tags):
    """An ICC profile; tags: (name, content)"""
    table, data = b'', b''
    for name, content in tags:
        table += struct.pack('>4sII', name, 132 + 12 * len(tags) + len(data), len(content))
        data += content + bytes(-len(content) % 4)
    size = 132 + len(table) + len(data)
    return (struct.pack('>I4sI4s4s4s12x4s', size, b'', 0x02400000, kind, space, connection, b'acsp') +
            bytes(28) + fixed(0.9642, 1, 0.8249) + bytes(48) + struct.pack('>I', len(tags)) + table +
            data)


def adobe_rgb():
    curve = b'curv' + struct.pack('>IIH', 0, 1, round(256 * ADOBE_GAMMA))
    return profile(b'mntr', b'RGB ', b'XYZ ', [
        (b'%cXYZ' % letter, b'XYZ ' + bytes(4) + fixed(*xyz)) for letter, xyz in zip(b'rgb', ADOBE_RGB)
    ] + [(b'%cTRC' % letter, curve) for letter in b'rgb'])


def ink():
    """A table (lut8Type): only black counts, and L* falls evenly with it."""
    every = bytes(range(256))
    table = (b'mft1' + bytes(4) + bytes((4, 3, 2, 0)) + fixed(1, 0, 0, 0, 1, 0, 0, 0, 1) + 4 * every +
             8 * bytes((255, 128, 128, 0, 128, 128)) + 3 * every)
    return profile(b'prtr', b'CMYK', b'Lab ', [(b'A2B0', table)])


def with_segments(data, icc, pieces):
    """A JPEG with its profile in so many pieces."""
    size = -(-len(icc) // pieces)
    segments = b''
    for i in range(pieces):
        piece = b'ICC_PROFILE\0' + bytes((i + 1, pieces)) + icc[i * size:(i + 1) * size]
        segments += struct.pack('>2sH', b'\xFF\xE2', 2 + len(piece)) + piece
    return data[:2] + segments + data[2:]


def chunk(name, data):
    return struct.pack('>I', len(data)) + name + data + struct.pack('>I', zlib.crc32(name + data))


def with_chunks(data, *chunks):
    """A PNG with chunks behind its header."""
    return data[:33] + b''.join(chunk(*each) for each in chunks) + data[33:]


def riff_chunk(name, data):
    return name + struct.pack('<I', len(data)) + data + bytes(len(data) % 2)


def extended_webp(data, icc, width, height):
    size = struct.pack('<I', width - 1)[:3] + struct.pack('<I', height - 1)[:3]
    body = b'WEBP' + riff_chunk(b'VP8X', bytes((0x20, 0, 0, 0)) + size) + riff_chunk(b'ICCP', icc)
    body += data[12:]
    return b'RIFF' + struct.pack('<I', len(body)) + body


def with_resources(data, icc):
    """A PSD with two resources, of which the second is its profile."""
    resource = lambda number, content: (b'8BIM' + struct.pack('>HHI', number, 0, len(content)) +
                                        content + bytes(len(content) % 2))
    resources = resource(1005, bytes(15)) + resource(1039, icc)
    return data[:30] + struct.pack('>I', len(resources)) + resources + data[34:]


def make_derived(save, kind, picture):
    """Pictures made of pictures; those that are to be refused have names that begin with bad-."""
    size = (48, 32)

    def make(name, derived, *links, primary=2):
        save('%s.%s' % (name, kind), heif_file.build_from(picture, size, derived, links, primary))

    grid = (b'grid', struct.pack('>BBBBHH', 0, 0, 0, 0, *size), [])
    cover = heif_file.layers(size, (0, 0), (24, 0))
    upside_down = (b'iden', b'\0', [heif_file.box(b'irot', b'\2')])
    make('layers', [(b'iovl', cover, [])], (b'dimg', 2, 1, 1))
    make('layers-grid', [(b'iovl', cover, []), grid], (b'dimg', 2, 3, 1), (b'dimg', 3, 1))
    make('identity', [upside_down], (b'dimg', 2, 1))
    make('bad-canvas', [(b'iovl', heif_file.layers((15000, 15000), (0, 0)), [])], (b'dimg', 2, 1))
    make('bad-many', [(b'iovl', heif_file.layers(size, *[(0, 0)] * 17), [])], (b'dimg', 2, *[1] * 17))
    make('bad-self', [(b'iden', b'', [])], (b'dimg', 2, 2))
    make('bad-nothing', [(b'iovl', cover, [])], (b'dimg', 2, 1, 7))
    make('bad-circle', [(b'iden', b'', []), (b'iovl', cover, [])], (b'dimg', 2, 3), (b'dimg', 3, 2, 1))
    make('bad-alpha', [(*grid[:2], [heif_file.ALPHA])], (b'dimg', 2, 1), (b'auxl', 2, 1), primary=1)
    make('bad-alpha2', [(b'iden', b'', [heif_file.ALPHA])], (b'dimg', 2, 1), (b'auxl', 2, 1), primary=1)


def main():
    folder = sys.argv[1]

    def load(name):
        with open(os.path.join(folder, name), 'rb') as file:
            return file.read()

    def save(name, data):
        with open(os.path.join(folder, name), 'wb') as file:
            file.write(data)

    adobe = adobe_rgb()
    packed = (b'iCCP', b'ICC\0\0' + zlib.compress(adobe))
    gamma = (b'gAMA', struct.pack('>I', round(100000 / ADOBE_GAMMA)))
    primaries = (b'cHRM', struct.pack('>8I', *(round(100000 * value) for value in DISPLAY_P3_XY)))
    save('adobe.jpg', with_segments(load('rgb444.jpg'), adobe, 2))
    save('ink.jpg', with_segments(load('cmyk-adobe.jpg'), ink(), 1))
    save('adobe.png', with_chunks(load('rgb.png'), packed, (b'sRGB', b'\0'), gamma))
    save('adobe-alpha.png', with_chunks(load('rgba.png'), packed))
    save('p3-gamma.png', with_chunks(load('rgb.png'), gamma, primaries))
    save('p3-codes.png', with_chunks(load('rgb.png'), (b'cICP', bytes((12, 13, 0, 1))), packed))
    save('srgb-gamma.png', with_chunks(load('rgb.png'), (b'sRGB', b'\0'), (b'gAMA', b'\0\0\xFF\0')))
    save('adobe.webp', extended_webp(load('lossless.webp'), adobe, 48, 32))
    save('adobe.psd', with_resources(load('rgb.psd'), adobe))
    for kind, name, colour in (
            ('heic', 'adobe', b'prof' + adobe), ('avif', 'adobe', b'prof' + adobe),
            ('avif', 'p3', b'nclx' + struct.pack('>HHHB', 12, 13, 6, 0x80))):
        config, coded, size = heif_file.coded_picture(load('rgb.' + kind))
        save(name + '.' + kind, heif_file.build([(config, coded, size)], (48, 32), colour=colour))
    for kind in ('heic', 'avif'):
        make_derived(save, kind, heif_file.coded_picture(load('rgb.' + kind)))

    def avifenc(source, target, *options):
        subprocess.run(['avifenc', '-y', '444', '--min', '10', '--max', '20', *options,
                        os.path.join(folder, source), os.path.join(folder, target)], check=True,
                       stdout=subprocess.DEVNULL)

    for value in range(2, 9):  # it says what EXIF says by irot and imir
        avifenc('orientation%d.jpg' % value, 'turned%d.avif' % value, '-d', '10')
    avifenc('rgba.png', 'turned-alpha.avif', '--irot', '2')


if __name__ == '__main__':
    main()
