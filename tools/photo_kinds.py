"""Writers of photos in every form that image/ reads, and in forms that it refuses by name.

A writer takes the stored picture (PIL, RGB), the EXIF orientation that turns it upright, and a
random.Random; it returns the bytes of a file.
"""
import io
import os
import struct
import subprocess
import tempfile
import zlib

import numpy as np
from PIL import Image

import heif_file
from make_derived_images import adobe_rgb, with_segments
from make_test_images import bmp, chunk, encoded, exif, segment, with_exif
from make_test_tiffs import cr3, dng, raw_like
from photo_metadata import xmp


def alpha_of(image):
    """A soft-edged mask: opaque in the middle, clear in the corners."""
    x = np.linspace(-1, 1, image.width)[None, :] ** 2
    y = np.linspace(-1, 1, image.height)[:, None] ** 2
    return Image.fromarray(np.clip((1.6 - x - y) * 255, 0, 255).astype(np.uint8))


def with_alpha(image):
    image = image.copy()
    image.putalpha(alpha_of(image))
    return image


def block(orientation, rng):
    """Orientation 1 is said by half of the files only, in either byte order and both types."""
    if orientation == 1 and rng.random() < 0.5:
        return None
    return exif(orientation, rng.choice('<>'), rng.choice((3, 3, 4)))


def run(command, data):
    return subprocess.run(command, input=data, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          check=True).stdout


# JPEG -----------------------------------------------------------------------------------------


def jpeg(mode='RGB', transcode=None, behind=0, **options):
    def write(image, orientation, rng):
        data = encoded(image.convert(mode), 'JPEG', quality=rng.randint(50, 95), **options)
        if transcode:
            data = run(['jpegtran', *transcode], data)
        exif_block = block(orientation, rng)
        data = with_exif(data, exif_block) if exif_block else data
        return data + rng.randbytes(behind)
    return write


def jpeg_ink(adobe, ycck=False):
    """CMYK with and without Adobe's marker (PIL inverts for it), and Adobe's YCCK."""
    def write(image, orientation, rng):
        ink = 255 - np.asarray(image)
        if ycck:
            ink = 255 - np.asarray(Image.fromarray(ink).convert('YCbCr'))
        ink = np.concatenate([ink, np.zeros_like(ink[:, :, :1])], 2)
        if not adobe:
            ink = 255 - ink
        data = bytearray(encoded(Image.fromarray(ink, 'CMYK'), 'JPEG', quality=90, subsampling=0))
        if ycck:
            data[data.index(b'Adobe') + 11] = 2
        if not adobe:
            at = data.index(b'\xff\xee')
            del data[at:at + 2 + struct.unpack('>H', data[at + 2:at + 4])[0]]
        exif_block = block(orientation, rng)
        return with_exif(bytes(data), exif_block) if exif_block else bytes(data)
    return write


def jpeg_without_end(image, orientation, rng):
    """As some cameras write it: all pixels are there, and the end marker is not."""
    return jpeg()(image, orientation, rng)[:-2]


def jpeg_adobe_rgb(image, orientation, rng):
    return with_segments(jpeg()(image, orientation, rng), adobe_rgb(), rng.choice((1, 2)))


# PNG ------------------------------------------------------------------------------------------

GREY, RGB, PALETTE, GREY_ALPHA, RGBA = 0, 2, 3, 4, 6
ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2),
         (0, 1, 1, 2))  # x, y, and the steps of each pass


def packed(rows, depth):
    """The bytes of rows[height][width][channels] of 8-bit values, each behind its filter byte."""
    if depth == 16:
        rows = (rows.astype('>u2') * 257).view(np.uint8)
    elif depth < 8:
        rows = rows[:, :, 0]
        rows = np.pad(rows, ((0, 0), (0, -rows.shape[1] % (8 // depth))))
        rows = sum(rows[:, i::8 // depth] << (8 - depth * (i + 1)) for i in range(8 // depth))
    rows = np.ascontiguousarray(rows.astype(np.uint8)).reshape(rows.shape[0], -1)
    return np.pad(rows, ((0, 0), (1, 0))).tobytes()


def png(colour, depth, interlaced):
    def write(image, orientation, rng):
        before = b''
        if colour == PALETTE:
            image = image.quantize(1 << depth)
            palette = bytes(image.getpalette()).ljust(3 << depth, b'\0')
            before = chunk(b'PLTE', palette[:3 << depth])
        elif colour in (GREY, GREY_ALPHA):
            image = image.convert('L')
        rows = np.asarray(image)
        rows = rows.reshape(image.height, image.width, -1)
        if colour == GREY and depth < 8:
            rows = rows >> (8 - depth)
        if colour & 4:
            rows = np.dstack([rows, np.asarray(alpha_of(image))])
        passes = [rows[y::dy, x::dx] for x, y, dx, dy in ADAM7] if interlaced else [rows]
        pixels = b''.join(packed(part, depth) for part in passes if part.size)
        exif_block = block(orientation, rng)
        late = exif_block and rng.random() < 0.5
        exif_chunk = chunk(b'eXIf', exif_block) if exif_block else b''
        head = struct.pack('>IIBBBBB', image.width, image.height, depth, colour, 0, 0, interlaced)
        return (b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', head) + before +
                (b'' if late else exif_chunk) + chunk(b'IDAT', zlib.compress(pixels, 1)) +
                (exif_chunk if late else b'') + chunk(b'IEND', b''))
    return write


def png_filtered(image, orientation, rng):
    """As programs write it: a filter chosen for each row."""
    exif_block = block(orientation, rng)
    data = encoded(image, 'PNG', compress_level=2)
    return data[:33] + (chunk(b'eXIf', exif_block) if exif_block else b'') + data[33:]


def png_gamma(image, orientation, rng):
    data = png_filtered(image, orientation, rng)
    return data[:33] + chunk(b'gAMA', struct.pack('>I', 100000)) + data[33:]


def png_exif_text(image, orientation, rng):
    """As ImageMagick and old programs write it: in hexadecimal."""
    block_of = exif(orientation)
    lines = (b'Exif\0\0' + block_of).hex()
    text = '\nexif\n%8d\n%s\n' % (len(block_of) + 6, '\n'.join(
        lines[i:i + 72] for i in range(0, len(lines), 72)))
    data = encoded(image, 'PNG', compress_level=2)
    profile = b'Raw profile type exif\0\0' + zlib.compress(text.encode())
    return data[:33] + chunk(b'zTXt', profile) + data[33:]


# WebP, HEIC, AVIF -----------------------------------------------------------------------------


def webp(lossless=False, alpha=False, animated=False):
    def write(image, orientation, rng):
        options = {'lossless': lossless, 'method': 0 if lossless else 2}
        exif_block = block(orientation, rng)
        if exif_block:
            options['exif'] = exif_block
        if animated:
            options.update(save_all=True, append_images=[image.rotate(180)])
        return encoded(with_alpha(image) if alpha else image, 'WEBP', quality=rng.randint(40, 95),
                       **options)
    return write


def heif_enc(image, suffix, options):
    avif = suffix == 'avif'
    options = list(options) + (['-A', '-p', 'speed=9', '-p', 'threads=1'] if avif else
                               ['-p', 'preset=ultrafast', '-p', 'x265:pools=1'])
    with tempfile.TemporaryDirectory() as folder:
        source, target = os.path.join(folder, 'a.png'), os.path.join(folder, 'a.' + suffix)
        if isinstance(image, bytes):
            with open(source, 'wb') as file:
                file.write(image)
        else:
            image.save(source, compress_level=0)
        run(['heif-enc', '-q', '60', *options, '-o', target, source], b'')
        with open(target, 'rb') as file:
            return file.read()


def heif(suffix, options=(), alpha=False, grey=False, deep=False):
    """With alpha as heif-enc writes it; without, the orientation as irot and imir properties."""
    def write(image, orientation, rng):
        if alpha:
            return heif_enc(with_alpha(image), suffix, options)
        image = image.convert('L') if grey else image
        source = png(RGB, 16, False)(image, 1, rng) if deep else image
        picture = heif_file.coded_picture(heif_enc(source, suffix, options))
        return heif_file.build([picture], image.size, orientation=orientation)
    return write


def heic_grid(side):
    """As telephones write it: tiles of side x side, the last ones filled up."""
    def write(image, orientation, rng):
        columns, rows = -(-image.width // side), -(-image.height // side)
        whole = Image.new('RGB', (columns * side, rows * side))
        whole.paste(image)
        tiles = [whole.crop((x * side, y * side, x * side + side, y * side + side))
                 for y in range(rows) for x in range(columns)]
        pictures = [heif_file.coded_picture(heif_enc(tile, 'heic', ())) for tile in tiles]
        return heif_file.build(pictures, image.size, columns, orientation)
    return write


def heif_layer(suffix):
    """One layer on a canvas of its size."""
    def write(image, orientation, rng):
        picture = heif_file.coded_picture(heif_enc(image, suffix, ()))
        layer = (b'iovl', heif_file.layers(image.size, (0, 0)), [])
        return heif_file.build_from(picture, image.size, [layer], [(b'dimg', 2, 1)])
    return write


# TIFF, camera raws, JPEG XL, JPEG 2000 --------------------------------------------------------


def tiff(mode='RGB', **options):
    def write(image, orientation, rng):
        fields = {274: orientation, 271: 'MAKER', 305: 'Program 1.0'}
        if rng.random() < 0.5:
            fields[700] = xmp(rng)
        return encoded(image.convert(mode), 'TIFF', tiffinfo=fields, **options)
    return write


def tiff_deep(image, orientation, rng):
    grey = np.asarray(image.convert('L')).astype(np.uint16) * 257
    return encoded(Image.fromarray(grey), 'TIFF', tiffinfo={274: orientation})


def tiff_pages(image, orientation, rng):
    return encoded(image, 'TIFF', save_all=True, append_images=[image.rotate(180)],
                   compression='tiff_lzw')


def raw(wrap):
    """A camera's file around its own JPEG."""
    return lambda image, orientation, rng: wrap(encoded(image, 'JPEG', quality=90))


def jxl(*options, source='png', alpha=False):
    """Of a JPEG the JPEG's own numbers, coded again, and its orientation."""
    def write(image, orientation, rng):
        if source == 'jpg':
            data = with_exif(encoded(image, 'JPEG', quality=90), exif(orientation))
        else:
            data = encoded(with_alpha(image) if alpha else image, 'PNG', compress_level=0)
        with tempfile.TemporaryDirectory() as folder:
            names = [os.path.join(folder, 'a.' + ending) for ending in (source, 'jxl')]
            with open(names[0], 'wb') as file:
                file.write(data)
            run(['cjxl', '--quiet', '-e', '3', '--num_threads=0', *options, *names], b'')
            with open(names[1], 'rb') as file:
                return file.read()
    return write


# BMP, GIF, PSD, HDR, TGA, PNM: no orientation ---------------------------------------------------


def plain(kind, convert=lambda image: image, **options):
    return lambda image, orientation, rng: encoded(convert(image), kind, **options)


def bmp_alpha(image, orientation, rng):
    bgra = np.asarray(with_alpha(image))[:, :, (2, 1, 0, 3)]
    return bmp(image.width, -image.height, 32, 0, bgra.tobytes())


def bmp_runs(image, orientation, rng):
    """Run-length encoded, which is refused by name."""
    runs = b''.join(bytes([min(image.width, 255), 7, 0, 0]) for _ in range(image.height)) + b'\0\1'
    return bmp(image.width, image.height, 8, 1, runs, bytes(range(256)) * 4)


def gif_animated(image, orientation, rng):
    return encoded(image.quantize(256), 'GIF', save_all=True,
                   append_images=[image.rotate(180).quantize(64)])


def gif_clear(image, orientation, rng):
    palette = image.quantize(32)
    return encoded(palette, 'GIF', transparency=palette.getpixel((0, 0)))


def literal_runs(rows, longest, code):
    """rows[count][bytes] cut into pieces of at most `longest`, each behind code(its length)."""
    pieces = []
    for at in range(0, rows.shape[1], longest):
        part = rows[:, at:at + longest]
        pieces += [np.full((len(rows), 1), code(part.shape[1]), np.uint8), part]
    return np.concatenate(pieces, 1)


def psd(depth, runs=False):
    def write(image, orientation, rng):
        planes = np.asarray(image).transpose(2, 0, 1)
        head = struct.pack('>4sHIHHIIHH', b'8BPS', 1, 0, 0, 3, image.height, image.width, depth,
                           3) + bytes(12)
        if runs:
            lines = literal_runs(planes.reshape(-1, image.width), 128, lambda n: n - 1)
            counts = np.full(len(lines), lines.shape[1], '>u2')
            return head + b'\0\1' + counts.tobytes() + lines.tobytes()
        if depth == 16:
            planes = planes.astype('>u2') * 257
        return head + b'\0\0' + planes.astype('>u%d' % (depth // 8)).tobytes()
    return write


def hdr(runs):
    def write(image, orientation, rng):
        rgb = np.asarray(image) / 255.0
        linear = (rgb ** 2.2 * 256).clip(0, 255).astype(np.uint8)
        rgbe = np.dstack([linear, np.full(rgb.shape[:2], 128, np.uint8)])
        head = b'#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y %d +X %d\n' % (image.height, image.width)
        if not runs or image.width < 8 or image.width >= 32768:
            rgbe[:, 0, 0] |= 3  # or the first pixel might look like a row of runs
            return head + rgbe.tobytes()
        lines = literal_runs(rgbe.transpose(0, 2, 1).reshape(-1, image.width), 128, lambda n: n)
        marks = np.tile(np.frombuffer(struct.pack('>BBH', 2, 2, image.width), np.uint8),
                        (image.height, 1))
        return head + np.concatenate([marks, lines.reshape(image.height, -1)], 1).tobytes()
    return write


def pnm(magic, depth):
    def write(image, orientation, rng):
        pixels = np.asarray(image.convert('L') if magic == b'P5' else image)
        limit = 255 if depth == 8 else 65535
        pixels = pixels.astype('>u2') * 257 if depth == 16 else pixels
        return magic + b'\n# made for tests\n%d %d\n%d\n' % (*image.size, limit) + pixels.tobytes()
    return write


def plain_pnm(magic, limit):
    """In decimal numbers."""
    def write(image, orientation, rng):
        pixels = np.asarray(image if magic == 'P3' else image.convert('L'))
        numbers = (pixels < 128 if magic == 'P1' else pixels.astype(int) * limit // 255).astype(int)
        lines = [' '.join(map(str, row)) for row in numbers.reshape(image.height, -1)]
        head = '%s\n# made for tests\n%d %d\n' % (magic, *image.size)
        return (head + ('' if magic == 'P1' else '%d\n' % limit) + '\n'.join(lines) + '\n').encode()
    return write


def pam(image, orientation, rng):
    head = b'P7\nWIDTH %d\nHEIGHT %d\nDEPTH 4\nMAXVAL 255\nTUPLTYPE RGB_ALPHA\nENDHDR\n'
    return head % image.size + np.asarray(with_alpha(image)).tobytes()


def pfm(image, orientation, rng):
    """From the bottom up, in floats."""
    pixels = np.asarray(image)[::-1].astype('<f4') / 255
    return b'PF\n%d %d\n-1.0\n' % image.size + pixels.tobytes()


def constant(data):
    return lambda image, orientation, rng: data


# The forms: name, file ending, writer, most pixels (the slow ones are kept small), orientations
# (libheif 1.15 mirrors pictures of 8 bits only).  Readable ones, then those refused by name.
ALL, TURNED, UPRIGHT = (1, 2, 3, 4, 5, 6, 7, 8), (1, 3, 6, 8), (1,)
READABLE = [
    ('jpeg', 'jpg', jpeg(), 50e6, ALL),
    ('jpeg-444', 'jpg', jpeg(subsampling=0), 50e6, ALL),
    ('jpeg-422', 'jpg', jpeg(subsampling=1), 50e6, ALL),
    ('jpeg-progressive', 'jpg', jpeg(progressive=True), 25e6, ALL),
    ('jpeg-progressive-444', 'jpeg', jpeg(progressive=True, subsampling=0), 13e6, ALL),
    ('jpeg-grey', 'jpg', jpeg('L'), 50e6, ALL),
    ('jpeg-grey-progressive', 'jpg', jpeg('L', progressive=True), 13e6, ALL),
    ('jpeg-cmyk', 'jpg', jpeg_ink(True), 13e6, ALL),
    ('jpeg-cmyk-plain', 'jpg', jpeg_ink(False), 13e6, ALL),
    ('jpeg-ycck', 'jpg', jpeg_ink(True, True), 13e6, ALL),
    ('jpeg-restart', 'jpg', jpeg(transcode=('-restart', '1')), 25e6, ALL),
    ('jpeg-restart-blocks', 'jpg', jpeg(transcode=('-restart', '7B')), 4e6, ALL),
    ('jpeg-arithmetic', 'jpg', jpeg(transcode=('-arithmetic',)), 4e6, ALL),
    ('jpeg-bytes-behind', 'jpg', jpeg(behind=4000), 13e6, ALL),
    ('jpeg-adobe-rgb', 'jpg', jpeg_adobe_rgb, 13e6, ALL),
    ('jpeg-without-end', 'jpg', jpeg_without_end, 13e6, ALL),
    ('png-filtered', 'png', png_filtered, 25e6, ALL),
    ('png-gamma', 'png', png_gamma, 4e6, ALL),
    ('png-exif-text', 'png', png_exif_text, 4e6, ALL),
    ('tiff', 'tif', tiff(), 13e6, ALL),
    ('tiff-lzw', 'tif', tiff(compression='tiff_lzw'), 13e6, ALL),
    ('tiff-deflate', 'tiff', tiff(compression='tiff_adobe_deflate'), 4e6, ALL),
    ('tiff-packbits', 'tif', tiff(compression='packbits'), 4e6, ALL),
    ('tiff-jpeg', 'tif', tiff(compression='jpeg'), 4e6, ALL),
    ('tiff-grey', 'tif', tiff('L'), 4e6, ALL),
    ('tiff-grey-16-bits', 'tif', tiff_deep, 4e6, ALL),
    ('tiff-palette', 'tif', tiff('P'), 4e6, ALL),
    ('tiff-bits', 'tif', tiff('1', compression='group4'), 4e6, ALL),
    ('tiff-cmyk', 'tif', tiff('CMYK'), 4e6, ALL),
    ('tiff-alpha', 'tif', tiff('RGBA'), 4e6, ALL),
    ('tiff-pages', 'tif', tiff_pages, 1e6, UPRIGHT),
    ('jpeg-2000', 'jp2', plain('JPEG2000'), 4e6, UPRIGHT),
    ('jpeg-2000-lossy', 'jp2', plain('JPEG2000', irreversible=True, quality_mode='rates',
                                     quality_layers=[20]), 4e6, UPRIGHT),
    ('jpeg-2000-grey', 'jp2', plain('JPEG2000', lambda image: image.convert('L')), 1e6, UPRIGHT),
    ('jpeg-2000-stream', 'j2k', plain('JPEG2000', no_jp2=True), 1e6, UPRIGHT),
    ('jxl', 'jxl', jxl('-d', '1'), 4e6, UPRIGHT),
    ('jxl-lossless', 'jxl', jxl('-d', '0'), 1e6, UPRIGHT),
    ('jxl-of-jpeg', 'jxl', jxl(source='jpg'), 4e6, ALL),
    ('jxl-alpha', 'jxl', jxl('-d', '1', alpha=True), 1e6, UPRIGHT),
    ('webp-lossy', 'webp', webp(), 25e6, ALL),
    ('webp-lossless', 'webp', webp(lossless=True), 4e6, ALL),
    ('webp-lossy-alpha', 'webp', webp(alpha=True), 4e6, ALL),
    ('webp-lossless-alpha', 'webp', webp(lossless=True, alpha=True), 4e6, ALL),
    ('webp-animated', 'webp', webp(animated=True), 1e6, ALL),
    ('heic', 'heic', heif('heic'), 13e6, ALL),
    ('heic-444', 'heic', heif('heic', ('-p', 'chroma=444')), 4e6, ALL),
    ('heic-10-bits', 'heic', heif('heic', ('-b', '10'), deep=True), 4e6, TURNED),
    ('heic-grey', 'heic', heif('heic', grey=True), 4e6, ALL),
    ('heic-alpha', 'heif', heif('heic', alpha=True), 1e6, UPRIGHT),
    ('heic-grid', 'heic', heic_grid(512), 2e6, ALL),
    ('avif', 'avif', heif('avif'), 4e6, ALL),
    ('avif-444', 'avif', heif('avif', ('-p', 'chroma=444')), 1e6, ALL),
    ('avif-422-10-bits', 'avif', heif('avif', ('-b', '10', '-p', 'chroma=422'), deep=True), 1e6,
     TURNED),
    ('avif-12-bits', 'avif', heif('avif', ('-b', '12'), deep=True), 1e6, TURNED),
    ('avif-grey', 'avif', heif('avif', grey=True), 1e6, ALL),
    ('avif-alpha', 'avif', heif('avif', alpha=True), 1e6, UPRIGHT),
    ('heic-layer', 'heic', heif_layer('heic'), 1e6, UPRIGHT),
    ('avif-layer', 'avif', heif_layer('avif'), 1e6, UPRIGHT),
    ('raw-dng', 'dng', raw(dng), 13e6, UPRIGHT),
    ('raw-cr2', 'cr2', raw(lambda jpeg: raw_like(b'II*\0', jpeg, tail=b'CR\2\0\0\0\0\0')), 13e6,
     UPRIGHT),
    ('raw-cr3', 'cr3', raw(lambda jpeg: cr3(jpeg, 1)), 4e6, UPRIGHT),
    ('raw-rw2', 'rw2', raw(lambda jpeg: raw_like(b'IIU\0', jpeg)), 4e6, UPRIGHT),
    ('raw-raf', 'raf', raw(lambda jpeg: b'FUJIFILMCCD-RAW 0201'.ljust(160, b'\0') + jpeg), 4e6,
     UPRIGHT),
    ('tga', 'tga', plain('TGA'), 13e6, UPRIGHT),
    ('tga-runs', 'tga', plain('TGA', compression='tga_rle'), 4e6, UPRIGHT),
    ('tga-grey', 'tga', plain('TGA', lambda image: image.convert('L')), 4e6, UPRIGHT),
    ('tga-alpha', 'tga', plain('TGA', with_alpha), 4e6, UPRIGHT),
    ('bmp', 'bmp', plain('BMP'), 13e6, UPRIGHT),
    ('bmp-palette', 'bmp', plain('BMP', lambda image: image.quantize(256)), 13e6, UPRIGHT),
    ('bmp-bits', 'bmp', plain('BMP', lambda image: image.convert('1')), 13e6, UPRIGHT),
    ('bmp-alpha', 'bmp', bmp_alpha, 4e6, UPRIGHT),
    ('gif', 'gif', plain('GIF', lambda image: image.quantize(256)), 13e6, UPRIGHT),
    ('gif-animated', 'gif', gif_animated, 1e6, UPRIGHT),
    ('gif-transparent', 'gif', gif_clear, 1e6, UPRIGHT),
    ('psd', 'psd', psd(8), 13e6, UPRIGHT),
    ('psd-16-bits', 'psd', psd(16), 4e6, UPRIGHT),
    ('psd-runs', 'psd', psd(8, True), 13e6, UPRIGHT),
    ('hdr', 'hdr', hdr(False), 4e6, UPRIGHT),
    ('hdr-runs', 'hdr', hdr(True), 13e6, UPRIGHT),
    ('pgm', 'pgm', pnm(b'P5', 8), 50e6, UPRIGHT),
    ('pgm-16-bits', 'pgm', pnm(b'P5', 16), 25e6, UPRIGHT),
    ('ppm', 'ppm', pnm(b'P6', 8), 50e6, UPRIGHT),
    ('ppm-16-bits', 'ppm', pnm(b'P6', 16), 25e6, UPRIGHT),
    ('pbm', 'pbm', plain('PPM', lambda image: image.convert('1')), 4e6, UPRIGHT),
    ('pbm-plain', 'pbm', plain_pnm('P1', 1), 1e6, UPRIGHT),
    ('pgm-plain', 'pgm', plain_pnm('P2', 255), 1e6, UPRIGHT),
    ('ppm-plain', 'ppm', plain_pnm('P3', 15), 1e6, UPRIGHT),
    ('pam', 'pam', pam, 4e6, UPRIGHT),
    ('pfm', 'pfm', pfm, 1e6, UPRIGHT),
] + [
    ('png-%s-%d%s' % (name, depth, '-interlaced' * interlaced), 'png',
     png(colour, depth, interlaced), 13e6 if colour == RGB else 4e6, ALL)
    for interlaced in (0, 1)
    for name, colour, depths in (('grey', GREY, (1, 2, 4, 8, 16)), ('rgb', RGB, (8, 16)),
                                 ('palette', PALETTE, (1, 2, 4, 8)),
                                 ('grey-alpha', GREY_ALPHA, (8, 16)), ('rgba', RGBA, (8, 16)))
    for depth in depths
]
REFUSED = [
    ('icon', 'ico', plain('ICO', lambda image: image.resize((32, 32))), 1e5, UPRIGHT),
    ('pdf', 'pdf', plain('PDF'), 1e5, UPRIGHT),
    ('bmp-runs', 'bmp', bmp_runs, 1e5, UPRIGHT),
    ('svg', 'svg', constant(b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'), 1,
     UPRIGHT),
    ('camera-raw', 'cr2', constant(b'II*\0\x10\0\0\0CR\2\0' + bytes(100)), 1, UPRIGHT),
]
