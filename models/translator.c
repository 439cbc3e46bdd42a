/* SPDX-License-Identifier: MIT */
#include "models/translator.h"

#include <string.h>

#define DECODER_PREFIX TEXT_PREFIX "decoder."

static enum tn_status declare(struct translator *t, const struct text_config *config,
                              size_t sources, size_t targets, float dropout, struct tn_error *err)
{
    const struct reader_config encoder = {.cell = config->cell,
                                          .layers = config->layers,
                                          .embedding = config->embedding,
                                          .hidden = config->hidden / 2,
                                          .vocabulary = sources,
                                          .bidirectional = true,
                                          .dropout = dropout,
                                          .embedding_deviation = config->embedding_deviation,
                                          .options = config->options};
    struct decoder_config decoder = {.cell = config->cell,
                                     .layers = config->layers,
                                     .embedding = config->embedding,
                                     .hidden = config->hidden,
                                     .vocabulary = targets,
                                     .attention = config->attention,
                                     .attention_width = config->hidden,
                                     .dropout = dropout,
                                     .embedding_deviation = config->embedding_deviation,
                                     .tied = config->tied,
                                     .options = config->options};

    decoder.options.learned_start = false; /* the encoder gives it its states */
    if (config->hidden % 2 != 0)
        return tn_fail(err, TN_RANGE,
                       "%zu hidden units; a translator needs an even number, half each way",
                       config->hidden);
    TN_TRY(reader_declare(&t->encoder, &encoder, &t->layout, TRANSLATOR_ENCODER_PREFIX, err));
    TN_TRY(decoder_create(&decoder, DECODER_PREFIX, &t->decoder, err));
    t->base = t->layout.floats;
    return tn_layout_append(&t->layout, decoder_layout(t->decoder), err);
}

enum tn_status translator_init(struct translator *translator, const struct text_config *config,
                               size_t sources, size_t targets, float dropout, struct tn_error *err)
{
    enum tn_status status;

    *translator = (struct translator){.base = 0};
    status = declare(translator, config, sources, targets, dropout, err);
    if (status != TN_OK)
        translator_finish(translator);
    return status;
}

void translator_finish(struct translator *translator)
{
    tn_layout_finish(&translator->layout);
    decoder_destroy(translator->decoder);
    memset(translator, 0, sizeof *translator);
}

void translator_init_theta(const struct translator *translator, struct tn_rng *rng, float *theta)
{
    reader_init(&translator->encoder, rng, theta);
    decoder_init(translator->decoder, rng, theta + translator->base);
}

/*
 * Between the encoder's states [layers][2][size][states][H/2] and the decoder's
 * [layers][size][states][H]: joined, or, of gradients, split.
 */
static void move_states(const struct translator *t, size_t size, float *both, float *one,
                        bool split)
{
    const size_t half = t->encoder.config.hidden, states = t->encoder.config.cell->states;

    for (size_t l = 0; l < t->encoder.config.layers; l++)
        for (size_t d = 0; d < 2; d++)
            for (size_t i = 0; i < size * states; i++) {
                float *from = both + ((l * 2 + d) * size * states + i) * half;
                float *to = one + ((l * size * states + i) * 2 + d) * half;

                memcpy(split ? from : to, split ? to : from, half * sizeof(float));
            }
}

void translator_join(const struct translator *translator, size_t size, float *both, float *states)
{
    move_states(translator, size, both, states, false);
}

double translator_loss(const struct translator *translator, const struct tn_pass *pass,
                       const struct translator_batch *batch, float scale, float label_smoothing)
{
    const size_t mark = tn_arena_mark(pass->arena), size = batch->source.size;
    const struct rnn_sequence *sequence = &translator->encoder.net.sequence;
    const struct tn_pass decoding = tn_pass_at(pass, translator->base);
    const size_t floats = rnn_sequence_state_floats(sequence, size);
    float *both = tn_arena_floats(pass->arena, floats);
    float *one = tn_arena_floats(pass->arena, floats);
    struct decoder_batch target = batch->target;
    struct attention_memory memory = {.weights = batch->weights};
    struct word_run run;
    double loss;

    reader_forward(&translator->encoder, pass, &batch->source, &run);
    if (!tn_pass_measures(pass)) {
        rnn_sequence_final(sequence, &run.rnn, both);
        move_states(translator, size, both, one, false);
    }
    memory.packing = &run.packing;
    memory.values = run.rnn.h;
    memory.dvalues = run.rnn.dh;
    memory.ld = run.rnn.ldh;
    target.initial = target.dinitial = one;
    target.memory = &memory;
    loss = decoder_loss(translator->decoder, &decoding, &target, scale, label_smoothing);
    if (pass->dtheta) {
        if (!tn_pass_measures(pass))
            move_states(translator, size, both, one, true);
        word_net_backward(&translator->encoder.net, pass, &run,
                          (struct rnn_gradients){.final = both});
    }
    tn_arena_release(pass->arena, mark);
    return loss;
}

enum tn_status translator_weights(const struct translator *translator, const float *theta,
                                  struct decoder_weights *ret_weights, struct tn_error *err)
{
    return decoder_weights_from_theta(decoder_layout(translator->decoder), theta + translator->base,
                                      DECODER_PREFIX, decoder_config(translator->decoder),
                                      ret_weights, err);
}
