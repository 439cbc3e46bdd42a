/* SPDX-License-Identifier: MIT */
/*
 * The int8 encoder's kernels, compiled once per instruction set.  A convolution multiplies units:
 * the same 4 bytes of a pixel's patch, broadcast, with 4 bytes of each of WIDTH output channels.  A
 * tile of TILE pixels x WIDTH channels stays in registers over the whole patch.
 */
#include "cnn/int8/int8_kernels.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

#if defined(__SSE2__)
#include <immintrin.h>
#elif defined(TN_NEON)
#include <arm_neon.h>
#endif

#define JOIN2(a, b) a##b
#define JOIN(a, b) JOIN2(a, b)
#if defined(__clang__)
#define UNROLL _Pragma("unroll")
#else
#define UNROLL _Pragma("GCC unroll 32")
#endif
#define ALWAYS_INLINE static inline __attribute__((always_inline))

/* LANES sums a register; a tile of TILE pixels x VECTORS registers, so that the sums, the weights
 * and the broadcasts fit the registers.  SIGNED: the processor multiplies bytes with a sign alone,
 * and takes the elements less 128. */
#if defined(__AVX512VNNI__)
enum { LANES = 16, VECTORS = 2, ELEMENT = 1, SIGNED = 0, TILE = 14 };
typedef uint8_t element;
typedef int8_t weight;
#elif defined(TN_NEON)
enum { LANES = 4, VECTORS = 8, ELEMENT = 1, SIGNED = 1, TILE = 3 };
typedef uint8_t element;
typedef int8_t weight;
#else
enum { ELEMENT = 2, SIGNED = 0 };
typedef int16_t element;
typedef int16_t weight;
#if defined(__AVX2__)
enum { LANES = 8, VECTORS = 2, TILE = 4 };
#else
enum { LANES = 4, VECTORS = 8, TILE = 1 };
#endif
#endif
enum { WIDTH = VECTORS * LANES, UNIT = 4 / ELEMENT };

typedef int32_t sums __attribute__((vector_size(LANES * 4)));
typedef float lanes __attribute__((vector_size(LANES * 4)));
typedef float memory_lanes __attribute__((vector_size(LANES * 4), aligned(4), may_alias));

#if defined(TN_NEON) && !defined(__ARM_FEATURE_DOTPROD)
enum { PAIRED = 1 };
/* The two bytes of a unit's first half four times, then those of its second half. */
static const uint64x2_t half_order = {0x0100010001000100u, 0x0302030203020302u};
#else
enum { PAIRED = 0 };
#endif

/* acc[l] += dot(unit at x, unit l at w) */
ALWAYS_INLINE sums multiply_add(sums acc, const unsigned char *x, const unsigned char *w)
{
#if defined(__SSE2__) || defined(TN_NEON)
    int32_t unit;

    memcpy(&unit, x, sizeof unit);
#endif
#if defined(__AVX512VNNI__)
    return (sums)_mm512_dpbusd_epi32((__m512i)acc, _mm512_set1_epi32(unit),
                                     _mm512_load_si512((const void *)w));
#elif defined(__AVX2__)
    return acc +
           (sums)_mm256_madd_epi16(_mm256_set1_epi32(unit), _mm256_load_si256((const void *)w));
#elif defined(__SSE2__)
    return acc + (sums)_mm_madd_epi16(_mm_set1_epi32(unit), _mm_load_si128((const void *)w));
#elif defined(TN_NEON)
    const int8x16_t weights = vld1q_s8((const void *)w);
    const int8x16_t values = vreinterpretq_s8_s32(vdupq_n_s32(unit ^ (int32_t)0x80808080u));

#if defined(__ARM_FEATURE_DOTPROD)
    return (sums)vdotq_s32((int32x4_t)acc, values, weights);
#else
    const int8x16_t halves = vqtbl1q_s8(values, vreinterpretq_u8_u64(half_order));
    const int16x8_t first = vmull_s8(vget_low_s8(halves), vget_low_s8(weights));

    /* 2 * 128 * 127 is the most that 16 bits take. */
    return (sums)vpadalq_s16((int32x4_t)acc, vmlal_high_s8(first, halves, weights));
#endif
#else
    element values[UNIT];
    weight weights[LANES * UNIT];

    memcpy(values, x, sizeof values);
    memcpy(weights, w, sizeof weights);
    for (int l = 0; l < LANES; l++)
        for (int i = 0; i < UNIT; i++)
            acc[l] += values[i] * weights[l * UNIT + i];
    return acc;
#endif
}

struct conv {
    float *y;
    size_t y_stride;
    const struct cnn_patch *patch;
    size_t pixels;
    const unsigned char *packed;
    float x_scale;
    const float *scale, *bias;
    sums start[VECTORS]; /* what the sums begin with */
};

/* acc += `units` units of the pixels from..to of a tile. */
ALWAYS_INLINE void add_units(sums acc[TILE][VECTORS], const unsigned char *x, size_t step,
                             const unsigned char *w, size_t units, size_t from, size_t to)
{
    for (size_t u = 0; u < units; u++)
        UNROLL for (size_t p = from; p < to; p++)
            UNROLL for (size_t v = 0; v < VECTORS; v++)
                acc[p][v] = multiply_add(acc[p][v], x + u * 4 + p * step,
                                         w + u * CNN_UNIT_BYTES + v * LANES * 4);
}

/* One column of the kernel without the pixels that would multiply padding, the first `before` or
 * the last `after`: 0 to 2, as constants. */
ALWAYS_INLINE void add_column(sums acc[TILE][VECTORS], const unsigned char *x, size_t step,
                              const unsigned char *w, size_t units, size_t count, size_t before,
                              size_t after)
{
    if (before == 2)
        add_units(acc, x, step, w, units, 2, count);
    else if (before == 1)
        add_units(acc, x, step, w, units, 1, count);
    else if (after == 2)
        add_units(acc, x, step, w, units, 0, count > 2 ? count - 2 : 0);
    else if (after == 1)
        add_units(acc, x, step, w, units, 0, count > 1 ? count - 1 : 0);
    else
        add_units(acc, x, step, w, units, 0, count);
}

/* pad: of the patch, or 0, which multiplies padding. */
ALWAYS_INLINE void conv_tile(const struct conv *c, size_t pixel, const unsigned char *x,
                             size_t step, size_t pad, size_t count)
{
    const struct cnn_patch *patch = c->patch;
    const size_t left = pixel == 0 ? pad : 0, right = pixel + count == c->pixels ? pad : 0;
    const unsigned char *w = c->packed;
    sums acc[TILE][VECTORS];

    UNROLL for (size_t p = 0; p < count; p++)
        UNROLL for (size_t v = 0; v < VECTORS; v++)
            acc[p][v] = c->start[v];
    for (size_t row = 0; row < patch->rows; row++) {
        const unsigned char *run = x + row * patch->row_stride;

        for (size_t k = 0; k < patch->columns; k++) {
            const size_t before = pad > 0 && left > k ? left - k : 0;
            const size_t after = pad > 0 && k + right >= patch->columns
                                     ? k + right + 1 - patch->columns
                                     : 0;

            add_column(acc, run, step, w, patch->units, count, before, after);
            run += patch->units * 4;
            w += patch->units * CNN_UNIT_BYTES;
        }
    }
    for (size_t row = 0; row < patch->tail_rows; row++) {
        add_units(acc, patch->tails + (row * c->pixels + pixel) * 4 * ELEMENT, 4 * ELEMENT, w,
                  ELEMENT, 0, count);
        w += ELEMENT * CNN_UNIT_BYTES;
    }
    UNROLL for (size_t v = 0; v < VECTORS; v++) {
        const lanes scale = *(const memory_lanes *)(c->scale + v * LANES) * c->x_scale;
        const lanes bias = *(const memory_lanes *)(c->bias + v * LANES);

        UNROLL for (size_t p = 0; p < count; p++) {
            const lanes sum = __builtin_convertvector(acc[p][v], lanes) * scale + bias;

            *(memory_lanes *)(c->y + (pixel + p) * c->y_stride + v * LANES) =
                (lanes)((sums)sum & (sums)(sum > 0.0f));
        }
    }
}

/* `count` pixels in tiles of equal size; the tiles' sizes are constants where the even share is
 * TILE or TILE - 1, as in AlexNet's rows of 55, 27 and 13. */
ALWAYS_INLINE void conv_row(const struct conv *c, const unsigned char *x, size_t step, size_t pad)
{
    size_t pixel = 0;

    for (size_t tiles = (c->pixels + TILE - 1) / TILE; tiles > 0; tiles--) {
        const size_t share = (c->pixels - pixel + tiles - 1) / tiles;

        if (share == TILE)
            conv_tile(c, pixel, x + pixel * step, step, pad, TILE);
        else if (share == TILE - 1)
            conv_tile(c, pixel, x + pixel * step, step, pad, TILE - 1);
        else
            for (size_t p = pixel; p < pixel + share; p++)
                conv_tile(c, p, x + p * step, step, 0, 1);
        pixel += share;
    }
}

/* SIGNED: 128 times the sum of each channel's weights, which the sums lack.  Elements of 0 find it,
 * those of the padding too. */
ALWAYS_INLINE void find_start(struct conv *c)
{
    static const unsigned char zeros[4];
    const struct cnn_patch *patch = c->patch;
    const size_t units = patch->rows * patch->columns * patch->units + patch->tail_rows;
    sums acc[VECTORS];

    UNROLL for (size_t v = 0; v < VECTORS; v++)
        acc[v] = (sums){0};
    for (size_t u = 0; u < units; u++)
        UNROLL for (size_t v = 0; v < VECTORS; v++)
            acc[v] = multiply_add(acc[v], zeros, c->packed + u * CNN_UNIT_BYTES + v * LANES * 4);
    UNROLL for (size_t v = 0; v < VECTORS; v++)
        c->start[v] = -acc[v];
}

/* The steps and pads of both AlexNets' layers as constants, so that a tile's pixels have constant
 * addresses. */
static void conv_all(const struct conv *c, const unsigned char *x)
{
    const size_t step = c->patch->step / ELEMENT, pad = c->patch->pad;

    if (step == 12 && pad == 0)
        conv_row(c, x, 12 * ELEMENT, 0);
    else if (step == 48 && pad == 2)
        conv_row(c, x, 48 * ELEMENT, SIGNED ? 0 : 2);
    else if (step == 64 && pad == 2)
        conv_row(c, x, 64 * ELEMENT, SIGNED ? 0 : 2);
    else if (step == 192 && pad == 1)
        conv_row(c, x, 192 * ELEMENT, SIGNED ? 0 : 1);
    else if (step == 256 && pad == 1)
        conv_row(c, x, 256 * ELEMENT, SIGNED ? 0 : 1);
    else if (step == 384 && pad == 1)
        conv_row(c, x, 384 * ELEMENT, SIGNED ? 0 : 1);
    else
        for (size_t p = 0; p < c->pixels; p++)
            conv_tile(c, p, x + p * c->patch->step, c->patch->step, 0, 1);
}

static void conv(float *y, size_t y_stride, const unsigned char *x, const struct cnn_patch *patch,
                 size_t pixels, const void *packed, float x_scale, const float *scale,
                 const float *bias)
{
    for (size_t i = 0; i < CNN_BLOCK; i += WIDTH) {
        struct conv c = {y + i, y_stride, patch, pixels, (const unsigned char *)packed + i * 4,
                         x_scale, scale + i, bias + i, {{0}}};

        if (SIGNED)
            find_start(&c);
        conv_all(&c, x);
    }
}

/* Where weight i of channel c lies in a unit. */
static inline size_t place_in_unit(size_t c, size_t i)
{
    return PAIRED ? c / 4 * 16 + i / 2 * 8 + c % 4 * 2 + i % 2 : c * UNIT + i;
}

static void pack(void *packed, const signed char *q, size_t count)
{
    weight *w = packed;

    for (size_t u = 0; u < count; u += UNIT, w += CNN_BLOCK * UNIT)
        for (size_t c = 0; c < CNN_BLOCK; c++)
            for (size_t i = 0; i < UNIT; i++)
                w[place_in_unit(c, i)] = q[c * count + u + i];
}

static void widen(void *q, const unsigned char *x, size_t count)
{
    element *out = q;

    for (size_t i = 0; i < count; i++)
        out[i] = (element)x[i];
}

static void quantise(void *q, size_t q_stride, const float *x, size_t x_stride, size_t pixels,
                     size_t channels, float factor)
{
    for (size_t p = 0; p < pixels; p++) {
        element *out = (element *)q + p * q_stride;
        const float *in = x + p * x_stride;

        for (size_t c = 0; c < channels; c++)
            out[c] = (element)(int32_t)(in[c] * factor + 0.5f);
    }
}

static float max_of(const float *x, size_t count)
{
    float best[4 * LANES] = {0}, largest = 0.0f;
    size_t i = 0;

    for (; i + 4 * LANES <= count; i += 4 * LANES)
        for (size_t j = 0; j < 4 * LANES; j++)
            best[j] = x[i + j] > best[j] ? x[i + j] : best[j];
    for (; i < count; i++)
        largest = x[i] > largest ? x[i] : largest;
    for (size_t j = 0; j < 4 * LANES; j++)
        largest = best[j] > largest ? best[j] : largest;
    return largest;
}

/* --- local response normalisation and max pooling ---------------------------------------------
 */

/* The lanes n .. n + LANES - 1 of a and b, one after the other. */
#if defined(__AVX512VNNI__)
#define FROM(a, b, n)                                                                              \
    __builtin_shufflevector(a, b, n, n + 1, n + 2, n + 3, n + 4, n + 5, n + 6, n + 7, n + 8,       \
                            n + 9, n + 10, n + 11, n + 12, n + 13, n + 14, n + 15)
#elif defined(__AVX2__)
#define FROM(a, b, n)                                                                              \
    __builtin_shufflevector(a, b, n, n + 1, n + 2, n + 3, n + 4, n + 5, n + 6, n + 7)
#else
#define FROM(a, b, n) __builtin_shufflevector(a, b, n, n + 1, n + 2, n + 3)
#endif

ALWAYS_INLINE lanes load(const float *x)
{
    return *(const memory_lanes *)x;
}

ALWAYS_INLINE void store(float *y, lanes v)
{
    *(memory_lanes *)y = v;
}

ALWAYS_INLINE lanes larger(lanes a, lanes b)
{
#if defined(__AVX512VNNI__)
    return (lanes)_mm512_max_ps((__m512)a, (__m512)b);
#elif defined(__AVX2__)
    return (lanes)_mm256_max_ps((__m256)a, (__m256)b);
#elif defined(__SSE2__)
    return (lanes)_mm_max_ps((__m128)a, (__m128)b);
#else
    const sums above = a > b;

    return (lanes)(((sums)a & above) | ((sums)b & ~above));
#endif
}

/* d[c] = 5 / alpha + the sum of squares of the five channels around c.  The squares of neighbours
 * are added in pairs, each of which serves two windows. */
static void sum_windows(float *d, const float *x, size_t channels)
{
    lanes squares = {0}, next = load(x) * load(x), pairs = squares + FROM(squares, next, 1);

    for (size_t c = 0; c < channels; c += LANES) {
        const lanes before = pairs;

        squares = next;
        next = c + LANES < channels ? load(x + c + LANES) * load(x + c + LANES) : (lanes){0};
        pairs = squares + FROM(squares, next, 1);
        store(d + c, 50000.0f + (FROM(before, pairs, LANES - 2) + pairs +
                                 FROM(squares, next, 2)));
    }
}

/*
 * x / (alpha/5 d)^0.75 with alpha = 1e-4, without division and roots, the same on all processors.
 * The bits of a float are nearly its logarithm, so integers give a guess y of d^-0.75 within 4.5 %.
 * With r = 1 - d^3 y^4, the rest is (1 - r)^-0.25.  The polynomial gives that within 8e-7, times
 * 50000^0.75 (by Remez's algorithm for |r| < 0.1711).
 */
ALWAYS_INLINE lanes divide_by_power(lanes x, lanes d)
{
    const lanes y = (lanes)(0x6f145c50 - ((sums)d - ((sums)d >> 2)));
    const lanes t = d * y, r = 1.0f - t * t * (t * y);

    return x * y *
           (3343.7019f +
            r * (835.850525f + r * (522.312073f + r * (401.985413f + r * 329.842743f))));
}

/* Sums and powers have loops of their own, as one loop was too long a chain for the processor. */
static void lrn_across(float *y, const float *x, size_t pixels, size_t channels)
{
    float d[2][CNN_LRN_MAX_CHANNELS];

    assert(channels % LANES == 0 && channels <= CNN_LRN_MAX_CHANNELS);
    sum_windows(d[0], x, channels);
    for (size_t c = 0; c < channels; c += LANES)
        store(y + c, divide_by_power(load(x + c), load(d[0] + c)));
    for (size_t p = 0; p < pixels; p++) {
        const float *middle = x + (2 * p + 1) * channels, *right = middle + channels;
        float *here = y + p * channels, *next = here + channels;

        sum_windows(d[0], middle, channels);
        sum_windows(d[1], right, channels);
        for (size_t c = 0; c < channels; c += LANES) {
            const lanes a = divide_by_power(load(middle + c), load(d[0] + c));
            const lanes b = divide_by_power(load(right + c), load(d[1] + c));

            store(here + c, larger(larger(load(here + c), a), b));
            store(next + c, b);
        }
    }
}

static void across(float *y, const float *x, size_t pixels, size_t channels)
{
    for (size_t p = 0; p < pixels; p++)
        for (size_t c = 0; c < channels; c += LANES) {
            const float *left = x + 2 * p * channels + c, *middle = left + channels;

            store(y + p * channels + c,
                  larger(larger(load(left), load(middle)), load(middle + channels)));
        }
}

static void down(float *y, const float *const rows[3], size_t count)
{
    for (size_t i = 0; i < count; i += LANES)
        store(y + i, larger(larger(load(rows[0] + i), load(rows[1] + i)), load(rows[2] + i)));
}

extern const struct cnn_int8_kernels JOIN(cnn_int8_kernels_, TN_KERNEL_SET);

const struct cnn_int8_kernels JOIN(cnn_int8_kernels_, TN_KERNEL_SET) = {
    .element = ELEMENT,
    .pack = pack,
    .conv = conv,
    .widen = widen,
    .quantise = quantise,
    .max = max_of,
    .lrn_across = lrn_across,
    .across = across,
    .down = down,
};
