/* SPDX-License-Identifier: MIT */
/*
 * Every recurrent cell of the registry: the time of a step forward and backward, of one layer over
 * full batches with what surrounds the cell (both products, and in backward the weights'
 * gradients). The cells take turns; medians.  Prints one JSON line per cell. usage: bench_cells [-t
 * THREADS] [-s SECONDS] [-b BATCH] [-n HIDDEN] [-l LENGTH] [-r: both ways]
 */
#include "bench/support.h"
#include "rnn/sequence.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { MAX_CELLS = 32, MAX_ROUNDS = 1000 };

struct options {
    size_t threads, batch, hidden, steps;
    double seconds;
    bool bidirectional;
};

/* One cell's net and times. */
struct bench {
    struct rnn_sequence sequence;
    struct tn_layout layout;
    struct tn_arena arena;
    float *theta, *dtheta, *x, *dx;
    double forward[MAX_ROUNDS], backward[MAX_ROUNDS];
};

static float *random_floats(size_t count, struct tn_rng *rng)
{
    float *floats = calloc(count, sizeof *floats);

    bench_require(floats != NULL);
    tn_rng_fill_uniform(rng, floats, count, 1);
    return floats;
}

/* The i-th round; on a measuring arena nothing is computed. */
static void run_round(struct bench *bench, const struct options *o, struct tn_pool *pool,
                      const size_t *lengths, size_t i)
{
    const size_t mark = tn_arena_mark(&bench->arena);
    const struct rnn_inputs inputs = {.x = bench->x};
    const struct rnn_gradients gradients = {.x = bench->dx};
    const struct tn_pass pass = {
        .pool = pool, .theta = bench->theta, .dtheta = bench->dtheta, .arena = &bench->arena};
    struct rnn_packing packing;
    struct rnn_run run;
    double start, middle;

    rnn_pack(&packing, o->batch, o->steps, lengths, &bench->arena);
    start = 1e3 * bench_now();
    rnn_sequence_forward(&bench->sequence, &pass, &packing, &inputs, &run);
    middle = 1e3 * bench_now();
    if (bench->arena.base)
        for (size_t r = 0; r < packing.total; r++)
            run.dh[r * run.ldh] += 1;
    bench->forward[i] = middle - start;
    middle = 1e3 * bench_now();
    rnn_sequence_backward(&bench->sequence, &pass, &run, &gradients);
    bench->backward[i] = 1e3 * bench_now() - middle;
    tn_arena_release(&bench->arena, mark);
}

static void setup(struct bench *bench, const struct rnn_cell_ops *cell, const struct options *o,
                  struct tn_pool *pool)
{
    struct tn_rng rng;

    bench->sequence = (struct rnn_sequence){.cell = cell,
                                            .layers = 1,
                                            .input = o->hidden,
                                            .hidden = o->hidden,
                                            .bidirectional = o->bidirectional};
    bench_require(rnn_sequence_declare(&bench->sequence, &bench->layout, "", NULL, NULL) == TN_OK);
    tn_rng_init(&rng, 1);
    bench->theta = random_floats(bench->layout.floats, &rng);
    bench->dtheta = random_floats(bench->layout.floats, &rng);
    bench->x = random_floats(o->batch * o->steps * o->hidden, &rng);
    bench->dx = random_floats(o->batch * o->steps * o->hidden, &rng);
    rnn_sequence_init(&bench->sequence, &rng, bench->theta);
    tn_arena_measure(&bench->arena);
    run_round(bench, o, pool, NULL, 0);
    bench_require(tn_arena_reserve(&bench->arena, NULL) == TN_OK);
}

static void finish(struct bench *bench)
{
    tn_arena_finish(&bench->arena);
    tn_layout_finish(&bench->layout);
    free(bench->theta);
    free(bench->dtheta);
    free(bench->x);
    free(bench->dx);
}

static void report(struct bench *bench, const struct options *o, size_t rounds)
{
    const size_t directions = rnn_sequence_directions(&bench->sequence);
    const double steps = (double)o->steps, width = (double)o->hidden;
    /* both products of a step forward; backward has each twice */
    const double flop =
        4 * (double)(o->batch * bench->sequence.cell->gates * directions) * width * width;
    const double forward = bench_median(bench->forward, rounds) / steps;
    const double backward = bench_median(bench->backward, rounds) / steps;

    printf(
        "{\"what\": \"cell\", \"cell\": \"%s\", \"directions\": %zu, \"batch\": %zu, "
        "\"hidden\": %zu, \"steps\": %zu, \"forward_ms_step\": %.3f, \"backward_ms_step\": %.3f, "
        "\"forward_gflops\": %.0f, \"backward_gflops\": %.0f, \"rounds\": %zu}\n",
        bench->sequence.cell->name, directions, o->batch, o->hidden, o->steps, forward, backward,
        flop / forward / 1e6, 2 * flop / backward / 1e6, rounds);
}

static bool read_options(int argc, char **argv, struct options *o)
{
    int option;

    while ((option = getopt(argc, argv, "t:s:b:n:l:r")) != -1) {
        if (option == '?')
            return false;
        if (option == 'r')
            o->bidirectional = true;
        else if (option == 's')
            o->seconds = strtod(optarg, NULL);
        else
            *(option == 't'   ? &o->threads
              : option == 'b' ? &o->batch
              : option == 'n' ? &o->hidden
                              : &o->steps) = (size_t)strtoul(optarg, NULL, 10);
    }
    return o->batch > 0 && o->hidden > 0 && o->steps > 0;
}

int main(int argc, char **argv)
{
    static struct bench benches[MAX_CELLS];
    struct options o = {.threads = 2, .batch = 64, .hidden = 512, .steps = 16, .seconds = 20};
    const size_t cells = rnn_cell_count();
    struct tn_pool *pool;
    size_t *lengths, rounds = 0;
    double start;

    bench_require(read_options(argc, argv, &o) && cells <= MAX_CELLS);
    bench_require(tn_pool_create(o.threads, &pool, NULL) == TN_OK);
    lengths = calloc(o.batch, sizeof *lengths);
    bench_require(lengths != NULL);
    for (size_t b = 0; b < o.batch; b++)
        lengths[b] = o.steps;
    for (size_t c = 0; c < cells; c++) {
        setup(&benches[c], rnn_cell_at(c), &o, pool);
        run_round(&benches[c], &o, pool, lengths, 0);
    }
    start = 1e3 * bench_now();
    do {
        for (size_t c = 0; c < cells; c++)
            run_round(&benches[c], &o, pool, lengths, rounds);
        rounds++;
    } while (rounds < MAX_ROUNDS && (rounds < 5 || 1e3 * bench_now() - start < 1e3 * o.seconds));
    for (size_t c = 0; c < cells; c++) {
        report(&benches[c], &o, rounds);
        finish(&benches[c]);
    }
    free(lengths);
    tn_pool_destroy(pool);
    return EXIT_SUCCESS;
}
