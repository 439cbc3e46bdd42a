/* SPDX-License-Identifier: MIT */
#include "models/file/decoder_weights.h"

#include "vocab/vocab.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Where the tensors are: in a file, or (file NULL) in theta. */
struct source {
    const struct tn_file *file;
    const struct tn_layout *layout;
    const float *theta;
    const char *prefix;
};

static enum tn_status full_name(const struct source *source, char *name, struct tn_error *err,
                                const char *format, ...) TN_PRINTF(4, 5);

static enum tn_status full_name(const struct source *source, char *name, struct tn_error *err,
                                const char *format, ...)
{
    const int start = snprintf(name, TN_NAME_SIZE, "%s", source->prefix);
    va_list args;
    int length;

    if (start < 0 || start >= TN_NAME_SIZE / 2)
        return tn_fail(err, TN_RANGE, "the tensor name prefix %s is too long", source->prefix);
    va_start(args, format);
    length = vsnprintf(name + start, TN_NAME_SIZE - (size_t)start, format, args);
    va_end(args);
    if (length < 0 || start + length >= TN_NAME_SIZE)
        return tn_fail(err, TN_RANGE, "the tensor name %s... is too long", name);
    return TN_OK;
}

/* The floats of a parameter of theta. */
static enum tn_status find_span(const struct source *source, const char *name, size_t count,
                                const float **ret_floats, struct tn_error *err)
{
    const struct tn_parameter *parameter = tn_layout_find(source->layout, name);

    if (!parameter)
        return tn_fail(err, TN_NOTFOUND, "the decoder has no parameter %s", name);
    if (parameter->span.count != count)
        return tn_fail(err, TN_SHAPE, "parameter %s: expected %zu numbers, found %zu", name, count,
                       parameter->span.count);
    *ret_floats = source->theta + parameter->span.offset;
    return TN_OK;
}

static enum tn_status get_matrix(const struct source *source, const char *name, size_t rows,
                                 size_t columns, struct tn_matrix *ret_matrix, struct tn_error *err)
{
    const float *floats;

    if (source->file)
        return tn_matrix_get(source->file, name, rows, columns, ret_matrix, err);
    TN_TRY(find_span(source, name, rows * columns, &floats, err));
    *ret_matrix =
        (struct tn_matrix){.dtype = TN_F32, .rows = rows, .columns = columns, .data = floats};
    return TN_OK;
}

static enum tn_status get_floats(const struct source *source, const char *name, size_t rank,
                                 const size_t *dims, const float **ret_floats, struct tn_error *err)
{
    const struct tn_tensor *tensor;

    if (!source->file)
        return find_span(source, name, rank == 1 ? dims[0] : dims[0] * dims[1], ret_floats, err);
    TN_TRY(tn_file_get(source->file, name, TN_F32, rank, dims, &tensor, err));
    *ret_floats = tensor->data;
    return TN_OK;
}

/* The tensors of the options of the recurrent net. */
static enum tn_status get_options(const struct source *source, const struct decoder_config *config,
                                  size_t l, struct decoder_layer_weights *layer,
                                  struct tn_error *err)
{
    const size_t states[] = {config->cell->states, config->hidden};
    const size_t rows = config->cell->gates * config->hidden;
    char name[TN_NAME_SIZE];

    if (config->options.learned_start) {
        TN_TRY(full_name(source, name, err, "rnn.initial_l%zu", l));
        TN_TRY(get_floats(source, name, 2, states, &layer->initial, err));
    }
    if (config->options.layer_norm) {
        TN_TRY(full_name(source, name, err, "rnn.gain_ih_l%zu", l));
        TN_TRY(get_floats(source, name, 1, &rows, &layer->input_gain, err));
        TN_TRY(full_name(source, name, err, "rnn.gain_hh_l%zu", l));
        TN_TRY(get_floats(source, name, 1, &rows, &layer->hidden_gain, err));
    }
    return TN_OK;
}

static enum tn_status get_layer(const struct source *source, const struct decoder_config *config,
                                size_t l, struct decoder_layer_weights *layer, struct tn_error *err)
{
    const size_t hidden = config->hidden, rows = config->cell->gates * hidden;
    const size_t in = l == 0 ? config->embedding : hidden;
    char name[TN_NAME_SIZE];

    TN_TRY(full_name(source, name, err, "rnn.weight_ih_l%zu", l));
    TN_TRY(get_matrix(source, name, rows, in, &layer->input, err));
    TN_TRY(full_name(source, name, err, "rnn.weight_hh_l%zu", l));
    TN_TRY(get_matrix(source, name, rows, hidden, &layer->hidden, err));
    TN_TRY(full_name(source, name, err, "rnn.bias_ih_l%zu", l));
    TN_TRY(get_floats(source, name, 1, &rows, &layer->input_bias, err));
    TN_TRY(full_name(source, name, err, "rnn.bias_hh_l%zu", l));
    TN_TRY(get_floats(source, name, 1, &rows, &layer->hidden_bias, err));
    if (config->cell->extras > 0) {
        TN_TRY(full_name(source, name, err, "rnn.extra_l%zu", l));
        TN_TRY(get_floats(source, name, 2, (size_t[]){config->cell->extras, hidden}, &layer->extra,
                          err));
    }
    return get_options(source, config, l, layer, err);
}

/* Sizes that come from a file: none so large that a product of two, times the gates, overflows. */
static enum tn_status check_config(const struct decoder_config *config, struct tn_error *err)
{
    enum { LARGEST = 1 << 24 };

    if (config->layers < 1 || config->layers > DECODER_MAX_LAYERS)
        return tn_fail(err, TN_RANGE, "a decoder of %zu layers; expected 1 to %d", config->layers,
                       DECODER_MAX_LAYERS);
    if (config->embedding < 1 || config->embedding > LARGEST || config->hidden < 1 ||
        config->hidden > LARGEST || config->features > LARGEST || config->image_hidden > LARGEST ||
        (config->image_hidden > 0 && config->features == 0) ||
        config->vocabulary <= VOCAB_FIRST_WORD || config->vocabulary > LARGEST)
        return tn_fail(err, TN_RANGE,
                       "a decoder of embedding %zu, hidden %zu, features %zu, vocabulary %zu; "
                       "expected 1 to %d of each",
                       config->embedding, config->hidden, config->features, config->vocabulary,
                       LARGEST);
    if (config->tied && config->embedding != config->hidden)
        return tn_fail(err, TN_RANGE,
                       "a decoder with tied embeddings of %zu numbers, and %zu hidden units; "
                       "expected as many",
                       config->embedding, config->hidden);
    return TN_OK;
}

static enum tn_status get_image(const struct source *source, const struct decoder_config *config,
                                struct decoder_weights *weights, struct tn_error *err)
{
    const size_t units = config->image_hidden, rows = config->cell->gates * config->hidden;
    char name[TN_NAME_SIZE];

    if (config->features == 0)
        return TN_OK;
    TN_TRY(full_name(source, name, err, "image.weight"));
    TN_TRY(
        get_matrix(source, name, rows, units > 0 ? units : config->features, &weights->image, err));
    if (units == 0)
        return TN_OK;
    TN_TRY(full_name(source, name, err, "image.hidden.weight"));
    TN_TRY(get_matrix(source, name, units, config->features, &weights->image_hidden, err));
    if (config->image_linear)
        return TN_OK;
    TN_TRY(full_name(source, name, err, "image.hidden.bias"));
    return get_floats(source, name, 1, &units, &weights->image_bias, err);
}

static enum tn_status get_attention(const struct source *source,
                                    const struct decoder_config *config,
                                    struct attention_weights *w, struct tn_error *err)
{
    const size_t hidden = config->hidden, width = config->attention_width;
    char name[TN_NAME_SIZE];

    if (config->attention == ATTENTION_NONE)
        return TN_OK;
    TN_TRY(full_name(source, name, err, "attention.key.weight"));
    TN_TRY(get_matrix(source, name, hidden, width, &w->key, err));
    TN_TRY(full_name(source, name, err, "attention.combination.weight"));
    TN_TRY(get_matrix(source, name, hidden, width + hidden, &w->combination, err));
    if (config->attention != ATTENTION_ADDITIVE)
        return TN_OK;
    TN_TRY(full_name(source, name, err, "attention.query.weight"));
    TN_TRY(get_matrix(source, name, hidden, hidden, &w->query, err));
    TN_TRY(full_name(source, name, err, "attention.energy.weight"));
    return get_floats(source, name, 1, &hidden, &w->energy, err);
}

static enum tn_status get_weights(const struct source *source, const struct decoder_config *config,
                                  struct decoder_weights *ret_weights, struct tn_error *err)
{
    struct decoder_weights weights = {.config = *config};
    const size_t vocabulary = config->vocabulary, hidden = config->hidden;
    char name[TN_NAME_SIZE];

    TN_TRY(check_config(config, err));
    TN_TRY(full_name(source, name, err, "embedding.weight"));
    TN_TRY(get_matrix(source, name, vocabulary, config->embedding, &weights.embedding, err));
    TN_TRY(get_image(source, config, &weights, err));
    for (size_t l = 0; l < config->layers; l++)
        TN_TRY(get_layer(source, config, l, &weights.layers[l], err));
    TN_TRY(get_attention(source, config, &weights.attention, err));
    weights.output = weights.embedding;
    if (!config->tied) {
        TN_TRY(full_name(source, name, err, "output.weight"));
        TN_TRY(get_matrix(source, name, vocabulary, hidden, &weights.output, err));
    }
    TN_TRY(full_name(source, name, err, "output.bias"));
    TN_TRY(get_floats(source, name, 1, &vocabulary, &weights.output_bias, err));
    *ret_weights = weights;
    return TN_OK;
}

enum tn_status decoder_weights_from_file(const struct tn_file *file, const char *prefix,
                                         const struct decoder_config *config,
                                         struct decoder_weights *ret_weights, struct tn_error *err)
{
    return get_weights(&(struct source){.file = file, .prefix = prefix}, config, ret_weights, err);
}

enum tn_status decoder_weights_from_theta(const struct tn_layout *layout, const float *theta,
                                          const char *prefix, const struct decoder_config *config,
                                          struct decoder_weights *ret_weights, struct tn_error *err)
{
    const struct source source = {.layout = layout, .theta = theta, .prefix = prefix};

    return get_weights(&source, config, ret_weights, err);
}

void decoder_weights_to_int8(struct decoder_weights *weights, struct tn_arena *arena)
{
    if (weights->config.image_hidden > 0)
        tn_matrix_to_int8(&weights->image_hidden, arena);
    if (weights->config.features > 0)
        tn_matrix_to_int8(&weights->image, arena);
    for (size_t l = 0; l < weights->config.layers; l++) {
        tn_matrix_to_int8(&weights->layers[l].input, arena);
        tn_matrix_to_int8(&weights->layers[l].hidden, arena);
    }
    if (weights->config.attention != ATTENTION_NONE) {
        tn_matrix_to_int8(&weights->attention.key, arena);
        tn_matrix_to_int8(&weights->attention.combination, arena);
    }
    if (weights->config.attention == ATTENTION_ADDITIVE)
        tn_matrix_to_int8(&weights->attention.query, arena);
    tn_matrix_to_int8(&weights->output, arena);
}

struct rnn_product decoder_input_product(const struct decoder_weights *weights, size_t l)
{
    const struct decoder_layer_weights *layer = &weights->layers[l];

    return (struct rnn_product){&layer->input, layer->input_bias, layer->input_gain,
                                weights->config.cell->gates};
}

struct rnn_product decoder_hidden_product(const struct decoder_weights *weights, size_t l)
{
    const struct decoder_layer_weights *layer = &weights->layers[l];

    return (struct rnn_product){&layer->hidden, layer->hidden_bias, layer->hidden_gain,
                                weights->config.cell->gates};
}
