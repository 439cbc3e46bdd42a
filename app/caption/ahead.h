/* SPDX-License-Identifier: MIT */
/* The one photo of a run, which a thread decodes while the model is loaded. */
#ifndef APP_AHEAD_H
#define APP_AHEAD_H

#include "base/status.h"

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

struct app_ahead {
    const char *path;
    size_t max_pixels;
    pthread_t thread;
    bool running;
    unsigned char *pixels; /* [PHOTO_BYTES], owned until taken; NULL after a failure */
    enum tn_status status;
    struct tn_error err;
};

/* Starts the thread; where that fails, `running` is false.  The path is borrowed. */
void app_ahead_start(struct app_ahead *ahead, const char *path, size_t max_pixels);

/* Waits for the photo, resized for the encoder; the caller frees it.  The errors of image_load. */
TN_NODISCARD enum tn_status app_ahead_take(struct app_ahead *ahead, unsigned char **ret_pixels,
                                           struct tn_error *err);

/* Waits for the thread, and frees what was not taken; for one that was never started, too. */
void app_ahead_finish(struct app_ahead *ahead);

#endif
