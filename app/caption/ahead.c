/* SPDX-License-Identifier: MIT */
#include "app/caption/ahead.h"

#include "app/cli/photo_load.h"
#include "base/platform/platform.h"
#include "models/captioner/photo_encoder.h"

#include <stdlib.h>

static enum tn_status read_photo(struct app_ahead *ahead)
{
    const struct image_options options = photo_options(ahead->max_pixels);
    struct image image = {0};
    enum tn_status status;

    ahead->pixels = malloc(PHOTO_BYTES);
    if (!ahead->pixels)
        return tn_fail_nomem(&ahead->err, PHOTO_BYTES);
    TN_TRY(app_photo_load(ahead->path, &options, &image, &ahead->err));
    status = photo_shrink(&image, ahead->pixels, &ahead->err);
    image_finish(&image);
    return status;
}

static void *read_photo_in_thread(void *context)
{
    struct app_ahead *ahead = context;

    ahead->status = read_photo(ahead);
    return NULL;
}

void app_ahead_start(struct app_ahead *ahead, const char *path, size_t max_pixels)
{
    *ahead = (struct app_ahead){.path = path, .max_pixels = max_pixels};
    ahead->running = tn_platform_start_thread(&ahead->thread, read_photo_in_thread, ahead) == 0;
}

static void wait_for_thread(struct app_ahead *ahead)
{
    if (ahead->running)
        pthread_join(ahead->thread, NULL);
    ahead->running = false;
}

enum tn_status app_ahead_take(struct app_ahead *ahead, unsigned char **ret_pixels,
                              struct tn_error *err)
{
    wait_for_thread(ahead);
    if (ahead->status != TN_OK)
        return tn_fail(err, ahead->status, "%s", ahead->err.text);
    *ret_pixels = ahead->pixels;
    ahead->pixels = NULL;
    return TN_OK;
}

void app_ahead_finish(struct app_ahead *ahead)
{
    wait_for_thread(ahead);
    free(ahead->pixels);
}
