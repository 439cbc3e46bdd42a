/* SPDX-License-Identifier: MIT */
/*
 * BMP, PSD and HDR through stb_image.  stb_image takes bytes past the end of a
 * file for zeros; it is fed through callbacks that notice this, so that a truncated file is an
 * error.
 */
#include "image/image_private.h"

#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* stb_image forgets that it had no memory when it tries the next format. */
static _Thread_local bool is_out_of_memory;

static void *allocate_noting(void *old, size_t size)
{
    void *block = realloc(old, size);

    is_out_of_memory = is_out_of_memory || !block;
    return block;
}

#define STBI_MALLOC(size) allocate_noting(NULL, size)
#define STBI_REALLOC(old, size) allocate_noting(old, size)
#define STBI_FREE(block) free(block)

/* stb_image declares also what is left out here. */
#if defined(__GNUC__)
#pragma GCC diagnostic ignored "-Wunused-function"
#endif
#define STB_IMAGE_IMPLEMENTATION
#define STB_IMAGE_STATIC
#define STBI_NO_STDIO
#define STBI_ONLY_BMP
#define STBI_ONLY_PSD
#define STBI_ONLY_HDR
#include <stb/stb_image.h>

struct reader {
    const struct image_source *source;
    size_t position;
    bool truncated; /* a byte past the end was asked for */
};

/*
 * stb_image fills a buffer ahead, so a short read is no sign of truncation, an empty one is.  The
 * HDR reader waits for an empty line after its header, and for runs of some length in a row of
 * pixels, for ever: it gets line feeds, which are both.
 */
static int on_read(void *user, char *out, int count)
{
    struct reader *reader = user;
    const size_t left = reader->source->size - reader->position;
    const size_t got = (size_t)count < left ? (size_t)count : left;

    if (got == 0 && count > 0) {
        reader->truncated = true;
        memset(out, '\n', (size_t)count);
        return strcmp(reader->source->format, "HDR") == 0 ? count : 0;
    }
    memcpy(out, reader->source->bytes + reader->position, got);
    reader->position += got;
    return (int)got;
}

static void on_skip(void *user, int count)
{
    struct reader *reader = user;
    const size_t left = reader->source->size - reader->position;

    if (count < 0) /* stb_image steps back over what it has read */
        reader->position -=
            (size_t) - (long)count < reader->position ? (size_t) - (long)count : reader->position;
    else
        reader->position += (size_t)count < left ? (size_t)count : left;
}

static int on_eof(void *user)
{
    const struct reader *reader = user;

    return reader->position >= reader->source->size;
}

static uint32_t little(const unsigned char *bytes, size_t count)
{
    uint32_t value = 0;

    while (count-- > 0)
        value = value << 8 | bytes[count];
    return value;
}

/* What stb_image cannot read of these formats, by name; NULL when it can. */
static const char *unsupported_kind(const struct image_source *source)
{
    const unsigned char *bytes = source->bytes;

    if (strcmp(source->format, "BMP") == 0 && source->size >= 34 && little(bytes + 14, 4) >= 40) {
        const uint32_t compression = little(bytes + 30, 4);

        if (compression == 1 || compression == 2)
            return "run-length encoded (RLE) BMP";
        if (compression == 4 || compression == 5)
            return "BMP with a JPEG or PNG inside";
    }
    if (strcmp(source->format, "PSD") == 0 && source->size >= 26) {
        if (bytes[24] != 0 || bytes[25] != 3)
            return "PSD in another colour mode than RGB";
        if (bytes[22] != 0 || (bytes[23] != 8 && bytes[23] != 16))
            return "PSD of another depth than 8 or 16 bits";
    }
    return NULL;
}

/* Bytes per pixel at most while stb_image works: what it returns, for 16-bit PSD twice as many
 * more, for HDR as many floats. */
static size_t stb_bytes_per_pixel(const char *format, size_t channels)
{
    if (strcmp(format, "HDR") == 0)
        return channels * (1 + sizeof(float));
    return strcmp(format, "PSD") == 0 ? channels * 3 : channels;
}

static uint32_t big(const unsigned char *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

/* The ICC profile of a PSD, resource 1039 of those behind its header and palette; NULL when there
 * is none.  A resource: "8BIM", number, name, length, content; the last two padded to even. */
static const unsigned char *psd_profile(const struct image_source *source, size_t *ret_size)
{
    enum { PALETTE = 26, PROFILE = 1039 };
    const unsigned char *at = source->bytes + PALETTE, *end = source->bytes + source->size;

    if (strcmp(source->format, "PSD") != 0 || end - at < 4 || big(at) > (size_t)(end - at) - 4)
        return NULL;
    at += 4 + big(at);
    if (end - at < 4 || big(at) > (size_t)(end - at) - 4)
        return NULL;
    end = at + 4 + big(at);
    for (at += 4; end - at >= 12 && memcmp(at, "8BIM", 4) == 0;) {
        const unsigned number = (unsigned)at[4] << 8 | at[5];
        const size_t name = (size_t)at[6] / 2 * 2 + 2; /* its length in front */
        size_t length;

        if ((size_t)(end - at) < 6 + name + 4)
            return NULL;
        at += 6 + name;
        length = big(at);
        if (length > (size_t)(end - at) - 4)
            return NULL;
        if (number == PROFILE) {
            *ret_size = length;
            return at + 4;
        }
        at += 4 + length;
        at += length % 2 && at < end;
    }
    return NULL;
}

static enum tn_status fail_stb(const struct image_source *source, bool truncated,
                               struct tn_error *err)
{
    if (is_out_of_memory)
        return tn_fail(err, TN_NOMEM, "%s: out of memory for a %s picture", source->name,
                       source->format);
    if (truncated)
        return tn_fail(err, TN_FORMAT, "%s: the %s file is truncated", source->name,
                       source->format);
    return tn_fail(err, TN_FORMAT, "%s: cannot read %s: %s", source->name, source->format,
                   stbi_failure_reason());
}

enum tn_status image_stb_decode(const struct image_source *source, struct image *ret_image,
                                struct tn_error *err)
{
    static const stbi_io_callbacks callbacks = {on_read, on_skip, on_eof};
    const char *kind = unsupported_kind(source);
    struct reader reader = {.source = source};
    struct image_decoded decoded = {.orientation = 1};
    int width, height, channels, stored;
    unsigned char *pixels;
    enum tn_status status;

    if (kind)
        return tn_fail(err, TN_UNSUPPORTED, "%s: %s cannot be read", source->name, kind);
    is_out_of_memory = false;
    if (!stbi_info_from_callbacks(&callbacks, &reader, &width, &height, &stored))
        return is_out_of_memory ? fail_stb(source, false, err)
                                : tn_fail(err, TN_FORMAT, "%s: the %s file is truncated or damaged",
                                          source->name, source->format);
    channels = stored == 3 ? 3 : 4;
    decoded.icc = psd_profile(source, &decoded.icc_size);
    /* A BMP of negative height has its rows from the top. */
    TN_TRY(image_check_size(source, width > 0 ? (size_t)width : 0, (size_t)labs((long)height),
                            stb_bytes_per_pixel(source->format, (size_t)channels),
                            image_colour_bytes(decoded.icc_size), err));
    reader = (struct reader){.source = source};
    pixels = stbi_load_from_callbacks(&callbacks, &reader, &width, &height, &stored, channels);
    decoded.pixels = pixels;
    decoded.width = (size_t)width;
    decoded.height = (size_t)height;
    decoded.channels = (size_t)channels;
    decoded.stride = decoded.width * decoded.channels;
    if (reader.truncated || !pixels)
        status = fail_stb(source, reader.truncated, err);
    else
        status = image_from_decoded(source, &decoded, ret_image, err);
    stbi_image_free(pixels);
    return status;
}
