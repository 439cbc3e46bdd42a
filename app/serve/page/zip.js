/* A zip of files as they are, not compressed: captions are short.  The names are UTF-8. */

const crcTable = Uint32Array.from({ length: 256 }, (_, byte) => {
    for (let bit = 0; bit < 8; bit++)
        byte = byte & 1 ? (byte >>> 1) ^ 0xedb88320 : byte >>> 1;
    return byte;
});

function crc32(bytes) {
    let crc = ~0;

    for (const byte of bytes)
        crc = (crc >>> 8) ^ crcTable[(crc ^ byte) & 255];
    return ~crc >>> 0;
}

/* Little-endian numbers, each [bytes, value]. */
function packed(...numbers) {
    const view = new DataView(new ArrayBuffer(numbers.reduce((sum, [size]) => sum + size, 0)));
    let at = 0;

    for (const [size, value] of numbers) {
        view[size === 2 ? 'setUint16' : 'setUint32'](at, value, true);
        at += size;
    }
    return view.buffer;
}

const MOST_IN_ZIP = 65534; /* one more means that there is a larger directory (zip64) */

/* files: [name, text] each. */
function zipOf(files, now = new Date()) {
    const encoder = new TextEncoder(), parts = [], directory = [];
    const time = now.getHours() << 11 | now.getMinutes() << 5 | now.getSeconds() >> 1;
    const date = now.getFullYear() - 1980 << 9 | now.getMonth() + 1 << 5 | now.getDate();
    const sizeOf = list => list.reduce((sum, part) => sum + part.byteLength, 0);
    let at = 0;

    for (const [path, text] of files) {
        const name = encoder.encode(path), bytes = encoder.encode(text);
        /* the version that reads it, UTF-8 names, stored */
        const facts = [[2, 20], [2, 0x800], [2, 0], [2, time], [2, date], [4, crc32(bytes)],
                       [4, bytes.length], [4, bytes.length], [2, name.length], [2, 0]];
        const head = packed([4, 0x04034b50], ...facts);

        directory.push(packed([4, 0x02014b50], [2, 0x314], ...facts, [2, 0], [2, 0], [2, 0],
                              [4, 0o100644 * 0x10000], [4, at]), name);
        parts.push(head, name, bytes);
        at += head.byteLength + name.length + bytes.length;
    }
    const end = packed([4, 0x06054b50], [2, 0], [2, 0], [2, files.length], [2, files.length],
                       [4, sizeOf(directory)], [4, at], [2, 0]);
    return new Blob([...parts, ...directory, end], { type: 'application/zip' });
}
