/* SPDX-License-Identifier: MIT */
#include "exchange/onnx_cells.h"
#include "exchange/onnx_nets.h"
#include "vocab/vocab.h"

#include <assert.h>
#include <stdio.h>

struct decoder_graph {
    struct onnx_graph *graph;
    const struct decoder_weights *weights;
    onnx_cell_fn *cell;
    const char *states[ONNX_MOST_VALUES]; /* of all layers */
};

/* y = W x + b, for rows of x; bias may be NULL. */
static const char *add_product(struct onnx_graph *graph, const char *x, const char *name,
                               const struct tn_matrix *w, const float *bias, const char *bias_name)
{
    const char *weight = onnx_matrix(graph, name, w), *y;

    if (bias)
        y = onnx_three(graph, "Gemm", x, weight, onnx_floats(graph, bias_name, 1, &w->rows, bias));
    else
        y = onnx_two(graph, "Gemm", x, weight);
    onnx_set_int(graph, "transB", 1);
    return y;
}

/* ---- What enters ---- */

/* z of V, as decoder_input_apply has it: scale V, or scale V / |V| with V = 0 staying 0. */
static const char *add_input(struct onnx_graph *graph, const struct decoder_input *input,
                             const char *v)
{
    const char *scale = onnx_number(graph, "scale", input->scale);

    if (input->unit) {
        const char *norm, *least = onnx_number(graph, "least", 1e-30F);

        norm = onnx_one(graph, "ReduceL2", v);
        onnx_set_ints(graph, "axes", 1, (size_t[]){1});
        onnx_set_int(graph, "keepdims", 1);
        v = onnx_two(graph, "Div", v, onnx_two(graph, "Max", norm, least));
    }
    return onnx_two(graph, "Mul", v, scale);
}

/* W_v V, through the hidden units where there are any. */
static const char *add_photo(struct decoder_graph *d, const struct decoder_input *input)
{
    const struct decoder_weights *w = d->weights;
    const char *v = onnx_input(d->graph, "V", ONNX_FLOAT, 2, (size_t[]){0, w->config.features},
                               "what the encoder gives");

    v = add_input(d->graph, input, v);
    if (w->config.image_hidden > 0) {
        v = add_product(d->graph, v, "image.hidden.weight", &w->image_hidden, w->image_bias,
                        "image.hidden.bias");
        if (!w->config.image_linear)
            v = onnx_one(d->graph, "Relu", v);
    }
    return add_product(d->graph, v, "image.weight", &w->image, NULL, NULL);
}

static size_t state_count(const struct decoder_graph *d)
{
    return d->weights->config.layers * d->weights->config.cell->states;
}

/* The states before the first step are zeros, one row for all photos. */
static void begin_states(struct decoder_graph *d, bool first)
{
    const size_t count = state_count(d), hidden = d->weights->config.hidden;
    const char *state;

    if (!first) {
        state = onnx_input(d->graph, "state", ONNX_FLOAT, 2, (size_t[]){0, count * hidden},
                           "the output next_state of the step before");
        onnx_split(d->graph, state, count, d->states);
        return;
    }
    state = onnx_integers(d->graph, "state_shape", 2, (int64_t[]){1, (int64_t)hidden});
    state = onnx_one(d->graph, "ConstantOfShape", state);
    for (size_t i = 0; i < count; i++)
        d->states[i] = state;
}

static const char *add_words(struct decoder_graph *d, bool first)
{
    const char *embedding = onnx_matrix(d->graph, "embedding.weight", &d->weights->embedding);
    const char *words =
        first ? onnx_integers(d->graph, "start", 1, (int64_t[]){VOCAB_START})
              : onnx_input(d->graph, "words", ONNX_INT64, 1, (size_t[]){0},
                           "of each caption its last word: the number of its line, from 0");

    return onnx_two(d->graph, "Gather", embedding, words);
}

/* ---- The layers ---- */

/* The rows of `extra`, which are vectors of their own here. */
static void add_extras(struct decoder_graph *d, size_t l, struct onnx_cell *cell)
{
    const struct decoder_config *c = &d->weights->config;
    char name[64];

    for (size_t i = 0; i < c->cell->extras; i++) {
        snprintf(name, sizeof name, "rnn.extra_l%zu.%zu", l, i);
        cell->extra[i] =
            onnx_floats(d->graph, name, 1, &c->hidden, d->weights->layers[l].extra + i * c->hidden);
    }
}

static const char *multiply(struct decoder_graph *d, size_t l, const char *kind, const char *x,
                            const struct tn_matrix *w, const float *bias)
{
    char weight_name[64], bias_name[64];

    snprintf(weight_name, sizeof weight_name, "rnn.weight_%s_l%zu", kind, l);
    snprintf(bias_name, sizeof bias_name, "rnn.bias_%s_l%zu", kind, l);
    return add_product(d->graph, x, weight_name, w, bias, bias_name);
}

/* h_t of layer l; photo: W_v V, or NULL. */
static const char *add_layer(struct decoder_graph *d, size_t l, const char *x, const char *photo)
{
    const struct decoder_layer_weights *w = &d->weights->layers[l];
    const struct rnn_cell_ops *ops = d->weights->config.cell;
    const char **states = d->states + l * ops->states;
    struct onnx_cell cell = {.graph = d->graph};
    const char *gx = multiply(d, l, "ih", x, &w->input, w->input_bias);
    const char *gh = multiply(d, l, "hh", states[0], &w->hidden, w->hidden_bias);

    if (photo)
        gx = onnx_two(d->graph, "Add", gx, photo);
    if (ops->separate)
        onnx_split(d->graph, gh, ops->gates, cell.gh);
    else
        gx = onnx_two(d->graph, "Add", gx, gh);
    onnx_split(d->graph, gx, ops->gates, cell.gx);
    add_extras(d, l, &cell);
    for (size_t s = 0; s < ops->states; s++)
        cell.state[s] = states[s];
    d->cell(&cell);
    for (size_t s = 0; s < ops->states; s++)
        states[s] = cell.next[s];
    return states[0];
}

/* ---- What comes out ---- */

static void end_states(struct decoder_graph *d)
{
    const size_t count = state_count(d);
    const char *state = onnx_many(d->graph, "Concat", count, d->states);

    onnx_set_int(d->graph, "axis", 1);
    state = onnx_call(d->graph, "next_state");
    onnx_output(d->graph, state, 2, (size_t[]){0, count * d->weights->config.hidden},
                "for the next step");
}

static void add_output(struct decoder_graph *d, const char *h)
{
    const struct decoder_weights *w = d->weights;
    const char *logits =
        add_product(d->graph, h, "output.weight", &w->output, w->output_bias, "output.bias");

    onnx_one(d->graph, "LogSoftmax", logits);
    onnx_set_int(d->graph, "axis", 1);
    onnx_output(d->graph, onnx_call(d->graph, "log_probabilities"), 2,
                (size_t[]){0, w->config.vocabulary},
                "of each word as the next, natural logarithms");
}

enum tn_status onnx_add_decoder(struct onnx_graph *graph, const struct decoder_weights *weights,
                                const struct decoder_input *input, bool first, struct tn_error *err)
{
    const struct rnn_cell_ops *ops = weights->config.cell;
    struct decoder_graph d = {.graph = graph, .weights = weights};
    const char *x, *photo;

    d.cell = onnx_cell_find(ops->name);
    if (!d.cell)
        return tn_fail(err, TN_UNSUPPORTED, "the cell %s cannot be exported to ONNX", ops->name);
    assert(ops->gates <= ONNX_MOST_GATES && ops->extras <= ONNX_MOST_EXTRAS &&
           ops->states <= ONNX_MOST_STATES && state_count(&d) <= ONNX_MOST_VALUES);
    photo = first ? add_photo(&d, input) : NULL;
    x = add_words(&d, first);
    begin_states(&d, first);
    for (size_t l = 0; l < weights->config.layers; l++)
        x = add_layer(&d, l, x, l == 0 ? photo : NULL);
    add_output(&d, x);
    end_states(&d);
    return TN_OK;
}
