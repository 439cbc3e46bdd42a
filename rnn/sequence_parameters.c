/* SPDX-License-Identifier: MIT */
/* The parameters of a recurrent net: names, shapes and initial values. */
#include "rnn/sequence.h"

#include "tensor/pointwise.h"

#include <math.h>
#include <stdio.h>

const char *const rnn_start_names[] = {"uniform", "orthogonal", "identity", NULL};

size_t rnn_sequence_directions(const struct rnn_sequence *sequence)
{
    return sequence->bidirectional ? 2 : 1;
}

size_t rnn_sequence_state_floats(const struct rnn_sequence *sequence, size_t batch)
{
    return sequence->layers * rnn_sequence_directions(sequence) * batch * sequence->cell->states *
           sequence->hidden;
}

/* One layer in one direction, while it is declared. */
struct declaration {
    struct tn_layout *layout;
    const char *prefix, *direction; /* "_reverse" or "" */
    size_t layer;
    struct tn_error *err;
};

/* [rows][columns], or with columns 0 [rows] */
static enum tn_status declare_tensor(const struct declaration *d, const char *name, size_t rows,
                                     size_t columns, struct tn_span *ret_span)
{
    const size_t dims[] = {rows, columns};
    char full[TN_NAME_SIZE];
    const int length =
        snprintf(full, sizeof full, "%s%s_l%zu%s", d->prefix, name, d->layer, d->direction);

    if (length < 0 || (size_t)length >= sizeof full)
        return tn_fail(d->err, TN_RANGE, "the parameter name %s%s is too long", d->prefix, name);
    return tn_layout_add(d->layout, full, columns > 0 ? 2 : 1, dims, ret_span, d->err);
}

static enum tn_status declare_layer(const struct rnn_sequence *sequence,
                                    const struct declaration *d, struct rnn_layer *layer)
{
    const struct rnn_cell_ops *cell = sequence->cell;
    const size_t hidden = sequence->hidden, rows = cell->gates * hidden;

    layer->input = d->layer == 0 ? sequence->input : rnn_sequence_directions(sequence) * hidden;
    TN_TRY(declare_tensor(d, "weight_ih", rows, layer->input, &layer->weight_ih));
    TN_TRY(declare_tensor(d, "weight_hh", rows, hidden, &layer->weight_hh));
    TN_TRY(declare_tensor(d, "bias_ih", rows, 0, &layer->bias_ih));
    TN_TRY(declare_tensor(d, "bias_hh", rows, 0, &layer->bias_hh));
    if (cell->extras > 0)
        TN_TRY(declare_tensor(d, "extra", cell->extras, hidden, &layer->extra));
    if (sequence->options.learned_start)
        TN_TRY(declare_tensor(d, "initial", cell->states, hidden, &layer->initial));
    if (sequence->options.layer_norm) {
        TN_TRY(declare_tensor(d, "gain_ih", rows, 0, &layer->gain_ih));
        TN_TRY(declare_tensor(d, "gain_hh", rows, 0, &layer->gain_hh));
    }
    return TN_OK;
}

static bool is_share(float x)
{
    return x >= 0 && x < 1;
}

static enum tn_status check_sizes(const struct rnn_sequence *sequence, struct tn_error *err)
{
    enum { LARGEST = 1 << 20 };

    if (sequence->layers < 1 || sequence->layers > RNN_MAX_LAYERS)
        return tn_fail(err, TN_RANGE, "%zu recurrent layers; expected 1 to %d", sequence->layers,
                       RNN_MAX_LAYERS);
    if (sequence->hidden < 1 || sequence->hidden > LARGEST || sequence->input < 1 ||
        sequence->input > LARGEST || sequence->first > LARGEST)
        return tn_fail(err, TN_RANGE,
                       "a recurrent net of %zu inputs and %zu hidden units; "
                       "expected 1 to %d of each",
                       sequence->input, sequence->hidden, LARGEST);
    if (sequence->first > 0 && sequence->bidirectional)
        return tn_fail(err, TN_RANGE,
                       "what enters at the first step only needs a net of one direction");
    if (sequence->first > 0 && sequence->options.layer_norm)
        return tn_fail(err, TN_RANGE,
                       "what enters at the first step only needs a net without layer "
                       "normalisation");
    if (!is_share(sequence->options.zoneout.h) || !is_share(sequence->options.zoneout.c) ||
        !is_share(sequence->options.recurrent_dropout))
        return tn_fail(err, TN_RANGE,
                       "zoneout %g and %g, recurrent dropout %g; expected 0 or more and below 1",
                       (double)sequence->options.zoneout.h, (double)sequence->options.zoneout.c,
                       (double)sequence->options.recurrent_dropout);
    return TN_OK;
}

enum tn_status rnn_sequence_declare(struct rnn_sequence *sequence, struct tn_layout *layout,
                                    const char *prefix, const char *first_name,
                                    struct tn_error *err)
{
    static const char *const names[RNN_MAX_DIRECTIONS] = {"", "_reverse"};

    TN_TRY(check_sizes(sequence, err));
    if (sequence->first > 0) {
        const size_t dims[] = {sequence->cell->gates * sequence->hidden, sequence->first};

        TN_TRY(tn_layout_add(layout, first_name, 2, dims, &sequence->first_weight, err));
    }
    for (size_t l = 0; l < sequence->layers; l++)
        for (size_t d = 0; d < rnn_sequence_directions(sequence); d++)
            TN_TRY(declare_layer(sequence, &(struct declaration){layout, prefix, names[d], l, err},
                                 &sequence->layer[l][d]));
    return TN_OK;
}

static void init_span(struct tn_rng *rng, float *theta, struct tn_span span, float limit)
{
    tn_rng_fill_uniform(rng, theta + span.offset, span.count, limit);
}

static void fill_span(float *theta, struct tn_span span, float value)
{
    for (size_t i = 0; i < span.count; i++)
        theta[span.offset + i] = value;
}

/* Rows of w[n][n], normal, made orthonormal one after the other (Gram and Schmidt, twice, since
 * once leaves what rounding does): a draw from all orthogonal matrices, each equally likely. */
static void draw_orthogonal(struct tn_rng *rng, float *w, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        float *row = w + i * n;

        for (size_t j = 0; j < n; j++)
            row[j] = tn_rng_normal(rng);
        for (size_t k = 0; k < 2 * i; k++)
            tn_axpy(row, -tn_dot(row, w + k % i * n, n), w + k % i * n, n);
        tn_scale(row, 1 / sqrtf(tn_dot(row, row, n)), n);
    }
}

/* W_hh, where it does not begin uniform. */
static void init_recurrent(const struct rnn_sequence *sequence, const struct rnn_layer *layer,
                           struct tn_rng *rng, float *theta)
{
    const size_t n = sequence->hidden;
    float *w = theta + layer->weight_hh.offset;

    for (size_t gate = 0; gate < sequence->cell->gates; gate++, w += n * n) {
        if (sequence->options.recurrent_start == RNN_START_ORTHOGONAL)
            draw_orthogonal(rng, w, n);
        for (size_t i = 0; sequence->options.recurrent_start == RNN_START_IDENTITY && i < n * n;
             i++)
            w[i] = i / n == i % n ? 1 : 0;
    }
    if (sequence->options.recurrent_start == RNN_START_IDENTITY) {
        fill_span(theta, layer->bias_ih, 0);
        fill_span(theta, layer->bias_hh, 0);
    }
}

static void init_layer(const struct rnn_sequence *sequence, const struct rnn_layer *layer,
                       struct tn_rng *rng, float *theta)
{
    const size_t hidden = sequence->hidden;
    const float limit = 1 / sqrtf((float)hidden);

    init_span(rng, theta, layer->weight_ih, limit);
    init_span(rng, theta, layer->weight_hh, limit);
    init_span(rng, theta, layer->bias_ih, limit);
    init_span(rng, theta, layer->bias_hh, limit);
    init_span(rng, theta, layer->extra, limit);
    init_recurrent(sequence, layer, rng, theta);
    fill_span(theta, layer->initial, 0);
    fill_span(theta, layer->gain_ih, 1);
    fill_span(theta, layer->gain_hh, 1);
    if (sequence->cell->forget_gate != RNN_NO_GATE) {
        const struct tn_span gate = {(size_t)sequence->cell->forget_gate * hidden, hidden};

        fill_span(theta + layer->bias_ih.offset, gate, 1);
        fill_span(theta + layer->bias_hh.offset, gate, 0);
    }
}

void rnn_sequence_init(const struct rnn_sequence *sequence, struct tn_rng *rng, float *theta)
{
    if (sequence->first > 0)
        init_span(rng, theta, sequence->first_weight, 1 / sqrtf((float)sequence->first));
    for (size_t l = 0; l < sequence->layers; l++)
        for (size_t d = 0; d < rnn_sequence_directions(sequence); d++)
            init_layer(sequence, &sequence->layer[l][d], rng, theta);
}
