/* SPDX-License-Identifier: MIT */
/*
 * What a recurrent net may have beyond the plain form: a learned start, layer normalisation and
 * zoneout's mean against a reference (values made by tools/make_rnn_forms_golden.py), what is drawn
 * in training, and how recurrent weights begin.
 */
#include "tests/support/suite.h"

#include "rnn/sequence.h"
#include "tensor/pointwise.h"
#include "tensor/safetensors.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The sizes of make_rnn_forms_golden.py. */
enum { BATCH = 5, STEPS = 4, INPUT = 2, HIDDEN = 4, LAYERS = 2, WIDTH = 2 * HIDDEN };
enum { STATES = LAYERS * 2 * BATCH * 2 * HIDDEN };

static const size_t lengths[BATCH] = {2, 4, 1, 3, 4};

struct net {
    struct rnn_sequence sequence;
    struct tn_layout layout;
    struct tn_arena arena;
    struct rnn_packing packing;
    struct rnn_run run;
    struct tn_rng *rng;
    float *theta, *dtheta;
    float x[BATCH * STEPS * INPUT], dx[BATCH * STEPS * INPUT]; /* packed rows */
    float weights[BATCH * STEPS * WIDTH];
    float final[STATES], final_weights[STATES];
};

/* Forward, and backward of the sum of all h and final states, each times its weight. */
static void run_net(struct net *net, bool training)
{
    const struct tn_pass pass = {.theta = net->theta,
                                 .dtheta = training ? net->dtheta : NULL,
                                 .rng = net->rng,
                                 .arena = &net->arena};
    const struct rnn_inputs inputs = {.x = net->x};
    const struct rnn_gradients gradients = {.final = net->final_weights, .x = net->dx};
    const size_t width = rnn_sequence_directions(&net->sequence) * net->sequence.hidden;

    rnn_sequence_forward(&net->sequence, &pass, &net->packing, &inputs, &net->run);
    for (size_t r = 0; training && net->arena.base && r < net->packing.total; r++)
        memcpy(net->run.dh + r * net->run.ldh, net->weights + r * width, width * sizeof(float));
    if (net->arena.base)
        rnn_sequence_final(&net->sequence, &net->run, net->final);
    if (training)
        rnn_sequence_backward(&net->sequence, &pass, &net->run, &gradients);
}

static void net_init(struct net *net, const struct rnn_cell_ops *cell, struct rnn_options options)
{
    memset(net, 0, sizeof *net);
    net->sequence = (struct rnn_sequence){.cell = cell,
                                          .layers = LAYERS,
                                          .input = INPUT,
                                          .hidden = HIDDEN,
                                          .bidirectional = true,
                                          .options = options};
    ck_assert_int_eq(rnn_sequence_declare(&net->sequence, &net->layout, "", NULL, NULL), TN_OK);
    net->theta = calloc(net->layout.floats, sizeof(float));
    net->dtheta = calloc(net->layout.floats, sizeof(float));
    ck_assert(net->theta && net->dtheta);
    tn_arena_measure(&net->arena);
    rnn_pack(&net->packing, BATCH, STEPS, NULL, &net->arena);
    run_net(net, true);
    run_net(net, true); /* room for both calls of a test */
    ck_assert_int_eq(tn_arena_reserve(&net->arena, NULL), TN_OK);
    rnn_pack(&net->packing, BATCH, STEPS, lengths, &net->arena);
}

static void net_finish(struct net *net)
{
    tn_arena_finish(&net->arena);
    tn_layout_finish(&net->layout);
    free(net->theta);
    free(net->dtheta);
}

static void read_golden(const struct tn_file *file, const char *cell, const char *name, float *out,
                        size_t count)
{
    struct tn_error err = {0};
    char full[3 * TN_NAME_SIZE];

    snprintf(full, sizeof full, "%s%s%s", cell, *cell ? "." : "", name);
    ck_assert_msg(tn_file_read_floats(file, full, count, out, &err) == TN_OK, "%s", err.text);
}

/* [batch][steps][width] of the file as packed rows. */
static void read_rows(const struct net *net, const struct tn_file *file, const char *cell,
                      const char *name, size_t width, float *packed)
{
    const struct rnn_packing *packing = &net->packing;
    float rows[BATCH * STEPS * WIDTH];

    read_golden(file, cell, name, rows, BATCH * STEPS * width);
    for (size_t t = 0; t < packing->steps; t++)
        for (size_t r = 0; r < packing->rows[t]; r++)
            memcpy(packed + (packing->offset[t] + r) * width,
                   rows + (packing->order[r] * STEPS + t) * width, width * sizeof(float));
}

/* Largest error seen, relative to the largest value: 2e-6. */
static void compare(const char *cell, const char *name, const float *x, const float *truth,
                    size_t count)
{
    double largest = 0;

    for (size_t i = 0; i < count; i++)
        largest = fmax(largest, fabs((double)truth[i]));
    for (size_t i = 0; i < count; i++)
        ck_assert_msg(fabs((double)x[i] - (double)truth[i]) <= 1e-5 * largest,
                      "%s: %s[%zu] is %.9g, not %.9g", cell, name, i, (double)x[i],
                      (double)truth[i]);
}

static void compare_run(struct net *net, const struct tn_file *file, const char *cell)
{
    const size_t total = net->packing.total;
    const size_t states = rnn_sequence_state_floats(&net->sequence, BATCH);
    float truth[STATES + BATCH * STEPS * WIDTH], h[BATCH * STEPS * WIDTH];
    char name[TN_NAME_SIZE + 2];

    for (size_t r = 0; r < total; r++)
        memcpy(h + r * WIDTH, net->run.h + r * net->run.ldh, WIDTH * sizeof *h);
    read_rows(net, file, cell, "outputs", WIDTH, truth);
    compare(cell, "outputs", h, truth, total * WIDTH);
    read_golden(file, cell, "final", truth, states);
    compare(cell, "final", net->final, truth, states);
    read_rows(net, file, cell, "d.x", INPUT, truth);
    compare(cell, "d.x", net->dx, truth, total * INPUT);
    for (size_t i = 0; i < net->layout.count; i++) {
        const struct tn_parameter *p = &net->layout.parameters[i];

        snprintf(name, sizeof name, "d.%s", p->name);
        read_golden(file, cell, name, truth, p->span.count);
        compare(cell, name, net->dtheta + p->span.offset, truth, p->span.count);
    }
}

START_TEST(all_forms_at_once_match_the_golden_values)
{
    const struct rnn_cell_ops *cell = rnn_cell_at((size_t)_i);
    const struct rnn_options options = {
        .learned_start = true, .layer_norm = true, .zoneout = {0.125F, 0.25F}};
    char path[4096];
    struct tn_file *file;
    struct net net;

    net_init(&net, cell, options);
    snprintf(path, sizeof path, "%s/rnn_forms.safetensors", getenv("TEST_DATA"));
    ck_assert_int_eq(tn_file_open(path, &file, NULL), TN_OK);
    for (size_t i = 0; i < net.layout.count; i++)
        read_golden(file, cell->name, net.layout.parameters[i].name,
                    net.theta + net.layout.parameters[i].span.offset,
                    net.layout.parameters[i].span.count);
    read_rows(&net, file, "", "x", INPUT, net.x);
    read_rows(&net, file, cell->name, "weights", WIDTH, net.weights);
    read_golden(file, cell->name, "final_weights", net.final_weights,
                rnn_sequence_state_floats(&net.sequence, BATCH));
    run_net(&net, true);
    compare_run(&net, file, cell->name);
    tn_file_close(file);
    net_finish(&net);
}
END_TEST

static void draw_net(struct net *net)
{
    struct tn_rng rng;

    tn_rng_init(&rng, 3);
    tn_rng_fill_uniform(&rng, net->theta, net->layout.floats, 1);
    tn_rng_fill_uniform(&rng, net->x, BATCH * STEPS * INPUT, 1);
}

START_TEST(inference_reads_as_training_does_without_draws)
{
    const struct rnn_options options = {.learned_start = true,
                                        .layer_norm = true,
                                        .zoneout = {0.3F, 0.2F},
                                        .recurrent_dropout = 0.5F};
    float final[STATES];
    struct net net;

    net_init(&net, rnn_cell_at((size_t)_i), options);
    draw_net(&net);
    run_net(&net, true);
    memcpy(final, net.final, sizeof final);
    memset(net.final, 0, sizeof net.final);
    run_net(&net, false);
    ck_assert_mem_eq(net.final, final,
                     rnn_sequence_state_floats(&net.sequence, BATCH) * sizeof *final);
    net_finish(&net);
}
END_TEST

/* Each number of a state is that of the step before, or what the cell made. */
START_TEST(zoneout_keeps_a_share_of_the_numbers)
{
    const struct rnn_cell_ops *cell = rnn_cell_find("lstm");
    const struct rnn_run_direction *run;
    size_t kept[2] = {0, 0}, count = 0;
    struct tn_rng rng;
    struct net net;

    net_init(&net, cell, (struct rnn_options){.zoneout = {0.25F, 0.5F}});
    draw_net(&net);
    net.rng = &rng;
    for (uint64_t seed = 0; seed < 40; seed++) {
        const size_t mark = tn_arena_mark(&net.arena);

        tn_rng_init(&rng, seed);
        run_net(&net, true);
        run = &net.run.layer[0].direction[0];
        for (size_t r = 0; r < net.packing.rows[1]; r++) {
            const float *before = run->states + (BATCH + r) * 2 * HIDDEN;
            const float *after = run->states + (BATCH + net.packing.offset[1] + r) * 2 * HIDDEN;
            const float *new = run->form.new + (net.packing.offset[1] + r) * 2 * HIDDEN;

            for (size_t j = 0; j < 2 * HIDDEN; j++) {
                ck_assert(after[j] == before[j] || after[j] == new[j]);
                kept[j / HIDDEN] += after[j] == before[j];
            }
            count += HIDDEN;
        }
        tn_arena_release(&net.arena, mark);
    }
    ck_assert_double_eq_tol((double)kept[0] / (double)count, 0.25, 0.05);
    ck_assert_double_eq_tol((double)kept[1] / (double)count, 0.5, 0.05);
    net_finish(&net);
}
END_TEST

/* A unit that a sequence drops, it drops at every step. */
START_TEST(recurrent_dropout_draws_once_per_sequence)
{
    const struct rnn_run_direction *run;
    struct tn_rng rng;
    struct net net;

    net_init(&net, rnn_cell_find("gru"), (struct rnn_options){.recurrent_dropout = 0.5F});
    draw_net(&net);
    tn_rng_init(&rng, 4);
    net.rng = &rng;
    run_net(&net, true);
    run = &net.run.layer[0].direction[0];
    for (size_t t = 1; t < STEPS; t++)
        for (size_t r = 0; r < net.packing.rows[t]; r++)
            for (size_t j = 0; j < HIDDEN; j++) {
                const size_t early = BATCH + net.packing.offset[t - 1] + r;
                const float h = run->states[early * HIDDEN + j];
                const bool on = run->form.dropout.mask[r * HIDDEN + j] != 0;

                ck_assert_float_eq_tol(run->form.dropped[(net.packing.offset[t] + r) * HIDDEN + j],
                                       on ? 2 * h : 0, 1e-6F);
            }
    net_finish(&net);
}
END_TEST

START_TEST(recurrent_weights_begin_as_they_are_told)
{
    const enum rnn_start start = (enum rnn_start)_i;
    const struct rnn_sequence *sequence;
    const float *w;
    struct tn_rng rng;
    struct net net;

    net_init(&net, rnn_cell_find("lstm"), (struct rnn_options){.recurrent_start = start});
    tn_rng_init(&rng, 1);
    rnn_sequence_init(&net.sequence, &rng, net.theta);
    sequence = &net.sequence;
    for (size_t gate = 0; gate < 4; gate++) {
        w = net.theta + sequence->layer[1][1].weight_hh.offset + gate * HIDDEN * HIDDEN;
        for (size_t i = 0; i < HIDDEN; i++)
            for (size_t j = 0; j < HIDDEN && start != RNN_START_UNIFORM; j++)
                ck_assert_float_eq_tol(tn_dot(w + i * HIDDEN, w + j * HIDDEN, HIDDEN), i == j,
                                       1e-6F);
        ck_assert_int_eq(w[0] == 1 && w[1] == 0, start == RNN_START_IDENTITY);
        ck_assert_int_eq(net.theta[sequence->layer[0][0].bias_ih.offset + gate * HIDDEN] == 0,
                         start == RNN_START_IDENTITY && gate != 1);
    }
    net_finish(&net);
}
END_TEST

START_TEST(impossible_forms_are_refused)
{
    const struct rnn_options bad[] = {{.zoneout = {1, 0}},
                                      {.zoneout = {0, -0.1F}},
                                      {.recurrent_dropout = NAN},
                                      {.layer_norm = true}};

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct rnn_sequence sequence = {.cell = rnn_cell_at(0),
                                        .layers = 1,
                                        .input = 2,
                                        .hidden = 2,
                                        .first = 3,
                                        .options = bad[i]};
        struct tn_layout layout = {0};
        struct tn_error err = {0};

        ck_assert_int_eq(rnn_sequence_declare(&sequence, &layout, "", "v", &err), TN_RANGE);
        ck_assert(err.text[0] != '\0');
        tn_layout_finish(&layout);
    }
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("rnn forms");
    TCase *tcase = tcase_create("forms");
    const int cells = (int)rnn_cell_count();

    tcase_add_loop_test(tcase, all_forms_at_once_match_the_golden_values, 0, cells);
    tcase_add_loop_test(tcase, inference_reads_as_training_does_without_draws, 0, cells);
    tcase_add_test(tcase, zoneout_keeps_a_share_of_the_numbers);
    tcase_add_test(tcase, recurrent_dropout_draws_once_per_sequence);
    tcase_add_loop_test(tcase, recurrent_weights_begin_as_they_are_told, 0, 3);
    tcase_add_test(tcase, impossible_forms_are_refused);
    suite_add_tcase(suite, tcase);
    return suite;
}
