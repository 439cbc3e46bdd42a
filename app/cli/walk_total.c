/* SPDX-License-Identifier: MIT */
#include "app/cli/walk_total.h"

#include "base/platform/platform.h"

#include <stdlib.h>
#include <string.h>

static void *count_inputs(void *context)
{
    struct app_walk_total *total = context;
    struct app_walk *walk;
    struct app_input input;
    bool more = app_walk_create(total->inputs, NULL, NULL, &walk, NULL) == TN_OK;

    if (!more)
        return NULL;
    while (more && app_walk_next(walk, &input, NULL) == TN_OK && input.path) {
        free(input.path);
        pthread_mutex_lock(&total->mutex);
        total->count++;
        more = total->wanted;
        pthread_mutex_unlock(&total->mutex);
    }
    app_walk_destroy(walk);
    return NULL;
}

void app_walk_total_start(struct app_walk_total *total, const struct app_walk_options *inputs)
{
    *total = (struct app_walk_total){.inputs = inputs, .wanted = true};
    if (inputs->list && strcmp(inputs->list, "-") == 0)
        return;
    pthread_mutex_init(&total->mutex, NULL);
    total->started = tn_platform_start_thread(&total->thread, count_inputs, total) == 0;
    if (!total->started)
        pthread_mutex_destroy(&total->mutex);
}

size_t app_walk_total_now(struct app_walk_total *total)
{
    size_t count;

    if (!total->started)
        return 0;
    pthread_mutex_lock(&total->mutex);
    count = total->count;
    pthread_mutex_unlock(&total->mutex);
    return count;
}

void app_walk_total_stop(struct app_walk_total *total)
{
    if (!total->started)
        return;
    pthread_mutex_lock(&total->mutex);
    total->wanted = false;
    pthread_mutex_unlock(&total->mutex);
    pthread_join(total->thread, NULL);
    pthread_mutex_destroy(&total->mutex);
    total->started = false;
}
