/* SPDX-License-Identifier: MIT */
#include "app/output/thumbnail.h"

#include <stdio.h>
#include <stdlib.h>

/* A card of the gallery shows a picture at most 244 to 290 pixels wide, and 4 : 3.  WebP of the
 * same quality takes a fifth less and four times as long, which would be a tenth of captioning. */
enum { WIDTH = 272, HEIGHT = 204, QUALITY = 65 };

/* The largest size of the same shape, at most that of the image itself. */
static void fit(const struct image *image, struct image *small)
{
    const bool wide = image->width * HEIGHT > image->height * WIDTH;
    const size_t from = wide ? image->width : image->height, to = wide ? WIDTH : HEIGHT;

    if (from <= to)
        return;
    small->width = (image->width * to + from / 2) / from;
    small->height = (image->height * to + from / 2) / from;
    small->width += small->width == 0;
    small->height += small->height == 0;
}

static enum tn_status encode(const struct image *image, struct app_thumbnail *ret_thumbnail,
                             struct tn_error *err)
{
    struct app_thumbnail made = {.width = image->width, .height = image->height};
    char *bytes = NULL;
    FILE *stream = open_memstream(&bytes, &made.size);
    enum tn_status status;

    if (!stream)
        return tn_fail_nomem(err, 1);
    status = image_write_jpeg(image, QUALITY, stream, err);
    if (fclose(stream) != 0 && status == TN_OK)
        status = tn_fail_nomem(err, made.size);
    made.bytes = (unsigned char *)bytes;
    if (status == TN_OK)
        *ret_thumbnail = made;
    else
        free(bytes);
    return status;
}

enum tn_status app_thumbnail_make(const struct image *image, struct app_thumbnail *ret_thumbnail,
                                  struct tn_error *err)
{
    struct image small = *image;
    enum tn_status status;

    fit(image, &small);
    small.rgb = malloc(small.width * small.height * 3);
    if (!small.rgb)
        return tn_fail_nomem(err, small.width * small.height * 3);
    status = image_resize(image, small.width, small.height, small.rgb, err);
    if (status == TN_OK)
        status = encode(&small, ret_thumbnail, err);
    image_finish(&small);
    return status;
}

void app_thumbnail_finish(struct app_thumbnail *thumbnail)
{
    free(thumbnail->bytes);
    *thumbnail = (struct app_thumbnail){0};
}
