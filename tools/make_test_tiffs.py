#!/usr/bin/python3
"""Makes the TIFF files and camera raws of tests/data/images/ (usage: make_test_tiffs.py DIRECTORY).

Needs tiffcp (libtiff-tools), cjpeg and djpeg (libjpeg-turbo-progs); the other pictures of that directory must be there
(make_test_images.py), because some files hold one of its JPEGs.

They show what the others show: the same four quarters.  The names tell the case.
"""
import math
import os
import struct
import subprocess
import sys
import zlib

from make_derived_images import adobe_rgb, ink

WIDTH, HEIGHT = 48, 32
COLOURS = [(200, 40, 40), (40, 160, 60), (40, 60, 200), (220, 200, 60)]
GREYS = [(30,), (90,), (150,), (220,)]
ALPHA = [255, 0, 128, 255]
BYTE, ASCII, SHORT, LONG, UNDEFINED, LONG8 = 1, 2, 3, 4, 7, 16
SIZE = {BYTE: 1, ASCII: 1, SHORT: 2, LONG: 4, UNDEFINED: 1, LONG8: 8}
NONE, OLD_JPEG, JPEG, DEFLATE, PACKBITS = 1, 6, 7, 8, 32773


def at(x, y, four, width=WIDTH, height=HEIGHT):
    return four[(y >= height // 2) * 2 + (x >= width // 2)]


def rows(four, width=WIDTH, height=HEIGHT):
    """[height][width] of the quarters' values"""
    return [[at(x, y, four, width, height) for x in range(width)] for y in range(height)]


def scaled(four, factor):
    return [tuple(value * factor for value in pixel) for pixel in four]


def samples(row, code):
    return struct.pack(code, *[value for pixel in row for value in pixel])


def plain(picture, code):
    """Bytes of each row, its samples as `code` ('<H') has them."""
    return [samples(row, '%s%d%s' % (code[0], len(row) * len(row[0]), code[1])) for row in picture]


def bits(picture, depth):
    """The same, packed from the highest bit on."""
    packed = []
    for row in picture:
        text = ''.join(format(value, '0%db' % depth) for pixel in row for value in pixel)
        text += '0' * (-len(text) % 8)
        packed.append(bytes(int(text[i:i + 8], 2) for i in range(0, len(text), 8)))
    return packed


def strips(lines, count):
    return [b''.join(lines[i:i + count]) for i in range(0, len(lines), count)]


def tiles(picture, code, side):
    """Filled up at the right and below with the last sample."""
    made = []
    for top in range(0, len(picture), side):
        for left in range(0, len(picture[0]), side):
            block = [[picture[min(y, len(picture) - 1)][min(x, len(picture[0]) - 1)]
                      for x in range(left, left + side)] for y in range(top, top + side)]
            made.append(b''.join(plain(block, code)))
    return made


class File:
    """A TIFF file that is put together: what has an offset first, the directories behind it."""

    def __init__(self, endian='<', wide=False, magic=None):
        self.endian, self.wide = endian, wide
        order = b'II' if endian == '<' else b'MM'
        self.data = bytearray(magic or order + (struct.pack(endian + 'HHHQ', 43, 8, 0, 0) if wide else
                                                struct.pack(endian + 'HI', 42, 0)))
        self.link = 8 if wide else 4  # where the offset of the next directory goes

    def word(self, value):
        return struct.pack(self.endian + ('Q' if self.wide else 'I'), value)

    def put(self, data):
        self.data += bytes(len(self.data) % 2)
        self.data += data
        return len(self.data) - len(data)

    def value(self, kind, values):
        if isinstance(values, bytes):
            return values
        code = {BYTE: 'B', SHORT: 'H', LONG: 'I', LONG8: 'Q'}[kind]
        return struct.pack(self.endian + code * len(values), *values)

    def directory(self, fields):
        """fields: {tag: (type, values)}; returns its offset"""
        room = 8 if self.wide else 4
        entries = b''
        for tag, (kind, values) in sorted(fields.items()):
            data = self.value(kind, values)
            entries += struct.pack(self.endian + 'HH', tag, kind) + self.word(len(data) // SIZE[kind])
            entries += data.ljust(room, b'\0') if len(data) <= room else self.word(self.put(data))
        count = struct.pack(self.endian + ('Q' if self.wide else 'H'), len(fields))
        return self.put(count + entries + self.word(0))

    def page(self, fields):
        offset = self.directory(fields)
        self.data[self.link:self.link + room_of(self)] = self.word(offset)
        entry = 20 if self.wide else 12
        self.link = offset + (8 if self.wide else 2) + entry * len(fields)


def room_of(file):
    return 8 if file.wide else 4


def deflated(parts):
    return [zlib.compress(part, 9) for part in parts]


def fields(file, parts, depth=8, count=3, photometric=2, compression=DEFLATE, width=WIDTH,
           height=HEIGHT, strip=HEIGHT, side=0, more=None):
    """Of a picture whose strips or tiles these are, as compressed."""
    offsets = [file.put(part) for part in parts]
    sizes = [len(part) for part in parts]
    kind = LONG8 if file.wide else LONG
    made = {256: (SHORT, [width]), 257: (SHORT, [height]), 258: (SHORT, [depth] * count),
            259: (SHORT, [compression]), 262: (SHORT, [photometric]), 277: (SHORT, [count])}
    if side:
        made.update({322: (SHORT, [side]), 323: (SHORT, [side]), 324: (kind, offsets),
                     325: (kind, sizes)})
    else:
        made.update({273: (kind, offsets), 278: (SHORT, [strip]), 279: (kind, sizes)})
    made.update(more or {})
    return made


def tiff(parts, endian='<', wide=False, **options):
    file = File(endian, wide)
    file.page(fields(file, parts, **options))
    return bytes(file.data)


def one_picture(lines, strip=8, **options):
    return tiff(deflated(strips(lines, strip)), strip=strip, **options)


def over_all(pixel):
    return [tuple(c * a // 255 for c in colour) + (a,) for colour, a in zip(pixel, ALPHA)]


def make_depths(save):
    rgb = rows(COLOURS)
    save('rgb.tif', tiff(strips(plain(rgb, '<B'), 8), strip=8, compression=NONE))
    save('rgb-deflate.tif', one_picture(plain(rgb, '<B')))
    save('rgb16.tif', one_picture(plain(rows(scaled(COLOURS, 257)), '>H'), endian='>', depth=16))
    save('rgb32.tif', one_picture(plain(rows(scaled(COLOURS, 257 * 65537)), '<I'), depth=32))
    save('rgb64.tif', one_picture(plain(rows(scaled(COLOURS, 257 * 0x1000100010001)), '<Q'), depth=64))
    save('rgb-half.tif', one_picture(plain(rows(scaled(COLOURS, 1 / 255)), '<e'), depth=16,
                                     more={339: (SHORT, [3] * 3)}))
    save('rgb-float.tif', one_picture(plain(rows(scaled(COLOURS, 1 / 255)), '>f'), endian='>',
                                      depth=32, more={339: (SHORT, [3] * 3)}))
    save('rgb-double.tif', one_picture(plain(rows(scaled(COLOURS, 1 / 255)), '<d'), depth=64,
                                       more={339: (SHORT, [3] * 3)}))
    save('rgb-signed.tif', one_picture(plain(rows([[c - 128 for c in p] for p in COLOURS]), '<b'),
                                       more={339: (SHORT, [2] * 3)}))
    for depth in 2, 4, 12:
        four = [(round(value * (2 ** depth - 1) / 255),) for value, in GREYS]
        save('grey%d.tif' % depth, one_picture(bits(rows(four), depth), depth=depth, count=1,
                                               photometric=1))
    save('grey.tif', one_picture(plain(rows(GREYS), '<B'), count=1, photometric=1))
    save('grey-inverse.tif', one_picture(plain(rows([(255 - v,) for v, in GREYS]), '<B'), count=1,
                                         photometric=0))
    black = bits(rows([(1,), (0,), (0,), (1,)]), 1)
    save('bits-inverse.tif', one_picture(black, depth=1, count=1, photometric=0))
    turned = [bytes(int(format(b, '08b')[::-1], 2) for b in line) for line in black]
    save('bits-fill-order.tif', tiff(strips(turned, 8), strip=8, depth=1, count=1, photometric=0,
                                     compression=NONE, more={266: (SHORT, [2])}))


def make_colours(save, jpeg):
    index = rows([(0,), (1,), (2,), (3,)])
    for name, depth, factor in ('palette', 8, 257), ('palette4', 4, 257), ('palette-shallow', 8, 1):
        table = [c[i] * factor for i in range(3) for c in COLOURS + [(0, 0, 0)] * (2 ** depth - 4)]
        save(name + '.tif', one_picture(bits(index, depth), depth=depth, count=1, photometric=3,
                                        more={320: (SHORT, table)}))
    alpha = [colour + (a,) for colour, a in zip(COLOURS, ALPHA)]
    save('rgba.tif', one_picture(plain(rows(alpha), '<B'), count=4, more={338: (SHORT, [2])}))
    save('rgba-associated.tif', one_picture(plain(rows(over_all(COLOURS)), '<B'), count=4,
                                            more={338: (SHORT, [1])}))
    save('rgbx.tif', one_picture(plain(rows(alpha), '<B'), count=4, more={338: (SHORT, [0])}))
    save('grey-alpha.tif', one_picture(
        plain(rows([grey + (a,) for grey, a in zip(GREYS, ALPHA)]), '<B'), count=2, photometric=1,
        more={338: (SHORT, [2])}))
    inks = [tuple(255 - v for v in colour) + (0,) for colour in COLOURS]
    save('cmyk.tif', one_picture(plain(rows(inks), '<B'), count=4, photometric=5))
    save('cmyk-alpha.tif', one_picture(plain(rows([i + (a,) for i, a in zip(inks, ALPHA)]), '<B'),
                                       count=5, photometric=5, more={338: (SHORT, [2])}))
    save('adobe.tif', one_picture(plain(rows(COLOURS), '<B'), more={34675: (UNDEFINED, adobe_rgb())}))
    save('ink.tif', one_picture(plain(rows([(0, 0, 0, 255 - g) for g, in GREYS]), '<B'), count=4,
                                photometric=5, more={34675: (UNDEFINED, ink())}))
    save('lab.tif', one_picture(plain(rows([lab(c, 8) for c in COLOURS]), '<b'), photometric=8))
    save('lab16.tif', one_picture(plain(rows([lab(c, 16) for c in COLOURS]), '<h'), depth=16,
                                  photometric=8))
    save('ycbcr.tif', one_picture(subsampled(rows([ycbcr(c) for c in COLOURS])), strip=16,
                                  photometric=6, more={530: (SHORT, [2, 2])}))
    save('jpeg.tif', tiff([jpeg], compression=JPEG, photometric=6, more={530: (SHORT, [2, 2])}))
    old = File()
    offset = old.put(jpeg)
    old.page({256: (SHORT, [WIDTH]), 257: (SHORT, [HEIGHT]), 258: (SHORT, [8] * 3),
              259: (SHORT, [OLD_JPEG]), 262: (SHORT, [6]), 273: (LONG, [offset]), 277: (SHORT, [3]),
              278: (SHORT, [HEIGHT]), 279: (LONG, [len(jpeg)]), 512: (SHORT, [1]),
              513: (LONG, [offset]), 514: (LONG, [len(jpeg)]), 530: (SHORT, [2, 2])})
    save('old-jpeg.tif', bytes(old.data))


def linear(value):
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4


def lab(colour, depth):
    """CIE L*a*b* with the white of D50, as signed numbers of so many bits"""
    r, g, b = (linear(value / 255) for value in colour)
    cube = lambda t: t ** (1 / 3) if t > 216 / 24389 else t * 841 / 108 + 4 / 29
    x = cube((0.4360747 * r + 0.3850649 * g + 0.1430804 * b) / 0.9642)
    y = cube(0.2225045 * r + 0.7168786 * g + 0.0606169 * b)
    z = cube((0.0139322 * r + 0.0971045 * g + 0.7141733 * b) / 0.8249)
    whole = (1 << depth) - 1
    lightness = round((116 * y - 16) * whole / 100)
    unit = 1 << (depth - 8)
    signed = lightness - (whole + 1 if lightness > whole // 2 else 0)
    return signed, round(500 * (x - y) * unit), round(200 * (y - z) * unit)


def ycbcr(colour):
    r, g, b = colour
    y = 0.299 * r + 0.587 * g + 0.114 * b
    return round(y), round((b - y) / 1.772 + 128), round((r - y) / 1.402 + 128)


def subsampled(picture):
    """Blocks of 2 x 2: four of brightness, then both colours; a row of blocks is two rows."""
    lines = []
    for y in range(0, len(picture), 2):
        line = b''
        for x in range(0, len(picture[0]), 2):
            four = [picture[y + j][x + i] for j in (0, 1) for i in (0, 1)]
            line += bytes([pixel[0] for pixel in four] + list(four[0][1:]))
        lines += [line, b'']
    return lines


def make_layouts(save):
    rgb = rows(COLOURS)
    colours = [[[(pixel[c],) for pixel in row] for row in rgb] for c in range(3)]
    separate = {284: (SHORT, [2])}
    parts = [part for plane in colours for part in strips(plain(plane, '<B'), 8)]
    save('planes.tif', tiff(deflated(parts), strip=8, more=separate))
    alpha = [[(a,) for a in row] for row in rows(ALPHA)]
    parts += strips(plain(alpha, '<B'), 8)
    save('planes-alpha.tif', tiff(deflated(parts), strip=8, count=4,
                                  more={284: (SHORT, [2]), 338: (SHORT, [2])}))
    save('tiles.tif', tiff(deflated(tiles(rgb, '<B', 16)), side=16))
    save('tiles-beyond.tif', tiff(deflated(tiles(rgb, '<B', 32)), side=32))
    save('tiles-planes.tif', tiff(
        deflated([t for plane in colours for t in tiles(plane, '<B', 32)]), side=32, more=separate))
    wide = rows(scaled(COLOURS, 257))
    save('tiles16.tif', tiff(deflated(tiles(wide, '>H', 32)), endian='>', side=32, depth=16))
    save('big.tif', one_picture(plain(rgb, '<B'), wide=True))
    save('big-endian.tif', one_picture(plain(rgb, '<B'), wide=True, endian='>'))
    turned = [[rgb[y][WIDTH - 1 - x] for y in range(HEIGHT)] for x in range(WIDTH)]
    save('orientation6.tif', one_picture(plain(turned, '<B'), width=HEIGHT, height=WIDTH,
                                         more={274: (SHORT, [6])}))


def thumbnail(file, more):
    """Of a quarter of the size, in one colour that no test expects."""
    lines = plain(rows([(255, 0, 255)] * 4, 12, 8), '<B')
    made = fields(file, deflated(strips(lines, 8)), width=12, height=8, strip=8)
    made.update(more)
    return made


def make_pages(save):
    parts = deflated(strips(plain(rows(COLOURS), '<B'), 8))
    other = deflated(strips(plain(rows(COLOURS[::-1]), '<B'), 8))
    pages = File()
    pages.page(fields(pages, parts, strip=8, more={254: (LONG, [2])}))
    pages.page(fields(pages, other, strip=8, more={254: (LONG, [2])}))
    save('pages.tif', bytes(pages.data))
    for name, mark in ('thumbnail-first', {254: (LONG, [1])}), ('old-thumbnail-first', {255: (SHORT, [2])}):
        file = File()
        file.page(thumbnail(file, mark))
        file.page(fields(file, parts, strip=8))
        save(name + '.tif', bytes(file.data))
    below = File()
    offset = below.directory(fields(below, parts, strip=8))
    below.page(thumbnail(below, {254: (LONG, [1]), 330: (LONG, [offset])}))
    save('picture-below.tif', bytes(below.data))
    last = File()
    small = last.directory(thumbnail(last, {254: (LONG, [1])}))
    last.page(fields(last, parts, strip=8, more={330: (LONG, [small])}))
    save('thumbnail-below.tif', bytes(last.data))
    loop = File()
    loop.page(thumbnail(loop, {254: (LONG, [1])}))
    loop.data[loop.link:loop.link + 4] = loop.data[4:8]
    save('loop.tif', bytes(loop.data))


def make_by_tiffcp(save, folder):
    for name, source, kind in (('lzw', 'rgb', 'lzw:2'), ('g4', 'bits-inverse', 'g4'),
                               ('g3', 'bits-inverse', 'g3:2d'), ('packbits', 'palette4', 'packbits')):
        path = os.path.join(folder, name + '.tif')
        subprocess.run(['tiffcp', '-c', kind, os.path.join(folder, source + '.tif'), path], check=True)


def without_exif(jpeg):
    """A JPEG without its first APP1 segment."""
    start = jpeg.index(b'\xFF\xE1')
    return jpeg[:start] + jpeg[start + 2 + struct.unpack('>H', jpeg[start + 2:start + 4])[0]:]


def dng(preview, orientation=1, data=None, photometric=32803):
    """A small picture first; below it the sensor's data and the preview, which ends the file."""
    data = data or bytes(range(256)) * (WIDTH * HEIGHT // 128)
    for length in 0, None:
        file = File()
        sensor = file.directory(fields(file, [data], depth=16, count=1, photometric=photometric,
                                       compression=7 if photometric == 34892 else NONE))
        jpeg = {256: (SHORT, [WIDTH]), 257: (SHORT, [HEIGHT]), 259: (SHORT, [JPEG]),
                262: (SHORT, [6]), 273: (LONG, [length or 0]), 279: (LONG, [len(preview)])}
        if length is None:
            jpeg[273] = (LONG, [size])
        below = file.directory(jpeg)
        file.page(thumbnail(file, {254: (LONG, [1]), 274: (SHORT, [orientation]),
                                   330: (LONG, [sensor, below]), 50706: (BYTE, [1, 4, 0, 0])}))
        size = len(file.data)
    return bytes(file.data) + preview


def raw_like(magic, preview, orientation=1, tail=b''):
    """One directory, and the preview behind it."""
    size = 0
    for _ in range(2):
        file = File(magic=magic + bytes(4) + tail)
        file.page({256: (SHORT, [WIDTH]), 257: (SHORT, [HEIGHT]), 274: (SHORT, [orientation]),
                   259: (SHORT, [OLD_JPEG]), 273: (LONG, [size]), 279: (LONG, [len(preview)])})
        size = len(file.data)
    return bytes(file.data) + preview


def box(name, data):
    return struct.pack('>I4s', len(data) + 8, name) + data


def cr3(preview, orientation):
    block = File('>')
    block.page({274: (SHORT, [orientation])})
    uuid = bytes.fromhex('85c0b687820f11e08111f4ce462b6a48') + box(b'CNCV', bytes(30)) + \
        box(b'CMT1', bytes(block.data))
    return (box(b'ftyp', b'crx \0\0\0\1crx isom') + box(b'moov', box(b'uuid', uuid)) +
            box(b'mdat', bytes(64) + preview))


def make_raws(save, jpeg, turned, small, large):
    save('preview.dng', dng(jpeg))
    save('preview6.dng', dng(jpeg, 6))
    save('preview-tall.dng', dng(without_exif(turned), 6))
    save('preview6-twice.dng', dng(turned, 6))
    save('preview-lossy.dng', dng(jpeg, data=large, photometric=34892))
    save('preview.cr2', raw_like(b'II*\0', jpeg, tail=b'CR\2\0\0\0\0\0'))
    save('preview6.rw2', raw_like(b'IIU\0', jpeg, 6))
    save('preview.orf', raw_like(b'IIRO', jpeg))
    save('preview6.cr3', cr3(jpeg, 6))
    save('preview6.raf', b'FUJIFILMCCD-RAW 0201'.ljust(160, b'\0') + turned)
    save('preview.x3f', b'FOVb'.ljust(80, b'\0') + small + jpeg)
    save('no-preview.dng', dng(b''))


def main():
    folder = sys.argv[1]

    def save(name, data):
        with open(os.path.join(folder, name), 'wb') as file:
            file.write(data)

    def load(name):
        with open(os.path.join(folder, name), 'rb') as file:
            return file.read()

    jpeg = load('rgb.jpg')
    make_depths(save)
    make_colours(save, jpeg)
    make_layouts(save)
    make_pages(save)
    make_by_tiffcp(save, folder)
    small = subprocess.run(['djpeg', '-scale', '1/4', os.path.join(folder, 'rgb.jpg')], check=True,
                           capture_output=True).stdout
    small = subprocess.run(['cjpeg'], input=small, check=True, capture_output=True).stdout
    make_raws(save, jpeg, load('orientation6.jpg'), small, load('large.jpg'))


if __name__ == '__main__':
    main()
