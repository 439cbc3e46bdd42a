/* SPDX-License-Identifier: MIT */
#include "app/training/recall_report.h"

#include "models/captioner/relevance.h"
#include "tensor/pointwise.h"

#include <math.h>
#include <stdlib.h>

static const size_t depths[RECALL_DEPTHS] = {1, 5, 10};

struct recalling {
    const struct app_trained *trained;
    const struct data_source *source;
    struct relevance *relevance;
    size_t photos, captions;
    float *codes;  /* [photos][d] */
    float *scores; /* [captions][photos] */
    size_t *ranks; /* [photos or captions], from 0 */
};

static void recalling_finish(struct recalling *r)
{
    relevance_destroy(r->relevance);
    free(r->codes);
    free(r->scores);
    free(r->ranks);
}

/* ---- Scores ---- */

static enum tn_status encode_photos(struct recalling *r, struct tn_error *err)
{
    const size_t width = r->trained->chosen->weights.config.features;
    const size_t d = relevance_code_size(r->relevance);
    float *z = malloc(width * sizeof *z);

    r->codes = malloc((r->photos * d + 1) * sizeof *r->codes);
    if (!z || !r->codes) {
        free(z);
        return tn_fail_nomem(err, r->photos * d * sizeof *r->codes);
    }
    for (size_t i = 0; i < r->photos; i++) {
        data_source_features(r->source, i, z);
        tn_scale(z, 1 / r->source->input.scale, width); /* V again, but for its length */
        relevance_encode(r->relevance, z, r->codes + i * d);
    }
    free(z);
    return TN_OK;
}

static enum tn_status score_caption(struct recalling *r, size_t caption, struct tn_error *err)
{
    const struct data_corpus *corpus = r->source->corpus;
    const struct tn_matrix codes = {.dtype = TN_F32,
                                    .rows = r->photos,
                                    .columns = relevance_code_size(r->relevance),
                                    .data = r->codes};
    const char *tokens[RELEVANCE_LONGEST];
    struct relevance_query query;
    size_t count = 0;

    for (size_t t = corpus->starts[caption];
         t < corpus->starts[caption + 1] && count < RELEVANCE_LONGEST; t++)
        tokens[count++] = corpus->text + corpus->words[t];
    TN_TRY(relevance_ask(r->relevance, tokens, count, &query, NULL, err));
    return relevance_evidence(r->relevance, &query, &codes, r->scores + caption * r->photos, err);
}

static enum tn_status score_all(struct recalling *r, struct tn_error *err)
{
    const size_t most = r->captions > r->photos ? r->captions : r->photos;

    TN_TRY(relevance_create(r->trained->chosen, r->trained->pool, &r->relevance, err));
    r->scores = malloc((r->captions * r->photos + 1) * sizeof *r->scores);
    r->ranks = malloc((most + 1) * sizeof *r->ranks);
    if (!r->scores || !r->ranks)
        return tn_fail_nomem(err, r->captions * r->photos * sizeof *r->scores);
    TN_TRY(encode_photos(r, err));
    for (size_t i = 0; i < r->captions; i++)
        TN_TRY(score_caption(r, i, err));
    return TN_OK;
}

/* ---- Ranks ---- */

/* Of equal ones half stand before. */
static size_t rank_of(float own, const float *others, size_t count, size_t step)
{
    size_t better = 0, equal = 0;

    for (size_t i = 0; i < count; i++) {
        better += others[i * step] > own;
        equal += others[i * step] == own;
    }
    return better + (equal > 0 ? (equal - 1) / 2 : 0);
}

static void rank_photos(struct recalling *r)
{
    for (size_t caption = 0; caption < r->captions; caption++) {
        const float *scores = r->scores + caption * r->photos;

        r->ranks[caption] =
            rank_of(scores[r->source->corpus->owners[caption]], scores, r->photos, 1);
    }
}

static void rank_captions(struct recalling *r)
{
    const size_t *firsts = r->source->corpus->firsts;

    for (size_t caption = 0; caption < r->captions; caption++) {
        float *scores = r->scores + caption * r->photos;
        const float all = tn_logsumexp(scores, r->photos);

        for (size_t photo = 0; photo < r->photos; photo++)
            scores[photo] -= all;
    }
    for (size_t photo = 0; photo < r->photos; photo++) {
        float best = -INFINITY;

        for (size_t caption = firsts[photo]; caption < firsts[photo + 1]; caption++)
            best = fmaxf(best, r->scores[caption * r->photos + photo]);
        r->ranks[photo] = rank_of(best, r->scores + photo, r->captions, r->photos);
    }
}

static int by_size(const void *a, const void *b)
{
    const size_t x = *(const size_t *)a, y = *(const size_t *)b;

    return (x > y) - (x < y);
}

static struct recall_scores sum_up(size_t *ranks, size_t count)
{
    struct recall_scores scores = {.median = 0};

    qsort(ranks, count, sizeof *ranks, by_size);
    for (size_t k = 0; k < RECALL_DEPTHS; k++) {
        size_t found = 0;

        while (found < count && ranks[found] < depths[k])
            found++;
        scores.at[k] = (double)found / (double)count;
    }
    scores.median = 1 + (double)(ranks[(count - 1) / 2] + ranks[count / 2]) / 2;
    return scores;
}

enum tn_status recall_report_make(struct recall_report *ret_report,
                                  const struct app_trained *trained,
                                  const struct data_source *source, struct tn_error *err)
{
    const size_t all = source->corpus->photo_count;
    struct recalling r = {
        .trained = trained, .source = source, .photos = all < RECALL_PHOTOS ? all : RECALL_PHOTOS};
    struct recall_report report = {.photo_count = r.photos};
    enum tn_status status;

    *ret_report = (struct recall_report){.photo_count = 0};
    r.captions = source->corpus->firsts[r.photos];
    if (trained->chosen->consensus.grams == 0 || r.captions == 0)
        return TN_OK;
    status = score_all(&r, err);
    if (status == TN_OK) {
        rank_photos(&r);
        report.photos = sum_up(r.ranks, r.captions);
        rank_captions(&r);
        report.captions = sum_up(r.ranks, r.photos);
        *ret_report = report;
    }
    recalling_finish(&r);
    return status;
}

/* ---- Texts ---- */

static void print_scores(const char *name, const struct recall_scores *scores, const char *note,
                         FILE *stream)
{
    fprintf(stream, "%-12s%.2f at 1, %.2f at 5, %.2f at 10, median %.0f (%s)\n", name,
            100 * scores->at[0], 100 * scores->at[1], 100 * scores->at[2], scores->median, note);
}

void recall_report_print(const struct recall_report *report, FILE *stream)
{
    char note[64];

    if (report->photo_count == 0)
        return;
    snprintf(note, sizeof note, "%zu photos by their captions", report->photo_count);
    print_scores("recall", &report->photos, note, stream);
    print_scores("  captions", &report->captions, "captions by their photos", stream);
}
