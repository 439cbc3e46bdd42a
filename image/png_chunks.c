/* SPDX-License-Identifier: MIT */
/*
 * A PNG's chunks, and the EXIF block that old software keeps in a text among them: ImageMagick's
 * "Raw profile type exif", the block as hexadecimal digits below its name and length.  Only the
 * start of the text is unpacked, where the first directory stands.
 */
#include "image/image_private.h"

#include <ctype.h>
#include <string.h>

#include <zlib.h>

struct chunk {
    const unsigned char *name, *data;
    size_t size;
};

/* Length, name, data, check sum. */
static bool next_chunk(const unsigned char *bytes, size_t size, size_t *offset, struct chunk *ret)
{
    const unsigned char *at = bytes + *offset;
    size_t length;

    if (*offset >= size || size - *offset < 12)
        return false;
    length = (size_t)at[0] << 24 | (size_t)at[1] << 16 | (size_t)at[2] << 8 | at[3];
    if (length > size - *offset - 12)
        return false;
    *ret = (struct chunk){.name = at + 4, .data = at + 8, .size = length};
    *offset += 12 + length;
    return true;
}

enum { SIGNATURE = 8 };

const unsigned char *image_png_chunk(const unsigned char *bytes, size_t size, const char *name,
                                     size_t *ret_size)
{
    size_t offset = SIGNATURE;
    struct chunk chunk;

    while (next_chunk(bytes, size, &offset, &chunk))
        if (memcmp(chunk.name, name, 4) == 0) {
            *ret_size = chunk.size;
            return chunk.data;
        }
    return NULL;
}

/* text[] = what the data unpack to, cut to `most` bytes; returns how many. */
static size_t unpack(const unsigned char *data, size_t size, unsigned char *text, size_t most)
{
    z_stream stream = {0};

    if (inflateInit(&stream) != Z_OK)
        return 0;
    stream.next_in = (z_const Bytef *)(uintptr_t)data;
    stream.avail_in = (uInt)size;
    stream.next_out = text;
    stream.avail_out = (uInt)most;
    (void)inflate(&stream, Z_SYNC_FLUSH);
    inflateEnd(&stream);
    return most - stream.avail_out;
}

/* What stands behind the keyword in a chunk with an EXIF block; NULL when it is another chunk.
 * *ret_packed: the text is compressed. */
static const unsigned char *find_text(const struct chunk *chunk, bool *ret_packed)
{
    enum { KEYWORD = sizeof "Raw profile type exif" };
    const unsigned char *at = chunk->data + KEYWORD, *end = chunk->data + chunk->size;
    const bool packed = memcmp(chunk->name, "zTXt", 4) == 0;

    if (chunk->size < KEYWORD + 2 || (memcmp(chunk->data, "Raw profile type exif", KEYWORD) != 0 &&
                                      memcmp(chunk->data, "Raw profile type APP1", KEYWORD) != 0))
        return NULL;
    *ret_packed = packed;
    if (packed)
        return at + 1; /* behind the only method */
    if (memcmp(chunk->name, "iTXt", 4) != 0)
        return memcmp(chunk->name, "tEXt", 4) == 0 ? at : NULL;
    *ret_packed = at[0] != 0;
    at += 2;
    for (int i = 0; i < 2 && at; i++) { /* the language; the keyword in it */
        at = memchr(at, '\0', (size_t)(end - at));
        at = at ? at + 1 : NULL;
    }
    return at;
}

static int digit(unsigned char c)
{
    return isdigit(c) ? c - '0' : isxdigit(c) ? tolower(c) - 'a' + 10 : -1;
}

/* Name, length, and hexadecimal digits with white space between them become bytes, in place. */
static size_t read_digits(unsigned char *text, size_t size)
{
    size_t i = 0, digits = 0;

    for (int word = 0; word < 2; word++) {
        while (i < size && isspace(text[i]))
            i++;
        while (i < size && !isspace(text[i]))
            i++;
    }
    for (; i < size; i++) {
        const int value = digit(text[i]);

        if (value < 0)
            continue;
        text[digits / 2] = (unsigned char)(digits % 2 ? text[digits / 2] | value : value << 4);
        digits++;
    }
    return digits / 2;
}

size_t image_png_text_exif(const unsigned char *bytes, size_t size, unsigned char *block,
                           size_t most)
{
    size_t offset = SIGNATURE;
    struct chunk chunk;

    while (next_chunk(bytes, size, &offset, &chunk)) {
        bool packed = false;
        const unsigned char *text = find_text(&chunk, &packed);
        size_t length = text ? (size_t)(chunk.data + chunk.size - text) : 0;

        if (!text)
            continue;
        if (packed) {
            length = unpack(text, length, block, most);
        } else {
            length = length < most ? length : most;
            memcpy(block, text, length);
        }
        return read_digits(block, length);
    }
    return 0;
}
