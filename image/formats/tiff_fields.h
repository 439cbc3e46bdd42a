/* SPDX-License-Identifier: MIT */
/* What a picture of a TIFF file is made of, as libtiff found it, and what it costs to read it. */
#ifndef IMAGE_TIFF_FIELDS_H
#define IMAGE_TIFF_FIELDS_H

#include "image/formats/tiff_library.h"
#include "image/formats/tiff_row.h"

struct tiff_fields {
    struct tiff_row_format format; /* of its rows */
    size_t height;
    int orientation;
    uint16_t photometric, compression, samples;
    bool separate;       /* the samples of a kind make a plane of their own */
    bool by_libtiff;     /* only libtiff's own converter knows its colours */
    size_t alpha_sample; /* if format.alpha */
    const unsigned char *icc; /* the colours' profile, borrowed from the handle; NULL: none */
    uint32_t icc_size;

    bool tiled;
    size_t tile_width, part_rows;      /* of a strip or tile */
    size_t part_bytes, tile_row_bytes; /* as decoded */
    size_t row_bytes;                  /* of a row of the picture, or of one plane of it */
};

/* The fields of the handle's directory; borrows the palette and the profile
 * from it.  TN_UNSUPPORTED for a kind
 * that cannot be read. */
TN_NODISCARD enum tn_status tiff_fields_read(const struct tiff_handle *handle,
                                             struct tiff_fields *ret_fields, struct tn_error *err);

/* Refuses a picture that would take too much memory or time; `extra` bytes are in use already. */
TN_NODISCARD enum tn_status tiff_fields_check(const struct tiff_handle *handle,
                                              const struct tiff_fields *fields, size_t extra,
                                              struct tn_error *err);

#endif
