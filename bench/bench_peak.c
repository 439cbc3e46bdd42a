/* SPDX-License-Identifier: MIT */
/*
 * bench_peak [--threads N] [--seconds S]: what the machine could do at most, so that other figures
 * can be read as shares of it: multiplications and additions per second in float32 and in int8, in
 * registers alone, by each instruction set; and the bytes read from memory per second.
 * One JSON line per measurement, of the best of many runs.
 */
#include "base/pool.h"
#include "bench/support.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

/* CHAINS sums that do not wait for each other: more than an instruction's latency takes. */
enum { CHAINS = 24, TURNS = 200000, MAX_THREADS = 256, BUFFER = 64 << 20 };

/* What a thread does in one run, and the operations in it (a multiplication and its addition count
 * two) or the bytes. */
struct work {
    const char *what, *by;
    bool (*supported)(void);
    void (*run)(void *result, const unsigned char *buffer);
    double amount;
};

#if defined(__clang__)
#define UNROLL _Pragma("unroll")
#else
#define UNROLL _Pragma("GCC unroll 32")
#endif

#if defined(__x86_64__)
static bool has_avx2(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

static bool has_vnni(void)
{
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vnni");
}

__attribute__((target("avx2,fma"))) static void fma_avx2(void *result, const unsigned char *buffer)
{
    const __m256 x = _mm256_set1_ps((float)buffer[0]), y = _mm256_set1_ps((float)buffer[1]);
    __m256 sums[CHAINS / 2];

    UNROLL for (int i = 0; i < CHAINS / 2; i++)
        sums[i] = _mm256_set1_ps((float)buffer[i]);
    for (int turn = 0; turn < TURNS; turn++)
        UNROLL for (int i = 0; i < CHAINS / 2; i++)
            sums[i] = _mm256_fmadd_ps(x, y, sums[i]);
    UNROLL for (int i = 0; i < CHAINS / 2; i++)
        _mm256_storeu_ps((float *)result + 8 * i, sums[i]);
}

/* 8 bits widened to 16, as without VNNI.  One factor changes per turn: else the compiler would
 * multiply once for all turns. */
__attribute__((target("avx2"))) static void madd_avx2(void *result, const unsigned char *buffer)
{
    typedef int32_t sums_of_8 __attribute__((vector_size(32)));
    const __m256i *y = (const void *)buffer;
    __m256i x = _mm256_set1_epi16(buffer[0]);
    sums_of_8 sums[CHAINS / 2];

    UNROLL for (int i = 0; i < CHAINS / 2; i++)
        sums[i] = (sums_of_8)_mm256_set1_epi32(buffer[i]);
    for (int turn = 0; turn < TURNS; turn++) {
        x = _mm256_xor_si256(x, y[turn & 1]);
        UNROLL for (int i = 0; i < CHAINS / 2; i++)
            sums[i] += (sums_of_8)_mm256_madd_epi16(x, y[i]);
    }
    UNROLL for (int i = 0; i < CHAINS / 2; i++)
        _mm256_storeu_si256((__m256i *)result + i, (__m256i)sums[i]);
}

__attribute__((target("avx512f"))) static void fma_avx512(void *result, const unsigned char *buffer)
{
    const __m512 x = _mm512_set1_ps((float)buffer[0]), y = _mm512_set1_ps((float)buffer[1]);
    __m512 sums[CHAINS];

    UNROLL for (int i = 0; i < CHAINS; i++)
        sums[i] = _mm512_set1_ps((float)buffer[i]);
    for (int turn = 0; turn < TURNS; turn++)
        UNROLL for (int i = 0; i < CHAINS; i++)
            sums[i] = _mm512_fmadd_ps(x, y, sums[i]);
    UNROLL for (int i = 0; i < CHAINS; i++)
        _mm512_storeu_ps((float *)result + 16 * i, sums[i]);
}

/* gcc keeps an array of __m512i in memory: the instruction sees its 64 bits as two times 32. */
typedef int32_t sums_of_16 __attribute__((vector_size(64)));

__attribute__((target("avx512f,avx512vnni"))) static void dot_vnni(void *result,
                                                                   const unsigned char *buffer)
{
    const __m512i x = _mm512_set1_epi32(buffer[0]), y = _mm512_set1_epi32(buffer[1]);
    sums_of_16 sums[CHAINS];

    UNROLL for (int i = 0; i < CHAINS; i++)
        sums[i] = (sums_of_16)_mm512_set1_epi32(buffer[i]);
    for (int turn = 0; turn < TURNS; turn++)
        UNROLL for (int i = 0; i < CHAINS; i++)
            sums[i] = (sums_of_16)_mm512_dpbusd_epi32((__m512i)sums[i], x, y);
    UNROLL for (int i = 0; i < CHAINS; i++)
        _mm512_storeu_si512((__m512i *)result + i, (__m512i)sums[i]);
}
#endif

static bool always(void)
{
    return true;
}

/* The compiler's own vectors of 16 bytes: what every processor has. */
static void fma_portable(void *result, const unsigned char *buffer)
{
    typedef float lanes __attribute__((vector_size(16)));
    const float first = (float)buffer[0], second = (float)buffer[1];
    const lanes x = {first, first, first, first}, y = {second, second, second, second};
    lanes sums[CHAINS / 3];

    UNROLL for (int i = 0; i < CHAINS / 3; i++)
        sums[i] = x + (float)i;
    for (int turn = 0; turn < TURNS; turn++)
        UNROLL for (int i = 0; i < CHAINS / 3; i++)
            sums[i] = sums[i] * x + y;
    UNROLL for (int i = 0; i < CHAINS / 3; i++)
        memcpy((char *)result + sizeof sums[i] * (size_t)i, &sums[i], sizeof sums[i]);
}

static void read_memory(void *result, const unsigned char *buffer)
{
    typedef uint64_t lanes __attribute__((vector_size(64), aligned(64)));
    const lanes *in = (const void *)buffer;
    lanes sum = {0};

    for (size_t i = 0; i < BUFFER / sizeof *in; i++)
        sum += in[i];
    memcpy(result, &sum, sizeof sum);
}

/* Operations of a run: TURNS of `chains` instructions with `lanes` products each. */
#define OPERATIONS(chains, lanes) (2.0 * TURNS * (chains) * (lanes))

static const struct work works[] = {
    {"float32", "portable", always, fma_portable, OPERATIONS(CHAINS / 3, 4)},
#if defined(__x86_64__)
    {"float32", "avx2", has_avx2, fma_avx2, OPERATIONS(CHAINS / 2, 8)},
    {"float32", "avx512", has_vnni, fma_avx512, OPERATIONS(CHAINS, 16)},
    {"int8", "avx2", has_avx2, madd_avx2, OPERATIONS(CHAINS / 2, 16)},
    {"int8", "avx512", has_vnni, dot_vnni, OPERATIONS(CHAINS, 64)},
#endif
    {"memory", "reading", always, read_memory, BUFFER},
};

struct peak {
    const struct work *work;
    unsigned char *buffers[MAX_THREADS];
    unsigned char results[MAX_THREADS][CHAINS * 64];
};

static void run_work(void *context, size_t index, size_t thread)
{
    struct peak *peak = context;

    (void)thread;
    peak->work->run(peak->results[index], peak->buffers[index]);
}

static void measure(struct peak *peak, struct tn_pool *pool, double seconds)
{
    const size_t threads = tn_pool_threads(pool);
    const double end = bench_now() + seconds;
    double best = 1e9;

    while (bench_now() < end) {
        const double start = bench_now();

        tn_pool_run(pool, threads, run_work, peak);
        best = bench_now() - start < best ? bench_now() - start : best;
    }
    printf("{\"bench\": \"peak\", \"what\": \"%s\", \"by\": \"%s\", \"threads\": %zu, "
           "\"giga_s_best\": %.1f}\n",
           peak->work->what, peak->work->by, threads,
           1e-9 * peak->work->amount * (double)threads / best);
}

int main(int argc, char **argv)
{
    static struct peak peak;
    size_t threads = 0;
    double seconds = 1;
    struct tn_pool *pool;
    struct tn_error err;

    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--threads") == 0)
            threads = strtoul(argv[i + 1], NULL, 10);
        else if (strcmp(argv[i], "--seconds") == 0)
            seconds = strtod(argv[i + 1], NULL);
    }
    bench_require(tn_pool_create(threads, &pool, &err) == TN_OK &&
                  tn_pool_threads(pool) <= MAX_THREADS);
    for (size_t i = 0; i < tn_pool_threads(pool); i++) {
        peak.buffers[i] = aligned_alloc(64, BUFFER);
        bench_require(peak.buffers[i]);
        memset(peak.buffers[i], 1, BUFFER);
    }
    for (size_t i = 0; i < sizeof works / sizeof *works; i++) {
        peak.work = &works[i];
        if (works[i].supported())
            measure(&peak, pool, seconds);
    }
    for (size_t i = 0; i < tn_pool_threads(pool); i++)
        free(peak.buffers[i]);
    tn_pool_destroy(pool);
    return 0;
}
