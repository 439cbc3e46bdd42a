/* SPDX-License-Identifier: MIT */
#include "models/word_inputs.h"

#include <string.h>

enum { MOST_BYTES = 1 << 26 };

static size_t width_of(const struct decoder_config *config)
{
    return config->cell->gates * config->hidden;
}

bool word_inputs_fit(const struct decoder_config *config)
{
    return config->vocabulary <= MOST_BYTES / sizeof(float) / width_of(config);
}

void word_inputs_init(struct word_inputs *inputs, const struct decoder_weights *weights,
                      struct tn_arena *arena)
{
    const struct decoder_config *c = &weights->config;

    *inputs = (struct word_inputs){
        .weights = weights,
        .x = tn_arena_floats(arena, c->embedding),
        .gates = tn_arena_floats(arena, c->vocabulary * width_of(c)),
        .known = tn_arena_alloc(arena, c->vocabulary, sizeof *inputs->known),
    };
    if (!arena->base)
        tn_linear(NULL, NULL, NULL, &weights->layers[0].input, NULL, false, 1, arena);
}

void word_inputs_get(struct word_inputs *inputs, int word, float *gx, struct tn_arena *scratch)
{
    const struct decoder_weights *w = inputs->weights;
    const size_t width = width_of(&w->config);
    float *gates = inputs->gates + (size_t)word * width;

    if (!inputs->known[word]) {
        tn_matrix_row(&w->embedding, (size_t)word, inputs->x);
        tn_linear(NULL, gates, inputs->x, &w->layers[0].input, w->layers[0].input_bias, false, 1,
                  scratch);
        inputs->known[word] = true;
    }
    memcpy(gx, gates, width * sizeof *gx);
}
