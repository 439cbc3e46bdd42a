/* SPDX-License-Identifier: MIT */
/* Some dimensions a task, as their values lie in one line of the cache in each row. */
#include "base/memory.h"
#include "base/rng.h"
#include "data/imagine/imagine_private.h"
#include "tensor/half.h"

#include <stdlib.h>
#include <string.h>

enum { BLOCK = 32, BLOCKS_AT_ONCE = 8 };

/* A thread's own. */
struct columns {
    uint16_t *own;          /* [BLOCK][count]: the values to be mapped, by dimension */
    uint16_t *real;         /* [BLOCK][real_count] */
    uint64_t *keys, *spare; /* as many as the longer of them */
};

struct match {
    const struct imagine_photos *photos;
    uint16_t *values; /* [count][width] */
    size_t count, real_count, width;
    uint64_t seed;
    size_t first;            /* block of the tasks at hand */
    struct columns *columns; /* [threads] */
};

/* Sorts by the upper half of the keys, a byte a pass: equal ones keep their order.  After an even
 * number of passes they are where they were. */
static void sort_keys(uint64_t *keys, uint64_t *spare, size_t count)
{
    for (unsigned shift = 32; shift < 64; shift += 8) {
        size_t places[257] = {0};
        uint64_t *swap = keys;

        for (size_t i = 0; i < count; i++)
            places[(keys[i] >> shift & 0xFF) + 1]++;
        for (size_t i = 1; i < 257; i++)
            places[i] += places[i - 1];
        for (size_t i = 0; i < count; i++)
            spare[places[keys[i] >> shift & 0xFF]++] = keys[i];
        keys = spare;
        spare = swap;
    }
}

static void sort_real(uint16_t *real, size_t count, const struct columns *columns)
{
    for (size_t i = 0; i < count; i++)
        columns->keys[i] = (uint64_t)real[i] << 48;
    sort_keys(columns->keys, columns->spare, count);
    for (size_t i = 0; i < count; i++)
        real[i] = (uint16_t)(columns->keys[i] >> 48);
}

/* Value of rank k of n becomes the real one at the same quantile.  A binary16 that is not negative
 * sorts as its bits do. */
static void map_column(uint16_t *own, size_t count, const uint16_t *real, size_t real_count,
                       const struct columns *columns, uint64_t seed)
{
    struct tn_rng rng;

    tn_rng_init(&rng, seed);
    for (size_t i = 0; i < count; i++)
        columns->keys[i] = (uint64_t)own[i] << 48 | (tn_rng_next(&rng) >> 48) << 32 | (uint64_t)i;
    sort_keys(columns->keys, columns->spare, count);
    for (size_t k = 0; k < count; k++)
        own[columns->keys[k] & 0xFFFFFFFF] = real[(2 * k + 1) * real_count / (2 * count)];
}

static void read_real(const struct match *match, size_t first, size_t wide, uint16_t *real)
{
    const size_t views = match->photos->features->views;
    float floats[BLOCK];
    uint16_t halves[BLOCK];

    for (size_t i = 0; i < match->real_count; i++) {
        imagine_photos_view(match->photos, i / views, i % views, first, wide, floats);
        tn_float_to_half(halves, floats, wide);
        for (size_t d = 0; d < wide; d++)
            real[d * match->real_count + i] = halves[d];
    }
}

static void match_block(void *context, size_t index, size_t thread)
{
    const struct match *match = context;
    const struct columns *columns = &match->columns[thread];
    const size_t first = (match->first + index) * BLOCK, count = match->count;
    const size_t wide = match->width - first < BLOCK ? match->width - first : BLOCK;
    uint16_t *values = match->values + first;

    read_real(match, first, wide, columns->real);
    for (size_t i = 0; i < count; i++)
        for (size_t d = 0; d < wide; d++)
            columns->own[d * count + i] = values[i * match->width + d];
    for (size_t d = 0; d < wide; d++) {
        uint16_t *real = columns->real + d * match->real_count;

        sort_real(real, match->real_count, columns);
        map_column(columns->own + d * count, count, real, match->real_count, columns,
                   match->seed + first + d);
    }
    for (size_t i = 0; i < count; i++)
        for (size_t d = 0; d < wide; d++)
            values[i * match->width + d] = columns->own[d * count + i];
}

static void columns_finish(struct columns *columns, size_t threads)
{
    for (size_t i = 0; columns && i < threads; i++) {
        free(columns[i].own);
        free(columns[i].real);
        free(columns[i].keys);
        free(columns[i].spare);
    }
    free(columns);
}

static bool columns_init(struct columns *columns, size_t count, size_t real_count)
{
    const size_t longer = count > real_count ? count : real_count;

    columns->own = tn_memory_create(BLOCK * count * sizeof *columns->own);
    columns->real = tn_memory_create(BLOCK * real_count * sizeof *columns->real);
    columns->keys = tn_memory_create(longer * sizeof *columns->keys);
    columns->spare = tn_memory_create(longer * sizeof *columns->spare);
    return columns->own && columns->real && columns->keys && columns->spare;
}

static enum tn_status match_all(struct match *match, const struct imagine_options *options,
                                struct tn_pool *pool, struct tn_error *err)
{
    const size_t blocks = (match->width + BLOCK - 1) / BLOCK;

    for (match->first = 0; match->first < blocks; match->first += BLOCKS_AT_ONCE) {
        const size_t left = blocks - match->first;

        TN_TRY(imagine_progress(options, "matching imagined V with real", match->first * BLOCK,
                                match->width, err));
        tn_pool_run(pool, left < BLOCKS_AT_ONCE ? left : BLOCKS_AT_ONCE, match_block, match);
    }
    return TN_OK;
}

enum tn_status imagine_match(const struct imagine_photos *photos, uint16_t *values, size_t count,
                             const struct imagine_options *options, struct tn_pool *pool,
                             struct tn_error *err)
{
    const size_t threads = tn_pool_threads(pool), real = photos->count * photos->features->views;
    struct match match = {.photos = photos,
                          .values = values,
                          .count = count,
                          .real_count = real,
                          .width = photos->features->width,
                          .seed = options->seed,
                          .columns = calloc(threads, sizeof *match.columns)};
    bool enough = match.columns;
    enum tn_status status;

    for (size_t i = 0; i < threads && enough; i++)
        enough = columns_init(&match.columns[i], count, real);
    status = enough ? match_all(&match, options, pool, err)
                    : tn_fail_nomem(err, BLOCK * (count + real) * sizeof *values);
    columns_finish(match.columns, threads);
    return status;
}
