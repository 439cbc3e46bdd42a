/* SPDX-License-Identifier: MIT */
#include "app/console.h"

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

void app_hold_interrupts(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigprocmask(SIG_BLOCK, &set, NULL);
}

bool app_interrupted(void)
{
    sigset_t set;

    return sigpending(&set) == 0 && (sigismember(&set, SIGINT) || sigismember(&set, SIGTERM));
}

static double seconds_between(const struct timespec *from, const struct timespec *to)
{
    return (double)(to->tv_sec - from->tv_sec) + 1e-9 * (double)(to->tv_nsec - from->tv_nsec);
}

void app_status_begin(struct app_status *status)
{
    status->terminal = isatty(STDERR_FILENO);
    clock_gettime(CLOCK_MONOTONIC, &status->begin);
    status->shown = status->begin;
}

bool app_status_due(struct app_status *status)
{
    struct timespec now;

    if (!status->terminal)
        return false;
    clock_gettime(CLOCK_MONOTONIC, &now);
    if (seconds_between(&status->shown, &now) < 0.2)
        return false;
    status->shown = now;
    return true;
}

void app_status_clear(const struct app_status *status)
{
    if (status->terminal)
        fputs("\r\033[K", stderr);
}

double app_status_seconds(const struct app_status *status)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return seconds_between(&status->begin, &now);
}

void app_duration_text(double seconds, char *out, size_t size)
{
    if (seconds < 100)
        snprintf(out, size, "%.0f s", seconds);
    else if (seconds < 6000)
        snprintf(out, size, "%.0f min", seconds / 60);
    else
        snprintf(out, size, "%.1f h", seconds / 3600);
}
