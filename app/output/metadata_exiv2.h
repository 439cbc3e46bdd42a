/* SPDX-License-Identifier: MIT */
/*
 * The functions of app/output/metadata.h as exiv2 does them.  exiv2 is C++ and takes as long to
 * load as a photo to decode, so this is a module of its own, exiv2.so, which app/output/metadata.c
 * loads at the first call.
 */
#ifndef APP_METADATA_EXIV2_H
#define APP_METADATA_EXIV2_H

#include "app/output/metadata.h"

struct metadata_exiv2 {
    bool (*photo_described)(const char *path);
    bool (*xmp_described)(const char *bytes, size_t size);
    /* format: as image_format names it, for messages; NULL for an unknown one. */
    enum tn_status (*edit_photo)(const char *name, const char *format, const char *bytes,
                                 size_t size, const struct app_metadata_caption *caption,
                                 char **ret_bytes, size_t *ret_size, struct tn_error *err);
    enum tn_status (*edit_xmp)(const char *name, const char *bytes, size_t size,
                               const struct app_metadata_caption *caption, char **ret_bytes,
                               size_t *ret_size, struct tn_error *err);
};

extern __attribute__((visibility("default"))) const struct metadata_exiv2 metadata_exiv2;

#endif
