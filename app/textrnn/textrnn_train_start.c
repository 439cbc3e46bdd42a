/* SPDX-License-Identifier: MIT */
/* The model that `textrnn train --start` goes on from. */
#include "app/textrnn/textrnn.h"
#include "base/hash.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int textrnn_check_start(const struct textrnn_command *c)
{
    const struct train_overruled overruled[] = {
        {"--by", c->unit != TEXTRNN_NOT_GIVEN},
        {"--target-by", c->target_unit != TEXTRNN_NOT_GIVEN},
        {"--cell", c->cell != TEXTRNN_NOT_GIVEN},
        {"--layers", c->layers > 0},
        {"--hidden", c->hidden > 0},
        {"--embedding", c->embedding > 0},
        {"--embedding-deviation", c->embedding_deviation >= 0},
        {"--one-way", c->one_way},
        {"--pooled", c->pooled},
        {"--ends", c->ends},
        {"--tied", c->tied},
        {"--learned-start", c->learned_start},
        {"--layer-norm", c->layer_norm},
        {"--zoneout", c->zoneout > 0 || c->zoneout_cell > 0},
        {"--recurrent-start", c->recurrent_start != RNN_START_UNIFORM},
        {"--attention", c->attention != ATTENTION_NONE},
    };

    return c->start ? train_check_overruled("textrnn train", overruled, APP_COUNT(overruled))
                    : APP_PROCEED;
}

enum tn_status textrnn_start_read(struct textrnn_start *start,
                                  const struct textrnn_command *command, struct tn_error *err)
{
    const int task = command->task == TEXTRNN_NOT_GIVEN ? -1 : (int)command->task;

    if (!command->start)
        return TN_OK;
    TN_TRY(textrnn_load_file(&start->model, command->start, NULL, task, err));
    start->path = command->start;
    return TN_OK;
}

static uint64_t hash_words(uint64_t hash, const struct vocab *vocab)
{
    return vocab ? tn_hash_bytes(hash, vocab_text(vocab), strlen(vocab_text(vocab)) + 1) : hash;
}

enum tn_status textrnn_start_grow(struct textrnn_start *start, const struct text_growth *growth,
                                  struct tn_error *err)
{
    if (!start->path)
        return TN_OK;
    TN_TRY(text_model_grow(&start->model, growth, &start->theta, &start->floats, err));
    start->hash = tn_hash_bytes(TN_HASH_START, start->theta, start->floats * sizeof *start->theta);
    start->hash = hash_words(start->hash, start->model.vocab);
    start->hash = hash_words(start->hash, start->model.targets);
    return TN_OK;
}

/* "12 new chars" */
static void print_new(const struct vocab *known, const struct vocab *all, const char *what)
{
    fprintf(stderr, "%zu new %s", vocab_count(all) - vocab_count(known), what);
}

void textrnn_start_report(const struct textrnn_start *start, const struct text_growth *growth)
{
    const struct text_config *config = &start->model.config;

    if (!start->path)
        return;
    fprintf(stderr, "start: %s, with ", start->path);
    print_new(start->model.vocab, growth->vocab, vocab_unit_plural(config->unit));
    if (growth->targets) {
        fputs(" and ", stderr);
        print_new(start->model.targets, growth->targets,
                  config->task == TEXT_CLASSIFY ? "labels"
                                                : vocab_unit_plural(config->target_unit));
    }
    fputc('\n', stderr);
}

void textrnn_start_finish(struct textrnn_start *start)
{
    text_model_finish(&start->model);
    free(start->theta);
}
