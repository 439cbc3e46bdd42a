/* SPDX-License-Identifier: MIT */
/* Small pictures of photos, for pages. */
#ifndef APP_THUMBNAIL_H
#define APP_THUMBNAIL_H

#include "image/image.h"

struct app_thumbnail {
    size_t width, height;
    unsigned char *bytes; /* a JPEG; owned, app_thumbnail_finish frees it */
    size_t size;
};

/* Makes one of the size in which the gallery shows it.  Errors: TN_NOMEM, TN_IO. */
TN_NODISCARD enum tn_status app_thumbnail_make(const struct image *image,
                                               struct app_thumbnail *ret_thumbnail,
                                               struct tn_error *err);
void app_thumbnail_finish(struct app_thumbnail *thumbnail);

#endif
