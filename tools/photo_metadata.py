"""Metadata around the picture, as cameras and programs write it, for photo_zoo's files.

dress() returns the file with some of it, which --write-metadata must leave as it is.  Nothing in it
describes the photo.
"""
import hashlib
import struct
import subprocess
import tempfile
import zlib

from make_test_images import chunk, segment

XMP = (b'<?xpacket begin="\xef\xbb\xbf" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
       b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF '
       b'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">\n'
       b'<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/" '
       b'xmlns:GIMP="http://www.gimp.org/xmp/" xmlns:own="http://example.org/own/" '
       b'xmp:Rating="%d" GIMP:API="2.0"><own:note>kept &amp; whole</own:note></rdf:Description>\n'
       b'</rdf:RDF></x:xmpmeta>%s\n<?xpacket end="w"?>')


def xmp(rng):
    return XMP % (rng.randint(0, 5), b' ' * rng.choice((0, 60, 2000)))


# EXIF: a maker note whose offset counts from the block's beginning, so that it must not move ------


def ifd(endian, entries, at, following=0):
    """A directory at `at` of (tag, type, count, bytes); what is long comes behind it."""
    fields, behind = b'', b''
    start = at + 2 + 12 * len(entries) + 4
    for tag, kind, count, value in entries:
        if len(value) > 4:
            where = struct.pack(endian + 'I', start + len(behind))
            behind += value + b'\0' * (len(value) % 2)
        else:
            where = value.ljust(4, b'\0')
        fields += struct.pack(endian + 'HHI', tag, kind, count) + where
    return (struct.pack(endian + 'H', len(entries)) + fields +
            struct.pack(endian + 'I', following) + behind)


def exif_block(orientation, rng):
    endian = rng.choice('<>')
    note = b'MAKER\0' + rng.randbytes(rng.randint(20, 200))
    short = lambda value: struct.pack(endian + 'H', value)
    main = [(0x10F, 2, 6, b'MAKER\0'), (0x110, 2, 8, b'Model 1\0'),
            (0x112, 3, 1, short(orientation)), (0x132, 2, 20, b'2019:07:01 12:00:00\0')]
    size = len(ifd(endian, main + [(0x8769, 4, 1, bytes(4))], 8))
    main.append((0x8769, 4, 1, struct.pack(endian + 'I', 8 + size)))
    camera = [(0x829A, 5, 1, struct.pack(endian + 'II', 1, 125)),
              (0x9003, 2, 20, b'2019:07:01 12:00:00\0'), (0x927C, 7, len(note), note),
              (0xA001, 3, 1, short(1))]
    return ((b'II*\0' if endian == '<' else b'MM\0*') + struct.pack(endian + 'I', 8) +
            ifd(endian, main, 8) + ifd(endian, camera, 8 + size))


# JPEG ---------------------------------------------------------------------------------------------


def photoshop(rng):
    """IPTC with its digest, and a resource that is none of ours."""
    dataset = lambda number, value: struct.pack('>BBBH', 0x1C, 2, number, len(value)) + value
    iptc = (dataset(0, b'\0\4') + dataset(25, b'lake') + dataset(25, b'tree') +
            dataset(60, b'120000') + dataset(80, b'A. Photographer'))
    digest = hashlib.md5(iptc).digest() if rng.random() < 0.7 else bytes(16)
    resource = lambda number, value: (struct.pack('>4sHHI', b'8BIM', number, 0, len(value)) +
                                      value + b'\0' * (len(value) % 2))
    return (b'Photoshop 3.0\0' + resource(0x404, iptc) + resource(0x425, digest) +
            resource(0x40B, b'http://example.org/'))


def multi_picture(size, offset, second):
    """The content of an MPF segment: two pictures, the offset of the second from its own header."""
    entries = struct.pack('<IIIHH', 0x20030000, size, 0, 0, 0) + struct.pack(
        '<IIIHH', 0x020000, second, offset, 0, 0)
    return b'MPF\0' + b'II*\0' + struct.pack('<I', 8) + ifd('<', [
        (0xB000, 7, 4, b'0100'), (0xB001, 4, 1, struct.pack('<I', 2)), (0xB002, 7, 32, entries)], 8)


def trailer():
    """What Samsung's phones write behind the picture, found from its end."""
    entry = struct.pack('<HHI', 0, 0xA01, 14) + b'Image_UTC_Data' + b'1561982400000'
    index = b'SEFH' + struct.pack('<IIHHII', 106, 1, 0, 0xA01, len(entry), len(entry))
    return entry + index + struct.pack('<I', len(index)) + b'SEFT'


def dress_jpeg(data, orientation, rng):
    """Segments between the beginning and the rest; a file's own EXIF is kept."""
    second = data if len(data) < 200000 else b''
    front = b''
    if data[2:4] != b'\xff\xe1' and orientation == 1 and rng.random() < 0.6:
        front += segment(0xE1, b'Exif\0\0' + exif_block(1, rng))
    if rng.random() < 0.4:
        front += segment(0xE1, b'http://ns.adobe.com/xap/1.0/\0' + xmp(rng))
    if rng.random() < 0.4:
        front += segment(0xED, photoshop(rng))
    if rng.random() < 0.3:
        front += segment(0xFE, b'a comment')
    if not second or rng.random() < 0.6 or data[-2:] != b'\xff\xd9':
        return data[:2] + front + data[2:] + (trailer() if rng.random() < 0.3 else b'')
    # The own EXIF stays in front of the index.
    at = 2 + (2 + struct.unpack('>H', data[4:6])[0] if data[2:4] == b'\xff\xe1' else 0)
    index = len(segment(0xE2, multi_picture(0, 0, 0)))
    size = len(data) + len(front) + index
    header = at + len(front) + 4 + 4  # where the offsets count from
    return (data[:at] + front + segment(0xE2, multi_picture(size, size - header, len(second))) +
            data[at:] + second)


# PNG, WebP, GIF, and boxes ------------------------------------------------------------------------


def dress_png(data, orientation, rng):
    """Texts in several languages and forms, and bytes behind the end."""
    text = lambda key, words, language: chunk(b'iTXt', key + b'\0\0\0' + language + b'\0\0' + words)
    texts = (chunk(b'tEXt', b'Software\0caf\xe9 1.0') +
             chunk(b'zTXt', b'Author\0\0' + zlib.compress(b'A. Photographer')) +
             text(b'Title', 'Überschrift'.encode(), b'de') + text(b'Title', b'Title', b'en'))
    if rng.random() < 0.4:
        texts += text(b'XML:com.adobe.xmp', xmp(rng), b'')
    at = 33 if rng.random() < 0.5 else data.rindex(b'IEND') - 4
    behind = rng.randbytes(100) if rng.random() < 0.3 else b''
    return data[:at] + texts + data[at:] + behind


def dress_webp(data, orientation, rng):
    """Only an extended file has room for XMP."""
    if data[12:16] != b'VP8X' or data[20] & 4:
        return data
    packet = xmp(rng)
    packet = b'XMP ' + struct.pack('<I', len(packet)) + packet + b'\0' * (len(packet) % 2)
    flags = bytes([data[20] | 4])
    return (b'RIFF' + struct.pack('<I', len(data) - 8 + len(packet)) + data[8:20] + flags +
            data[21:] + packet)


def dress_gif(data, orientation, rng):
    comment = b'!\xfe\x09a comment\0'
    magic = b'!\xff\x0bXMP DataXMP' + xmp(rng) + b'\1' + bytes(range(255, -1, -1)) + b'\0'
    return data[:-1] + comment + (magic if rng.random() < 0.5 else b'') + data[-1:]


def dress_jxl(data, orientation, rng):
    """Into a container, as a box behind the picture."""
    if data[:4] != bytes(4)[:3] + b'\x0c':
        head = b'\0\0\0\x0cJXL \r\n\x87\n' + b'\0\0\0\x14ftypjxl \0\0\0\0jxl '
        data = head + struct.pack('>I', 8 + len(data)) + b'jxlc' + data
    packet = xmp(rng)
    return data + struct.pack('>I', 8 + len(packet)) + b'xml ' + packet


def dress_jp2(data, orientation, rng):
    packet = bytes.fromhex('be7acfcb97a942e89c71999491e3afac') + xmp(rng)
    return data + struct.pack('>I', 8 + len(packet)) + b'uuid' + packet


def dress_heif(data, orientation, rng):
    """By another program."""
    with tempfile.NamedTemporaryFile(suffix='.heic') as file:
        file.write(data)
        file.flush()
        subprocess.run(['exiftool', '-q', '-overwrite_original_in_place', '-EXIF:Make=MAKER',
                        '-XMP-xmp:Rating=%d' % rng.randint(0, 5), file.name],
                       check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        with open(file.name, 'rb') as written:
            return written.read()


DRESSES = {'jpg': dress_jpeg, 'jpeg': dress_jpeg, 'png': dress_png, 'webp': dress_webp,
           'gif': dress_gif, 'jxl': dress_jxl, 'jp2': dress_jp2, 'heic': dress_heif,
           'avif': dress_heif}


def dress(ending, data, orientation, rng):
    return DRESSES[ending](data, orientation, rng) if ending in DRESSES else data
