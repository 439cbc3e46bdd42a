/* SPDX-License-Identifier: MIT */
#include "train/optimiser.h"

#include <math.h>

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
    {"cosine", cosine},
    {"linear", linear},
    {"step", steps},
    {"constant", constant},
};

size_t train_schedule_count(void)
{
    return sizeof schedules / sizeof schedules[0];
}

const struct train_schedule *train_schedule_at(size_t index)
{
    return &schedules[index];
}

double train_schedule_factor(const struct train_schedule *schedule, double warmup, double progress)
{
    if (progress < warmup)
        return progress / warmup;
    return schedule->factor(warmup < 1 ? (progress - warmup) / (1 - warmup) : 0);
}
