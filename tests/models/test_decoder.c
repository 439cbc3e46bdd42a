/* SPDX-License-Identifier: MIT */
/*
 * The decoder's loss and gradient: against PyTorch and, for cells that it lacks, a reference in
 * double precision (values made by tools/make_rnn_golden.py), and what must hold for every cell:
 * captions do not see each other or their padding, and threads do not change a bit.
 */
#include "tests/support/gradcheck.h"
#include "tests/support/kinks.h"
#include "tests/support/suite.h"

#include "models/decoder.h"
#include "tensor/safetensors.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The sizes of make_rnn_golden.py. */
enum { SIZE = 4, STEPS = 5, WORDS = 11, EMBEDDING = 6, HIDDEN = 7, FEATURES = 5, LAYERS = 2 };
enum { HIDDEN_UNITS = 9 };

static const size_t golden_lengths[SIZE] = {3, 5, 1, 4};
static const char *const golden_cells[] = {
    "vanilla", "lstm", "gru", "lstm-peephole", "lstm-coupled", "lstm-coupled-peephole"};

/* Largest error seen, relative to the tensor's largest value: 1.7e-6. */
static const double golden_tolerance = 5e-6;

struct scene {
    struct decoder *decoder;
    struct tn_pool *pool;
    struct tn_arena arena;
    size_t floats;
    float *theta, *dtheta, *features, *dfeatures, *weights;
    int *inputs, *targets;
    size_t *lengths;
    struct decoder_batch batch;
    float smoothing;
    bool dropout;
};

static void *zeroed(size_t count, size_t size)
{
    void *memory = calloc(count, size);

    ck_assert_ptr_nonnull(memory);
    return memory;
}

static double call(struct scene *s, float *dtheta, float *dfeatures, float scale)
{
    struct tn_rng rng;
    const struct tn_pass pass = {.pool = s->pool,
                                 .theta = s->theta,
                                 .dtheta = dtheta,
                                 .rng = s->dropout ? &rng : NULL,
                                 .arena = &s->arena};

    tn_rng_init(&rng, 5);
    s->batch.dfeatures = dfeatures;
    return decoder_loss(s->decoder, &pass, &s->batch, scale, s->smoothing);
}

/* A random scene.  What is beyond a caption's length is made to do harm when it is read. */
static void scene_init(struct scene *s, const struct decoder_config *config, size_t size,
                       size_t steps, const size_t *lengths)
{
    struct tn_rng rng;

    memset(s, 0, sizeof *s);
    tn_rng_init(&rng, 3);
    ck_assert_int_eq(decoder_create(config, "", &s->decoder, NULL), TN_OK);
    s->floats = decoder_layout(s->decoder)->floats;
    s->dropout = config->dropout > 0;
    s->theta = zeroed(s->floats, sizeof(float));
    s->dtheta = zeroed(s->floats, sizeof(float));
    s->features = zeroed(size * config->features, sizeof(float));
    s->dfeatures = zeroed(size * config->features, sizeof(float));
    s->weights = zeroed(size, sizeof(float));
    s->inputs = zeroed(size * steps, sizeof(int));
    s->targets = zeroed(size * steps, sizeof(int));
    s->lengths = zeroed(size, sizeof(size_t));
    decoder_init(s->decoder, &rng, s->theta);
    tn_rng_fill_uniform(&rng, s->features, size * config->features, 1);
    for (size_t b = 0; b < size; b++)
        s->weights[b] = 1;
    for (size_t b = 0; b < size; b++)
        s->lengths[b] = lengths ? lengths[b] : 1 + (size_t)tn_rng_below(&rng, steps);
    for (size_t i = 0; i < size * steps; i++) {
        const bool there = i / size < s->lengths[i % size];

        s->inputs[i] = there ? (int)tn_rng_below(&rng, config->vocabulary) : -1000000;
        s->targets[i] = there ? (int)tn_rng_below(&rng, config->vocabulary) : -1000000;
    }
    s->batch = (struct decoder_batch){.size = size,
                                      .steps = steps,
                                      .features = s->features,
                                      .inputs = s->inputs,
                                      .targets = s->targets,
                                      .lengths = s->lengths,
                                      .weights = s->weights};
    tn_arena_measure(&s->arena);
    call(s, s->dtheta, s->dfeatures, 1);
    ck_assert_int_eq(tn_arena_reserve(&s->arena, NULL), TN_OK);
}

static void scene_finish(struct scene *s)
{
    tn_arena_finish(&s->arena);
    tn_pool_destroy(s->pool);
    decoder_destroy(s->decoder);
    free(s->theta);
    free(s->dtheta);
    free(s->features);
    free(s->dfeatures);
    free(s->weights);
    free(s->inputs);
    free(s->targets);
    free(s->lengths);
}

static struct decoder_config small_config(const struct rnn_cell_ops *cell, float dropout)
{
    return (struct decoder_config){.cell = cell,
                                   .layers = LAYERS,
                                   .embedding = EMBEDDING,
                                   .hidden = HIDDEN,
                                   .vocabulary = WORDS,
                                   .features = FEATURES,
                                   .dropout = dropout,
                                   .image_dropout = dropout};
}

static void read_golden(const struct tn_file *file, const char *cell, const char *prefix,
                        const char *name, float *out, size_t count)
{
    struct tn_error err = {0};
    char full[3 * TN_NAME_SIZE];

    snprintf(full, sizeof full, "%s%s%s%s", cell, *cell ? "." : "", prefix, name);
    ck_assert_msg(tn_file_read_floats(file, full, count, out, &err) == TN_OK, "%s", err.text);
}

static void compare(const char *cell, const char *name, const float *x, const float *truth,
                    size_t count)
{
    double largest = 0;

    for (size_t i = 0; i < count; i++)
        largest = fmax(largest, fabs((double)truth[i]));
    for (size_t i = 0; i < count; i++)
        ck_assert_msg(fabs((double)x[i] - (double)truth[i]) <= golden_tolerance * largest,
                      "%s: the gradient of %s[%zu] is %.9g, not %.9g", cell, name, i, (double)x[i],
                      (double)truth[i]);
}

static void read_golden_scene(const struct tn_file *file, const char *cell, struct scene *s)
{
    const struct tn_layout *layout = decoder_layout(s->decoder);
    float tokens[SIZE * STEPS];

    read_golden(file, "", "", "features", s->features, SIZE * FEATURES);
    read_golden(file, "", "", "inputs", tokens, SIZE * STEPS);
    for (size_t i = 0; i < SIZE * STEPS; i++)
        s->inputs[i] = (int)tokens[i];
    read_golden(file, "", "", "targets", tokens, SIZE * STEPS);
    for (size_t i = 0; i < SIZE * STEPS; i++)
        s->targets[i] = (int)tokens[i];
    for (size_t i = 0; i < layout->count; i++)
        read_golden(file, cell, "", layout->parameters[i].name,
                    s->theta + layout->parameters[i].span.offset, layout->parameters[i].span.count);
}

START_TEST(loss_and_gradients_match_the_golden_values)
{
    const char *cell = golden_cells[_i];
    const struct decoder_config config = small_config(rnn_cell_find(cell), 0);
    float loss, truth[1024];
    struct tn_file *file;
    struct scene s;
    char path[4096];
    double got;

    snprintf(path, sizeof path, "%s/rnn_golden.safetensors", getenv("TEST_DATA"));
    ck_assert_int_eq(tn_file_open(path, &file, NULL), TN_OK);
    scene_init(&s, &config, SIZE, STEPS, golden_lengths);
    read_golden_scene(file, cell, &s);
    s.smoothing = 0.1F;
    got = call(&s, s.dtheta, s.dfeatures, 1);
    read_golden(file, cell, "", "loss", &loss, 1);
    ck_assert_msg(fabs(got - (double)loss) <= 1e-6 * (double)loss, "%s: the loss is %.9g, not %.9g",
                  cell, got, (double)loss);
    for (size_t i = 0; i < decoder_layout(s.decoder)->count; i++) {
        const struct tn_parameter *p = &decoder_layout(s.decoder)->parameters[i];

        ck_assert_uint_le(p->span.count, sizeof truth / sizeof *truth);
        read_golden(file, cell, "d.", p->name, truth, p->span.count);
        compare(cell, p->name, s.dtheta + p->span.offset, truth, p->span.count);
    }
    read_golden(file, cell, "d.", "features", truth, SIZE * FEATURES);
    compare(cell, "features", s.dfeatures, truth, SIZE * FEATURES);
    scene_finish(&s);
    tn_file_close(file);
}
END_TEST

static double dropped_loss(void *context)
{
    struct scene *s = context;

    return call(s, s->dtheta, NULL, 1);
}

/* Rectifiers that are well on or off, where differences do not cross their kink. */
static void spread_biases(struct scene *s)
{
    const struct tn_layout *layout = decoder_layout(s->decoder);
    const struct tn_parameter *weight = tn_layout_find(layout, "image.hidden.weight");
    const struct tn_parameter *bias = tn_layout_find(layout, "image.hidden.bias");

    for (size_t i = 0; weight && i < weight->span.count; i++)
        s->theta[weight->span.offset + i] *= 0.1F;
    for (size_t i = 0; bias && i < bias->span.count; i++)
        s->theta[bias->span.offset + i] = i % 3 == 0 ? -0.5F : 0.5F;
}

/* None, rectified ones, linear ones. */
static void set_image_units(struct decoder_config *config, int kind)
{
    config->image_hidden = kind == 0 ? 0 : HIDDEN_UNITS;
    config->image_linear = kind == 2;
}

START_TEST(gradients_hold_under_dropout)
{
    const struct rnn_cell_ops *cell = rnn_cell_at((size_t)_i / 3);
    struct decoder_config config = small_config(cell, 0.4F);
    struct scene s;
    float *gradient;
    size_t worst;
    double error;

    set_image_units(&config, _i % 3);

    scene_init(&s, &config, SIZE, STEPS, golden_lengths);
    spread_biases(&s);
    spread_from_kinks(cell, decoder_layout(s.decoder), s.theta, 1, 0.2F);
    call(&s, s.dtheta, s.dfeatures, 1);
    gradient = zeroed(s.floats, sizeof(float));
    memcpy(gradient, s.dtheta, s.floats * sizeof(float));
    for (size_t i = 0; i < decoder_layout(s.decoder)->count; i++) {
        const struct tn_parameter *p = &decoder_layout(s.decoder)->parameters[i];

        error = gradcheck_smooth(dropped_loss, &s, s.theta + p->span.offset,
                                 gradient + p->span.offset, p->span.count, 5e-2, &worst);

        ck_assert_msg(error < 2e-3, "%s: the gradient of %s[%zu] is wrong by %g", cell->name,
                      p->name, worst, error);
    }
    memcpy(gradient, s.dfeatures, SIZE * FEATURES * sizeof(float));
    error = gradcheck_smooth(dropped_loss, &s, s.features, gradient, SIZE * FEATURES, 5e-2, &worst);
    ck_assert_msg(error < 2e-3, "%s: the gradient of V[%zu] is wrong by %g", cell->name, worst,
                  error);
    free(gradient);
    scene_finish(&s);
}
END_TEST

/* The batch's loss and gradient are the sums over its captions, each alone and without padding,
 * its gradient by its weight. */
START_TEST(a_padded_caption_counts_as_it_does_alone)
{
    struct decoder_config config = small_config(rnn_cell_at((size_t)_i / 3), 0);
    float *together, alone_features[FEATURES];
    double sum = 0, all;
    struct scene s;

    set_image_units(&config, _i % 3);
    scene_init(&s, &config, SIZE, STEPS, golden_lengths);
    memcpy(s.weights, (const float[SIZE]){2, -1, 0.5F, 0}, SIZE * sizeof(float));
    all = call(&s, s.dtheta, s.dfeatures, 1);
    together = zeroed(s.floats, sizeof(float));
    memcpy(together, s.dtheta, s.floats * sizeof(float));
    memset(s.dtheta, 0, s.floats * sizeof(float));
    for (size_t b = 0; b < SIZE; b++) {
        int inputs[STEPS], targets[STEPS];

        for (size_t t = 0; t < s.lengths[b]; t++) {
            inputs[t] = s.inputs[t * SIZE + b];
            targets[t] = s.targets[t * SIZE + b];
        }
        s.batch = (struct decoder_batch){.size = 1,
                                         .steps = s.lengths[b],
                                         .features = s.features + b * FEATURES,
                                         .inputs = inputs,
                                         .targets = targets,
                                         .lengths = s.lengths + b};
        sum += call(&s, s.dtheta, alone_features, s.weights[b]);
        for (size_t i = 0; i < FEATURES; i++)
            ck_assert_float_eq_tol(alone_features[i], s.dfeatures[b * FEATURES + i], 1e-6F);
    }
    ck_assert_double_eq_tol(sum, all, 1e-6 * all);
    for (size_t i = 0; i < s.floats; i++)
        ck_assert_float_eq_tol(s.dtheta[i], together[i], 1e-5F);
    free(together);
    scene_finish(&s);
}
END_TEST

START_TEST(the_loss_alone_is_the_loss_with_its_gradient)
{
    const struct decoder_config config = small_config(rnn_cell_at((size_t)_i), 0);
    struct scene s;

    scene_init(&s, &config, SIZE, STEPS, golden_lengths);
    ck_assert(call(&s, NULL, NULL, 1) == call(&s, s.dtheta, NULL, 1));
    s.smoothing = 0.2F;
    ck_assert(call(&s, NULL, NULL, 1) == call(&s, s.dtheta, NULL, 1));
    scene_finish(&s);
}
END_TEST

START_TEST(gradients_are_scaled_and_added)
{
    const struct decoder_config config = small_config(rnn_cell_find("lstm"), 0);
    struct scene s;
    float *once;

    scene_init(&s, &config, SIZE, STEPS, golden_lengths);
    call(&s, s.dtheta, NULL, 1);
    once = zeroed(s.floats, sizeof(float));
    memcpy(once, s.dtheta, s.floats * sizeof(float));
    call(&s, s.dtheta, NULL, 0.5F);
    for (size_t i = 0; i < s.floats; i++)
        ck_assert_float_eq_tol(s.dtheta[i], 1.5F * once[i], 1e-5F);
    free(once);
    scene_finish(&s);
}
END_TEST

/* Large enough that every product and every loop is cut into several tasks. */
static void run_large(size_t threads, const struct rnn_cell_ops *cell, struct scene *s,
                      double *ret_loss)
{
    struct decoder_config config = {.cell = cell,
                                    .layers = 2,
                                    .embedding = 136,
                                    .hidden = 144,
                                    .vocabulary = 1003,
                                    .features = 300,
                                    .image_hidden = 170,
                                    .dropout = 0.3F,
                                    .image_dropout = 0.2F};

    scene_init(s, &config, 37, 16, NULL);
    ck_assert_int_eq(tn_pool_create(threads, &s->pool, NULL), TN_OK);
    s->smoothing = 0.1F;
    *ret_loss = call(s, s->dtheta, s->dfeatures, 0.25F);
}

START_TEST(the_number_of_threads_does_not_change_a_bit)
{
    const struct rnn_cell_ops *cell = rnn_cell_at((size_t)_i);
    struct scene one;
    double loss;

    run_large(1, cell, &one, &loss);
    for (size_t threads = 2; threads <= 3; threads++) {
        struct scene many;
        double again;

        run_large(threads, cell, &many, &again);
        ck_assert_msg(again == loss, "%s: the loss differs with %zu threads", cell->name, threads);
        ck_assert_msg(memcmp(one.dtheta, many.dtheta, one.floats * sizeof(float)) == 0,
                      "%s: the gradient differs with %zu threads", cell->name, threads);
        ck_assert_mem_eq(one.dfeatures, many.dfeatures, 37 * 300 * sizeof(float));
        scene_finish(&many);
    }
    scene_finish(&one);
}
END_TEST

static double loss_with_dropout(struct scene *s, float *dtheta, struct tn_rng *rng)
{
    const struct tn_pass pass = {
        .theta = s->theta, .dtheta = dtheta, .rng = rng, .arena = &s->arena};

    s->batch.dfeatures = NULL;
    return decoder_loss(s->decoder, &pass, &s->batch, 1, 0);
}

START_TEST(dropout_follows_its_seed)
{
    const struct decoder_config config = small_config(rnn_cell_find("lstm"), 0.5F);
    struct tn_rng first, same, other;
    double a, b, c, without;
    struct scene s;

    scene_init(&s, &config, SIZE, STEPS, golden_lengths);
    tn_rng_init(&first, 1);
    tn_rng_init(&same, 1);
    tn_rng_init(&other, 2);
    a = loss_with_dropout(&s, s.dtheta, &first);
    b = loss_with_dropout(&s, s.dtheta, &same);
    c = loss_with_dropout(&s, s.dtheta, &other);
    without = loss_with_dropout(&s, NULL, &other);
    ck_assert(a == b);
    ck_assert(a != c);
    ck_assert(a != without && c != without);
    ck_assert_mem_eq(&first, &same, sizeof first);
    scene_finish(&s);
}
END_TEST

START_TEST(impossible_sizes_are_refused)
{
    const struct decoder_config good = small_config(rnn_cell_find("lstm"), 0);
    struct decoder_config bad[6];
    struct decoder *decoder;

    for (size_t i = 0; i < 6; i++)
        bad[i] = good;
    bad[0].layers = 0;
    bad[1].layers = 1000;
    bad[2].vocabulary = 0;
    bad[3].hidden = 0;
    bad[4].dropout = 1;
    bad[5].hidden = (size_t)1 << 40;
    for (size_t i = 0; i < 6; i++) {
        struct tn_error err = {0};

        ck_assert_int_eq(decoder_create(&bad[i], "", &decoder, &err), TN_RANGE);
        ck_assert(err.text[0] != '\0');
    }
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("decoder");
    TCase *golden = tcase_create("golden"), *cells = tcase_create("cells");
    TCase *decoder = tcase_create("decoder");
    const int count = (int)rnn_cell_count();

    tcase_add_loop_test(golden, loss_and_gradients_match_the_golden_values, 0,
                        (int)(sizeof golden_cells / sizeof *golden_cells));
    tcase_add_loop_test(cells, gradients_hold_under_dropout, 0, 3 * count);
    tcase_add_loop_test(cells, a_padded_caption_counts_as_it_does_alone, 0, 3 * count);
    tcase_add_loop_test(cells, the_loss_alone_is_the_loss_with_its_gradient, 0, count);
    tcase_add_loop_test(cells, the_number_of_threads_does_not_change_a_bit, 0, count);
    tcase_add_test(decoder, gradients_are_scaled_and_added);
    tcase_add_test(decoder, dropout_follows_its_seed);
    tcase_add_test(decoder, impossible_sizes_are_refused);
    suite_add_tcase(suite, golden);
    suite_add_tcase(suite, cells);
    suite_add_tcase(suite, decoder);
    return suite;
}
