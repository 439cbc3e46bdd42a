/* SPDX-License-Identifier: MIT */
/* Seconds since some moment, which no setting of the clock changes. */
#ifndef APP_CLOCK_H
#define APP_CLOCK_H

#include <time.h>

static inline double serve_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static inline struct timespec serve_timespec(double seconds)
{
    const time_t whole = (time_t)seconds;

    return (struct timespec){.tv_sec = whole, .tv_nsec = (long)(1e9 * (seconds - (double)whole))};
}

#endif
