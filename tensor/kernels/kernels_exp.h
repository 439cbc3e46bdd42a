/* SPDX-License-Identifier: MIT */
/*
 * exp, sigmoid and tanh of one number, for loops that the compiler vectorises.
 *
 * exp: x = n ln 2 + r, |r| <= ln 2 / 2; e^r by the polynomial of Cephes (Moshier 1989), 2^n by its
 * bits.  tanh and sigmoid follow from it; near 0 tanh is Cephes' odd polynomial.
 */
#ifndef TENSOR_KERNELS_EXP_H
#define TENSOR_KERNELS_EXP_H

#include <stdint.h>
#include <string.h>

/* a b + c, rounded once where the processor can.  Said outright, as a compiler that may fuse does
 * not do it everywhere alike, and results would come to depend on the batch. */
static inline float fused(float a, float b, float c)
{
#if defined(__FMA__) || defined(__ARM_FEATURE_FMA)
    return __builtin_fmaf(a, b, c);
#else
    return a * b + c;
#endif
}

static inline uint32_t bits_of(float x)
{
    uint32_t bits;

    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static inline float float_of(uint32_t bits)
{
    float x;

    memcpy(&x, &bits, sizeof x);
    return x;
}

/* Comparisons keep a NaN as it is. */
static inline float exp_one(float x)
{
    /* 1.5 * 2^23 rounds to integer, and 126 more make the lowest bits the exponent of 2^(n - 1). */
    const float low = -87.3f, high = 89.0f, magic = 12582912.0f + 126.0f;
    const float clamped = x < low ? low : x > high ? high : x;
    const float shifted = fused(clamped, 1.44269504f, magic), n = shifted - magic;
    const float r = fused(n, 2.12194440e-4f, fused(n, -0.693359375f, clamped));
    float p = 1.9875691500e-4f;

    p = fused(p, r, 1.3981999507e-3f);
    p = fused(p, r, 8.3334519073e-3f);
    p = fused(p, r, 4.1665795894e-2f);
    p = fused(p, r, 1.6666665459e-1f);
    p = fused(p, r, 5.0000001201e-1f);
    p = fused(p, r * r, r) + 1.0f;
    /* 2 p 2^(n - 1), as 2^128 is no float but p 2^128 may be; 2^-127 has the exponent of 0. */
    return (p + p) * float_of(bits_of(shifted) << 23);
}

static inline float sigmoid_one(float x)
{
    return 1.0f / (1.0f + exp_one(-x));
}

static inline float tanh_one(float x)
{
    const float z = x * x, large = 1.0f - 2.0f / (exp_one(2.0f * x) + 1.0f);
    float p = -5.70498872745e-3f;

    p = fused(p, z, 2.06390887954e-2f);
    p = fused(p, z, -5.37397155531e-2f);
    p = fused(p, z, 1.33314422036e-1f);
    p = fused(p, z, -3.33332819422e-1f);
    p = fused(p * z, x, x);
    return z < 0.390625f ? p : large;
}

#endif
