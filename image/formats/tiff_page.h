/* SPDX-License-Identifier: MIT */
/* Which picture of a TIFF file is its photo, and what libtiff would spend on its directory: read
 * before libtiff sees the file. */
#ifndef IMAGE_TIFF_PAGE_H
#define IMAGE_TIFF_PAGE_H

#include "image/image_private.h"

#include <stdint.h>

struct tiff_page {
    uint64_t offset;      /* of its directory */
    size_t width, height; /* as stored */
    size_t overhead;      /* bytes that libtiff may take for the directory */
};

/* The first picture at full size: pages follow each other, and smaller copies and masks may come
 * before or below them.  Errors: TN_FORMAT. */
TN_NODISCARD enum tn_status tiff_page_find(const struct image_source *source,
                                           struct tiff_page *ret_page, struct tn_error *err);

#endif
