/* SPDX-License-Identifier: MIT */
/*
 * What a HEIC or AVIF file will make its decoder do, read from the coded pictures themselves: a
 * file may state one size in its properties and hold another in its pictures, which libheif 1.15
 * decodes before anybody could see it.
 */
#ifndef IMAGE_HEIF_CODED_H
#define IMAGE_HEIF_CODED_H

#include "image/image_private.h"

/* The most that any item of a file asks for. */
struct heif_coded {
    size_t width, height;               /* of the largest coded picture, alone or a grid's tile */
    size_t grid_width, grid_height;     /* of the largest grid; 0: none */
    size_t canvas_width, canvas_height; /* of the largest picture of layers; 0: none */
    size_t tiles, layers;               /* of all grids, and of all pictures of layers */
    bool deep;                          /* more than 8 bits a sample */
    size_t pictures;                    /* that one item may make the decoder hold at once */
    size_t slices, sets;                /* HEVC's slice segments and picture parameter sets */
    int orientation; /* what turns the primary picture upright; 0: libheif does it */
};

/* *width x *height becomes this size, where it is larger. */
void heif_coded_enlarge(size_t *width, size_t *height, size_t to_width, size_t to_height);

/* Add what an item holds, its configuration (the content of an hvcC or av1C box) or its data; false
 * when it is damaged, or no photo (not one key picture). */
bool heif_coded_hevc_config(struct heif_coded *coded, const unsigned char *bytes, size_t size);
bool heif_coded_hevc(struct heif_coded *coded, const unsigned char *bytes, size_t size);
bool heif_coded_av1_config(struct heif_coded *coded, const unsigned char *bytes, size_t size);
bool heif_coded_av1(struct heif_coded *coded, const unsigned char *bytes, size_t size);

/* Reads the boxes of a whole file.  Errors: TN_FORMAT (damaged), TN_UNSUPPORTED (pictures made of
 * others in another way than as a grid), TN_NOMEM. */
TN_NODISCARD enum tn_status heif_coded_read(const struct image_source *source,
                                            struct heif_coded *ret_coded, struct tn_error *err);

#endif
