/* SPDX-License-Identifier: MIT */
/*
 * Seeded random numbers: xoshiro256** of Blackman and Vigna ("Scrambled linear pseudorandom number
 * generators", ACM TOMS 2021), seeded through splitmix64.  The state is four numbers in the
 * caller's struct, so a checkpoint can keep it and equal seeds give equal files.
 */
#ifndef BASE_RNG_H
#define BASE_RNG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tn_rng {
    uint64_t state[4];
};

/* Any seed is a good one; equal seeds give equal sequences on every machine. */
void tn_rng_init(struct tn_rng *rng, uint64_t seed);

/* Takes up a state that was kept.  false, and the generator as it was, for one that is all zero: no
 * seed leads to it, and it would give zeros for ever. */
bool tn_rng_restore(struct tn_rng *rng, const uint64_t state[4]);

/* 64 uniform bits. */
uint64_t tn_rng_next(struct tn_rng *rng);

/* Uniform in [0, bound), without modulo bias; bound > 0. */
uint64_t tn_rng_below(struct tn_rng *rng, uint64_t bound);

/* Uniform in [0, 1), 24 bits. */
float tn_rng_uniform(struct tn_rng *rng);

/* Normal with mean 0 and variance 1 (Box and Muller 1958). */
float tn_rng_normal(struct tn_rng *rng);

/* Fills x[count] with uniform numbers in [-limit, limit). */
void tn_rng_fill_uniform(struct tn_rng *rng, float *x, size_t count, float limit);

/* A random permutation of order[count] in place (Fisher and Yates). */
void tn_rng_shuffle(struct tn_rng *rng, size_t *order, size_t count);

#endif
