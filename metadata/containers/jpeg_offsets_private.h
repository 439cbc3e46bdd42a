/* SPDX-License-Identifier: MIT */
/*
 * What of a JPEG file says where other things are in it: it moves along when segments of metadata
 * grow or shrink.
 */
#ifndef META_JPEG_OFFSETS_PRIVATE_H
#define META_JPEG_OFFSETS_PRIVATE_H

#include "metadata/container_private.h"

/* The places where a file grew (or, below 0, shrank), in the order of the file. */
struct meta_jpeg_growth {
    struct {
        size_t at; /* what was here, and what comes after it, moved */
        ptrdiff_t bytes;
    } places[META_PARTS];
    size_t count;
};

/* A part of a file. */
struct meta_jpeg_span {
    size_t start, size;
};

/*
 * Corrects in `after`, which `before` became by growing:
 * - the index of several pictures ("MPF", CIPA DC-007), mpf in the file before, which counts from
 *   its own header: where the others lie, and how long the first is
 * - what entries of the EXIF block (exif in the file after, and from exif_before on in the file
 *   before) or of its maker notes say about pictures and data behind the block.  TN_UNSUPPORTED
 *   where they lead to what cannot be moved.
 * - the AFCP directory behind the picture's scans, which counts from the file's begin
 * Only what leads to something that is recognised changes.
 */
void meta_jpeg_move_index(const struct meta_file *before, const struct meta_jpeg_growth *growth,
                          struct meta_jpeg_span mpf, unsigned char *after);
TN_NODISCARD enum tn_status meta_jpeg_move_previews(const struct meta_file *before,
                                                    const struct meta_jpeg_growth *growth,
                                                    size_t exif_before, struct meta_jpeg_span exif,
                                                    unsigned char *after, struct tn_error *err);
void meta_jpeg_move_afcp(const struct meta_file *before, const struct meta_jpeg_growth *growth,
                         size_t tail, unsigned char *after);

#endif
