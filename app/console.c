/* SPDX-License-Identifier: MIT */
#include "app/console.h"

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

static volatile sig_atomic_t interrupted;

static void note_interrupt(int number)
{
    (void)number;
    interrupted = 1;
}

void app_hold_interrupts(void)
{
    /* A handler, not a blocked signal: libraries have threads from before main(), which do not
     * block it.  SA_RESETHAND: the next one ends the program at once. */
    const struct sigaction action = {.sa_handler = note_interrupt,
                                     .sa_flags = SA_RESTART | (int)SA_RESETHAND};

    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

bool app_interrupted(void)
{
    return interrupted != 0;
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
