/* SPDX-License-Identifier: MIT */
#include "train/optimiser.h"

#include <math.h>
#include <string.h>

static double constant(double progress)
{
    (void)progress;
    return 1;
}

/* Loshchilov and Hutter 2017, one half wave down to 0. */
static double cosine(double progress)
{
    return 0.5 * (1 + cos(3.14159265358979323846 * progress));
}

static double linear(double progress)
{
    return 1 - progress;
}

static double steps(double progress)
{
    return progress < 0.5 ? 1 : progress < 0.75 ? 0.3 : 0.09;
}

static const struct train_schedule schedules[] = {
    {"cosine", "half a wave from the full rate to 0", cosine},
    {"linear", "straight down to 0", linear},
    {"step", "times 0.3 after half and after three quarters", steps},
    {"constant", "the full rate throughout", constant},
};

size_t train_schedule_count(void)
{
    return sizeof schedules / sizeof schedules[0];
}

const struct train_schedule *train_schedule_at(size_t index)
{
    return &schedules[index];
}

const struct train_schedule *train_schedule_find(const char *name)
{
    for (size_t i = 0; i < train_schedule_count(); i++)
        if (strcmp(schedules[i].name, name) == 0)
            return &schedules[i];
    return NULL;
}

double train_schedule_factor(const struct train_schedule *schedule, double warmup, double progress)
{
    if (progress < warmup)
        return progress / warmup;
    return schedule->factor(warmup < 1 ? (progress - warmup) / (1 - warmup) : 0);
}
