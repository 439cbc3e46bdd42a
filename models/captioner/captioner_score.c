/* SPDX-License-Identifier: MIT */
/* How well a text fits photos, for the captioner's users: models/captioner/relevance.h. */
#include "models/captioner/captioner.h"

#include "models/captioner/captioner_private.h"
#include "models/captioner/relevance.h"

#include <stdlib.h>
#include <string.h>

enum tn_status captioner_relevance(struct captioner *captioner, struct relevance **ret_relevance,
                                   struct tn_error *err)
{
    if (!captioner->relevance)
        TN_TRY(relevance_create(captioner->decoder, captioner->pool, &captioner->relevance, err));
    *ret_relevance = captioner->relevance;
    return TN_OK;
}

static enum tn_status ask(const struct captioner *captioner, const char *text,
                          struct relevance_query *ret_query, struct tn_error *err)
{
    const char *words[RELEVANCE_LONGEST];
    struct vocab_tokens tokens = {.count = 0};
    size_t count = 0;
    enum tn_status status =
        vocab_tokenize(captioner->decoder->tokenizer, text, strlen(text), &tokens, err);

    for (; status == TN_OK && count < tokens.count && count < RELEVANCE_LONGEST; count++)
        words[count] = tokens.text + tokens.offsets[count];
    if (status == TN_OK)
        status = count > 0
                     ? relevance_ask(captioner->relevance, words, count, ret_query, NULL, err)
                     : tn_fail(err, TN_NOTFOUND, "'%s' has no word", text);
    vocab_tokens_finish(&tokens);
    return status;
}

/* s of each photo, by its code. */
static enum tn_status add_evidence(struct relevance *relevance, const struct relevance_query *query,
                                   const float *features, size_t width, size_t count, float *scores,
                                   struct tn_error *err)
{
    const size_t d = relevance_code_size(relevance);
    float *codes = malloc((count * d + 1) * sizeof *codes);
    const struct tn_matrix matrix = {.dtype = TN_F32, .rows = count, .columns = d, .data = codes};
    enum tn_status status;

    if (!codes)
        return tn_fail_nomem(err, count * d * sizeof *codes);
    for (size_t i = 0; i < count; i++)
        relevance_encode(relevance, features + i * width, codes + i * d);
    status = relevance_evidence(relevance, query, &matrix, scores, err);
    free(codes);
    return status;
}

static enum tn_status score(struct captioner *captioner, const float *features, size_t count,
                            const char *text, float *scores, struct tn_error *err)
{
    struct relevance_query query;
    struct relevance *relevance;

    TN_TRY(captioner_relevance(captioner, &relevance, err));
    TN_TRY(ask(captioner, text, &query, err));
    memset(scores, 0, count * sizeof *scores);
    if (relevance_code_size(relevance) > 0)
        TN_TRY(add_evidence(relevance, &query, features, captioner->width, count, scores, err));
    return relevance_read(relevance, &query, count, features, scores, err);
}

enum captioner_status captioner_score_features(struct captioner *captioner, const float *features,
                                               size_t count, const char *text, float *scores,
                                               struct captioner_error *error)
{
    struct tn_error err;
    const enum tn_status status = score(captioner, features, count, text, scores, &err);

    return captioner_report(status, &err, error);
}
