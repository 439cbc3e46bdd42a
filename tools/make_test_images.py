#!/usr/bin/python3
"""Makes the pictures of tests/data/images/ (usage: make_test_images.py DIRECTORY).

Needs PIL with WebP, numpy, heif-enc (libheif-examples), cjxl (libjxl-tools),
opj_compress (libopenjp2-tools) and convert (imagemagick).

Every picture shows, upright, the same four quarters: red, green above blue, yellow, or as much of
that as its format holds; tests/image/test_image.c knows the colours.  The names tell the case.
"""
import io
import os
import struct
import subprocess
import sys
import zlib

import numpy as np
from PIL import Image

import heif_file

WIDTH, HEIGHT = 48, 32
RED, GREEN, BLUE, YELLOW = (200, 40, 40), (40, 160, 60), (40, 60, 200), (220, 200, 60)


def quarters(colours=(RED, GREEN, BLUE, YELLOW), width=WIDTH, height=HEIGHT):
    """uint8 [height][width][channels]"""
    top = np.repeat(np.array([colours[:2]], np.uint8), width // 2, 1)
    bottom = np.repeat(np.array([colours[2:]], np.uint8), width // 2, 1)
    return np.concatenate([np.repeat(top, height // 2, 0), np.repeat(bottom, height // 2, 0)])


def stored(pixels, orientation):
    """The picture that this orientation turns upright."""
    turn = {1: lambda a: a, 2: lambda a: a[:, ::-1], 3: lambda a: a[::-1, ::-1], 4: lambda a: a[::-1],
            5: lambda a: a.swapaxes(0, 1), 6: lambda a: np.rot90(a, 1),
            7: lambda a: a[::-1, ::-1].swapaxes(0, 1), 8: lambda a: np.rot90(a, -1)}
    return np.ascontiguousarray(turn[orientation](pixels))


def exif(value, endian='<', kind=3):
    """A TIFF block with ImageWidth before Orientation."""
    tag = struct.pack(endian + ('HHIHH' if kind == 3 else 'HHII'), 0x112, kind, 1, value,
                      *([0] if kind == 3 else []))
    return ((b'II*\0' if endian == '<' else b'MM\0*') + struct.pack(endian + 'IH', 8, 2) +
            struct.pack(endian + 'HHII', 0x100, 4, 1, 48) + tag + struct.pack(endian + 'I', 0))


def jpeg(pixels, mode='RGB', **options):
    out = io.BytesIO()
    Image.fromarray(pixels, mode).save(out, 'JPEG', quality=90, **options)
    return out.getvalue()


def encoded(image, kind, **options):
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def segment(marker, data):
    return struct.pack('>BBH', 0xFF, marker, len(data) + 2) + data


def with_exif(data, block):
    return data[:2] + segment(0xE1, b'Exif\0\0' + block) + data[2:]


def chunk(name, data):
    return struct.pack('>I', len(data)) + name + data + struct.pack('>I', zlib.crc32(name + data))


def raw_profiles(block):
    """The texts of PNG chunks that hold an EXIF block as ImageMagick writes it, by their kinds."""
    block = b'Exif\0\0' + block
    digits = block.hex()
    lines = '\n'.join(digits[i:i + 72] for i in range(0, len(digits), 72))
    text = ('\nexif\n%8d\n%s\n' % (len(block), lines)).encode()
    return [(b'tEXt', b'Raw profile type exif\0' + text),
            (b'zTXt', b'Raw profile type APP1\0\0' + zlib.compress(text)),
            (b'iTXt', b'Raw profile type exif\0\1\0en\0EXIF\0' + zlib.compress(text))]


def png(colour, depth, rows, before=b'', after=b'', width=WIDTH, height=HEIGHT):
    """rows: the bytes of each row"""
    return (b'\x89PNG\r\n\x1a\n' +
            chunk(b'IHDR', struct.pack('>IIBBBBB', width, height, depth, colour, 0, 0, 0)) + before +
            chunk(b'IDAT', zlib.compress(b''.join(b'\0' + row for row in rows), 9)) + after +
            chunk(b'IEND', b''))


def make_jpeg(save, folder):
    save('rgb.jpg', jpeg(quarters()))
    save('rgb444.jpg', jpeg(quarters(), subsampling=0))
    save('progressive.jpg', jpeg(quarters(), progressive=True))
    save('grey.jpg', jpeg(quarters((30, 90, 150, 220)), 'L'))
    for value in range(1, 9):
        data = jpeg(stored(quarters(), value))
        save('orientation%d.jpg' % value, with_exif(data, exif(value, '<>'[value % 2])))
    save('orientation6-long.jpg', with_exif(jpeg(stored(quarters(), 6)), exif(6, '>', 4)))
    for value in (0, 9, 65535):
        save('orientation-bad%d.jpg' % value, with_exif(jpeg(quarters()), exif(value)))
    # PIL inverts for Adobe's marker; without the marker the same file holds plain ink.
    ink = 255 - quarters()
    ink = np.concatenate([ink, np.zeros_like(ink[:, :, :1])], 2)
    adobe = jpeg(ink, 'CMYK', subsampling=0)
    save('cmyk-adobe.jpg', adobe)
    plain = jpeg(255 - ink, 'CMYK', subsampling=0)
    at = plain.index(b'\xff\xee')
    save('cmyk-plain.jpg', plain[:at] + plain[at + 2 + struct.unpack('>H', plain[at + 2:at + 4])[0]:])
    # Adobe's YCCK: YCbCr of the inverted inks' complement, and inverted black.
    ycc = np.asarray(Image.fromarray(255 - quarters()).convert('YCbCr'))
    ycck = np.concatenate([ycc, np.full_like(ycc[:, :, :1], 255)], 2)
    data = bytearray(jpeg(255 - ycck, 'CMYK', subsampling=0))
    at = data.index(b'Adobe')
    data[at + 11] = 2
    save('ycck-adobe.jpg', bytes(data))
    big = np.kron(quarters(), np.ones((16, 16, 1), np.uint8))  # 768 x 512, for scaled decoding
    save('large.jpg', jpeg(big))
    save('large-progressive.jpg', jpeg(big, progressive=True))

    def transform(target, *options, script=''):
        with open(os.path.join(folder, target), 'wb') as file:
            subprocess.run(['jpegtran', *options, os.path.join(folder, 'rgb.jpg')], check=True,
                           stdout=file, input=script.encode())

    transform('restarts.jpg', '-restart', '1B')
    transform('planes.jpg', '-scans', '/dev/stdin', script='0; 1; 2;')


def make_png(save, folder):
    rgb = quarters()
    rows = lambda a: [row.tobytes() for row in a]
    save('rgb.png', png(2, 8, rows(rgb)))
    save('rgb16.png', png(2, 16, rows((rgb.astype('>u2') * 257).astype('>u2'))))
    grey = quarters((30, 90, 150, 220))
    save('grey.png', png(0, 8, rows(grey)))
    save('grey16.png', png(0, 16, rows((grey.astype('>u2') * 257).astype('>u2'))))
    bits = quarters((0, 1, 1, 0))
    save('grey1.png', png(0, 1, rows(np.packbits(bits, axis=1))))
    save('grey1.pbm', b'P4\n%d %d\n' % (WIDTH, HEIGHT) + np.packbits(1 - bits, axis=1).tobytes())
    palette = chunk(b'PLTE', bytes(RED + GREEN + BLUE + YELLOW))
    index = quarters((0, 1, 2, 3))
    two_bits = index[:, 0::4] << 6 | index[:, 1::4] << 4 | index[:, 2::4] << 2 | index[:, 3::4]
    save('palette.png', png(3, 2, rows(two_bits), palette))
    save('palette-alpha.png', png(3, 8, rows(index), palette + chunk(b'tRNS', b'\xff\x00\x80')))
    save('colour-key.png', png(2, 8, rows(rgb), chunk(b'tRNS', struct.pack('>3H', *GREEN))))
    alpha = np.dstack([rgb, quarters((255, 0, 128, 255))])
    save('rgba.png', png(6, 8, rows(alpha)))
    save('rgba16.png', png(6, 16, rows((alpha.astype('>u2') * 257).astype('>u2'))))
    save('grey-alpha.png', png(4, 8, rows(np.dstack([grey, quarters((255, 0, 128, 255))]))))
    turned = stored(rgb, 6)
    for name, where in (('orientation6', 'before'), ('orientation6-late', 'after')):
        save(name + '.png', png(2, 8, rows(turned), width=HEIGHT, height=WIDTH,
                                **{where: chunk(b'eXIf', exif(6))}))
    for name, text in raw_profiles(exif(6)):
        save('orientation6-%s.png' % name.decode(), png(2, 8, rows(turned), chunk(name, text),
                                                        width=HEIGHT, height=WIDTH))
    for name in ('rgb', 'rgba'):
        target = os.path.join(folder, name + '-interlaced.png')
        subprocess.run(['convert', os.path.join(folder, name + '.png'), '-strip', '-define',
                        'png:exclude-chunks=all', '-interlace', 'PNG', target], check=True)


def make_webp(save):
    rgb = Image.fromarray(quarters())
    rgba = Image.fromarray(np.dstack([quarters(), quarters((255, 0, 128, 255))]))
    save('lossy.webp', encoded(rgb, 'WEBP', quality=90))
    save('lossless.webp', encoded(rgb, 'WEBP', lossless=True))
    save('lossy-alpha.webp', encoded(rgba, 'WEBP', quality=90, exact=True))
    save('lossless-alpha.webp', encoded(rgba, 'WEBP', lossless=True, exact=True))
    save('orientation6.webp', encoded(Image.fromarray(stored(quarters(), 6)), 'WEBP', quality=90,
                                      exif=exif(6)))
    second = Image.fromarray(quarters((YELLOW, BLUE, GREEN, RED)))
    save('animated.webp', encoded(rgb, 'WEBP', save_all=True, append_images=[second], quality=90))


def make_heif(save, folder):
    def run(source, target, *options):
        subprocess.run(['heif-enc', '-q', '80', *options, '-o', os.path.join(folder, target),
                        os.path.join(folder, source)], check=True, stdout=subprocess.DEVNULL)

    run('rgb.png', 'rgb.heic')
    run('rgba.png', 'rgba.heic', '-p', 'chroma=444')
    weighed = np.asarray(Image.open(os.path.join(folder, 'rgba.png'))).astype(np.uint16)
    weighed[:, :, :3] = (weighed[:, :, :3] * weighed[:, :, 3:] + 127) // 255
    Image.fromarray(weighed.astype(np.uint8)).save(os.path.join(folder, 'weighed.png'))
    run('weighed.png', 'premultiplied.heic', '-p', 'chroma=444', '--premultiplied-alpha')
    os.remove(os.path.join(folder, 'weighed.png'))
    run('rgb16.png', 'rgb10.heic', '-b', '10')
    run('orientation6.jpg', 'exif6.heic')  # heif-enc copies EXIF, which must not count here
    path = os.path.join(folder, 'exif6.heic')
    with open(path, 'rb') as file:
        data = file.read()
    with open(os.path.join(folder, 'rotated.heic'), 'wb') as file:
        file.write(with_rotation(data, 3))
    os.remove(path)
    run('rgb.png', 'rgb.avif', '-A')
    run('rgba.png', 'rgba.avif', '-A')
    make_heif_bombs(save, folder)


def make_heif_bombs(save, folder):
    """Files that are larger than they say, or go round in circles."""
    def picture(name):
        with open(os.path.join(folder, name), 'rb') as file:
            return heif_file.coded_picture(file.read())

    for kind in ('heic', 'avif'):
        config, coded, size = picture('rgb.' + kind)
        save('small-ispe.' + kind, heif_file.build([(config, coded, (16, 16))], (16, 16)))
        tiles = [(config, coded, size)] * 2
        save('grid.' + kind, heif_file.build(tiles, (2 * WIDTH, HEIGHT), columns=2))
        canvas = heif_file.build(tiles, (2 * WIDTH, HEIGHT), columns=2)
        data = canvas.replace(struct.pack('>BBBBII', 0, 1, 0, 1, 2 * WIDTH, HEIGHT),
                              struct.pack('>BBBBII', 0, 1, 0, 1, 32000, 32000))
        save('grid-canvas.' + kind, data)
        # The grid is its own first tile.
        link = struct.pack('>HHHH', 3, 2, 1, 2)
        save('grid-circle.' + kind, canvas.replace(link, struct.pack('>HHHH', 3, 2, 3, 2)))
    config, coded, size = picture('rgb.heic')
    further = struct.pack('>I', 4) + bytes((20 << 1, 1, 0, 0))  # a slice of an IDR picture, not its first
    save('slices.heic', heif_file.build([(config, coded + 9 * further, size)], size))
    save('shared.heic', with_shared_bytes(
        heif_file.build([(config, coded, size)] * 60, (60 * WIDTH, HEIGHT), columns=60), len(coded)))


def with_shared_bytes(data, length):
    """All tiles lie in the bytes of the first."""
    start = data.index(b'mdat') + 4
    for i in range(1, 60):
        data = data.replace(struct.pack('>II', start + i * length, length),
                            struct.pack('>II', start, length))
    return data[:start - 8] + struct.pack('>I', 8 + length) + data[start - 4:start + length]


def find_box(data, path):
    """The offset of a box, by its path."""
    begin, end = 0, len(data)
    for depth, name in enumerate(path):
        while True:
            size = struct.unpack('>I', data[begin:begin + 4])[0]
            if data[begin + 4:begin + 8] == name:
                break
            begin += size
        if depth + 1 < len(path):
            begin += 12 if name == b'meta' else 8
    return begin


def with_rotation(data, quarter_turns):
    """The HEIC file with an irot property (anticlockwise) for its primary item."""
    data = bytearray(data)
    ipco, ipma = (b'meta', b'iprp', b'ipco'), (b'meta', b'iprp', b'ipma')

    def grow(path, count):
        for depth in range(1, len(path) + 1):
            at = find_box(data, path[:depth])
            data[at:at + 4] = struct.pack('>I', struct.unpack('>I', data[at:at + 4])[0] + count)

    at = find_box(data, (b'meta', b'pitm'))
    primary = data[at + 12:at + 14]
    at = find_box(data, ipma) + 16  # full box and entry count; then item id, count, associations
    while data[at:at + 2] != primary:
        at += 3 + data[at + 2]
    associations = data[at + 2]
    box = find_box(data, ipco)
    end = box + struct.unpack('>I', data[box:box + 4])[0]
    properties, position = 0, box + 8
    while position < end:
        position += struct.unpack('>I', data[position:position + 4])[0]
        properties += 1
    data[at + 2] += 1
    data[at + 3 + associations:at + 3 + associations] = bytes([0x80 | (properties + 1)])
    grow(ipma, 1)
    data[end:end] = struct.pack('>I4sB', 9, b'irot', quarter_turns)
    grow(ipco, 9)
    iloc = find_box(data, (b'meta', b'iloc'))
    version, sizes, items = data[iloc + 8], data[iloc + 12:iloc + 14], data[iloc + 15]
    assert sizes == b'\x44\x40' and version <= 1, (version, sizes)
    position = iloc + 16
    for _ in range(items):
        in_file = version == 0 or data[position + 3] == 0  # not relative to the idat box
        position += 4 + (2 if version == 1 else 0)  # item id, construction, data reference
        base = struct.unpack('>I', data[position:position + 4])[0] + (10 if in_file else 0)
        data[position:position + 4] = struct.pack('>I', base)
        position += 4 + 2 + 8  # the base, one extent of offset and length
    return bytes(data)


def in_display_p3(rgb):
    """The same colours by the primaries of P3."""
    to_p3 = np.array([[0.8225, 0.1774, 0], [0.0332, 0.9669, 0], [0.0171, 0.0724, 0.9108]])
    light = rgb / 255
    light = np.where(light <= 0.04045, light / 12.92, ((light + 0.055) / 1.055) ** 2.4) @ to_p3.T
    value = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    return np.rint(value * 255).astype(np.uint8)


def make_jxl(folder):
    def run(source, target, *options):
        subprocess.run(['cjxl', '--quiet', *options, os.path.join(folder, source),
                        os.path.join(folder, target)], check=True, stderr=subprocess.DEVNULL)

    run('rgb.png', 'lossy.jxl', '-d', '1')
    run('rgb.png', 'lossless.jxl', '-d', '0')
    run('rgb.png', 'container.jxl', '-d', '0', '--container=1')
    run('rgb16.png', 'lossless16.jxl', '-d', '0')
    run('rgb16.png', 'lossy16.jxl', '-d', '1')
    run('rgba.png', 'lossy-alpha.jxl', '-d', '1', '--keep_invisible=1')
    run('rgba.png', 'lossless-alpha.jxl', '-d', '0')
    run('grey.png', 'lossy-grey.jxl', '-d', '1')
    run('grey-alpha.png', 'grey-alpha.jxl', '-d', '0')
    path = os.path.join(folder, 'p3.ppm')
    with open(path, 'wb') as file:
        file.write(b'P6 %d %d 255\n' % (WIDTH, HEIGHT) + in_display_p3(quarters()).tobytes())
    run('p3.ppm', 'display-p3.jxl', '-d', '0', '-x', 'color_space=RGB_D65_DCI_Rel_SRG')
    os.remove(path)
    run('rgb444.jpg', 'recompressed.jxl')
    run('orientation6.jpg', 'orientation6.jxl')
    # Frames of no duration are layers of one picture.
    first, second = quarters(), quarters((YELLOW, BLUE, GREEN, RED))
    for name, frames, duration in (('animated', 2, 100), ('layers', 2, 0), ('many-layers', 10, 0)):
        path = os.path.join(folder, name + '.gif.tmp')
        images = [Image.fromarray((first, second)[i % 2]) for i in range(frames)]
        images[0].save(path, 'GIF', save_all=True, append_images=images[1:], duration=duration)
        run(path, name + '.jxl', '-d', '0')
        os.remove(path)


def make_jp2(folder):
    def run(source, target, *options):
        subprocess.run(['opj_compress', '-i', os.path.join(folder, source), '-n', '3', '-o',
                        os.path.join(folder, target), *options], check=True,
                       stdout=subprocess.DEVNULL)

    run('rgb.png', 'lossless.jp2')
    run('rgb.png', 'lossy.jp2', '-I', '-r', '8')
    run('rgb.png', 'codestream.j2k', '-t', '20,20', '-d', '3,5')
    run('rgb.png', 'precincts.jp2', '-c', '[16,16],[8,8]', '-b', '4,4', '-p', 'RPCL', '-r', '4,2,1')
    run('rgb16.png', 'lossless16.jp2')
    run('rgba.png', 'alpha.jp2')
    run('grey.png', 'grey.jp2')
    run('grey-alpha.png', 'grey-alpha.j2k')
    # Luminance of all pixels, colour of a quarter of them.
    planes = np.asarray(Image.fromarray(quarters()).convert('YCbCr')).transpose(2, 0, 1)
    path = os.path.join(folder, 'halved.raw')
    with open(path, 'wb') as file:
        file.write(planes[0].tobytes() + planes[1, ::2, ::2].tobytes() +
                   planes[2, ::2, ::2].tobytes())
    run('halved.raw', 'halved.jp2', '-F', '%d,%d,3,8,u@1x1:2x2:2x2' % (WIDTH, HEIGHT))
    os.remove(path)
    index = os.path.join(folder, 'palette.pgm')
    with open(index, 'wb') as file:
        file.write(b'P5\n%d %d\n255\n' % (WIDTH, HEIGHT) + quarters((0, 1, 2, 3)).tobytes())
    run('palette.pgm', 'palette.jp2')
    os.remove(index)
    with open(os.path.join(folder, 'palette.jp2'), 'rb') as file:
        data = file.read()
    with open(os.path.join(folder, 'palette.jp2'), 'wb') as file:
        file.write(with_jp2_palette(data, RED + GREEN + BLUE + YELLOW))


def box(name, data):
    return struct.pack('>I4s', 8 + len(data), name) + data


def with_jp2_palette(data, palette):
    """The JP2 file of one component, whose samples now choose colours."""
    entries = len(palette) // 3
    boxes = (box(b'pclr', struct.pack('>HB', entries, 3) + b'\7\7\7' + bytes(palette)) +
             box(b'cmap', b''.join(struct.pack('>HBB', 0, 1, i) for i in range(3))))
    at = data.index(b'jp2h') - 4
    size = struct.unpack('>I', data[at:at + 4])[0]
    header = data[at + 8:at + size].replace(struct.pack('>I', 17), struct.pack('>I', 16))
    return data[:at] + box(b'jp2h', header + boxes) + data[at + size:]


def bmp(width, height, depth, compression, pixels, palette=b''):
    offset = 54 + len(palette)
    return (struct.pack('<2sIII', b'BM', offset + len(pixels), 0, offset) +
            struct.pack('<IiiHHIIiiII', 40, width, height, 1, depth, compression, len(pixels), 2835,
                        2835, len(palette) // 4, 0) + palette + pixels)


def make_odd(save, folder):
    """A picture of which no block is like another, and the last ones are cut."""
    y, x, c = np.mgrid[0:29, 0:37, 0:3]
    rgb = (128 + 60 * np.sin(x * x / 50 + c) + 60 * np.cos(y * (x + 40) / 70)).astype(np.uint8)
    image = Image.fromarray(rgb)
    save('odd.png', png(2, 8, [row.tobytes() for row in rgb], width=37, height=29))
    save('odd.webp', encoded(image, 'WEBP', lossless=True))
    save('odd.tif', encoded(image, 'TIFF', compression='tiff_adobe_deflate'))
    subprocess.run(['cjxl', '--quiet', '-d', '0', os.path.join(folder, 'odd.png'),
                    os.path.join(folder, 'odd.jxl')], check=True, stderr=subprocess.DEVNULL)


def make_others(save):
    rgb = quarters()
    image = Image.fromarray(rgb)
    palette = image.quantize(4)
    save('rgb.bmp', encoded(image, 'BMP'))
    save('palette.bmp', encoded(palette, 'BMP'))
    bgra = np.dstack([rgb[:, :, ::-1], quarters((255, 0, 128, 255))])
    save('rgba.bmp', bmp(WIDTH, -HEIGHT, 32, 0, bgra.tobytes()))
    runs = b''.join(bytes([WIDTH // 2, 0, WIDTH // 2, 1, 0, 0]) for _ in range(HEIGHT)) + b'\0\1'
    save('rle8.bmp', bmp(WIDTH, HEIGHT, 8, 1, runs, bytes(1024)))
    save('still.gif', encoded(palette, 'GIF'))
    second = Image.fromarray(quarters((YELLOW, BLUE, GREEN, RED))).quantize(4)
    save('animated.gif', encoded(palette, 'GIF', save_all=True, append_images=[second]))
    clear = palette.copy()
    save('transparent.gif', encoded(clear, 'GIF', transparency=clear.getpixel((WIDTH - 1, 0))))
    planes = rgb.transpose(2, 0, 1)
    head = lambda depth, mode=3, version=1: struct.pack('>4sHIHHIIHH', b'8BPS', version, 0, 0, 3,
                                                        HEIGHT, WIDTH, depth, mode) + bytes(12)
    save('rgb.psd', head(8) + b'\0\0' + planes.tobytes())
    save('rgb16.psd', head(16) + b'\0\0' + (planes.astype('>u2') * 257).astype('>u2').tobytes())
    row = lambda part: bytes([128 + WIDTH // 2, part[0], 128 + WIDTH // 2, part[-1]])
    linear = ((rgb / 255.0) ** 2.2 * 256).clip(0, 255).astype(np.uint8)
    rgbe = np.dstack([linear, np.full(rgb.shape[:2], 128, np.uint8)])
    lines = b''.join(struct.pack('>BBH', 2, 2, WIDTH) + b''.join(row(line[:, c]) for c in range(4))
                     for line in rgbe)
    save('rgb.hdr', b'#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y %d +X %d\n' % (HEIGHT, WIDTH) + lines)
    save('rgb.ppm', b'P6\n# a comment\n%d %d\n255\n' % (WIDTH, HEIGHT) + rgb.tobytes())
    save('rgb16.ppm', b'P6 %d %d 65535\n' % (WIDTH, HEIGHT) +
         (rgb.astype('>u2') * 257).astype('>u2').tobytes())
    save('maxval100.ppm', b'P6 %d %d 100\n' % (WIDTH, HEIGHT) +
         np.rint(rgb * (100 / 255)).astype(np.uint8).tobytes())
    save('grey.pgm', b'P5 %d %d 255\n' % (WIDTH, HEIGHT) + quarters((30, 90, 150, 220)).tobytes())


def main():
    folder = sys.argv[1]

    def save(name, data):
        with open(os.path.join(folder, name), 'wb') as file:
            file.write(data)

    os.makedirs(folder, exist_ok=True)
    make_jpeg(save, folder)
    make_png(save, folder)
    make_webp(save)
    make_heif(save, folder)
    make_others(save)
    make_odd(save, folder)
    make_jxl(folder)
    make_jp2(folder)


if __name__ == '__main__':
    main()
