/* SPDX-License-Identifier: MIT */
#include "models/text_reader.h"

#include <stdlib.h>
#include <string.h>

enum tn_status text_reader_declare(const struct text_config *config, size_t vocabulary,
                                   size_t classes, float dropout, struct reader *reader,
                                   struct tn_layout *layout, struct tn_error *err)
{
    const struct reader_config c = {
        .cell = config->cell,
        .layers = config->layers,
        .embedding = config->embedding,
        .hidden = config->hidden,
        .vocabulary = vocabulary,
        .bidirectional = config->bidirectional,
        .classes = classes,
        .readout = config->task == TEXT_CLOZE ? READ_PLACE
                   : config->pooled           ? READ_MEAN
                                              : READ_LAST,
        .dropout = dropout,
    };

    return reader_declare(reader, &c, layout, TEXT_PREFIX, err);
}

/* The `top` likeliest answers of text i, which has a token, into choices[top]. */
static enum tn_status choose_answers(const float *probabilities, size_t classes, size_t i,
                                     size_t top, struct choice *choices, struct tn_error *err)
{
    const size_t count =
        choose_top(probabilities + VOCAB_FIRST_WORD, classes - VOCAB_FIRST_WORD, top, choices);

    for (size_t n = 0; n < count; n++)
        choices[n].word += VOCAB_FIRST_WORD;
    if (count == 0)
        return tn_fail(err, TN_RANGE,
                       "text %zu: no answer has a probability; are the model's weights numbers?",
                       i + 1);
    return TN_OK;
}

static enum tn_status check_places(const struct text_column *texts, const size_t *places,
                                   struct tn_error *err)
{
    for (size_t i = 0; i < texts->count; i++)
        if (text_column_length(texts, i) > 0 && places[i] >= text_column_length(texts, i))
            return tn_fail(err, TN_RANGE, "text %zu has %zu tokens, and none at place %zu", i + 1,
                           text_column_length(texts, i), places[i]);
    return TN_OK;
}

/* What one text passes through. */
struct answering {
    const struct reader *reader;
    struct tn_pass pass;
    struct tn_arena arena;
    int *tokens; /* [longest] */
    size_t length, place;
    float *probabilities; /* [classes] */
};

static void read_one_text(struct answering *a, size_t steps)
{
    const struct reader_batch batch = {1, steps, a->tokens, &a->length, &a->place, NULL};

    reader_loss(a->reader, &a->pass, &batch, 0, a->probabilities);
}

static enum tn_status prepare_answering(struct answering *a, const float *theta, size_t longest,
                                        struct tn_error *err)
{
    const size_t classes = a->reader->config.classes;

    a->tokens = calloc(longest + 1, sizeof *a->tokens);
    a->probabilities = calloc(classes, sizeof *a->probabilities);
    if (!a->tokens || !a->probabilities)
        return tn_fail_nomem(err, (longest + classes) * sizeof(float));
    a->pass = (struct tn_pass){.theta = theta, .arena = &a->arena};
    tn_arena_measure(&a->arena);
    read_one_text(a, longest);
    return tn_arena_reserve(&a->arena, err);
}

static void answers_finish(struct answering *a)
{
    tn_arena_finish(&a->arena);
    free(a->tokens);
    free(a->probabilities);
}

enum tn_status reader_answer(const struct reader *reader, const float *theta,
                             const struct text_column *texts, const size_t *places, size_t top,
                             struct choice *choices, struct tn_error *err)
{
    struct answering a = {.reader = reader};
    enum tn_status status = places ? check_places(texts, places, err) : TN_OK;

    if (status == TN_OK)
        status = prepare_answering(&a, theta, texts->longest, err);
    for (size_t i = 0; status == TN_OK && i < texts->count; i++) {
        memset(choices + i * top, 0, top * sizeof *choices);
        if (text_column_fill(texts, &i, 1, a.tokens, &a.length) == 0)
            continue;
        if (places)
            a.tokens[a.place = places[i]] = TEXT_BLANK;
        read_one_text(&a, a.length);
        status =
            choose_answers(a.probabilities, reader->config.classes, i, top, choices + i * top, err);
    }
    answers_finish(&a);
    return status;
}
