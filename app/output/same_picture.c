/* SPDX-License-Identifier: MIT */
#include "app/output/same_picture.h"

#include "image/image.h"

#include <string.h>

struct bytes {
    const unsigned char *at;
    size_t size;
};

static size_t segment_length(const struct bytes *file)
{
    return 2 + ((size_t)file->at[2] << 8 | file->at[3]);
}

/* Passes over the segments of metadata that come next; false for what is no segment. */
static bool pass_metadata(struct bytes *file)
{
    enum { APP1 = 0xE1, APP13 = 0xED, COMMENT = 0xFE };

    while (file->size >= 4 && file->at[0] == 0xFF && segment_length(file) <= file->size) {
        const unsigned marker = file->at[1];

        if (marker != APP1 && marker != APP13 && marker != COMMENT)
            return true;
        file->size -= segment_length(file);
        file->at += segment_length(file);
    }
    return false;
}

static bool same_jpeg_bytes(struct bytes a, struct bytes b)
{
    enum { START = 2, SCAN = 0xDA };

    if (a.size < START || b.size < START || memcmp(a.at, "\xFF\xD8", START) != 0 ||
        memcmp(b.at, "\xFF\xD8", START) != 0)
        return false;
    a = (struct bytes){a.at + START, a.size - START};
    b = (struct bytes){b.at + START, b.size - START};
    while (pass_metadata(&a) && pass_metadata(&b)) {
        const size_t length = segment_length(&a);

        if (a.at[1] == SCAN)
            return a.size == b.size && memcmp(a.at, b.at, a.size) == 0;
        if (length > b.size || memcmp(a.at, b.at, length) != 0)
            return false;
        a = (struct bytes){a.at + length, a.size - length};
        b = (struct bytes){b.at + length, b.size - length};
    }
    return false;
}

static bool same_pixels(const char *name, struct bytes a, struct bytes b)
{
    const struct image_options options = IMAGE_OPTIONS_DEFAULT;
    struct image one = {0}, two = {0};
    const bool same = image_decode(a.at, a.size, name, &options, &one, NULL) == TN_OK &&
                      image_decode(b.at, b.size, name, &options, &two, NULL) == TN_OK &&
                      one.width == two.width && one.height == two.height &&
                      memcmp(one.rgb, two.rgb, one.width * one.height * 3) == 0;

    image_finish(&one);
    image_finish(&two);
    return same;
}

bool app_same_picture(const char *name, const char *a, size_t size_a, const char *b, size_t size_b)
{
    const struct bytes one = {(const unsigned char *)a, size_a};
    const struct bytes two = {(const unsigned char *)b, size_b};

    return same_jpeg_bytes(one, two) || same_pixels(name, one, two);
}
