/* SPDX-License-Identifier: MIT */
#include "app/progress.h"

#include <stdio.h>
#include <unistd.h>

static double seconds_since(const struct timespec *begin)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - begin->tv_sec) + 1e-9 * (double)(now.tv_nsec - begin->tv_nsec);
}

void app_progress_start(struct app_progress *progress, size_t total, bool quiet)
{
    progress->total = total;
    progress->shown = !quiet && total > 1 && isatty(STDERR_FILENO) && !isatty(STDOUT_FILENO);
    clock_gettime(CLOCK_MONOTONIC, &progress->begin);
}

void app_progress_show(const struct app_progress *progress, size_t done)
{
    const double rate = (double)done / (seconds_since(&progress->begin) + 1e-9);

    if (progress->shown)
        fprintf(stderr, "\r%zu of %zu, %.1f a second, %.0f s left\033[K", done, progress->total,
                rate, (double)(progress->total - done) / rate);
}

void app_progress_clear(const struct app_progress *progress)
{
    if (progress->shown)
        fputs("\r\033[K", stderr);
}
