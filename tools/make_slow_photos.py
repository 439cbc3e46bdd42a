#!/usr/bin/python3
"""Makes photos that are small, or merely as large as allowed, and keep a decoder busy.

usage: make_slow_photos.py OUT

Needs PIL, numpy (for its neighbours), and heif-enc (libheif-examples).
"""
import os
import struct
import sys
import zlib

from PIL import Image

import heif_file
from photo_kinds import heif_enc

SIDE = 15800  # of a square of nearly 250 million pixels


def chunk(kind, data):
    return struct.pack('>I', len(data)) + kind + data + struct.pack('>I', zlib.crc32(kind + data))


def png(width, height, depth, colour, row, interlaced=False, texts=0):
    """All rows alike; a row begins with its filter."""
    passes = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2),
              (0, 1, 1, 2)) if interlaced else ((0, 0, 1, 1),)
    size = (len(row) - 1) / width
    pack, pixels = zlib.compressobj(9), b''
    for left, top, across, down in passes:
        part = row[:1 + int(-(-(width - left) // across) * size)]
        for _ in range(-(-(height - top) // down)):
            pixels += pack.compress(part)
    text = chunk(b'zTXt', b'k\0\0' + zlib.compress(bytes(7900000), 9))
    return (b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', struct.pack(
        '>IIBBBBB', width, height, depth, colour, 0, 0, interlaced)) + text * texts +
        chunk(b'IDAT', pixels + pack.flush()) + chunk(b'IEND', b''))


def segment(marker, data):
    return bytes([255, marker]) + struct.pack('>H', len(data) + 2) + data


def jpeg(side, scans, arithmetic):
    """Nothing but empty blocks, and scans that refine them."""
    blocks = (-(-side // 8)) ** 2
    runs = '011111111111111' * -(-blocks // 32767)  # each of so many blocks
    runs += '1' * (-len(runs) % 8)
    empty = int(runs, 2).to_bytes(len(runs) // 8, 'big').replace(b'\xff', b'\xff\0')
    means = bytes(-(-blocks // 8))
    if arithmetic:  # zeros are implied
        empty, means = bytes(2), bytes(4)

    def table(kind, symbol):  # of one code
        return segment(0xC4, bytes([kind, 1]) + bytes(15) + bytes([symbol]))

    def scan(first, last, bits, data):
        return segment(0xDA, bytes([1, 1, 0, first, last, bits])) + data

    return (b'\xff\xd8' + segment(0xDB, bytes([0]) + bytes([1] * 64)) +
            segment(0xCA if arithmetic else 0xC2,
                    struct.pack('>BHHB', 8, side, side, 1) + bytes([1, 0x11, 0])) +
            table(0, 0) + table(0x10, 0xE0) + scan(0, 0, 0, means) + scan(1, 63, 1, empty) +
            scan(1, 63, 0x10, empty) * scans + b'\xff\xd9')


def gif(size):
    """64 x 64 pixels, and codes that stand for a pixel more each until there are no more, again and
    again."""
    value = count = 0
    data = bytearray()

    def put(code, width):
        nonlocal value, count
        value, count = value | code << count, count + width
        while count >= 8:
            data.append(value & 255)
            value, count = value >> 8, count - 8

    put(4, 3)  # clear
    while len(data) < size:
        width = 3
        put(0, width)
        for known in range(6, 8190):
            put(min(known, 4095), width)
            if known + 1 == 1 << width and width < 12:
                width += 1
        put(4, width)
    blocks = b''.join(bytes([len(data[i:i + 255])]) + data[i:i + 255]
                      for i in range(0, len(data), 255))
    return (b'GIF89a' + struct.pack('<HHBBB', 64, 64, 0x81, 0, 0) + bytes(12) + b',' +
            struct.pack('<HHHHB', 0, 0, 64, 64, 0) + b'\2' + blocks + b'\0;')


def hdr(side):
    runs = bytes([255, 99]) * (side // 127) + bytes([128 + side % 127, 99])
    row = b'\2\2' + struct.pack('>H', side) + runs * 4
    return b'#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y %d +X %d\n' % (side, side) + row * side


def heic(slices):
    """1024 x 1024 pixels in blocks of 64, so that a block's number has 8 bits; each further slice is
    all but the first block once more."""
    plain = Image.new('RGB', (1024, 1024), (90, 120, 60))
    options = ('-p', 'x265:ctu=64', '-p', 'x265:wpp=0')
    config, coded, size = heif_file.coded_picture(heif_enc(plain, 'heic', options))
    bits = ''.join('{:08b}'.format(byte) for byte in coded[6:])
    bits = '0' + bits[1:3] + '00000001' + bits[3:]
    further = bytearray(coded[4:6])
    for byte in int(bits, 2).to_bytes(len(bits) // 8, 'big'):
        if byte <= 3 and further[-2:] == b'\0\0':
            further.append(3)
        further.append(byte)
    coded += (struct.pack('>I', len(further)) + further) * slices
    return heif_file.build([(config, coded, size)], size)


def main():
    if len(sys.argv) != 2:
        sys.exit('usage: make_slow_photos.py OUT')
    os.makedirs(sys.argv[1], exist_ok=True)
    deep = b'\4' + bytes(8 * 15000)  # 16 bits a sample, four samples, the costliest filter
    for name, data in (
            ('column.png', png(1, 200000000, 1, 0, b'\0\0')),
            ('texts.png', png(64, 64, 8, 2, bytes(193), texts=900)),
            ('largest.png', png(15000, 15000, 16, 6, deep)),
            ('largest-interlaced.png', png(15000, 15000, 16, 6, deep, True)),
            ('scans.jpg', jpeg(SIDE, 185, False)), ('scans-arithmetic.jpg', jpeg(SIDE, 185, True)),
            ('codes.gif', gif(1000000)), ('largest.hdr', hdr(7000)), ('slices.heic', heic(2000))):
        with open(os.path.join(sys.argv[1], name), 'wb') as file:
            file.write(data)


if __name__ == '__main__':
    main()
