/* SPDX-License-Identifier: MIT */
/* What a walk over the boxes of a HEIC or AVIF file found, for the files that read them. */
#ifndef IMAGE_HEIF_FILE_H
#define IMAGE_HEIF_FILE_H

#include "image/formats/heif_bits.h"
#include "image/formats/heif_coded.h"

#define HEIF_NAME(a, b, c, d) ((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (d))

struct heif_item {
    uint32_t id, type;
    bool auxiliary;     /* of another item, such as its alpha */
    bool has_auxiliary; /* another item is */
};

struct heif_file {
    const struct image_source *source;
    /* The contents of boxes; bytes NULL: not there. */
    struct heif_bits meta, iloc, iinf, iprp, ipco, ipma, iref, idat, pitm;
    uint32_t primary;        /* item */
    size_t boxes;            /* counted so far */
    struct heif_item *items; /* owned; an id may be there more than once, with several types */
    size_t item_count;
    size_t read; /* bytes of items, which cannot be more than the file unless they share some */
    struct heif_coded coded;
};

/* Takes the next box from the front of *bits; false at the end, or when it is damaged (then
 * bits->short_of is set). */
bool heif_take_box(struct heif_file *file, struct heif_bits *bits, uint32_t *ret_name,
                   struct heif_bits *ret);

/* Whether there is such an item, and it is a coded picture, or where that will do a grid of them,
 * and nothing else. */
bool heif_item_is_picture(const struct heif_file *file, uint32_t id, bool or_grid);

/* Whether the pictures that are made of others are of a kind that libheif comes to an end with. */
bool heif_derived_are_sound(struct heif_file *file);

/* The EXIF orientation that does what the primary item's properties do, 0 where libheif is to do
 * it: a picture made of others, whose properties count as well, or one that is cut. */
int heif_turn_read(struct heif_file *file);

#endif
