/* SPDX-License-Identifier: MIT */
/* A JPEG's segments before its first scan, and the colour profile that some of them are pieces of
 * (ICC.1:2022, B.4). */
#include "image/image_private.h"

#include <stdlib.h>
#include <string.h>

bool image_jpeg_next_segment(const unsigned char *bytes, size_t size, size_t *offset,
                             struct image_segment *ret_segment)
{
    enum { SOI = 0xD8, SOS = 0xDA, EOI = 0xD9, TEM = 0x01, RST0 = 0xD0 };
    size_t at = *offset;

    while (at + 4 <= size) {
        const unsigned marker = bytes[at + 1];
        size_t length;

        if (bytes[at] != 0xFF || marker == SOS || marker == EOI)
            return false;
        if (marker == 0xFF) { /* a fill byte */
            at++;
            continue;
        }
        if (marker == TEM || (marker >= RST0 && marker <= SOI)) {
            at += 2;
            continue;
        }
        length = (size_t)bytes[at + 2] << 8 | bytes[at + 3];
        if (length < 2 || length > size - at - 2)
            return false;
        *ret_segment =
            (struct image_segment){.marker = marker, .bytes = bytes + at + 4, .size = length - 2};
        *offset = at + 2 + length;
        return true;
    }
    return false;
}

enum { APP2 = 0xE2, PIECES = 255 };

static const char icc_name[] = "ICC_PROFILE"; /* and its 0; then the piece's number, and how many */

/* Notes the pieces by their numbers; the size of all, 0 when one is there twice or not at all. */
static size_t find_pieces(const unsigned char *bytes, size_t size,
                          struct image_segment pieces[PIECES])
{
    enum { HEADER = sizeof icc_name + 2 };
    struct image_segment segment;
    size_t offset = 2, total = 0, found = 0, said = 0;

    while (image_jpeg_next_segment(bytes, size, &offset, &segment)) {
        size_t number;

        if (segment.marker != APP2 || segment.size < HEADER ||
            memcmp(segment.bytes, icc_name, sizeof icc_name) != 0)
            continue;
        if (found == 0)
            said = segment.bytes[HEADER - 1];
        number = segment.bytes[HEADER - 2];
        if (number == 0 || number > said || segment.bytes[HEADER - 1] != said ||
            pieces[number - 1].bytes)
            return 0;
        pieces[number - 1].bytes = segment.bytes + HEADER;
        pieces[number - 1].size = segment.size - HEADER;
        total += segment.size - HEADER;
        found++;
    }
    return found == said ? total : 0;
}

enum tn_status image_jpeg_profile(const unsigned char *bytes, size_t size,
                                  unsigned char **ret_profile, size_t *ret_size,
                                  struct tn_error *err)
{
    struct image_segment pieces[PIECES] = {0};
    const size_t total = find_pieces(bytes, size, pieces);
    unsigned char *profile = NULL;
    size_t filled = 0;

    if (total > 0 && total <= IMAGE_MOST_PROFILE) {
        profile = malloc(total);
        if (!profile)
            return tn_fail_nomem(err, total);
        for (size_t i = 0; i < PIECES && pieces[i].bytes; i++) {
            memcpy(profile + filled, pieces[i].bytes, pieces[i].size);
            filled += pieces[i].size;
        }
    }
    *ret_profile = profile;
    *ret_size = filled;
    return TN_OK;
}
