/* SPDX-License-Identifier: MIT */
/*
 * The int8 encoder's kernels, compiled once per instruction set.  A convolution multiplies units:
 * the same 4 bytes of a pixel's patch, broadcast, with 4 bytes of each of 32 output channels.  A
 * tile of TILE pixels x 32 channels stays in registers over the whole patch.
 */
#include "cnn/int8/int8_kernels.h"

#include <assert.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#if defined(__AVX2__) || defined(__SSE2__)
#include <immintrin.h>
#endif

#define JOIN2(a, b) a##b
#define JOIN(a, b) JOIN2(a, b)
#if defined(__clang__)
#define UNROLL _Pragma("unroll")
#else
#define UNROLL _Pragma("GCC unroll 32")
#endif
#define ALWAYS_INLINE static inline __attribute__((always_inline))

/* LANES sums a register; TILE pixels so that TILE * VECTORS sums, the weights and one broadcast fit
 * the register file. */
#if defined(__AVX512VNNI__)
enum { LANES = 16, ELEMENT = 1, TILE = 14 };
typedef uint8_t element;
typedef int8_t weight;
#else
enum { ELEMENT = 2 };
typedef int16_t element;
typedef int16_t weight;
#if defined(__AVX2__)
enum { LANES = 8, TILE = 2 };
#else
enum { LANES = 4, TILE = 1 };
#endif
#endif
enum { VECTORS = CNN_BLOCK / LANES, UNIT = 4 / ELEMENT };

typedef int32_t sums __attribute__((vector_size(LANES * 4)));
typedef float lanes __attribute__((vector_size(LANES * 4)));
typedef float memory_lanes __attribute__((vector_size(LANES * 4), aligned(4), may_alias));

/* acc[l] += dot(unit at x, unit l at w) */
ALWAYS_INLINE sums multiply_add(sums acc, const unsigned char *x,
                                                               const unsigned char *w)
{
#if defined(__AVX512VNNI__) || defined(__AVX2__) || defined(__SSE2__)
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

/* One column of the kernel without the pixels that would multiply padding, the first `before` or the
 * last `after`: 0 to 2, as constants. */
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
            acc[p][v] = (sums){0};
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

/* The steps and pads of AlexNet's layers as constants, so that a tile's pixels have constant
 * addresses. */
static void conv(float *y, size_t y_stride, const unsigned char *x, const struct cnn_patch *patch,
                 size_t pixels, const void *packed, float x_scale, const float *scale,
                 const float *bias)
{
    const struct conv c = {y, y_stride, patch, pixels, packed, x_scale, scale, bias};
    const size_t step = patch->step / ELEMENT, pad = patch->pad;

    if (step == 12 && pad == 0)
        conv_row(&c, x, 12 * ELEMENT, 0);
    else if (step == 48 && pad == 2)
        conv_row(&c, x, 48 * ELEMENT, 2);
    else if (step == 192 && pad == 1)
        conv_row(&c, x, 192 * ELEMENT, 1);
    else if (step == 256 && pad == 1)
        conv_row(&c, x, 256 * ELEMENT, 1);
    else
        for (size_t p = 0; p < pixels; p++)
            conv_tile(&c, p, x + p * patch->step, patch->step, 0, 1);
}

static void pack(void *packed, const signed char *q, size_t count)
{
    weight *w = packed;

    for (size_t u = 0; u < count; u += UNIT)
        for (size_t c = 0; c < CNN_BLOCK; c++)
            for (size_t i = 0; i < UNIT; i++)
                *w++ = q[c * count + u + i];
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

static void lrn(float *x, size_t pixels, size_t channels)
{
    enum { EDGE = CNN_LRN_WINDOW / 2 };
    const float alpha = 1e-4f / CNN_LRN_WINDOW;
    float squares[CNN_LRN_MAX_CHANNELS + 2 * EDGE];

    assert(channels <= CNN_LRN_MAX_CHANNELS);
    memset(squares, 0, sizeof squares);
    for (size_t p = 0; p < pixels; p++) {
        float *v = x + p * channels;

        for (size_t c = 0; c < channels; c++)
            squares[EDGE + c] = v[c] * v[c];
        for (size_t c = 0; c < channels; c++) {
            const float *s = squares + c;
            const float d = 1.0f + alpha * (s[0] + s[1] + s[2] + s[3] + s[4]);
            const float root = sqrtf(d);

            v[c] = v[c] / (root * sqrtf(root));
        }
    }
}

static inline float larger(float a, float b)
{
    return a > b ? a : b;
}

static void pool(float *y, const float *const rows[3], size_t pixels, size_t channels)
{
    for (size_t p = 0; p < pixels; p++) {
        const float *a = rows[0] + 2 * p * channels, *b = rows[1] + 2 * p * channels;
        const float *c = rows[2] + 2 * p * channels;

        for (size_t i = 0; i < channels; i++) {
            const size_t j = i + channels, k = j + channels;
            const float left = larger(larger(a[i], b[i]), c[i]);
            const float middle = larger(larger(a[j], b[j]), c[j]);
            const float right = larger(larger(a[k], b[k]), c[k]);

            y[p * channels + i] = larger(larger(left, middle), right);
        }
    }
}

extern const struct cnn_int8_kernels JOIN(cnn_int8_kernels_, TN_KERNEL_SET);

const struct cnn_int8_kernels JOIN(cnn_int8_kernels_, TN_KERNEL_SET) = {
    .element = ELEMENT,
    .pack = pack,
    .conv = conv,
    .widen = widen,
    .quantise = quantise,
    .max = max_of,
    .lrn = lrn,
    .pool = pool,
};
