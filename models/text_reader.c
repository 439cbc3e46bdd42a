/* SPDX-License-Identifier: MIT */
#include "models/text_reader.h"

#include "models/reader_rows.h"
#include "tensor/pointwise.h"

#include <math.h>
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
        .embedding_deviation = config->embedding_deviation,
        .options = config->options,
    };

    return reader_declare(reader, &c, layout, TEXT_PREFIX, err);
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

/* A group is read side by side: at most so many texts, and, with their padding, tokens (a longer
 * text is alone). */
enum { TOGETHER = 64, MOST_TOKENS = 2048 };

/* A text in the order of reading. */
struct turn {
    size_t text, length;
};

/* A run of reader_answer with all that it holds. */
struct answering {
    struct reader_rows rows;
    const struct text_column *texts;
    const size_t *places;
    size_t top;
    struct choice *choices;
    struct turn *turns;      /* [count]: texts that have a token, the longest first */
    size_t *starts;          /* [groups + 1]: a group's first turn */
    struct tn_arena *arenas; /* [threads] */
    size_t count, groups, threads;
};

static int compare_turns(const void *a, const void *b)
{
    const struct turn *x = a, *y = b;

    if (x->length != y->length)
        return x->length < y->length ? 1 : -1;
    return x->text < y->text ? -1 : x->text > y->text;
}

/* Texts of like length share a group, so that few rows run on alone. */
static enum tn_status make_groups(struct answering *a, struct tn_error *err)
{
    const size_t texts = a->texts->count;

    a->turns = calloc(texts + 1, sizeof *a->turns);
    a->starts = calloc(texts + 1, sizeof *a->starts);
    if (!a->turns || !a->starts)
        return tn_fail_nomem(err, texts * sizeof *a->turns);
    for (size_t i = 0; i < texts; i++)
        if (text_column_length(a->texts, i) > 0)
            a->turns[a->count++] = (struct turn){i, text_column_length(a->texts, i)};
    qsort(a->turns, a->count, sizeof *a->turns, compare_turns);
    for (size_t i = 0; i < a->count;) {
        const size_t fit = MOST_TOKENS / a->turns[i].length;

        i += fit < 1 ? 1 : fit > TOGETHER ? TOGETHER : fit;
        a->starts[++a->groups] = i < a->count ? i : a->count;
    }
    return TN_OK;
}

/* The likeliest answers of a text; none where the logits are no numbers. */
static void choose_answers(const struct answering *a, size_t text, const float *logits)
{
    const size_t classes = a->rows.reader->config.classes;
    struct choice *choices = a->choices + text * a->top;
    const float total = tn_logsumexp(logits, classes);
    size_t count = 0;

    if (isfinite(total))
        count = choose_top(logits + VOCAB_FIRST_WORD, classes - VOCAB_FIRST_WORD, a->top, choices);
    for (size_t n = 0; n < count; n++) {
        choices[n].word += VOCAB_FIRST_WORD;
        choices[n].logit = expf(choices[n].logit - total);
    }
    memset(choices + count, 0, (a->top - count) * sizeof *choices);
}

/* Fills the batch of a group, whose arrays are in the arena. */
static void fill_group(const struct answering *a, const struct turn *turns,
                       struct reader_batch *batch, int *tokens, size_t *lengths, size_t *places)
{
    size_t texts[TOGETHER];

    for (size_t b = 0; b < batch->size; b++)
        texts[b] = turns[b].text;
    text_column_fill(a->texts, texts, batch->size, tokens, lengths);
    for (size_t b = 0; a->places && b < batch->size; b++) {
        places[b] = a->places[texts[b]];
        tokens[places[b] * batch->size + b] = TEXT_BLANK;
    }
}

/* On a measuring arena nothing is read. */
static void read_group(const struct answering *a, size_t group, struct tn_arena *arena)
{
    const struct turn *turns = a->turns + a->starts[group];
    const size_t size = a->starts[group + 1] - a->starts[group], steps = turns[0].length;
    const size_t mark = tn_arena_mark(arena), classes = a->rows.reader->config.classes;
    int *tokens = tn_arena_ints(arena, size * steps);
    size_t *lengths = tn_arena_alloc(arena, size, sizeof *lengths);
    size_t *places = tn_arena_alloc(arena, size, sizeof *places);
    float *logits = tn_arena_floats(arena, size * classes);
    struct reader_batch batch = {size, steps, tokens, lengths, places, NULL};

    if (arena->base)
        fill_group(a, turns, &batch, tokens, lengths, places);
    reader_rows_read(&a->rows, NULL, &batch, logits, NULL, NULL, arena);
    for (size_t b = 0; arena->base && b < size; b++)
        choose_answers(a, turns[b].text, logits + b * classes);
    tn_arena_release(arena, mark);
}

static void run_group(void *context, size_t group, size_t thread)
{
    const struct answering *a = context;

    read_group(a, group, &a->arenas[thread]);
}

static enum tn_status reserve_arenas(struct answering *a, struct tn_error *err)
{
    struct tn_arena measured;

    a->arenas = calloc(a->threads, sizeof *a->arenas);
    if (!a->arenas)
        return tn_fail_nomem(err, a->threads * sizeof *a->arenas);
    tn_arena_measure(&measured);
    for (size_t g = 0; g < a->groups; g++)
        read_group(a, g, &measured);
    for (size_t t = 0; t < a->threads; t++) {
        a->arenas[t] = measured;
        TN_TRY(tn_arena_reserve(&a->arenas[t], err));
    }
    return TN_OK;
}

static enum tn_status check_answers(const struct answering *a, struct tn_error *err)
{
    for (size_t i = 0; i < a->texts->count; i++)
        if (text_column_length(a->texts, i) > 0 && a->choices[i * a->top].word == 0)
            return tn_fail(
                err, TN_RANGE,
                "text %zu: no answer has a probability; are the model's weights numbers?", i + 1);
    return TN_OK;
}

static enum tn_status answer_all(struct answering *a, struct tn_pool *pool, struct tn_error *err)
{
    TN_TRY(make_groups(a, err));
    a->threads = tn_pool_threads(pool);
    TN_TRY(reserve_arenas(a, err));
    tn_pool_run(pool, a->groups, run_group, a);
    return check_answers(a, err);
}

static void answering_finish(struct answering *a)
{
    for (size_t t = 0; a->arenas && t < a->threads; t++)
        tn_arena_finish(&a->arenas[t]);
    free(a->arenas);
    free(a->starts);
    free(a->turns);
    reader_rows_finish(&a->rows);
}

enum tn_status reader_answer(const struct reader *reader, const float *theta,
                             const struct text_column *texts, const size_t *places, size_t top,
                             struct tn_pool *pool, struct choice *choices, struct tn_error *err)
{
    struct answering a = {.texts = texts, .places = places, .top = top, .choices = choices};
    enum tn_status status = places ? check_places(texts, places, err) : TN_OK;

    if (status == TN_OK)
        status = reader_rows_init(&a.rows, reader, theta, err);
    if (status == TN_OK) {
        memset(choices, 0, texts->count * top * sizeof *choices);
        status = answer_all(&a, pool, err);
    }
    answering_finish(&a);
    return status;
}
