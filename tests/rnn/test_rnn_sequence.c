/* SPDX-License-Identifier: MIT */
/*
 * Recurrent nets as their users run them: bidirectional and stacked over packed sequences against
 * PyTorch and a reference (values made by tools/make_rnn_sequence_golden.py), in chunks, as encoder
 * and decoder, with dropout and threads.
 */
#include "tests/support/gradcheck.h"
#include "tests/support/kinks.h"
#include "tests/support/suite.h"

#include "rnn/sequence.h"
#include "tensor/safetensors.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *zeroed(size_t count, size_t size)
{
    void *memory = calloc(count, size);

    ck_assert_ptr_nonnull(memory);
    return memory;
}

/* A net with its parameters, and a batch that it reads; dh and the final states' gradients are the
 * weights of a loss that is their sum. */
struct net {
    struct rnn_sequence sequence;
    struct tn_layout layout;
    struct tn_arena arena;
    struct tn_pool *pool;
    size_t batch, steps, width, states;
    const size_t *lengths;
    float *theta, *dtheta;
    float *x, *dx;      /* [batch][steps][input] */
    float *h, *weights; /* [batch][steps][width]; zero after the end */
    float *initial, *dinitial, *final, *final_weights;
    bool given; /* the initial states */
    uint64_t dropout_seed;
};

static void net_init(struct net *net, const struct rnn_sequence *sequence, size_t batch,
                     size_t steps, const size_t *lengths)
{
    const size_t tokens = batch * steps;
    struct tn_rng rng;

    *net = (struct net){.sequence = *sequence, .batch = batch, .steps = steps, .lengths = lengths};
    ck_assert_int_eq(rnn_sequence_declare(&net->sequence, &net->layout, "", NULL, NULL), TN_OK);
    net->width = rnn_sequence_directions(&net->sequence) * net->sequence.hidden;
    net->states = rnn_sequence_state_floats(&net->sequence, batch);
    net->theta = zeroed(net->layout.floats, sizeof(float));
    net->dtheta = zeroed(net->layout.floats, sizeof(float));
    net->x = zeroed(tokens * net->sequence.input, sizeof(float));
    net->dx = zeroed(tokens * net->sequence.input, sizeof(float));
    net->h = zeroed(tokens * net->width, sizeof(float));
    net->weights = zeroed(tokens * net->width, sizeof(float));
    net->initial = zeroed(net->states, sizeof(float));
    net->dinitial = zeroed(net->states, sizeof(float));
    net->final = zeroed(net->states, sizeof(float));
    net->final_weights = zeroed(net->states, sizeof(float));
    tn_rng_init(&rng, 3);
    tn_rng_fill_uniform(&rng, net->theta, net->layout.floats, 0.7F);
    spread_from_kinks(net->sequence.cell, &net->layout, net->theta, 1, 0.2F);
    tn_rng_fill_uniform(&rng, net->x, tokens * net->sequence.input, 1);
    tn_rng_fill_uniform(&rng, net->weights, tokens * net->width, 1);
}

static void net_finish(struct net *net)
{
    tn_arena_finish(&net->arena);
    tn_layout_finish(&net->layout);
    tn_pool_destroy(net->pool);
    free(net->theta);
    free(net->dtheta);
    free(net->x);
    free(net->dx);
    free(net->h);
    free(net->weights);
    free(net->initial);
    free(net->dinitial);
    free(net->final);
    free(net->final_weights);
}

/* Packed rows to and from [batch][steps][width]. */
static void pack(const struct rnn_packing *packing, size_t steps, size_t width, float *packed,
                 size_t ld, const float *rows)
{
    for (size_t t = 0; t < packing->steps; t++)
        for (size_t r = 0; r < packing->rows[t]; r++)
            memcpy(packed + (packing->offset[t] + r) * ld,
                   rows + (packing->order[r] * steps + t) * width, width * sizeof(float));
}

static void unpack(const struct rnn_packing *packing, size_t steps, size_t width, float *rows,
                   const float *packed, size_t ld)
{
    for (size_t t = 0; t < packing->steps; t++)
        for (size_t r = 0; r < packing->rows[t]; r++)
            memcpy(rows + (packing->order[r] * steps + t) * width,
                   packed + (packing->offset[t] + r) * ld, width * sizeof(float));
}

/* Forward and, in training, backward; on a measuring arena plans them. */
static void run_net(struct net *net, bool training)
{
    const size_t mark = tn_arena_mark(&net->arena), input = net->sequence.input;
    struct rnn_packing packing;
    struct rnn_gradients gradients = {.final = net->final_weights, .initial = net->dinitial};
    struct rnn_inputs inputs = {.initial = net->given ? net->initial : NULL};
    struct rnn_run run;
    struct tn_rng rng;
    const struct tn_pass pass = {.pool = net->pool,
                                 .theta = net->theta,
                                 .dtheta = training ? net->dtheta : NULL,
                                 .rng = net->dropout_seed ? &rng : NULL,
                                 .arena = &net->arena};
    float *x;

    tn_rng_init(&rng, net->dropout_seed);
    rnn_pack(&packing, net->batch, net->steps, net->lengths, &net->arena);
    inputs.x = x = tn_arena_floats(&net->arena, packing.total * input);
    gradients.x = tn_arena_floats(&net->arena, packing.total * input);
    if (net->arena.base)
        pack(&packing, net->steps, input, x, input, net->x);
    rnn_sequence_forward(&net->sequence, &pass, &packing, &inputs, &run);
    if (net->arena.base) {
        unpack(&packing, net->steps, net->width, net->h, run.h, run.ldh);
        rnn_sequence_final(&net->sequence, &run, net->final);
        if (training)
            pack(&packing, net->steps, net->width, run.dh, run.ldh, net->weights);
    }
    if (training)
        rnn_sequence_backward(&net->sequence, &pass, &run, &gradients);
    if (net->arena.base && training)
        unpack(&packing, net->steps, input, net->dx, gradients.x, input);
    tn_arena_release(&net->arena, mark);
}

static void plan(struct net *net)
{
    tn_arena_measure(&net->arena);
    run_net(net, true);
    ck_assert_int_eq(tn_arena_reserve(&net->arena, NULL), TN_OK);
}

/* The sizes of make_rnn_sequence_golden.py. */
enum { BATCH = 5, STEPS = 4, INPUT = 2, HIDDEN = 3, LAYERS = 2 };

static const size_t golden_lengths[BATCH] = {2, 4, 1, 3, 4};
static const char *const golden_cells[] = {
    "vanilla", "lstm", "gru", "lstm-peephole", "lstm-coupled", "lstm-coupled-peephole"};

static struct rnn_sequence small_net(const struct rnn_cell_ops *cell)
{
    return (struct rnn_sequence){.cell = cell, .layers = LAYERS, .input = INPUT, .hidden = HIDDEN};
}

static void read_golden(const struct tn_file *file, const char *cell, const char *name, float *out,
                        size_t count)
{
    struct tn_error err = {0};
    char full[3 * TN_NAME_SIZE];

    snprintf(full, sizeof full, "%s%s%s", cell, *cell ? "." : "", name);
    ck_assert_msg(tn_file_read_floats(file, full, count, out, &err) == TN_OK, "%s", err.text);
}

/* Largest error seen, relative to the largest value: 8e-7. */
static void compare(const struct tn_file *file, const char *cell, const char *name, const float *x,
                    size_t count)
{
    float *truth = zeroed(count, sizeof *truth);
    double largest = 0;

    read_golden(file, cell, name, truth, count);
    for (size_t i = 0; i < count; i++)
        largest = fmax(largest, fabs((double)truth[i]));
    for (size_t i = 0; i < count; i++)
        ck_assert_msg(fabs((double)x[i] - (double)truth[i]) <= 5e-6 * largest,
                      "%s: %s[%zu] is %.9g, not %.9g", cell, name, i, (double)x[i],
                      (double)truth[i]);
    free(truth);
}

START_TEST(two_bidirectional_layers_match_the_golden_values)
{
    const char *cell = golden_cells[_i];
    struct rnn_sequence sequence = small_net(rnn_cell_find(cell));
    char path[4096], name[TN_NAME_SIZE + 2];
    struct tn_file *file;
    struct net net;

    sequence.bidirectional = true;
    net_init(&net, &sequence, BATCH, STEPS, golden_lengths);
    net.given = true;
    plan(&net);
    snprintf(path, sizeof path, "%s/rnn_sequences.safetensors", getenv("TEST_DATA"));
    ck_assert_int_eq(tn_file_open(path, &file, NULL), TN_OK);
    for (size_t i = 0; i < net.layout.count; i++)
        read_golden(file, cell, net.layout.parameters[i].name,
                    net.theta + net.layout.parameters[i].span.offset,
                    net.layout.parameters[i].span.count);
    read_golden(file, "", "x", net.x, BATCH * STEPS * INPUT);
    read_golden(file, cell, "initial", net.initial, net.states);
    read_golden(file, cell, "weights", net.weights, BATCH * STEPS * net.width);
    read_golden(file, cell, "final_weights", net.final_weights, net.states);
    run_net(&net, true);
    compare(file, cell, "outputs", net.h, BATCH * STEPS * net.width);
    compare(file, cell, "final", net.final, net.states);
    compare(file, cell, "d.x", net.dx, BATCH * STEPS * INPUT);
    compare(file, cell, "d.initial", net.dinitial, net.states);
    for (size_t i = 0; i < net.layout.count; i++) {
        snprintf(name, sizeof name, "d.%s", net.layout.parameters[i].name);
        compare(file, cell, name, net.dtheta + net.layout.parameters[i].span.offset,
                net.layout.parameters[i].span.count);
    }
    tn_file_close(file);
    net_finish(&net);
}
END_TEST

START_TEST(inference_gives_what_training_gives)
{
    struct rnn_sequence sequence = small_net(rnn_cell_at((size_t)_i / 2));
    float h[BATCH * STEPS * 2 * HIDDEN];
    struct net net;

    sequence.bidirectional = _i % 2 == 1;
    net_init(&net, &sequence, BATCH, STEPS, golden_lengths);
    plan(&net);
    run_net(&net, true);
    memcpy(h, net.h, BATCH * STEPS * net.width * sizeof *h);
    memcpy(net.initial, net.final, net.states * sizeof *h);
    memset(net.h, 0, BATCH * STEPS * net.width * sizeof *h);
    memset(net.final, 0, net.states * sizeof *h);
    run_net(&net, false);
    ck_assert_mem_eq(net.h, h, BATCH * STEPS * net.width * sizeof *h);
    ck_assert_mem_eq(net.final, net.initial, net.states * sizeof *h);
    net_finish(&net);
}
END_TEST

/* What a classifier takes: h after each direction's last step stands in both places. */
START_TEST(the_final_state_is_h_of_the_last_step)
{
    struct rnn_sequence sequence = small_net(rnn_cell_at((size_t)_i));
    size_t row;
    struct net net;

    sequence.bidirectional = true;
    row = sequence.cell->states * HIDDEN;
    net_init(&net, &sequence, BATCH, STEPS, golden_lengths);
    plan(&net);
    run_net(&net, false);
    for (size_t b = 0; b < BATCH; b++) {
        const float *top = net.final + (LAYERS - 1) * 2 * BATCH * row;
        const float *h = net.h + b * STEPS * net.width;
        const float *last = h + (golden_lengths[b] - 1) * net.width;

        ck_assert_mem_eq(top + b * row, last, HIDDEN * sizeof(float));
        ck_assert_mem_eq(top + (BATCH + b) * row, h + HIDDEN, HIDDEN * sizeof(float));
    }
    net_finish(&net);
}
END_TEST

/*
 * Ten steps at once, and in chunks of 4, 4 and 2.  The states are carried over; when their
 * gradients are carried back too, the chunks' gradient is that of the whole, and when it is not
 * (truncated backpropagation), it is that of the whole but for what passes the edges.
 */
enum { LONG = 10, CHUNK = 4, STREAMS = 3 };

struct chunks {
    struct net net;
    float carried[LONG / CHUNK + 2][2 * LAYERS * STREAMS * HIDDEN];
};

static void chunk_pass(struct chunks *c, const struct net *whole, size_t start, bool training)
{
    const size_t index = start / CHUNK, width = whole->width;
    const size_t steps = LONG - start < CHUNK ? LONG - start : CHUNK;
    static size_t lengths[STREAMS];

    for (size_t b = 0; b < STREAMS; b++) {
        lengths[b] = steps;
        memcpy(c->net.x + b * CHUNK * INPUT, whole->x + (b * LONG + start) * INPUT,
               steps * INPUT * sizeof(float));
        memcpy(c->net.weights + b * CHUNK * width, whole->weights + (b * LONG + start) * width,
               steps * width * sizeof(float));
    }
    c->net.lengths = lengths;
    memcpy(c->net.initial, c->carried[index], c->net.states * sizeof(float));
    run_net(&c->net, training);
    memcpy(c->carried[index + 1], c->net.final, c->net.states * sizeof(float));
}

START_TEST(chunks_that_carry_the_state_are_the_whole)
{
    const struct rnn_sequence sequence = small_net(rnn_cell_at((size_t)_i));
    const size_t lengths[STREAMS] = {LONG, LONG, LONG};
    struct chunks c = {0};
    struct net whole;
    double cut = 0;

    net_init(&whole, &sequence, STREAMS, LONG, lengths);
    net_init(&c.net, &sequence, STREAMS, CHUNK, lengths);
    c.net.given = true;
    plan(&whole);
    plan(&c.net);
    run_net(&whole, true);
    for (size_t start = 0; start < LONG; start += CHUNK) {
        const size_t steps = LONG - start < CHUNK ? LONG - start : CHUNK;

        chunk_pass(&c, &whole, start, false);
        for (size_t b = 0; b < STREAMS; b++)
            for (size_t i = 0; i < steps * whole.width; i++)
                ck_assert_float_eq_tol(c.net.h[b * CHUNK * whole.width + i],
                                       whole.h[(b * LONG + start) * whole.width + i], 1e-6F);
    }
    for (size_t start = LONG - LONG % CHUNK;; start -= CHUNK) {
        chunk_pass(&c, &whole, start, true);
        memcpy(c.net.final_weights, c.net.dinitial, c.net.states * sizeof(float));
        if (start == 0)
            break;
    }
    for (size_t i = 0; i < whole.layout.floats; i++)
        ck_assert_float_eq_tol(c.net.dtheta[i], whole.dtheta[i], 2e-5F);
    memset(c.net.dtheta, 0, whole.layout.floats * sizeof(float));
    memset(c.net.final_weights, 0, c.net.states * sizeof(float));
    for (size_t start = 0; start < LONG; start += CHUNK)
        chunk_pass(&c, &whole, start, true);
    for (size_t i = 0; i < whole.layout.floats; i++)
        cut = fmax(cut, fabs((double)(c.net.dtheta[i] - whole.dtheta[i])));
    ck_assert_double_gt(cut, 1e-3);
    net_finish(&whole);
    net_finish(&c.net);
}
END_TEST

/* An encoder's final states begin a decoder, whose sequences are of other lengths. */
struct translator {
    struct net encoder, decoder;
};

static double translate(void *context)
{
    struct translator *t = context;
    double loss = 0;

    run_net(&t->encoder, false);
    memcpy(t->decoder.initial, t->encoder.final, t->encoder.states * sizeof(float));
    run_net(&t->decoder, false);
    for (size_t i = 0; i < BATCH * STEPS * t->decoder.width; i++)
        loss += (double)t->decoder.weights[i] * (double)t->decoder.h[i];
    return loss;
}

START_TEST(the_decoders_gradient_reaches_the_encoder)
{
    static const size_t target_lengths[BATCH] = {3, 1, 4, 2, 2};
    const struct rnn_sequence sequence = small_net(rnn_cell_at((size_t)_i));
    struct translator t;
    double error;
    size_t worst = 0;

    net_init(&t.encoder, &sequence, BATCH, STEPS, golden_lengths);
    net_init(&t.decoder, &sequence, BATCH, STEPS, target_lengths);
    t.decoder.given = true;
    plan(&t.encoder);
    plan(&t.decoder);
    memset(t.encoder.weights, 0, BATCH * STEPS * t.encoder.width * sizeof(float));
    translate(&t);
    run_net(&t.decoder, true);
    memcpy(t.encoder.final_weights, t.decoder.dinitial, t.encoder.states * sizeof(float));
    run_net(&t.encoder, true);
    for (size_t i = 0; i < t.encoder.layout.count; i++) {
        const struct tn_parameter *p = &t.encoder.layout.parameters[i];

        error = gradcheck_smooth(translate, &t, t.encoder.theta + p->span.offset,
                                 t.encoder.dtheta + p->span.offset, p->span.count, 5e-2, &worst);
        ck_assert_msg(error < 2e-3, "%s: the gradient of %s[%zu] is wrong by %g",
                      sequence.cell->name, p->name, worst, error);
    }
    net_finish(&t.encoder);
    net_finish(&t.decoder);
}
END_TEST

static double dropped_loss(void *context)
{
    struct net *net = context;
    double loss = 0;

    run_net(net, true);
    for (size_t i = 0; i < net->batch * net->steps * net->width; i++)
        loss += (double)net->weights[i] * (double)net->h[i];
    return loss;
}

START_TEST(gradients_hold_under_dropout_between_bidirectional_layers)
{
    struct rnn_sequence sequence = small_net(rnn_cell_at((size_t)_i));
    float *gradient;
    struct net net;

    sequence.bidirectional = true;
    sequence.dropout = 0.4F;
    net_init(&net, &sequence, BATCH, STEPS, golden_lengths);
    net.dropout_seed = 5;
    for (size_t b = 0; b < BATCH; b++) /* what is no step has no part in the loss */
        memset(net.weights + (b * STEPS + golden_lengths[b]) * net.width, 0,
               (STEPS - golden_lengths[b]) * net.width * sizeof(float));
    plan(&net);
    run_net(&net, true);
    gradient = zeroed(net.layout.floats, sizeof(float));
    memcpy(gradient, net.dtheta, net.layout.floats * sizeof(float));
    for (size_t i = 0; i < net.layout.count; i++) {
        const struct tn_parameter *p = &net.layout.parameters[i];
        size_t worst = 0;
        const double error =
            gradcheck_smooth(dropped_loss, &net, net.theta + p->span.offset,
                             gradient + p->span.offset, p->span.count, 5e-2, &worst);

        ck_assert_msg(error < 2e-3, "%s: the gradient of %s[%zu] is wrong by %g",
                      sequence.cell->name, p->name, worst, error);
    }
    free(gradient);
    net_finish(&net);
}
END_TEST

/* Large enough that every product and every loop is cut into several tasks. */
static void run_large(struct net *net, const struct rnn_cell_ops *cell, size_t threads)
{
    static size_t lengths[37];
    const struct rnn_sequence sequence = {.cell = cell,
                                          .layers = 2,
                                          .input = 136,
                                          .hidden = 144,
                                          .bidirectional = true,
                                          .dropout = 0.3F};

    for (size_t b = 0; b < 37; b++)
        lengths[b] = 1 + b * 7 % 16;
    net_init(net, &sequence, 37, 16, lengths);
    ck_assert_int_eq(tn_pool_create(threads, &net->pool, NULL), TN_OK);
    net->dropout_seed = 9;
    plan(net);
    run_net(net, true);
}

START_TEST(the_number_of_threads_does_not_change_a_bit)
{
    const struct rnn_cell_ops *cell = rnn_cell_at((size_t)_i);
    struct net one, many;

    run_large(&one, cell, 1);
    for (size_t threads = 2; threads <= 3; threads++) {
        run_large(&many, cell, threads);
        ck_assert_msg(memcmp(one.h, many.h, 37 * 16 * one.width * sizeof(float)) == 0 &&
                          memcmp(one.final, many.final, one.states * sizeof(float)) == 0,
                      "%s: the states differ with %zu threads", cell->name, threads);
        ck_assert_msg(memcmp(one.dtheta, many.dtheta, one.layout.floats * sizeof(float)) == 0 &&
                          memcmp(one.dx, many.dx, 37 * 16 * 136 * sizeof(float)) == 0 &&
                          memcmp(one.dinitial, many.dinitial, one.states * sizeof(float)) == 0,
                      "%s: the gradients differ with %zu threads", cell->name, threads);
        net_finish(&many);
    }
    net_finish(&one);
}
END_TEST

START_TEST(parameters_begin_as_they_should)
{
    struct rnn_sequence sequence = small_net(rnn_cell_find("lstm-peephole"));
    const struct tn_parameter *bias;
    struct tn_rng rng;
    struct net net;

    sequence.bidirectional = true;
    net_init(&net, &sequence, BATCH, STEPS, golden_lengths);
    tn_rng_init(&rng, 1);
    rnn_sequence_init(&net.sequence, &rng, net.theta);
    ck_assert_uint_eq(net.layout.count, 2 * 2 * 5);
    bias = tn_layout_find(&net.layout, "bias_ih_l1_reverse");
    ck_assert_ptr_nonnull(bias);
    for (size_t j = 0; j < HIDDEN; j++) {
        ck_assert_float_eq(net.theta[bias->span.offset + HIDDEN + j], 1);
        ck_assert_float_ne(net.theta[bias->span.offset + j], 0);
    }
    net_finish(&net);
}
END_TEST

START_TEST(impossible_nets_are_refused)
{
    const struct rnn_sequence good = small_net(rnn_cell_at(0));
    struct rnn_sequence bad[5] = {good, good, good, good, good};

    bad[0].layers = 0;
    bad[1].layers = RNN_MAX_LAYERS + 1;
    bad[2].hidden = 0;
    bad[3].input = (size_t)1 << 40;
    bad[4].bidirectional = true;
    bad[4].first = 3;
    for (size_t i = 0; i < 5; i++) {
        struct tn_layout layout = {0};
        struct tn_error err = {0};

        ck_assert_int_eq(rnn_sequence_declare(&bad[i], &layout, "", "v", &err), TN_RANGE);
        ck_assert(err.text[0] != '\0');
        tn_layout_finish(&layout);
    }
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("rnn sequence");
    TCase *golden = tcase_create("golden"), *cells = tcase_create("cells");
    TCase *nets = tcase_create("nets");
    const int count = (int)rnn_cell_count();

    tcase_add_loop_test(golden, two_bidirectional_layers_match_the_golden_values, 0,
                        (int)(sizeof golden_cells / sizeof *golden_cells));
    tcase_add_loop_test(cells, inference_gives_what_training_gives, 0, 2 * count);
    tcase_add_loop_test(cells, the_final_state_is_h_of_the_last_step, 0, count);
    tcase_add_loop_test(cells, chunks_that_carry_the_state_are_the_whole, 0, count);
    tcase_add_loop_test(cells, the_decoders_gradient_reaches_the_encoder, 0, count);
    tcase_add_loop_test(cells, gradients_hold_under_dropout_between_bidirectional_layers, 0, count);
    tcase_add_loop_test(cells, the_number_of_threads_does_not_change_a_bit, 0, count);
    tcase_add_test(nets, parameters_begin_as_they_should);
    tcase_add_test(nets, impossible_nets_are_refused);
    suite_add_tcase(suite, golden);
    suite_add_tcase(suite, cells);
    suite_add_tcase(suite, nets);
    return suite;
}
