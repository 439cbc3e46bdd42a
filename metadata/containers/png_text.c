/* SPDX-License-Identifier: MIT */
#include "metadata/containers/png_text_private.h"

#include "metadata/description.h"
#include "metadata/iptc_private.h"

#include <stdlib.h>
#include <string.h>

#define ZLIB_CONST /* it does not write what it reads */
#include <zlib.h>

enum { PIECE = 4096 };

/* Goes behind the next NUL; false where there is none. */
static bool pass_string(const unsigned char **at, const unsigned char *end)
{
    const unsigned char *nul = memchr(*at, '\0', (size_t)(end - *at));

    if (nul)
        *at = nul + 1;
    return nul != NULL;
}

bool meta_png_text_parse(const unsigned char name[4], const unsigned char *data, size_t size,
                         struct meta_png_text *ret_text)
{
    const unsigned char *at = data, *end = data + size;
    const bool international = memcmp(name, "iTXt", 4) == 0;
    bool compressed = memcmp(name, "zTXt", 4) == 0;

    if ((!international && !compressed && memcmp(name, "tEXt", 4) != 0) || !pass_string(&at, end))
        return false;
    if (international) {
        if (end - at < 2)
            return false;
        compressed = *at++ == 1;
    }
    if ((compressed || international) && (at == end || *at++ != 0)) /* the method: deflate */
        if (compressed)
            return false;
    if (international && (!pass_string(&at, end) || !pass_string(&at, end)))
        return false;
    *ret_text = (struct meta_png_text){at, (size_t)(end - at), compressed};
    return true;
}

static enum tn_status fail_room(struct tn_error *err)
{
    return tn_fail(err, TN_RANGE, "a compressed text is longer than is read");
}

static enum tn_status fail_inflate(int code, struct tn_error *err)
{
    if (code == Z_MEM_ERROR)
        return tn_fail(err, TN_NOMEM, "out of memory for a compressed text");
    return tn_fail(err, TN_FORMAT, "a compressed text is damaged");
}

/* Until the stream ends, or the room, of which every piece takes as much: short texts cost time,
 * too.
 */
static enum tn_status inflate_into(z_stream *stream, size_t *room, struct meta_bytes *out,
                                   struct tn_error *err)
{
    unsigned char piece[PIECE];
    int code = Z_OK;

    while (code == Z_OK) {
        if (*room < PIECE)
            return fail_room(err);
        *room -= PIECE;
        stream->next_out = piece;
        stream->avail_out = PIECE;
        code = inflate(stream, Z_NO_FLUSH);
        TN_TRY(meta_bytes_add(out, piece, PIECE - stream->avail_out, err));
    }
    return code == Z_STREAM_END ? TN_OK : fail_inflate(code, err);
}

enum tn_status meta_png_text_content(const struct meta_png_text *text, size_t *room,
                                     struct meta_bytes *out, struct tn_error *err)
{
    z_stream stream = {.next_in = text->bytes, .avail_in = (uInt)text->size};
    enum tn_status status;
    int code;

    if (!text->compressed)
        return meta_bytes_add(out, text->bytes, text->size, err);
    if (*room < PIECE)
        return fail_room(err);
    code = inflateInit(&stream);
    if (code != Z_OK)
        return fail_inflate(code, err);
    status = inflate_into(&stream, room, out, err);
    inflateEnd(&stream);
    return status;
}

static int digit(unsigned char letter)
{
    static const char digits[] = "0123456789abcdef";
    const char *found = letter ? strchr(digits, letter < 'A' ? letter : letter | 0x20) : NULL;

    return found ? (int)(found - digits) : -1;
}

static bool pass_line(const unsigned char **at, const unsigned char *end)
{
    const unsigned char *newline = memchr(*at, '\n', (size_t)(end - *at));

    if (newline)
        *at = newline + 1;
    return newline != NULL;
}

/* A line of blanks and a decimal number; a larger one than `most` is that. */
static bool pass_number(const unsigned char **at, const unsigned char *end, size_t most,
                        size_t *ret_number)
{
    size_t number = 0, digits = 0;

    while (*at < end && **at == ' ')
        ++*at;
    for (; *at < end && **at >= '0' && **at <= '9'; ++*at, digits++) {
        number = number * 10 + (size_t)(**at - '0');
        if (number > most)
            number = most;
    }
    *ret_number = number;
    return digits > 0 && *at < end && *(*at)++ == '\n';
}

/* "\nexif\n      24\n45786966..." with newlines in between.  Some writers leave bytes of no matter
 * behind it; others state more than there is, of which the reader of the content judges. */
bool meta_png_text_unwrap(struct meta_bytes *content)
{
    const unsigned char *at = content->bytes, *end;
    size_t declared, count = 0;
    int high = -1;

    if (content->size == 0)
        return false;
    end = at + content->size;
    if (!pass_line(&at, end) || !pass_line(&at, end) ||
        !pass_number(&at, end, content->size, &declared))
        return false;
    for (; at < end && count < declared; at++) {
        const int low = digit(*at);

        if (low < 0 && *at != '\n')
            return false;
        if (low >= 0 && high >= 0)
            content->bytes[count++] = (unsigned char)(high << 4 | low);
        if (low >= 0)
            high = high >= 0 ? -1 : low;
    }
    content->size = count;
    return high < 0;
}

enum tn_status meta_png_text_say(struct meta_parts *parts, const unsigned char *bytes, size_t size,
                                 struct tn_error *err)
{
    char *text;

    if (parts->text || size == 0)
        return TN_OK;
    TN_TRY(meta_description_decode(bytes, size, &text, err));
    if (meta_description_by_camera(text))
        free(text);
    else
        parts->text = text;
    return TN_OK;
}

enum tn_status meta_png_text_say_iptc(struct meta_parts *parts, const unsigned char *resources,
                                      size_t size, struct tn_error *err)
{
    enum tn_status status = TN_OK;
    char *text;

    TN_TRY(meta_iptc_caption(resources, size, &text, err));
    if (text)
        status = meta_png_text_say(parts, (const unsigned char *)text, strlen(text), err);
    free(text);
    return status;
}
