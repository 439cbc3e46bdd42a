/* SPDX-License-Identifier: MIT */
/*
 * Attention: both scores against their equations (values made by tools/make_attention_golden.py),
 * with other texts beside a text, and in the steps of inference.
 */
#include "models/attention_step.h"
#include "models/decoder_step.h"
#include "models/translator.h"
#include "tensor/safetensors.h"
#include "tests/support/suite.h"
#include "vocab/vocab.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The sizes of make_attention_golden.py. */
enum { SIZE = 4, SOURCE = 5, STEPS = 4, WIDTH = 5, HIDDEN = 7 };

static const size_t source_lengths[SIZE] = {3, 1, 5, 2}, lengths[SIZE] = {2, 4, 1, 4};

static void *zeroed(size_t count, size_t size)
{
    void *memory = calloc(count, size);

    ck_assert_ptr_nonnull(memory);
    return memory;
}

/* Packed rows to and from [SIZE][steps][width]. */
static void pack_rows(const struct rnn_packing *packing, size_t steps, size_t width, float *packed,
                      const float *rows)
{
    for (size_t t = 0; t < packing->steps; t++)
        for (size_t r = 0; r < packing->rows[t]; r++)
            memcpy(packed + (packing->offset[t] + r) * width,
                   rows + (packing->order[r] * steps + t) * width, width * sizeof(float));
}

static void unpack_rows(const struct rnn_packing *packing, size_t steps, size_t width, float *rows,
                        const float *packed)
{
    for (size_t t = 0; t < packing->steps; t++)
        for (size_t r = 0; r < packing->rows[t]; r++)
            memcpy(rows + (packing->order[r] * steps + t) * width,
                   packed + (packing->offset[t] + r) * width, width * sizeof(float));
}

/* ---- Golden values ---- */

struct golden {
    struct tn_file *file;
    struct attention attention;
    struct tn_layout layout;
    struct tn_pool *pool;
    struct tn_arena arena;
    float *theta, *dtheta;
    float g[SIZE * SOURCE * WIDTH], dg[SIZE * SOURCE * WIDTH];
    float h[SIZE * STEPS * HIDDEN], dh[SIZE * STEPS * HIDDEN];
    float weights[SIZE * STEPS * HIDDEN], attended[SIZE * STEPS * HIDDEN];
    float a[SIZE * STEPS * SOURCE];
};

static void read_golden(const struct golden *golden, const char *before, const char *name,
                        float *out, size_t count)
{
    struct tn_error err = {0};
    char full[3 * TN_NAME_SIZE];

    snprintf(full, sizeof full, "%s%s", before, name);
    ck_assert_msg(tn_file_read_floats(golden->file, full, count, out, &err) == TN_OK, "%s",
                  err.text);
}

static void compare(const struct golden *golden, const char *name, const float *x, size_t count)
{
    float *truth = zeroed(count, sizeof *truth);
    char before[TN_NAME_SIZE];
    double largest = 0;

    snprintf(before, sizeof before, "%s.", attention_names[golden->attention.score]);
    read_golden(golden, before, name, truth, count);
    for (size_t i = 0; i < count; i++)
        largest = fmax(largest, fabs((double)truth[i]));
    for (size_t i = 0; i < count; i++)
        ck_assert_msg(fabs((double)x[i] - (double)truth[i]) <= 5e-6 * largest,
                      "%s%s[%zu] is %.9g, not %.9g", before, name, i, (double)x[i],
                      (double)truth[i]);
    free(truth);
}

/* The names of the parameters in the file lack "attention.". */
static const char *short_name(const struct tn_parameter *parameter)
{
    return strchr(parameter->name, '.') + 1;
}

static void golden_init(struct golden *g, enum attention_score score)
{
    char path[4096], before[TN_NAME_SIZE];

    memset(g, 0, sizeof *g);
    g->attention = (struct attention){.score = score, .hidden = HIDDEN, .width = WIDTH};
    ck_assert_int_eq(attention_declare(&g->attention, &g->layout, "", NULL), TN_OK);
    ck_assert_int_eq(tn_pool_create(3, &g->pool, NULL), TN_OK);
    g->theta = zeroed(g->layout.floats, sizeof(float));
    g->dtheta = zeroed(g->layout.floats, sizeof(float));
    snprintf(path, sizeof path, "%s/attention_golden.safetensors", getenv("TEST_DATA"));
    ck_assert_int_eq(tn_file_open(path, &g->file, NULL), TN_OK);
    snprintf(before, sizeof before, "%s.", attention_names[score]);
    for (size_t i = 0; i < g->layout.count; i++)
        read_golden(g, before, short_name(&g->layout.parameters[i]),
                    g->theta + g->layout.parameters[i].span.offset,
                    g->layout.parameters[i].span.count);
    read_golden(g, "", "g", g->g, SIZE * SOURCE * WIDTH);
    read_golden(g, "", "h", g->h, SIZE * STEPS * HIDDEN);
    read_golden(g, "", "weights", g->weights, SIZE * STEPS * HIDDEN);
}

static void golden_finish(struct golden *g)
{
    tn_arena_finish(&g->arena);
    tn_layout_finish(&g->layout);
    tn_pool_destroy(g->pool);
    tn_file_close(g->file);
    free(g->theta);
    free(g->dtheta);
}

/* The weights of each text's own source only. */
static void unpack_weights(struct golden *g, const struct attention_run *run, size_t sources)
{
    for (size_t t = 0; t < run->packing->steps; t++)
        for (size_t r = 0; r < run->packing->rows[t]; r++) {
            const size_t b = run->packing->order[r];

            memcpy(g->a + (b * STEPS + t) * SOURCE,
                   run->sources.weights + (run->packing->offset[t] + r) * sources,
                   source_lengths[b] * sizeof(float));
        }
}

/* Forward and backward; on a measuring arena plans them. */
static void run_golden(struct golden *g)
{
    const struct tn_pass pass = {
        .pool = g->pool, .theta = g->theta, .dtheta = g->dtheta, .arena = &g->arena};
    struct rnn_packing sources, targets;
    struct attention_memory memory = {.packing = &sources, .ld = WIDTH};
    struct attention_run run;
    float *values, *h, *dh, *dattended;

    rnn_pack(&sources, SIZE, SOURCE, source_lengths, &g->arena);
    rnn_pack(&targets, SIZE, STEPS, lengths, &g->arena);
    memory.values = values = tn_arena_floats(&g->arena, sources.total * WIDTH);
    memory.dvalues = tn_arena_floats(&g->arena, sources.total * WIDTH);
    h = tn_arena_floats(&g->arena, targets.total * HIDDEN);
    dh = tn_arena_floats(&g->arena, targets.total * HIDDEN);
    dattended = tn_arena_floats(&g->arena, targets.total * HIDDEN);
    if (g->arena.base) {
        pack_rows(&sources, SOURCE, WIDTH, values, g->g);
        pack_rows(&targets, STEPS, HIDDEN, h, g->h);
        pack_rows(&targets, STEPS, HIDDEN, dattended, g->weights);
    }
    attention_forward(&g->attention, &pass, &targets, h, HIDDEN, &memory, &run);
    attention_backward(&g->attention, &pass, &run, dattended, dh);
    if (!g->arena.base)
        return;
    unpack_rows(&targets, STEPS, HIDDEN, g->attended, run.attended);
    unpack_rows(&targets, STEPS, HIDDEN, g->dh, dh);
    unpack_rows(&sources, SOURCE, WIDTH, g->dg, memory.dvalues);
    unpack_weights(g, &run, sources.steps);
}

START_TEST(both_scores_match_the_golden_values)
{
    struct golden g;

    golden_init(&g, (enum attention_score)_i);
    tn_arena_measure(&g.arena);
    run_golden(&g);
    ck_assert_int_eq(tn_arena_reserve(&g.arena, NULL), TN_OK);
    run_golden(&g);
    compare(&g, "attended", g.attended, SIZE * STEPS * HIDDEN);
    compare(&g, "a", g.a, SIZE * STEPS * SOURCE);
    compare(&g, "d.g", g.dg, SIZE * SOURCE * WIDTH);
    compare(&g, "d.h", g.dh, SIZE * STEPS * HIDDEN);
    for (size_t i = 0; i < g.layout.count; i++) {
        char name[TN_NAME_SIZE + 2];

        snprintf(name, sizeof name, "d.%s", short_name(&g.layout.parameters[i]));
        compare(&g, name, g.dtheta + g.layout.parameters[i].span.offset,
                g.layout.parameters[i].span.count);
    }
    golden_finish(&g);
}
END_TEST

/* ---- Translators ---- */

enum { WORDS = 12, UNITS = 6, MOST_WEIGHTS = SIZE * STEPS * SOURCE };

/* A translator that attends, a batch of pairs, and the arena of one pass. */
struct scene {
    struct translator translator;
    float *theta;
    struct tn_arena arena;
    int sources[SOURCE * SIZE], inputs[STEPS * SIZE], targets[STEPS * SIZE];
};

static void scene_init(struct scene *s, int number)
{
    const struct text_config config = {
        .task = TEXT_TRANSLATE,
        .cell = rnn_cell_at((size_t)number / 2),
        .layers = 2,
        .embedding = 5,
        .hidden = UNITS,
        .attention = number % 2 == 0 ? ATTENTION_GENERAL : ATTENTION_ADDITIVE,
    };
    struct tn_rng rng;

    memset(s, 0, sizeof *s);
    tn_rng_init(&rng, (uint64_t)number);
    ck_assert_int_eq(translator_init(&s->translator, &config, WORDS, WORDS, 0, NULL), TN_OK);
    s->theta = zeroed(s->translator.layout.floats, sizeof(float));
    tn_rng_fill_uniform(&rng, s->theta, s->translator.layout.floats, 0.7F);
    for (size_t i = 0; i < SOURCE * SIZE; i++)
        s->sources[i] = (int)(tn_rng_next(&rng) % WORDS);
    for (size_t i = 0; i < STEPS * SIZE; i++) {
        s->inputs[i] = (int)(tn_rng_next(&rng) % WORDS);
        s->targets[i] = (int)(tn_rng_next(&rng) % WORDS);
    }
}

static void scene_finish(struct scene *s)
{
    tn_arena_finish(&s->arena);
    translator_finish(&s->translator);
    free(s->theta);
}

/* The pairs' loss, and, unless it is NULL, what attention looked at. */
static double pairs_loss(struct scene *s, const struct translator_batch *batch)
{
    const struct tn_pass pass = {.theta = s->theta, .arena = &s->arena};

    tn_arena_finish(&s->arena);
    tn_arena_measure(&s->arena);
    translator_loss(&s->translator, &pass, batch, 0, 0);
    ck_assert_int_eq(tn_arena_reserve(&s->arena, NULL), TN_OK);
    return translator_loss(&s->translator, &pass, batch, 0, 0);
}

static struct translator_batch all_pairs(const struct scene *s)
{
    return (struct translator_batch){
        .source = {.size = SIZE, .steps = SOURCE, .tokens = s->sources, .lengths = source_lengths},
        .target = {.size = SIZE,
                   .steps = STEPS,
                   .inputs = s->inputs,
                   .targets = s->targets,
                   .lengths = lengths}};
}

/* The loss of pair b alone, and its weights a [lengths[b]][source_lengths[b]]. */
static double lone_loss(struct scene *s, size_t b, float *a)
{
    int source[SOURCE], inputs[STEPS], targets[STEPS];
    struct translator_batch one = {
        .source = {.size = 1, .steps = SOURCE, .tokens = source, .lengths = source_lengths + b},
        .target = {.size = 1,
                   .steps = STEPS,
                   .inputs = inputs,
                   .targets = targets,
                   .lengths = lengths + b},
        .weights = a};

    for (size_t t = 0; t < SOURCE; t++)
        source[t] = s->sources[t * SIZE + b];
    for (size_t t = 0; t < STEPS; t++) {
        inputs[t] = s->inputs[t * SIZE + b];
        targets[t] = s->targets[t * SIZE + b];
    }
    return pairs_loss(s, &one);
}

START_TEST(a_source_gets_all_of_the_weight_and_what_is_beside_it_none)
{
    struct scene s;
    double sum = 0, together;
    struct translator_batch batch;

    scene_init(&s, _i);
    for (size_t b = 0; b < SIZE; b++) {
        float a[STEPS * SOURCE];

        sum += lone_loss(&s, b, a);
        for (size_t t = 0; t < lengths[b]; t++) {
            double total = 0;

            for (size_t i = 0; i < source_lengths[b]; i++) {
                ck_assert_float_gt(a[t * source_lengths[b] + i], 0);
                total += (double)a[t * source_lengths[b] + i];
            }
            ck_assert_double_eq_tol(total, 1, 1e-5);
        }
    }
    batch = all_pairs(&s);
    together = pairs_loss(&s, &batch);
    ck_assert_double_eq_tol(together, sum, 1e-4);
    scene_finish(&s);
}
END_TEST

/* What a search does, with given words. */
struct steps {
    struct scene *scene;
    struct decoder_weights weights;
    struct rnn_packing packing;
    struct attention_memory memory;
    struct attention_sources sources;
    struct decoder_step step;
    struct decoder_work work;
    struct tn_arena arena, scratch;
    float *states, logits[SIZE * WORDS];
};

/* Encoder and keys; the same on the measuring arena and the real one. */
static void read_sources(struct steps *r)
{
    const struct translator *translator = &r->scene->translator;
    const struct rnn_sequence *sequence = &translator->encoder.net.sequence;
    const size_t floats = rnn_sequence_state_floats(sequence, SIZE);
    const struct translator_batch batch = all_pairs(r->scene);
    const struct tn_pass pass = {.theta = r->scene->theta, .arena = &r->arena};
    float *both = tn_arena_floats(&r->arena, floats), *values;
    struct word_run run;

    r->states = tn_arena_floats(&r->arena, floats);
    reader_forward(&translator->encoder, &pass, &batch.source, &run);
    values = tn_arena_floats(&r->arena, SIZE * SOURCE * UNITS);
    if (r->arena.base) {
        rnn_sequence_final(sequence, &run.rnn, both);
        translator_join(translator, SIZE, both, r->states);
        for (size_t i = 0; i < run.packing.total; i++)
            memcpy(values + i * UNITS, run.rnn.h + i * run.rnn.ldh, UNITS * sizeof(float));
    }
    r->packing = run.packing;
    r->memory = (struct attention_memory){.packing = &r->packing, .values = values, .ld = UNITS};
    attention_read(&r->sources, &r->weights, &r->memory, SIZE, NULL, &r->arena);
    decoder_step_init(&r->step, &r->weights, SIZE, 0, NULL, &r->arena);
    r->step.sources = &r->sources;
}

static double log_prob(const float *logits, int word)
{
    double total = 0;

    for (size_t i = 0; i < WORDS; i++)
        total += exp((double)logits[i]);
    return (double)logits[word] - log(total);
}

/* Step t of the texts that have one, the first row of them last. */
static double step_texts(struct steps *r, size_t t)
{
    int tokens[SIZE], texts[SIZE], parents[SIZE];
    static int row_of[SIZE]; /* in the step before */
    int rows_now[SIZE] = {0};
    size_t rows = 0;
    double sum = 0;

    for (size_t i = SIZE; i-- > 0;)
        if (t < lengths[i]) {
            tokens[rows] = r->scene->inputs[t * SIZE + i];
            texts[rows] = (int)i;
            parents[rows] = t == 0 ? (int)i : row_of[i];
            rows_now[i] = (int)rows++;
        }
    memcpy(row_of, rows_now, sizeof row_of);
    decoder_step_words(&r->step, rows, tokens, NULL, &r->arena);
    decoder_step_rows(
        &r->step, &r->work,
        &(struct decoder_rows){.tokens = tokens, .parents = parents, .texts = texts, .count = rows},
        r->logits);
    decoder_step_end(&r->step);
    for (size_t i = 0; i < rows; i++)
        sum += log_prob(r->logits + i * WORDS, r->scene->targets[t * SIZE + (size_t)texts[i]]);
    return sum;
}

START_TEST(steps_give_what_training_gives)
{
    struct scene s;
    struct steps r = {.scene = &s};
    struct translator_batch batch;
    double sum = 0;

    scene_init(&s, _i);
    batch = all_pairs(&s);
    ck_assert_int_eq(translator_weights(&s.translator, s.theta, &r.weights, NULL), TN_OK);
    tn_arena_measure(&r.arena);
    read_sources(&r);
    ck_assert_int_eq(tn_arena_reserve(&r.arena, NULL), TN_OK);
    read_sources(&r);
    tn_arena_measure(&r.scratch);
    decoder_work_init(&r.work, &r.step, SIZE, NULL, &r.scratch);
    ck_assert_int_eq(tn_arena_reserve(&r.scratch, NULL), TN_OK);
    decoder_work_init(&r.work, &r.step, SIZE, NULL, &r.scratch);
    decoder_step_set(&r.step, SIZE, r.states);
    for (size_t t = 0; t < STEPS; t++)
        sum -= step_texts(&r, t);
    ck_assert_double_eq_tol(sum, pairs_loss(&s, &batch), 1e-4);
    tn_arena_finish(&r.arena);
    tn_arena_finish(&r.scratch);
    scene_finish(&s);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("attention");
    TCase *tcase = tcase_create("attention");
    const int translators = 2 * (int)rnn_cell_count();

    tcase_add_loop_test(tcase, both_scores_match_the_golden_values, ATTENTION_GENERAL,
                        ATTENTION_ADDITIVE + 1);
    tcase_add_loop_test(tcase, a_source_gets_all_of_the_weight_and_what_is_beside_it_none, 0,
                        translators);
    tcase_add_loop_test(tcase, steps_give_what_training_gives, 0, translators);
    suite_add_tcase(suite, tcase);
    return suite;
}
