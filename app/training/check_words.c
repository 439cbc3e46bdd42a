/* SPDX-License-Identifier: MIT */
/* How long captions are, and which of their words a model would know. */
#include "app/training/check_private.h"
#include "base/map.h"
#include "vocab/vocab.h"

#include <stdlib.h>
#include <string.h>

static const size_t min_counts[CHECK_MIN_COUNTS] = {1, 2, 3, 5, 10};

enum { USUAL_MOST = 30 /* words: what --max-words is where it is not given */ };

/* The captions to train on, while they are counted. */
struct count {
    struct check *check;
    const struct vocab *known; /* of the start; NULL: none */
    struct tn_map words;       /* value: how often each occurs */
    struct vocab_tokens tokens;
    size_t *lengths;      /* [check->captions] */
    size_t cut, first_cut; /* captions with more words than usual, and the first */
};

/* Calls visit with the tokens of each caption to train on. */
static enum tn_status visit_captions(struct count *c,
                                     enum tn_status (*visit)(struct count *c, size_t caption,
                                                             struct tn_error *err),
                                     struct tn_error *err)
{
    const struct data_set *set = &c->check->dataset;

    for (size_t i = 0; i < set->caption_count; i++) {
        const char *text = data_set_caption(set, i);

        if (!data_photo_is_train(&set->photos[set->captions[i].photo]))
            continue;
        TN_TRY(vocab_tokenize(c->check->tokenizer, text, strlen(text), &c->tokens, err));
        TN_TRY(visit(c, i, err));
    }
    return TN_OK;
}

static const char *word_of(const struct count *c, size_t token)
{
    return c->tokens.text + c->tokens.offsets[token];
}

static enum tn_status count_words(struct count *c, size_t caption, struct tn_error *err)
{
    const size_t count = c->tokens.count;

    for (size_t t = 0; t < count; t++) {
        const char *word = word_of(c, t);
        size_t index;

        TN_TRY(tn_map_add(&c->words, word, strlen(word), &index, err));
        c->words.entries[index].value++;
    }
    if (count > USUAL_MOST && c->cut++ == 0)
        c->first_cut = caption;
    c->check->tokens += count;
    if (count > 0)
        c->lengths[c->check->captions++] = count;
    return TN_OK;
}

/* Of a caption: how rare its rarest word is decides which vocabularies know all of it. */
static enum tn_status count_known(struct count *c, size_t caption, struct tn_error *err)
{
    uint64_t rarest = UINT64_MAX;

    (void)caption;
    (void)err;
    for (size_t t = 0; t < c->tokens.count; t++) {
        const char *word = word_of(c, t);
        const uint64_t count = c->words.entries[tn_map_find(&c->words, word, strlen(word))].value;

        if (count < rarest)
            rarest = count;
    }
    for (size_t i = 0; i < CHECK_MIN_COUNTS && c->tokens.count > 0; i++)
        c->check->vocabularies[i].known_captions += rarest >= min_counts[i];
    return TN_OK;
}

static void make_vocabularies(struct count *c)
{
    for (size_t i = 0; i < CHECK_MIN_COUNTS; i++) {
        struct check_vocabulary *vocabulary = &c->check->vocabularies[i];

        vocabulary->min_count = min_counts[i];
        for (size_t w = 0; w < c->words.count; w++) {
            const size_t count = (size_t)c->words.entries[w].value;

            vocabulary->words += count >= min_counts[i];
            vocabulary->known_words += count >= min_counts[i] ? count : 0;
        }
    }
}

static int rising(const void *left, const void *right)
{
    const size_t a = *(const size_t *)left, b = *(const size_t *)right;

    return (a > b) - (a < b);
}

static void measure_lengths(struct count *c)
{
    const size_t n = c->check->captions;

    if (n == 0)
        return;
    qsort(c->lengths, n, sizeof *c->lengths, rising);
    c->check->lengths = (struct check_lengths){c->lengths[0], c->lengths[n / 20], c->lengths[n / 2],
                                               c->lengths[n - 1 - n / 20], c->lengths[n - 1]};
}

/* ---- The start ---- */

static enum tn_status count_known_to_start(struct count *c, size_t caption, struct tn_error *err)
{
    size_t found = 0;

    (void)caption;
    (void)err;
    for (size_t t = 0; t < c->tokens.count; t++)
        found += vocab_id(c->known, word_of(c, t), strlen(word_of(c, t))) != VOCAB_UNKNOWN;
    c->check->start_known_words += found;
    c->check->start_known_captions += c->tokens.count > 0 && found == c->tokens.count;
    return TN_OK;
}

/* ---- All ---- */

static enum tn_status note_lengths(struct count *c, struct tn_error *err)
{
    const struct data_set *set = &c->check->dataset;

    return check_note(c->check, false, c->cut, "long", "captions of more than 30 words",
                      "nothing: training cuts them; --max-words says where",
                      c->cut > 0 ? data_set_path(set, set->captions[c->first_cut].photo) : NULL,
                      err);
}

/* A training from scratch that would know no word does not begin. */
static enum tn_status note_vocabulary(struct count *c, struct tn_error *err)
{
    const struct check *check = c->check;

    for (size_t i = 0; i < CHECK_MIN_COUNTS; i++)
        if (check->vocabularies[i].min_count == check->min_count && !c->known &&
            check->vocabularies[i].words == 0)
            return check_note(c->check, true, 1, "no-words",
                              "no word is frequent enough for the vocabulary",
                              "lower --min-count, or begin with a model (--start)", NULL, err);
    return TN_OK;
}

static enum tn_status count_all(struct count *c, struct tn_error *err)
{
    TN_TRY(visit_captions(c, count_words, err));
    TN_TRY(visit_captions(c, count_known, err));
    make_vocabularies(c);
    measure_lengths(c);
    TN_TRY(note_vocabulary(c, err));
    if (c->known) {
        c->check->start_words = vocab_count(c->known) - VOCAB_FIRST_WORD;
        TN_TRY(visit_captions(c, count_known_to_start, err));
    }
    return note_lengths(c, err);
}

enum tn_status check_words(struct check *check, const struct vocab *known, struct tn_error *err)
{
    struct count c = {.check = check,
                      .known = known,
                      .lengths = malloc((check->dataset.caption_count + 1) * sizeof *c.lengths)};
    const enum tn_status status =
        c.lengths ? count_all(&c, err)
                  : tn_fail_nomem(err, check->dataset.caption_count * sizeof *c.lengths);

    free(c.lengths);
    tn_map_finish(&c.words);
    vocab_tokens_finish(&c.tokens);
    return status;
}
