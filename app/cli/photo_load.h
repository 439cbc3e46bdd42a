/* SPDX-License-Identifier: MIT */
/* The picture of a photo, of which a camera may have written two files. */
#ifndef APP_PHOTO_LOAD_H
#define APP_PHOTO_LOAD_H

#include "image/image.h"

/* What is there of the name path[length] with one of these extensions, in small letters or in
 * capitals; NULL: nothing, or no memory.  The caller frees it. */
char *app_photo_of_stem(const char *path, size_t length, const char *const *extensions);

/* The JPEG or HEIC beside a camera raw, with its stem; NULL and freed likewise. */
char *app_photo_twin(const char *raw);

/*
 * image_load, but a camera raw beside a JPEG or HEIC of the same stem (IMG_1.CR2, IMG_1.JPG) is
 * shown by that one: the camera took both at once, so both get the same caption.  Where that one
 * cannot be read, the raw's own preview counts.
 */
TN_NODISCARD enum tn_status app_photo_load(const char *path, const struct image_options *options,
                                           struct image *ret_image, struct tn_error *err);

#endif
