/* SPDX-License-Identifier: MIT */
#include "train/tasks/reader_filling_private.h"

#include <stdlib.h>

void reader_filling_finish(struct reader_filling *f)
{
    free(f->tokens);
    free(f->targets);
    free(f->lengths);
    free(f->places);
}

enum tn_status reader_filling_init(struct reader_filling *f, size_t size, size_t longest,
                                   struct tn_error *err)
{
    *f = (struct reader_filling){.tokens = calloc(size * longest + 1, sizeof *f->tokens),
                                 .targets = calloc(size, sizeof *f->targets),
                                 .lengths = calloc(size, sizeof *f->lengths),
                                 .places = calloc(size, sizeof *f->places)};
    f->batch = (struct reader_batch){size, longest, f->tokens, f->lengths, f->places, f->targets};
    if (f->tokens && f->targets && f->lengths && f->places)
        return TN_OK;
    reader_filling_finish(f);
    *f = (struct reader_filling){0};
    return tn_fail_nomem(err, size * longest * sizeof *f->tokens);
}

/* How many of a text's words can be taken out: those that the vocabulary knows. */
static size_t known_words(const struct text_column *texts, size_t i)
{
    size_t known = 0;

    for (size_t t = texts->starts[i]; t < texts->starts[i + 1]; t++)
        known += texts->ids[t] != VOCAB_UNKNOWN;
    return known;
}

/* The place of the n-th known word. */
static size_t known_place(const struct text_column *texts, size_t i, size_t n)
{
    size_t t = texts->starts[i];

    for (;; t++)
        if (texts->ids[t] != VOCAB_UNKNOWN && n-- == 0)
            return t - texts->starts[i];
}

bool reader_is_usable(const struct reader_texts *data, size_t i)
{
    if (data->labels)
        return text_column_length(data->texts, i) > 0 && data->labels->ids[i] != VOCAB_UNKNOWN;
    return text_column_length(data->texts, i) > 1 && known_words(data->texts, i) > 0;
}

/* Of text i, which is column b. */
static void take_word_out(struct reader_filling *f, const struct text_column *texts, size_t i,
                          size_t b, struct tn_rng *rng)
{
    const size_t known = known_words(texts, i);
    const size_t n = rng ? (size_t)tn_rng_below(rng, known) : i * 7919 % known;
    const size_t place = known_place(texts, i, n);
    int *token = &f->tokens[place * f->batch.size + b];

    f->places[b] = place;
    f->targets[b] = *token;
    *token = TEXT_BLANK;
}

void reader_fill(struct reader_filling *f, const struct reader_texts *data, const size_t *wanted,
                 size_t count, struct tn_rng *rng)
{
    f->batch.size = count;
    f->batch.steps = text_column_fill(data->texts, wanted, count, f->tokens, f->lengths);
    for (size_t b = 0; b < count; b++)
        if (data->labels)
            f->targets[b] = data->labels->ids[wanted[b]];
        else
            take_word_out(f, data->texts, wanted[b], b, rng);
}

enum tn_status reader_list_usable(const struct reader_texts *data, size_t **ret_list,
                                  size_t *ret_count, struct tn_error *err)
{
    size_t *list = calloc(data->texts->count + 1, sizeof *list), count = 0;

    if (!list)
        return tn_fail_nomem(err, data->texts->count * sizeof *list);
    for (size_t i = 0; i < data->texts->count; i++)
        if (reader_is_usable(data, i))
            list[count++] = i;
    *ret_list = list;
    *ret_count = count;
    return TN_OK;
}
