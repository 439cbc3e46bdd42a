/* SPDX-License-Identifier: MIT */
/* A line on the terminal that says how far a long run is. */
#ifndef APP_PROGRESS_H
#define APP_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

struct app_progress {
    size_t total;
    struct timespec begin;
    bool shown; /* a person looks on, and the line would not stand among the captions */
};

/* Decides whether to show anything: stderr is a terminal, stdout is not, there is more than one
 * input, and nobody asked for quiet. */
void app_progress_start(struct app_progress *progress, size_t total, bool quiet);
/* "12 of 300, 8.1 a second, 36 s left", over the line before. */
void app_progress_show(const struct app_progress *progress, size_t done);
/* Empties the line, for something else to be printed, or at the end. */
void app_progress_clear(const struct app_progress *progress);

#endif
