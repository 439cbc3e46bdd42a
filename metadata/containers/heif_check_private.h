/* SPDX-License-Identifier: MIT */
#ifndef META_HEIF_CHECK_PRIVATE_H
#define META_HEIF_CHECK_PRIVATE_H

#include "metadata/container_private.h"

/* struct meta_container's check of HEIC and AVIF files: the bytes of all items and boxes are equal,
 * but for the XMP and EXIF items of the primary picture, and what they say of places. */
TN_NODISCARD enum tn_status meta_heif_check(const struct meta_file *before,
                                            const struct meta_file *after, struct tn_error *err);

#endif
