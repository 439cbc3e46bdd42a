/* SPDX-License-Identifier: MIT */
#include "models/word_net.h"

#include "tensor/pointwise.h"

#include <stdio.h>

enum tn_status word_net_declare_embedding(struct word_net *net, size_t vocabulary,
                                          struct tn_layout *layout, const char *prefix,
                                          struct tn_error *err)
{
    const size_t dims[] = {vocabulary, net->sequence.input};

    return tn_layout_add_behind(layout, prefix, "embedding.weight", 2, dims, &net->embedding, err);
}

enum tn_status word_net_declare_sequence(struct word_net *net, struct tn_layout *layout,
                                         const char *prefix, struct tn_error *err)
{
    char name[TN_NAME_SIZE], first[TN_NAME_SIZE];

    snprintf(name, sizeof name, "%srnn.", prefix);
    snprintf(first, sizeof first, "%simage.weight", prefix);
    return rnn_sequence_declare(&net->sequence, layout, name, first, err);
}

void word_net_init_embedding(const struct word_net *net, struct tn_rng *rng, float *theta)
{
    float *embedding = theta + net->embedding.offset;

    if (net->deviation <= 0)
        tn_rng_fill_uniform(rng, embedding, net->embedding.count, 0.1F);
    for (size_t i = 0; net->deviation > 0 && i < net->embedding.count; i++)
        embedding[i] = net->deviation * tn_rng_normal(rng);
}

void word_net_embed(const struct word_net *net, const struct tn_pass *pass, const int *tokens,
                    struct word_run *run)
{
    const size_t total = run->packing.total, width = net->sequence.input;

    run->tokens = tn_arena_ints(pass->arena, total);
    run->x = tn_arena_floats(pass->arena, total * width);
    run->dropout = rnn_dropout_draw(pass, total, width, net->sequence.dropout);
    if (tn_pass_measures(pass))
        return;
    rnn_pack_tokens(&run->packing, tokens, run->tokens);
    rnn_embed(pass->pool, run->x, pass->theta + net->embedding.offset, run->tokens, total, width);
    if (net->scale != 1)
        tn_scale(run->x, net->scale, total * width);
    rnn_dropout_apply(pass->pool, run->x, width, run->x, width, &run->dropout);
}

void word_net_forward(const struct word_net *net, const struct tn_pass *pass, const float *first,
                      const float *initial, struct word_run *run)
{
    const struct rnn_inputs inputs = {.x = run->x, .first = first, .initial = initial};

    rnn_sequence_forward(&net->sequence, pass, &run->packing, &inputs, &run->rnn);
}

void word_net_backward(const struct word_net *net, const struct tn_pass *pass, struct word_run *run,
                       struct rnn_gradients gradients)
{
    const size_t total = run->packing.total, width = net->sequence.input;

    gradients.x = tn_arena_floats(pass->arena, total * width);
    rnn_sequence_backward(&net->sequence, pass, &run->rnn, &gradients);
    if (tn_pass_measures(pass))
        return;
    rnn_dropout_apply(pass->pool, gradients.x, width, gradients.x, width, &run->dropout);
    if (net->scale != 1)
        tn_scale(gradients.x, net->scale, total * width);
    rnn_embed_backward(pass->pool, pass->dtheta + net->embedding.offset, gradients.x, run->tokens,
                       total, width);
}
