/* SPDX-License-Identifier: MIT */
#include "base/rng.h"

#include <assert.h>
#include <math.h>
#include <string.h>

static uint64_t rotate_left(uint64_t x, int k)
{
    return (x << k) | (x >> (64 - k));
}

static uint64_t splitmix64(uint64_t *state)
{
    uint64_t z = (*state += 0x9E3779B97F4A7C15U);

    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31);
}

void tn_rng_init(struct tn_rng *rng, uint64_t seed)
{
    for (int i = 0; i < 4; i++)
        rng->state[i] = splitmix64(&seed);
}

bool tn_rng_restore(struct tn_rng *rng, const uint64_t state[4])
{
    if ((state[0] | state[1] | state[2] | state[3]) == 0)
        return false;
    memcpy(rng->state, state, sizeof rng->state);
    return true;
}

uint64_t tn_rng_next(struct tn_rng *rng)
{
    uint64_t *s = rng->state;
    const uint64_t result = rotate_left(s[1] * 5, 7) * 9;
    const uint64_t t = s[1] << 17;

    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate_left(s[3], 45);
    return result;
}

uint64_t tn_rng_below(struct tn_rng *rng, uint64_t bound)
{
    const uint64_t threshold = (0 - bound) % bound; /* 2^64 mod bound */
    uint64_t x;

    assert(bound > 0);
    do
        x = tn_rng_next(rng);
    while (x < threshold);
    return x % bound;
}

float tn_rng_uniform(struct tn_rng *rng)
{
    return (float)(tn_rng_next(rng) >> 40) * 0x1p-24f;
}

float tn_rng_normal(struct tn_rng *rng)
{
    const double u = 1.0 - (double)(tn_rng_next(rng) >> 11) * 0x1p-53; /* (0, 1] */
    const double v = (double)(tn_rng_next(rng) >> 11) * 0x1p-53;

    return (float)(sqrt(-2 * log(u)) * cos(6.283185307179586 * v));
}

void tn_rng_fill_uniform(struct tn_rng *rng, float *x, size_t count, float limit)
{
    for (size_t i = 0; i < count; i++)
        x[i] = limit * (2 * tn_rng_uniform(rng) - 1);
}

void tn_rng_shuffle(struct tn_rng *rng, size_t *order, size_t count)
{
    for (size_t i = count; i > 1; i--) {
        const size_t j = (size_t)tn_rng_below(rng, i);
        const size_t swap = order[i - 1];

        order[i - 1] = order[j];
        order[j] = swap;
    }
}
