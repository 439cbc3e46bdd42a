/* SPDX-License-Identifier: MIT */
/* What all benchmarks need. */
#ifndef BENCH_SUPPORT_H
#define BENCH_SUPPORT_H

#include <stdbool.h>
#include <stddef.h>

/* Seconds since some moment, and those of the processors that the program has taken. */
double bench_now(void);
double bench_cpu(void);
/* Sorts values, the least first. */
void bench_sort(double *values, size_t count);
/* Sorts `count` > 0 values, and returns the middle one. */
double bench_median(double *values, size_t count);
/* Ends the program with a message unless all is well: a benchmark has nothing to rescue. */
void bench_require(bool good);

#endif
