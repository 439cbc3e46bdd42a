/* SPDX-License-Identifier: MIT */
#include "train/fit/keywords_fit.h"

#include "base/array.h"
#include "train/fit/logistic.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH = 64, BEST = 5 };

static const double ridge = 1;

/* ---- What people said ---- */

/* The different keywords of a photo's captions, in the order of strcmp. */
struct said {
    const char **tokens, **texts; /* with room for the photo that most is said of */
    size_t count;
};

static enum tn_status said_init(struct said *said, const struct data_corpus *corpus, size_t least,
                                struct tn_error *err)
{
    size_t most = least;

    for (size_t i = 0; i < corpus->photo_count; i++) {
        const size_t words =
            corpus->starts[corpus->firsts[i + 1]] - corpus->starts[corpus->firsts[i]];

        most = words > most ? words : most;
    }
    *said = (struct said){.tokens = malloc((most + 1) * sizeof *said->tokens),
                          .texts = malloc((2 * most + 1) * sizeof *said->texts)};
    return said->tokens && said->texts ? TN_OK : tn_fail_nomem(err, 3 * most * sizeof *said->texts);
}

static void said_finish(struct said *said)
{
    free(said->tokens);
    free(said->texts);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void said_sort(struct said *said, size_t count)
{
    said->count = 0;
    qsort(said->texts, count, sizeof *said->texts, by_text);
    for (size_t i = 0; i < count; i++)
        if (i == 0 || strcmp(said->texts[i], said->texts[said->count - 1]) != 0)
            said->texts[said->count++] = said->texts[i];
}

static void said_read(struct said *said, const struct keywords *keywords,
                      const struct data_corpus *corpus, size_t photo)
{
    size_t count = 0;

    for (size_t c = corpus->firsts[photo]; c < corpus->firsts[photo + 1]; c++) {
        const size_t start = corpus->starts[c], length = corpus->starts[c + 1] - start;

        for (size_t t = 0; t < length; t++)
            said->tokens[t] = corpus->text + corpus->words[start + t];
        count += keywords_said(keywords, said->tokens, length, said->texts + count);
    }
    said_sort(said, count);
}

static bool said_has(const struct said *said, const char *text)
{
    return bsearch(&text, said->texts, said->count, sizeof *said->texts, by_text) != NULL;
}

/* ---- Examples ---- */

/* While they are made. */
struct making {
    const struct keywords *keywords;
    const struct data_source *source;
    struct consensus_ranker *ranker;
    struct said said;
    float *features;  /* [BATCH][width] */
    double *evidence; /* [keywords] */
    size_t count, capacity;
    struct keyword_examples examples;
};

static enum tn_status add_photo(struct making *m, size_t photo, const float *weights,
                                struct tn_error *err)
{
    struct keyword_examples *examples = &m->examples;
    const size_t all = keywords_count(m->keywords);

    said_read(&m->said, m->keywords, m->source->corpus, photo);
    keywords_look(m->keywords, weights, m->evidence);
    TN_TRY(tn_array_reserve(&examples->items, &m->capacity, m->count + all, err));
    for (size_t k = 0; k < all; k++)
        if (!isnan(m->evidence[k]))
            examples->items[m->count++] = (struct keyword_example){
                (float)m->evidence[k], said_has(&m->said, keywords_text(m->keywords, k))};
    examples->people[photo] = m->said.count;
    examples->starts[photo + 1] = m->count;
    return TN_OK;
}

static enum tn_status add_photos(struct making *m, struct tn_error *err)
{
    const size_t photos = m->examples.photos, width = m->source->features->width;

    for (size_t first = 0; first < photos; first += BATCH) {
        const size_t count = photos - first < BATCH ? photos - first : BATCH;

        for (size_t i = 0; i < count; i++)
            data_source_features(m->source, first + i, m->features + i * width);
        consensus_weigh(m->ranker, count, m->features);
        for (size_t i = 0; i < count; i++)
            TN_TRY(add_photo(m, first + i, consensus_weights(m->ranker, i), err));
    }
    return TN_OK;
}

static enum tn_status making_init(struct making *m, const struct consensus *consensus,
                                  struct tn_pool *pool, struct tn_error *err)
{
    const struct data_corpus *corpus = m->source->corpus;
    const size_t bytes = BATCH * m->source->features->width * sizeof *m->features;

    m->examples.photos = corpus->photo_count;
    m->examples.starts = calloc(corpus->photo_count + 1, sizeof *m->examples.starts);
    m->examples.people = calloc(corpus->photo_count + 1, sizeof *m->examples.people);
    m->features = malloc(bytes);
    m->evidence = calloc(keywords_count(m->keywords) + 1, sizeof *m->evidence);
    if (!m->examples.starts || !m->examples.people || !m->features || !m->evidence)
        return tn_fail_nomem(err, bytes);
    TN_TRY(said_init(&m->said, corpus, 0, err));
    return consensus_ranker_create(consensus, BATCH, pool, &m->ranker, err);
}

enum tn_status keyword_examples_make(const struct keywords *keywords,
                                     const struct consensus *consensus,
                                     const struct data_source *source, struct tn_pool *pool,
                                     struct keyword_examples *ret_examples, struct tn_error *err)
{
    struct making making = {.keywords = keywords, .source = source};
    enum tn_status status = making_init(&making, consensus, pool, err);

    if (status == TN_OK)
        status = add_photos(&making, err);
    consensus_ranker_destroy(making.ranker);
    said_finish(&making.said);
    free(making.features);
    free(making.evidence);
    if (status == TN_OK)
        *ret_examples = making.examples;
    else
        keyword_examples_finish(&making.examples);
    return status;
}

void keyword_examples_finish(struct keyword_examples *examples)
{
    free(examples->items);
    free(examples->starts);
    free(examples->people);
    memset(examples, 0, sizeof *examples);
}

/* ---- Fitting ---- */

/* Every `step`-th photo from `first` on. */
struct share {
    size_t first, step;
};

bool keyword_can_fit(const struct keyword_examples *examples)
{
    size_t counts[2][2] = {{0}};

    for (size_t i = 0; i < examples->photos; i++)
        for (size_t k = examples->starts[i]; k < examples->starts[i + 1]; k++)
            counts[i % 2][examples->items[k].said]++;
    return counts[0][0] > 0 && counts[0][1] > 0 && counts[1][0] > 0 && counts[1][1] > 0;
}

static enum tn_status fit(const struct keyword_examples *examples, const struct share *share,
                          float *weights, struct tn_error *err)
{
    const size_t most = examples->starts[examples->photos];
    double *x = malloc((2 * most + 1) * sizeof *x), *y;
    double fitted[KEYWORDS_WEIGHTS];
    size_t count = 0;

    if (!x)
        return tn_fail_nomem(err, 2 * most * sizeof *x);
    y = x + most;
    for (size_t i = share->first; i < examples->photos; i += share->step)
        for (size_t k = examples->starts[i]; k < examples->starts[i + 1]; k++) {
            x[count] = (double)examples->items[k].evidence;
            y[count++] = examples->items[k].said;
        }
    logistic_fit(x, y, count, KEYWORDS_WEIGHTS - 1, ridge, fitted);
    for (size_t j = 0; j < KEYWORDS_WEIGHTS; j++)
        weights[j] = (float)fitted[j];
    free(x);
    return TN_OK;
}

enum tn_status keyword_fit(const struct keyword_examples *examples, float *weights,
                           struct tn_error *err)
{
    const struct share all = {0, 1};

    return fit(examples, &all, weights, err);
}

static void estimate(const struct keyword_examples *examples, const struct share *share,
                     const float *weights, double *probabilities)
{
    for (size_t i = share->first; i < examples->photos; i += share->step)
        for (size_t k = examples->starts[i]; k < examples->starts[i + 1]; k++)
            probabilities[k] = keywords_probability(weights, (double)examples->items[k].evidence);
}

enum tn_status keyword_cross_fit(const struct keyword_examples *examples, double *probabilities,
                                 struct tn_error *err)
{
    float weights[KEYWORDS_WEIGHTS];

    for (size_t half = 0; half < 2; half++) {
        const struct share seen = {half, 2}, unseen = {1 - half, 2};

        TN_TRY(fit(examples, &seen, weights, err));
        estimate(examples, &unseen, weights, probabilities);
    }
    return TN_OK;
}

void keyword_estimate(const struct keyword_examples *examples, const float *weights,
                      double *probabilities)
{
    const struct share all = {0, 1};

    estimate(examples, &all, weights, probabilities);
}

/* ---- Scores ---- */

/* Keywords, those of them that were said, and all that were said. */
struct tally {
    size_t chosen, right, people, empty, photos;
};

static double ratio(size_t a, size_t b)
{
    return b > 0 ? (double)a / (double)b : 0;
}

static void tally_scores(const struct tally *tally, struct keyword_scores *ret_scores)
{
    *ret_scores = (struct keyword_scores){
        .precision = ratio(tally->right, tally->chosen),
        .recall = ratio(tally->right, tally->people),
        .per_photo = ratio(tally->chosen, tally->photos),
        .none = ratio(tally->empty, tally->photos),
    };
}

double keyword_f1(const struct keyword_scores *scores)
{
    const double sum = scores->precision + scores->recall;

    return sum > 0 ? 2 * scores->precision * scores->recall / sum : 0;
}

/* Adds the BEST most probable of a photo's examples to a tally. */
static void tally_best(const struct keyword_example *items, const double *probabilities,
                       size_t count, struct tally *tally)
{
    size_t best[BEST], filled = 0;

    for (size_t k = 0; k < count; k++) {
        size_t at = filled;

        if (filled < BEST)
            filled++;
        else if (probabilities[best[--at]] >= probabilities[k])
            continue;
        for (; at > 0 && probabilities[best[at - 1]] < probabilities[k]; at--)
            best[at] = best[at - 1];
        best[at] = k;
    }
    for (size_t i = 0; i < filled; i++)
        tally->right += items[best[i]].said;
    tally->chosen += filled;
}

void keyword_score(const struct keyword_examples *examples, const double *probabilities,
                   double least, struct keyword_scores *ret_scores)
{
    struct tally all = {.photos = examples->photos}, best = {.photos = examples->photos};

    for (size_t i = 0; i < examples->photos; i++) {
        const size_t start = examples->starts[i], end = examples->starts[i + 1];
        const size_t before = all.chosen;

        for (size_t k = start; k < end; k++)
            if (probabilities[k] > least) {
                all.chosen++;
                all.right += examples->items[k].said;
            }
        all.people += examples->people[i];
        all.empty += all.chosen == before;
        tally_best(examples->items + start, probabilities + start, end - start, &best);
    }
    tally_scores(&all, ret_scores);
    ret_scores->at_five = ratio(best.right, best.chosen);
}

/* The different keywords of a caption. */
static void said_caption(struct said *said, const struct keywords *keywords,
                         const struct train_hypotheses *hypotheses, const struct vocab *vocab,
                         size_t photo)
{
    const size_t start = hypotheses->starts[photo];
    const size_t length = hypotheses->starts[photo + 1] - start;

    for (size_t t = 0; t < length; t++)
        said->tokens[t] = vocab_word(vocab, hypotheses->ids[start + t]);
    said_sort(said, keywords_said(keywords, said->tokens, length, said->texts));
}

static size_t longest(const struct train_hypotheses *hypotheses)
{
    size_t most = 0;

    for (size_t i = 0; i < hypotheses->photos; i++) {
        const size_t length = hypotheses->starts[i + 1] - hypotheses->starts[i];

        most = length > most ? length : most;
    }
    return most;
}

enum tn_status keyword_score_captions(const struct keywords *keywords,
                                      const struct data_corpus *corpus,
                                      const struct train_hypotheses *hypotheses,
                                      const struct vocab *vocab, struct keyword_scores *ret_scores,
                                      struct tn_error *err)
{
    struct said people = {.count = 0}, caption = {.count = 0};
    struct tally tally = {.photos = hypotheses->photos};
    enum tn_status status = said_init(&people, corpus, 0, err);

    if (status == TN_OK)
        status = said_init(&caption, corpus, longest(hypotheses), err);
    for (size_t i = 0; i < hypotheses->photos && status == TN_OK; i++) {
        said_read(&people, keywords, corpus, i);
        said_caption(&caption, keywords, hypotheses, vocab, i);
        for (size_t k = 0; k < caption.count; k++)
            tally.right += said_has(&people, caption.texts[k]);
        tally.chosen += caption.count;
        tally.people += people.count;
        tally.empty += caption.count == 0;
    }
    if (status == TN_OK)
        tally_scores(&tally, ret_scores);
    said_finish(&people);
    said_finish(&caption);
    return status;
}
