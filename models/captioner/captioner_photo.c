/* SPDX-License-Identifier: MIT */
#include "models/captioner/captioner_private.h"

enum tn_status captioner_read_photo(const struct captioner *captioner,
                                    const struct captioner_photo *photo, unsigned char *pixels,
                                    struct tn_error *err)
{
    struct image image = {.rgb = NULL};
    enum tn_status status;

    if (photo->rgb) {
        const struct image given = {photo->width, photo->height,
                                    (unsigned char *)(uintptr_t)photo->rgb};

        if (photo->width == 0 || photo->height == 0)
            return tn_fail(err, TN_RANGE, "a picture of %zu x %zu pixels", photo->width,
                           photo->height);
        return photo_shrink(&given, pixels, err);
    }
    if (photo->bytes)
        status = image_decode(photo->bytes, photo->size, photo->path ? photo->path : "photo",
                              &captioner->image, &image, err);
    else if (photo->path)
        status = image_load(photo->path, &captioner->image, &image, err);
    else
        return tn_fail(err, TN_RANGE, "a photo needs a path, bytes or pixels");
    if (status == TN_OK)
        status = photo_shrink(&image, pixels, err);
    image_finish(&image);
    return status;
}
