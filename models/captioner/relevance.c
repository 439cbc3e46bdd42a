/* SPDX-License-Identifier: MIT */
#include "models/captioner/relevance.h"

#include "base/array.h"
#include "base/map.h"
#include "metrics/ngrams.h"
#include "models/captioner/keyword_words.h"
#include "models/decoder_score.h"
#include "tensor/pointwise.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What l is measured of: a word, or all words that mean a keyword. */
struct part {
    double share; /* m of above */
    bool known;   /* some photo has it */
};

struct relevance {
    const struct model_decoder *decoder;
    struct tn_pool *pool;
    struct keyword_words *words;
    struct tn_map names; /* of the parts: a word, or ' ' and a keyword */
    struct part *parts;
    float *rows; /* [parts][d]: b of above */
    size_t part_capacity, row_capacity;
    unsigned char *marks;        /* [photos]: of the part that is made */
    float *row;                  /* [d] */
    float *features;             /* [RELEVANCE_AT_ONCE][features] */
    float *log_probs;            /* [RELEVANCE_AT_ONCE][words] */
    struct decoder_score *score; /* made when first needed */
    struct tn_arena arena;       /* for relevance_encode */
};

static const struct consensus *consensus_of(const struct relevance *relevance)
{
    return &relevance->decoder->consensus;
}

static size_t feature_count(const struct relevance *relevance)
{
    return relevance->decoder->weights.config.features;
}

enum vocab_language relevance_tokenizer(const struct relevance *relevance)
{
    return relevance->decoder->tokenizer;
}

size_t relevance_code_size(const struct relevance *relevance)
{
    const struct consensus *consensus = consensus_of(relevance);

    return consensus->grams > 0 ? consensus->photos.columns : 0;
}

/* ---- Memory ---- */

static enum tn_status take_memory(struct relevance *r, struct tn_error *err)
{
    const struct consensus *c = consensus_of(r);
    const size_t floats = RELEVANCE_AT_ONCE * (feature_count(r) + RELEVANCE_LONGEST + 1);

    TN_TRY(keyword_words_create(r->decoder->language, &r->words, err));
    r->features = malloc(floats * sizeof *r->features);
    r->marks = malloc(c->photos.rows + 1);
    r->row = malloc((c->photos.columns + 1) * sizeof *r->row);
    if (!r->features || !r->marks || !r->row)
        return tn_fail_nomem(err, floats * sizeof *r->features);
    r->log_probs = r->features + RELEVANCE_AT_ONCE * feature_count(r);
    if (c->grams == 0)
        return TN_OK;
    tn_arena_measure(&r->arena);
    consensus_place(c, r->pool, NULL, 1, NULL, &r->arena);
    return tn_arena_reserve(&r->arena, err);
}

enum tn_status relevance_create(const struct model_decoder *decoder, struct tn_pool *pool,
                                struct relevance **ret_relevance, struct tn_error *err)
{
    struct relevance *relevance = calloc(1, sizeof *relevance);
    enum tn_status status;

    if (!relevance)
        return tn_fail_nomem(err, sizeof *relevance);
    relevance->decoder = decoder;
    relevance->pool = pool;
    status = take_memory(relevance, err);
    if (status == TN_OK)
        *ret_relevance = relevance;
    else
        relevance_destroy(relevance);
    return status;
}

void relevance_destroy(struct relevance *relevance)
{
    if (!relevance)
        return;
    decoder_score_destroy(relevance->score);
    tn_arena_finish(&relevance->arena);
    keyword_words_destroy(relevance->words);
    tn_map_finish(&relevance->names);
    free(relevance->parts);
    free(relevance->rows);
    free(relevance->marks);
    free(relevance->row);
    free(relevance->features);
    free(relevance);
}

/* ---- Photos ---- */

void relevance_encode(struct relevance *relevance, const float *features, float *code)
{
    const struct consensus *c = consensus_of(relevance);

    memcpy(relevance->features, features, feature_count(relevance) * sizeof *features);
    decoder_input_apply(&relevance->decoder->input, relevance->features, feature_count(relevance));
    consensus_place(c, relevance->pool, code, 1, relevance->features, &relevance->arena);
}

/* ---- Words ---- */

/* Marks the photos that people use the word about. */
static void mark_word(struct relevance *r, int word)
{
    const struct consensus *c = consensus_of(r);
    const size_t gram = consensus_find(c, ngram_key(&word, 1));

    if (gram == c->grams)
        return;
    for (int32_t i = c->starts[gram]; i < c->starts[gram + 1]; i++)
        r->marks[consensus_posting_photo(c->postings, (size_t)i)] = 1;
}

/* Marks those of all words that mean the keyword. */
static void mark_keyword(struct relevance *r, const char *name)
{
    const struct vocab *vocab = r->decoder->vocab;

    for (int id = VOCAB_FIRST_WORD; id < (int)vocab_count(vocab); id++) {
        const char *text = vocab_word(vocab, id);
        struct keyword_word word;

        if (keyword_words_find(r->words, text, strlen(text), &word) && word.name &&
            strcmp(word.name, name) == 0)
            mark_word(r, id);
    }
}

/* b and m from the marks. */
static void sum_marked(struct relevance *r, struct part *part, float *row)
{
    const struct consensus *c = consensus_of(r);

    *part = (struct part){.share = 0};
    memset(row, 0, c->photos.columns * sizeof *row);
    for (size_t photo = 0; photo < c->photos.rows; photo++) {
        if (!r->marks[photo])
            continue;
        tn_matrix_row(&c->photos, photo, r->row);
        tn_axpy(row, 1, r->row, c->photos.columns);
        part->share += (double)c->shares[photo];
        part->known = true;
    }
}

/* The part of that name, which is made when it is new. */
static enum tn_status find_part(struct relevance *r, const char *name, size_t length,
                                size_t *ret_part, struct tn_error *err)
{
    const size_t d = relevance_code_size(r), count = r->names.count;
    size_t part;

    TN_TRY(tn_array_reserve(&r->parts, &r->part_capacity, count + 1, err));
    TN_TRY(tn_array_reserve(&r->rows, &r->row_capacity, (count + 1) * d, err));
    TN_TRY(tn_map_add(&r->names, name, length, &part, err));
    if (part == count) {
        memset(r->marks, 0, consensus_of(r)->photos.rows);
        if (name[0] == ' ')
            mark_keyword(r, name + 1);
        else if (vocab_id(r->decoder->vocab, name, length) >= VOCAB_FIRST_WORD)
            mark_word(r, vocab_id(r->decoder->vocab, name, length));
        sum_marked(r, &r->parts[part], r->rows + part * d);
    }
    *ret_part = part;
    return TN_OK;
}

/* The parts of a word: itself, and its keyword. */
static enum tn_status add_word(struct relevance *r, const char *token, struct relevance_query *q,
                               bool *ret_known, struct tn_error *err)
{
    const size_t first = q->part_count;
    struct keyword_word word;
    char name[KEYWORD_WORDS_LONGEST + 2];
    size_t part;

    TN_TRY(find_part(r, token, strlen(token), &part, err));
    if (r->parts[part].known)
        q->parts[q->part_count++] = part;
    if (keyword_words_find(r->words, token, strlen(token), &word) && word.name) {
        const int length = snprintf(name, sizeof name, " %s", word.name);

        TN_TRY(find_part(r, name, (size_t)length, &part, err));
        if (r->parts[part].known)
            q->parts[q->part_count++] = part;
    }
    for (size_t i = first; i < q->part_count; i++)
        q->shares[i] = 1 / (float)(q->part_count - first);
    *ret_known = q->part_count > first;
    return TN_OK;
}

static bool is_before(const char *const *tokens, size_t i)
{
    for (size_t j = 0; j < i; j++)
        if (strcmp(tokens[j], tokens[i]) == 0)
            return true;
    return false;
}

enum tn_status relevance_ask(struct relevance *relevance, const char *const *tokens, size_t count,
                             struct relevance_query *ret_query, bool *known, struct tn_error *err)
{
    const bool codes = relevance_code_size(relevance) > 0;
    struct relevance_query q = {.part_count = 0};

    for (size_t i = 0; i < count && i < RELEVANCE_LONGEST; i++) {
        const int id = vocab_id(relevance->decoder->vocab, tokens[i], strlen(tokens[i]));
        bool is_known = id >= VOCAB_FIRST_WORD;

        q.words[q.word_count++] = id;
        if (codes && !is_before(tokens, i))
            TN_TRY(add_word(relevance, tokens[i], &q, &is_known, err));
        if (known)
            known[i] = is_known;
    }
    q.words[q.word_count++] = VOCAB_END;
    *ret_query = q;
    return TN_OK;
}

bool relevance_is_common(const struct relevance *relevance, const char *token)
{
    const size_t part = tn_map_find(&relevance->names, token, strlen(token));

    return part != TN_MAP_NONE && relevance->parts[part].share > RELEVANCE_COMMON;
}

/* ---- Evidence ---- */

/* products[parts][photos] of b and z; scores from them. */
static void add_up(const struct relevance *r, const struct relevance_query *q,
                   const float *products, size_t photos, float *scores)
{
    memset(scores, 0, photos * sizeof *scores);
    for (size_t k = 0; k < q->part_count; k++) {
        const float share = (float)r->parts[q->parts[k]].share;
        const float usual = logf(fmaxf(share, (float)RELEVANCE_LEAST));

        for (size_t i = 0; i < photos; i++)
            scores[i] +=
                q->shares[k] *
                (logf(fmaxf(products[k * photos + i] + share, (float)RELEVANCE_LEAST)) - usual);
    }
}

enum tn_status relevance_evidence(const struct relevance *relevance,
                                  const struct relevance_query *query,
                                  const struct tn_matrix *codes, float *scores,
                                  struct tn_error *err)
{
    const size_t d = codes->columns, photos = codes->rows, parts = query->part_count;
    struct tn_arena arena = {0};
    float *rows = NULL, *products = NULL;
    enum tn_status status = TN_OK;

    for (int round = 0; round < 2 && status == TN_OK; round++) {
        if (round == 0)
            tn_arena_measure(&arena);
        rows = tn_arena_floats(&arena, parts * d);
        products = tn_arena_floats(&arena, parts * photos);
        for (size_t k = 0; k < parts && round > 0; k++)
            memcpy(rows + k * d, relevance->rows + query->parts[k] * d, d * sizeof *rows);
        if (parts > 0 && photos > 0)
            tn_linear(relevance->pool, products, rows, codes, NULL, false, parts, &arena);
        if (round == 0)
            status = tn_arena_reserve(&arena, err);
    }
    if (status == TN_OK)
        add_up(relevance, query, products, photos, scores);
    tn_arena_finish(&arena);
    return status;
}

/* ---- The decoder ---- */

/* log p(q | V) of at most RELEVANCE_AT_ONCE photos, of which none has the features 0. */
static void read_rows(struct relevance *r, const struct relevance_query *q, size_t count,
                      const float *features, double *sums)
{
    const size_t width = feature_count(r);

    for (size_t i = 0; i < count; i++) {
        float *row = r->features + i * width;

        if (features)
            memcpy(row, features + i * width, width * sizeof *row);
        else
            memset(row, 0, width * sizeof *row);
        decoder_input_apply(&r->decoder->input, row, width);
    }
    decoder_score_run(r->score, count, r->features, q->words, q->word_count, r->log_probs);
    for (size_t i = 0; i < count; i++) {
        sums[i] = 0;
        for (size_t t = 0; t < q->word_count; t++)
            sums[i] += (double)r->log_probs[i * q->word_count + t];
    }
}

enum tn_status relevance_read(struct relevance *relevance, const struct relevance_query *query,
                              size_t count, const float *features, float *scores,
                              struct tn_error *err)
{
    double none, sums[RELEVANCE_AT_ONCE];

    if (!relevance->score)
        TN_TRY(decoder_score_create(&relevance->decoder->weights, RELEVANCE_AT_ONCE,
                                    relevance->pool, &relevance->score, err));
    read_rows(relevance, query, 1, NULL, &none);
    for (size_t first = 0; first < count; first += RELEVANCE_AT_ONCE) {
        const size_t left = count - first;
        const size_t rows = left < RELEVANCE_AT_ONCE ? left : RELEVANCE_AT_ONCE;

        read_rows(relevance, query, rows, features + first * feature_count(relevance), sums);
        for (size_t i = 0; i < rows; i++)
            scores[first + i] += (float)(RELEVANCE_DECODER * (sums[i] - none));
    }
    return TN_OK;
}
