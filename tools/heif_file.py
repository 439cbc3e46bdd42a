"""The ISO media boxes of HEIC and AVIF files (ISO/IEC 14496-12, 23008-12): takes a file apart into
its coded picture and that picture's configuration, and builds files of one picture or of a grid
with any properties one likes, true or not.
"""
import struct

# The irot (quarter turns anticlockwise) and imir (axis) properties that do what an EXIF orientation
# does; rotation stands first.
TURNS = {1: (0, None), 2: (0, 1), 3: (2, None), 4: (0, 0), 5: (3, 1), 6: (3, None), 7: (1, 1),
         8: (1, None)}


def box(name, *parts):
    body = b''.join(parts)
    return struct.pack('>I4s', 8 + len(body), name) + body


def full_box(name, version, flags, *parts):
    return box(name, struct.pack('>I', version << 24 | flags), *parts)


def boxes(data, begin=0, end=None):
    """(name, begin of the content, end) of each box in data[begin:end]"""
    end = len(data) if end is None else end
    while begin + 8 <= end:
        size, name = struct.unpack('>I4s', data[begin:begin + 8])
        yield name, begin + 8, begin + size
        begin += size


def find(data, *path):
    """(begin, end) of the content of a box, by its path; meta is a full box"""
    begin, end = 0, len(data)
    for name in path:
        begin, end = next((b, e) for n, b, e in boxes(data, begin, end) if n == name)
        begin += 4 if name == b'meta' else 0
    return begin, end


def coded_picture(data):
    """(configuration box, coded bytes, coded size) of the first item of a file by heif-enc"""
    begin, end = find(data, b'meta', b'iprp', b'ipco')
    config = next(data[b - 8:e] for n, b, e in boxes(data, begin, end) if n in (b'hvcC', b'av1C'))
    at = find(data, b'meta', b'iprp', b'ipco', b'ispe')[0]
    size = struct.unpack('>II', data[at + 4:at + 12])
    at = find(data, b'meta', b'iloc')[0]
    version, sizes = data[at], data[at + 4:at + 6]
    assert version <= 1 and sizes in (b'\x44\x00', b'\x44\x40'), 'not as heif-enc writes it'
    at += 8 + (6 if version == 1 else 4)  # counts; item id, construction, data reference
    base = struct.unpack('>I', data[at:at + 4])[0] if sizes[1] else 0
    at += (4 if sizes[1] else 0) + 2
    offset, length = struct.unpack('>II', data[at:at + 8])
    return config, data[base + offset:base + offset + length], size


def size_property(width, height):
    return full_box(b'ispe', 0, 0, struct.pack('>II', width, height))


def aperture(width, height, coded_width, coded_height):
    """The clap property that leaves width x height at the top left."""
    return box(b'clap', struct.pack('>IIIIiIiI', width, 1, height, 1, width - coded_width, 2,
                                    height - coded_height, 2))


def build(pictures, size, columns=0, orientation=1, colour=b''):
    """A file of one picture, cut to `size` where it was coded larger, or, with columns, of a grid
    of tiles.  pictures: [(configuration box, coded bytes, what ispe says of their size)];
    colour: the content of a colr property
    """
    coded = b'av01' if pictures[0][0][4:8] == b'av1C' else b'hvc1'
    brand = b'avif' if coded == b'av01' else b'heic'
    items = [(coded, picture[1], True) for picture in pictures]
    properties = [size_property(*pictures[0][2])]
    configs = []
    for picture in pictures:
        if picture[0] not in properties:
            properties.append(picture[0])
        configs.append(properties.index(picture[0]) + 1)
    links = [[1, config | 0x80] for config in configs]
    primary = 1
    tiles = b''
    if columns:
        rows = len(pictures) // columns
        items.append((b'grid', struct.pack('>BBBBII', 0, 1, rows - 1, columns - 1, *size), False))
        properties.append(size_property(*size))
        links.append([len(properties)])
        primary = len(items)
        tiles = references((b'dimg', primary, *range(1, len(pictures) + 1)))
    elif tuple(size) != tuple(pictures[0][2]):
        properties.append(aperture(*size, *pictures[0][2]))
        links[0].append(len(properties) | 0x80)
    if colour:
        properties.append(box(b'colr', colour))
        links[primary - 1].append(len(properties))
    turn, mirror = TURNS[orientation]
    if turn:
        properties.append(box(b'irot', bytes([turn])))
        links[primary - 1].append(len(properties) | 0x80)
    if mirror is not None:
        properties.append(box(b'imir', bytes([mirror])))
        links[primary - 1].append(len(properties) | 0x80)
    return assemble(brand, items, properties, links, primary, tiles)


ALPHA = full_box(b'auxC', 0, 0, b'urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\0')


def references(*links):
    """The iref box; links: (kind, from, to, ...), items by their 1-based numbers."""
    return full_box(b'iref', 0, 0, *[box(kind, struct.pack('>HH%dH' % len(to), start, len(to), *to))
                                     for kind, start, *to in links])


def layers(size, *offsets):
    """The data of an iovl item on a white canvas."""
    return struct.pack('>BBHHHHII', 0, 1, *[65535] * 4, *size) + b''.join(
        struct.pack('>ii', *offset) for offset in offsets)


def build_from(picture, size, derived, links, primary=2):
    """A file of one picture, cut to `size`, which is item 1, and of items made of it.
    derived: (type, data, further properties)"""
    config, coded, coded_size = picture
    kind = b'av01' if config[4:8] == b'av1C' else b'hvc1'
    properties = [config, size_property(*coded_size), size_property(*size)]
    numbers = [[0x81, 2]]
    if tuple(size) != tuple(coded_size):
        properties.append(aperture(*size, *coded_size))
        numbers[0].append(4 | 0x80)
    for _, _, further in derived:
        numbers.append([3] + [len(properties) + 1 + i for i in range(len(further))])
        properties += further
    items = [(kind, coded, True)] + [(name, data, False) for name, data, _ in derived]
    return assemble(b'avif' if kind == b'av01' else b'heic', items, properties, numbers, primary,
                    references(*links))


def assemble(brand, items, properties, links, primary, iref=b''):
    """items: [(type, bytes, whether they lie in mdat and not in idat)]; links: for each item the
    1-based numbers of its properties, 0x80 added where essential."""
    ids = range(1, len(items) + 1)
    infos = [full_box(b'infe', 2, 0, struct.pack('>HH4s', number, 0, kind), b'\0')
             for number, (kind, _, _) in zip(ids, items)]
    stored = [(number, item) for number, item in zip(ids, items) if item[1]]
    inline = b''.join(data for _, data, in_file in items if not in_file)

    def meta(start):
        entries, at, inner = b'', start, 0
        for number, (_, data, in_file) in stored:
            entries += struct.pack('>HHHHII', number, 0 if in_file else 1, 0, 1,
                                   at if in_file else inner, len(data))
            if in_file:
                at += len(data)
            else:
                inner += len(data)
        associations = b''.join(struct.pack('>HB', number, len(link)) + bytes(link)
                                for number, link in zip(ids, links))
        return full_box(
            b'meta', 0, 0, full_box(b'hdlr', 0, 0, struct.pack('>I4s', 0, b'pict'), bytes(13)),
            full_box(b'pitm', 0, 0, struct.pack('>H', primary)),
            full_box(b'iloc', 1, 0, struct.pack('>BBH', 0x44, 0, len(stored)), entries),
            full_box(b'iinf', 0, 0, struct.pack('>H', len(items)), *infos),
            iref,
            box(b'iprp', box(b'ipco', *properties),
                full_box(b'ipma', 0, 0, struct.pack('>I', len(items)), associations)),
            box(b'idat', inline) if inline else b'')

    head = box(b'ftyp', brand, bytes(4), b'mif1', brand, b'miaf')
    start = len(head) + len(meta(0)) + 8
    return head + meta(start) + box(b'mdat', *[data for _, data, in_file in items if in_file])
