/* SPDX-License-Identifier: MIT */
/*
 * The float kernels, compiled once per instruction set: plain loops that the compiler vectorises,
 * and for sums (which it may not reorder) the vector extension of GCC and Clang.
 */
#include "tensor/kernels/kernels.h"
#include "tensor/kernels/kernels_exp.h"

#include <math.h>
#include <string.h>

#if defined(__AVX__)
#include <immintrin.h>
#elif defined(__ARM_NEON)
#include <arm_neon.h>
#endif

#define JOIN2(a, b) a##b
#define JOIN(a, b) JOIN2(a, b)
#define ALWAYS_INLINE static inline __attribute__((always_inline))

#if defined(__AVX512F__)
enum { LANES = 16 };
#elif defined(__AVX__)
enum { LANES = 8 };
#else
enum { LANES = 4 };
#endif

/* LANES floats or their bits, and what lies in memory at any address: floats, halves. */
typedef float lanes __attribute__((vector_size(LANES * sizeof(float))));
typedef uint32_t word_lanes __attribute__((vector_size(LANES * sizeof(uint32_t))));
typedef float memory_lanes
    __attribute__((vector_size(LANES * sizeof(float)), aligned(4), may_alias));
typedef uint16_t half_lanes
    __attribute__((vector_size(LANES * sizeof(uint16_t)), aligned(2), may_alias));

ALWAYS_INLINE lanes load(const float *p)
{
    return *(const memory_lanes *)p;
}

ALWAYS_INLINE lanes fused_lanes(lanes a, lanes b, lanes c)
{
#if defined(__AVX512F__)
    return (lanes)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c);
#elif defined(__FMA__)
    return (lanes)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c);
#elif defined(__ARM_NEON) && defined(__ARM_FEATURE_FMA)
    return (lanes)vfmaq_f32((float32x4_t)c, (float32x4_t)a, (float32x4_t)b);
#else
    return a * b + c;
#endif
}

/* Adds the lanes in a fixed order: halves, quarters, ... */
static inline float sum_lanes(lanes v)
{
#if defined(__AVX512F__)
    return _mm512_reduce_add_ps((__m512)v);
#elif defined(__AVX__)
    const __m128 half =
        _mm_add_ps(_mm256_castps256_ps128((__m256)v), _mm256_extractf128_ps((__m256)v, 1));
    const __m128 quarter = _mm_add_ps(half, _mm_movehl_ps(half, half));

    return _mm_cvtss_f32(_mm_add_ss(quarter, _mm_movehdup_ps(quarter)));
#else
    return (v[0] + v[2]) + (v[1] + v[3]);
#endif
}

/* Of each pair of lanes the larger one. */
ALWAYS_INLINE lanes larger(lanes a, lanes b)
{
    for (int j = 0; j < LANES; j++)
        b[j] = a[j] > b[j] ? a[j] : b[j];
    return b;
}

static inline float largest_lane(lanes v)
{
#if defined(__AVX512F__)
    return _mm512_reduce_max_ps((__m512)v);
#else
    float best[LANES];

    memcpy(best, &v, sizeof best);
    for (int width = LANES / 2; width > 0; width /= 2)
        for (int j = 0; j < width; j++)
            best[j] = best[j + width] > best[j] ? best[j + width] : best[j];
    return best[0];
#endif
}

/* ret[r] = the sum of v[r]'s lanes, for `count` of them. */
ALWAYS_INLINE void sum_each(float *ret, const lanes *v, size_t count)
{
#if defined(__AVX512F__)
    if (count == 4) {
        const __m512 a = (__m512)v[0], b = (__m512)v[1], c = (__m512)v[2], d = (__m512)v[3];
        const __m512 ab = _mm512_add_ps(_mm512_unpacklo_ps(a, b), _mm512_unpackhi_ps(a, b));
        const __m512 cd = _mm512_add_ps(_mm512_unpacklo_ps(c, d), _mm512_unpackhi_ps(c, d));
        const __m512 all =
            _mm512_add_ps(_mm512_shuffle_ps(ab, cd, 0x44), _mm512_shuffle_ps(ab, cd, 0xee));
        const __m256 half =
            _mm256_add_ps(_mm512_castps512_ps256(all), _mm512_extractf32x8_ps(all, 1));

        _mm_storeu_ps(ret,
                      _mm_add_ps(_mm256_castps256_ps128(half), _mm256_extractf128_ps(half, 1)));
        return;
    }
#endif
    for (size_t i = 0; i < count; i++)
        ret[i] = sum_lanes(v[i]);
}

static void vector_exp(float *y, const float *x, size_t count)
{
    for (size_t i = 0; i < count; i++)
        y[i] = exp_one(x[i]);
}

static void vector_sigmoid(float *y, const float *x, size_t count)
{
    for (size_t i = 0; i < count; i++)
        y[i] = sigmoid_one(x[i]);
}

static void vector_tanh(float *y, const float *x, size_t count)
{
    for (size_t i = 0; i < count; i++)
        y[i] = tanh_one(x[i]);
}

static void vector_relu(float *y, const float *x, size_t count)
{
    for (size_t i = 0; i < count; i++)
        y[i] = x[i] < 0.0f ? 0.0f : x[i];
}

static void vector_axpy(float *y, float alpha, const float *x, size_t count)
{
    for (size_t i = 0; i < count; i++)
        y[i] = fused(alpha, x[i], y[i]);
}

static void vector_scale(float *x, float alpha, size_t count)
{
    for (size_t i = 0; i < count; i++)
        x[i] *= alpha;
}

static float vector_dot(const float *x, const float *y, size_t count)
{
    lanes a = {0}, b = {0}, c = {0}, d = {0};
    size_t i = 0;
    float sum;

    for (; i + 4 * LANES <= count; i += 4 * LANES) {
        a = fused_lanes(load(x + i), load(y + i), a);
        b = fused_lanes(load(x + i + LANES), load(y + i + LANES), b);
        c = fused_lanes(load(x + i + 2 * LANES), load(y + i + 2 * LANES), c);
        d = fused_lanes(load(x + i + 3 * LANES), load(y + i + 3 * LANES), d);
    }
    for (; i + LANES <= count; i += LANES)
        a = fused_lanes(load(x + i), load(y + i), a);
    sum = sum_lanes((a + b) + (c + d));
    for (; i < count; i++)
        sum = fused(x[i], y[i], sum);
    return sum;
}

static float vector_max(const float *x, size_t count)
{
    const lanes start = (lanes){0} + x[0];
    lanes a = start, b = start, c = start, d = start;
    size_t i = 0;
    float largest;

    for (; i + 4 * LANES <= count; i += 4 * LANES) {
        a = larger(load(x + i), a);
        b = larger(load(x + i + LANES), b);
        c = larger(load(x + i + 2 * LANES), c);
        d = larger(load(x + i + 3 * LANES), d);
    }
    for (; i + LANES <= count; i += LANES)
        a = larger(load(x + i), a);
    largest = largest_lane(larger(larger(a, b), larger(c, d)));
    for (; i < count; i++)
        largest = x[i] > largest ? x[i] : largest;
    return largest;
}

static float vector_sum_exp(const float *x, float shift, size_t count)
{
    enum { CHUNK = 64 * LANES };
    float sum = 0.0f;

    for (size_t start = 0; start < count; start += CHUNK) {
        const size_t end = count - start < CHUNK ? count : start + CHUNK;
        lanes total = {0};
        size_t i = start;

        for (; i + LANES <= end; i += LANES) {
            float e[LANES];

            for (size_t j = 0; j < LANES; j++)
                e[j] = exp_one(x[i + j] - shift);
            total += load(e);
        }
        sum += sum_lanes(total);
        for (; i < end; i++)
            sum += exp_one(x[i] - shift);
    }
    return sum;
}

/* The exponent moves from bias 15 to 127 by a product that also normalises subnormals; infinities
 * and NaNs (made quiet, as the hardware does) get theirs put in. */
static inline float half_to_float_one(uint16_t half)
{
    const uint32_t sign = (uint32_t)(half & 0x8000u) << 16, rest = half & 0x7fffu;
    const uint32_t finite = bits_of(float_of(rest << 13) * 0x1p112f);
    const uint32_t special = 0x7f800000u | rest << 13 | (rest > 0x7c00u ? 0x400000u : 0u);

    return float_of(sign | (rest >= 0x7c00u ? special : finite));
}

/* Normal results round in the integer (adding half a unit, minus one when the kept part is even);
 * subnormal ones by adding the float whose unit is 2^-24. */
static inline uint16_t float_to_half_one(float x)
{
    const uint32_t bits = bits_of(x), sign = bits >> 16 & 0x8000u, rest = bits & 0x7fffffffu;
    const uint32_t normal = (rest - 0x38000000u + 0xfffu + (rest >> 13 & 1u)) >> 13;
    const uint32_t subnormal = bits_of(float_of(rest) + 0.5f) - 0x3f000000u;
    const uint32_t nan = 0x7e00u | (rest >> 13 & 0x1ffu);
    const uint32_t finite = rest < 0x38800000u ? subnormal : normal;
    const uint32_t large = rest > 0x7f800000u ? nan : 0x7c00u;

    return (uint16_t)(sign | (rest >= 0x477ff000u ? large : finite));
}

/* The same for LANES of them. */
ALWAYS_INLINE lanes load_halves(const uint16_t *x)
{
#if defined(__AVX512F__)
    return (lanes)_mm512_cvtph_ps(_mm256_loadu_si256((const void *)x));
#elif defined(__F16C__)
    return (lanes)_mm256_cvtph_ps(_mm_loadu_si128((const void *)x));
#elif defined(__aarch64__)
    return (lanes)vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(x)));
#else
    const word_lanes half = __builtin_convertvector(*(const half_lanes *)x, word_lanes);
    const word_lanes sign = (half & 0x8000u) << 16, rest = half & 0x7fffu;
    const word_lanes finite = (word_lanes)((lanes)(rest << 13) * 0x1p112f);
    const word_lanes quiet = (word_lanes)(rest > 0x7c00u) & 0x400000u;
    const word_lanes is_special = (word_lanes)(rest >= 0x7c00u);

    return (lanes)(sign | (is_special & (0x7f800000u | rest << 13 | quiet)) |
                   (~is_special & finite));
#endif
}

static void vector_half_to_float(float *y, const uint16_t *x, size_t count)
{
    size_t i = 0;

    for (; i + LANES <= count; i += LANES)
        *(memory_lanes *)(y + i) = load_halves(x + i);
    for (; i < count; i++)
        y[i] = half_to_float_one(x[i]);
}

static void vector_float_to_half(uint16_t *y, const float *x, size_t count)
{
    size_t i = 0;

#if defined(__F16C__)
    for (; i + 8 <= count; i += 8)
        _mm_storeu_si128((void *)(y + i),
                         _mm256_cvtps_ph(_mm256_loadu_ps(x + i), _MM_FROUND_TO_NEAREST_INT));
#elif defined(__aarch64__)
    for (; i + 4 <= count; i += 4)
        vst1_u16(y + i, vreinterpret_u16_f16(vcvt_f16_f32(vld1q_f32(x + i))));
#endif
    for (; i < count; i++)
        y[i] = float_to_half_one(x[i]);
}

/* LANES weights as float. */
ALWAYS_INLINE lanes load_weights(const void *w, size_t at, int half)
{
    return half ? load_halves((const uint16_t *)w + at) : load((const float *)w + at);
}

ALWAYS_INLINE float weight_at(const void *w, size_t at, int half)
{
    return half ? half_to_float_one(((const uint16_t *)w)[at]) : ((const float *)w)[at];
}

/* The sums of a tile, its inputs and weights: of 32 registers 24, of 16 14. */
#if defined(__AVX512F__) || defined(__aarch64__)
enum { ROW_TILE = 4, BATCH_TILE = 4 };
#else
enum { ROW_TILE = 2, BATCH_TILE = 4 };
#endif

struct linear {
    float *y;
    size_t y_stride;
    const void *w;
    const float *x, *bias;
    int accumulate;
    size_t columns;
};

/* A tile of row_count x batch_count results, summed in registers.  Each result is summed in the
 * same order whatever the tile. */
ALWAYS_INLINE void linear_tile(const struct linear *l, int half, size_t row, size_t row_count,
                               size_t batch, size_t batch_count)
{
    lanes sums[BATCH_TILE][ROW_TILE] = {{{0}}};
    const size_t columns = l->columns, whole = columns - columns % LANES;

    for (size_t k = 0; k < whole; k += LANES) {
        lanes x[BATCH_TILE];

        for (size_t b = 0; b < batch_count; b++)
            x[b] = load(l->x + (batch + b) * columns + k);
        for (size_t r = 0; r < row_count; r++) {
            const lanes w = load_weights(l->w, (row + r) * columns + k, half);

            for (size_t b = 0; b < batch_count; b++)
                sums[b][r] = fused_lanes(w, x[b], sums[b][r]);
        }
    }
    for (size_t b = 0; b < batch_count; b++) {
        float *y = l->y + (batch + b) * l->y_stride + row, sum[ROW_TILE];

        sum_each(sum, sums[b], row_count);
        for (size_t r = 0; r < row_count; r++) {
            for (size_t k = whole; k < columns; k++)
                sum[r] = fused(weight_at(l->w, (row + r) * columns + k, half),
                               l->x[(batch + b) * columns + k], sum[r]);
            sum[r] += l->bias ? l->bias[row + r] : 0.0f;
            y[r] = l->accumulate ? y[r] + sum[r] : sum[r];
        }
    }
}

ALWAYS_INLINE void linear_rows(const struct linear *l, int half, size_t row, size_t row_count,
                               size_t batch)
{
    size_t b = 0;

    for (; b + BATCH_TILE <= batch; b += BATCH_TILE)
        linear_tile(l, half, row, row_count, b, BATCH_TILE);
    if (batch - b == 3)
        linear_tile(l, half, row, row_count, b, 3);
    else if (batch - b == 2)
        linear_tile(l, half, row, row_count, b, 2);
    else if (batch - b == 1)
        linear_tile(l, half, row, row_count, b, 1);
}

ALWAYS_INLINE void linear_all(const struct linear *l, int half, size_t rows, size_t batch)
{
    size_t row = 0;

    for (; row + ROW_TILE <= rows; row += ROW_TILE)
        linear_rows(l, half, row, ROW_TILE, batch);
    for (; row < rows; row++)
        linear_rows(l, half, row, 1, batch);
}

static void linear_f32(float *y, size_t y_stride, const void *w, const float *x, const float *bias,
                       int accumulate, size_t rows, size_t columns, size_t batch)
{
    const struct linear l = {y, y_stride, w, x, bias, accumulate, columns};

    linear_all(&l, 0, rows, batch);
}

static void linear_f16(float *y, size_t y_stride, const void *w, const float *x, const float *bias,
                       int accumulate, size_t rows, size_t columns, size_t batch)
{
    const struct linear l = {y, y_stride, w, x, bias, accumulate, columns};

    linear_all(&l, 1, rows, batch);
}

extern const struct tn_float_kernels JOIN(tn_float_kernels_, TN_KERNEL_SET);

const struct tn_float_kernels JOIN(tn_float_kernels_, TN_KERNEL_SET) = {
    .sigmoid = vector_sigmoid,
    .tanh = vector_tanh,
    .exp = vector_exp,
    .relu = vector_relu,
    .axpy = vector_axpy,
    .scale = vector_scale,
    .dot = vector_dot,
    .max = vector_max,
    .sum_exp = vector_sum_exp,
    .half_to_float = vector_half_to_float,
    .float_to_half = vector_float_to_half,
    .linear_f32 = linear_f32,
    .linear_f16 = linear_f16,
};
