/* SPDX-License-Identifier: MIT */
/* What a JPEG 2000 file makes openjpeg do, read from its headers before openjpeg sees them. */
#ifndef IMAGE_JP2_PLAN_H
#define IMAGE_JP2_PLAN_H

#include "image/image_private.h"

enum { JP2_MOST_COMPONENTS = 4 };

struct jp2_plan {
    bool boxed;            /* a JP2 file; false: the codestream alone */
    size_t width, height;  /* of the picture */
    unsigned most_reduced; /* the picture can be decoded at 1 / 2^this of its size, and less */
    uint64_t samples;      /* of all components, those that a palette adds included */
    uint64_t tile_samples; /* of a tile, where it is not the whole picture */
    unsigned bit_planes;   /* most of any sample, each of which costs three passes over it */
    uint64_t memory;       /* bytes of notes that openjpeg takes of tiles, precincts and blocks */
};

/* TN_UNSUPPORTED for more components than pictures have; TN_FORMAT where the headers are damaged or
 * announce more than the file could have. */
TN_NODISCARD enum tn_status jp2_plan_read(const struct image_source *source, struct jp2_plan *plan,
                                          struct tn_error *err);

#endif
