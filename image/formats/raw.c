/* SPDX-License-Identifier: MIT */
/*
 * Camera raws by the picture that the camera put into them, which is what it showed.  Every maker
 * has a place of its own for it, and changes that with the model; but it is a JPEG in one piece. So
 * the file is searched for JPEGs, and the largest is decoded as any other.  This needs no knowledge
 * of the camera, and a raw of the next model is read, too.  The sensor's data is not developed.
 */
#include "base/tiff.h"
#include "image/image_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TAG_STRIP_OFFSETS = 0x0111, TAG_ORIENTATION = 0x0112, TAG_TILE_OFFSETS = 0x0144 };
enum { MOST_SENSORS = 8, MOST_PARTS = 1 << 16 };

/* ---- Which way up ---- */

static int tiff_orientation(const unsigned char *bytes, size_t size)
{
    struct tn_tiff_directory directory;
    struct tn_tiff tiff;
    uint64_t value;

    if (!tn_tiff_open(&tiff, bytes, size) || !tn_tiff_directory(&tiff, tiff.first, &directory))
        return 1;
    value = tn_tiff_number_of(&tiff, &directory, TAG_ORIENTATION, 1);
    return value >= 1 && value <= 8 ? (int)value : 1;
}

/* Canon's boxes: the first of its own kind holds boxes, of which one is a TIFF directory. */
static int box_orientation(const unsigned char *bytes, size_t size)
{
    enum { UUID = 16 };

    bytes = image_box(bytes, size, "moov", &size);
    if (bytes)
        bytes = image_box(bytes, size, "uuid", &size);
    if (bytes && size > UUID)
        bytes = image_box(bytes + UUID, size - UUID, "CMT1", &size);
    else
        bytes = NULL;
    return bytes ? tiff_orientation(bytes, size) : 1;
}

/* The raw says how it is to be turned, and so may its preview; or that was turned already: sensors
 * are wide, and a tall preview of one is upright. */
static int preview_orientation(const struct image_source *source, size_t width, size_t height,
                               int own)
{
    const int orientation = memcmp(source->bytes + 4, "ftyp", 4) == 0
                                ? box_orientation(source->bytes, source->size)
                                : tiff_orientation(source->bytes, source->size);

    if (own != 1)
        return own;
    return orientation >= 5 && height > width ? 1 : orientation;
}

/* ---- The preview ---- */

struct preview {
    size_t offset; /* in the file */
    size_t width, height;
};

/* Whether a JPEG that libjpeg reads begins there, by the segments before its frame, each of which
 * must have a length: else a file made for it would be read again and again. */
static bool is_jpeg(const unsigned char *bytes, size_t size, struct preview *preview)
{
    enum { SOF0 = 0xC0, SOF2 = 0xC2, DHT = 0xC4, SOS = 0xDA, DQT = 0xDB, DRI = 0xDD };
    enum { APP0 = 0xE0, APP15 = 0xEF, COM = 0xFE, MOST_SEGMENTS = 64 };
    size_t offset = 2;

    for (size_t i = 0; i < MOST_SEGMENTS && size - offset >= 10; i++) {
        const unsigned char *segment = bytes + offset;
        const unsigned marker = segment[1];
        const size_t length = (size_t)segment[2] << 8 | segment[3];

        if (segment[0] != 0xFF || length < 2 || length > size - offset - 2)
            return false;
        if (marker >= SOF0 && marker <= SOF2) {
            preview->height = (size_t)segment[5] << 8 | segment[6];
            preview->width = (size_t)segment[7] << 8 | segment[8];
            return segment[4] == 8 && (segment[9] == 1 || segment[9] == 3);
        }
        if (marker != DHT && marker != DQT && marker != DRI && marker != COM &&
            (marker < APP0 || marker > APP15))
            return false;
        offset += 2 + length;
    }
    return false;
}

/* Where strips or tiles of sensor data begin, at [first, last] of the file. */
struct sensors {
    struct {
        uint64_t first, last;
    } parts[MOST_SENSORS];
    size_t count;
};

static bool note_sensor(const struct tn_tiff *tiff, const struct tn_tiff_directory *directory,
                        void *context)
{
    struct sensors *sensors = context;
    struct tn_tiff_field parts;
    uint64_t first = UINT64_MAX, last = 0;

    if (!tn_tiff_is_sensor(tiff, directory) ||
        (!tn_tiff_find(tiff, directory, TAG_TILE_OFFSETS, &parts) &&
         !tn_tiff_find(tiff, directory, TAG_STRIP_OFFSETS, &parts)))
        return false;
    for (uint64_t i = 0; i < parts.count && i < MOST_PARTS; i++) {
        const uint64_t offset = tn_tiff_number(tiff, &parts, i);

        first = offset < first ? offset : first;
        last = offset > last ? offset : last;
    }
    sensors->parts[sensors->count].first = first;
    sensors->parts[sensors->count].last = last;
    return ++sensors->count == MOST_SENSORS;
}

static bool is_sensor_data(const struct sensors *sensors, size_t offset)
{
    for (size_t i = 0; i < sensors->count; i++)
        if (offset >= sensors->parts[i].first && offset <= sensors->parts[i].last)
            return true;
    return false;
}

/* The largest JPEG, the first of equal ones; false where there is none.  A DNG's sensor data may be
 * made of JPEGs, too. */
static bool find_preview(const struct image_source *source, struct preview *ret_preview)
{
    const unsigned char *bytes = source->bytes, *at = bytes, *end = bytes + source->size;
    struct sensors sensors = {0};
    struct tn_tiff tiff;
    size_t most = 0;

    if (tn_tiff_open(&tiff, bytes, source->size))
        (void)tn_tiff_any(&tiff, note_sensor, &sensors);

    while ((at = memchr(at, 0xFF, (size_t)(end - at))) != NULL) {
        struct preview found = {.offset = (size_t)(at - bytes)};

        if (end - at >= 3 && at[1] == 0xD8 && at[2] == 0xFF &&
            is_jpeg(at, (size_t)(end - at), &found) && found.width * found.height > most &&
            !is_sensor_data(&sensors, found.offset)) {
            most = found.width * found.height;
            *ret_preview = found;
        }
        at++;
    }
    return most > 0;
}

enum tn_status image_raw_decode(const struct image_source *source, struct image *ret_image,
                                struct tn_error *err)
{
    struct image_source jpeg = {.format = "JPEG", .options = source->options};
    struct preview preview = {0};
    enum tn_status status;
    char *name;

    if (!find_preview(source, &preview))
        return tn_fail(err, TN_UNSUPPORTED,
                       "%s: the %s has no JPEG preview; develop it into a picture", source->name,
                       source->format);
    if (asprintf(&name, "%s: its preview", source->name) < 0)
        return tn_fail_nomem(err, strlen(source->name));
    jpeg.name = name;
    jpeg.bytes = source->bytes + preview.offset;
    jpeg.size = source->size - preview.offset;
    jpeg.orientation = preview_orientation(source, preview.width, preview.height,
                                           image_jpeg_orientation(jpeg.bytes, jpeg.size));
    jpeg.options.max_memory -=
        preview.offset < jpeg.options.max_memory ? preview.offset : jpeg.options.max_memory;
    status = image_jpeg_decode(&jpeg, ret_image, err);
    free(name);
    return status;
}
