/* SPDX-License-Identifier: MIT */
#include "train/tasks/scoring.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Photos that are searched together, and captions whose likelihood is computed together. */
enum { SEARCH_PHOTOS = 64, LOSS_CAPTIONS = 256 };

void train_hypotheses_finish(struct train_hypotheses *hypotheses)
{
    free(hypotheses->ids);
    free(hypotheses->starts);
    free(hypotheses->word_log_probs);
    free(hypotheses->log_prob);
    free(hypotheses->cider);
    free(hypotheses->content);
    memset(hypotheses, 0, sizeof *hypotheses);
}

static enum tn_status hypotheses_init(struct train_hypotheses *hypotheses, size_t photos,
                                      size_t max_words, struct tn_error *err)
{
    *hypotheses = (struct train_hypotheses){
        .ids = calloc(photos * max_words + 1, sizeof *hypotheses->ids),
        .word_log_probs = calloc(photos * max_words + 1, sizeof *hypotheses->word_log_probs),
        .starts = calloc(photos + 1, sizeof *hypotheses->starts),
        .log_prob = calloc(photos + 1, sizeof *hypotheses->log_prob),
        .cider = calloc(photos + 1, sizeof *hypotheses->cider),
        .content = calloc(photos + 1, sizeof *hypotheses->content),
        .photos = photos,
    };
    if (hypotheses->ids && hypotheses->word_log_probs && hypotheses->starts &&
        hypotheses->log_prob && hypotheses->cider && hypotheses->content)
        return TN_OK;
    train_hypotheses_finish(hypotheses);
    return tn_fail_nomem(err, photos * max_words * sizeof *hypotheses->ids);
}

static void keep_results(const struct search *search, size_t first, size_t count,
                         struct train_hypotheses *hypotheses)
{
    for (size_t i = 0; i < count; i++) {
        const struct search_hypothesis best = search_result(search, i, 0);
        const size_t photo = first + i, start = hypotheses->starts[photo];

        memcpy(hypotheses->ids + start, best.words, best.count * sizeof *best.words);
        memcpy(hypotheses->word_log_probs + start, best.log_probs,
               best.count * sizeof *best.log_probs);
        hypotheses->starts[photo + 1] = start + best.count;
        hypotheses->log_prob[photo] = best.log_prob;
    }
}

/* ---- What the processes of a team share: whole batches, so that each is as it was alone ---- */

/* Where the share of a process begins among `count` things in batches of `batch`. */
static size_t first_of(const struct team *team, size_t rank, size_t count, size_t batch)
{
    const size_t first = (count + batch - 1) / batch * rank / team_size(team) * batch;

    return first < count ? first : count;
}

/* Brings together what each process has of an array of `bytes` per thing.  place: where a thing's
 * part begins, in such bytes; NULL: things have one each. */
static enum tn_status gather_things(struct team *team, size_t count, size_t batch, void *things,
                                    const size_t *place, size_t bytes, struct tn_error *err)
{
    const size_t size = team_size(team);
    size_t *starts = calloc(size + 1, sizeof *starts);

    if (!starts)
        return tn_fail_nomem(err, size * sizeof *starts);
    for (size_t r = 0; r <= size; r++) {
        const size_t first = first_of(team, r, count, batch);

        starts[r] = (place ? place[first] : first) * bytes;
    }
    team_gather(team, things, starts);
    free(starts);
    return TN_OK;
}

/* Stops all where one was stopped. */
static enum tn_status agree_to_go_on(struct team *team, enum tn_status status, struct tn_error *err)
{
    if (status != TN_OK && status != TN_CANCELLED)
        return status;
    return team_any(team, status == TN_CANCELLED) && status == TN_OK
               ? tn_fail(err, TN_CANCELLED, "stopped")
               : status;
}

/* Each process has the words of its photos at the front; then all have all, in order. */
static enum tn_status gather_hypotheses(struct team *team, struct train_hypotheses *h,
                                        struct tn_error *err)
{
    const size_t photos = h->photos, first = first_of(team, team_rank(team), photos, SEARCH_PHOTOS);
    const size_t end = first_of(team, team_rank(team) + 1, photos, SEARCH_PHOTOS);
    const size_t words = h->starts[end];

    if (!team)
        return TN_OK;
    for (size_t i = end; i > first; i--)
        h->starts[i] -= h->starts[i - 1]; /* lengths */
    TN_TRY(gather_things(team, photos, SEARCH_PHOTOS, h->starts + 1, NULL, sizeof *h->starts, err));
    for (size_t i = 0; i < photos; i++)
        h->starts[i + 1] += h->starts[i];
    memmove(h->ids + h->starts[first], h->ids, words * sizeof *h->ids);
    memmove(h->word_log_probs + h->starts[first], h->word_log_probs,
            words * sizeof *h->word_log_probs);
    TN_TRY(gather_things(team, photos, SEARCH_PHOTOS, h->ids, h->starts, sizeof *h->ids, err));
    TN_TRY(gather_things(team, photos, SEARCH_PHOTOS, h->word_log_probs, h->starts,
                         sizeof *h->word_log_probs, err));
    return gather_things(team, photos, SEARCH_PHOTOS, h->log_prob, NULL, sizeof *h->log_prob, err);
}

/* ---- The captions ---- */

static enum tn_status search_all(struct search *search, struct consensus_ranker *ranker,
                                 const struct data_source *source,
                                 const struct train_score_options *options, float *features,
                                 struct train_hypotheses *hypotheses, struct tn_error *err)
{
    const size_t width = source->features->width, photos = source->corpus->photo_count;
    const size_t rank = team_rank(options->team);
    const size_t end = first_of(options->team, rank + 1, photos, SEARCH_PHOTOS);
    struct search_options how = options->search;
    size_t first = first_of(options->team, rank, photos, SEARCH_PHOTOS);

    for (; first < end; first += SEARCH_PHOTOS) {
        const size_t left = end - first;
        const size_t count = left < SEARCH_PHOTOS ? left : SEARCH_PHOTOS;

        for (size_t i = 0; i < count; i++)
            data_source_features(source, first + i, features + i * width);
        if (ranker)
            how.guide = consensus_guide(ranker, count, features);
        TN_TRY(search_run(search, &how, count, features, err));
        keep_results(search, first, count, hypotheses);
        if (tn_progress_stops(&options->progress, "captioned", first + count, photos))
            return tn_fail(err, TN_CANCELLED, "stopped after %zu of %zu photos", first + count,
                           photos);
    }
    return TN_OK;
}

static enum tn_status find_hypotheses(const struct decoder_weights *weights,
                                      const struct data_source *source,
                                      const struct train_score_options *options,
                                      struct tn_pool *pool, struct train_hypotheses *hypotheses,
                                      struct tn_error *err)
{
    const struct search_limits limits = {SEARCH_PHOTOS, options->search.beam,
                                         options->search.max_words};
    const size_t bytes = SEARCH_PHOTOS * source->features->width * sizeof(float);
    float *features = malloc(bytes);
    struct consensus_ranker *ranker = NULL;
    struct search *search = NULL;
    enum tn_status status;

    if (!features)
        return tn_fail_nomem(err, bytes);
    status = search_create(weights, &limits, pool, &search, err);
    if (status == TN_OK && consensus_applies(options->consensus, &options->search))
        status = consensus_ranker_create(options->consensus, SEARCH_PHOTOS, pool, &ranker, err);
    if (status == TN_OK)
        status = search_all(search, ranker, source, options, features, hypotheses, err);
    status = agree_to_go_on(options->team, status, err);
    if (status == TN_OK)
        status = gather_hypotheses(options->team, hypotheses, err);
    search_destroy(search);
    consensus_ranker_destroy(ranker);
    free(features);
    return status;
}

enum tn_status train_write(const struct decoder_weights *weights, const struct data_source *source,
                           const struct train_score_options *options, struct tn_pool *pool,
                           struct train_hypotheses *ret_hypotheses, struct tn_error *err)
{
    struct train_hypotheses hypotheses;
    enum tn_status status;

    TN_TRY(
        hypotheses_init(&hypotheses, source->corpus->photo_count, options->search.max_words, err));
    status = find_hypotheses(weights, source, options, pool, &hypotheses, err);
    if (status == TN_OK)
        *ret_hypotheses = hypotheses;
    else
        train_hypotheses_finish(&hypotheses);
    return status;
}

/* ---- Their scores ---- */

/* The items of metric_score, with the arrays that they point into. */
struct items {
    struct metric_item *items;
    struct metric_sentence *references;
    const char **words; /* of all captions, then of all hypotheses */
};

static void items_finish(struct items *items)
{
    free(items->items);
    free(items->references);
    free(items->words);
}

static void set_items(struct items *items, const struct data_corpus *corpus,
                      const struct train_hypotheses *hypotheses, const struct vocab *vocab)
{
    const char **said = items->words + corpus->token_count;

    for (size_t t = 0; t < corpus->token_count; t++)
        items->words[t] = corpus->text + corpus->words[t];
    for (size_t t = 0; t < hypotheses->starts[hypotheses->photos]; t++)
        said[t] = vocab_word(vocab, hypotheses->ids[t]);
    for (size_t c = 0; c < corpus->caption_count; c++)
        items->references[c] = (struct metric_sentence){items->words + corpus->starts[c],
                                                        corpus->starts[c + 1] - corpus->starts[c]};
    for (size_t p = 0; p < corpus->photo_count; p++)
        items->items[p] = (struct metric_item){
            {said + hypotheses->starts[p], hypotheses->starts[p + 1] - hypotheses->starts[p]},
            items->references + corpus->firsts[p],
            corpus->firsts[p + 1] - corpus->firsts[p]};
}

static enum tn_status score_items(const struct data_corpus *corpus,
                                  struct train_hypotheses *hypotheses, const struct vocab *vocab,
                                  struct metric_scores *ret_scores, struct tn_error *err)
{
    const size_t words = corpus->token_count + hypotheses->starts[hypotheses->photos];
    const struct metric_each each = {.cider = hypotheses->cider, .content = hypotheses->content};
    struct items items = {
        .items = calloc(corpus->photo_count + 1, sizeof *items.items),
        .references = calloc(corpus->caption_count + 1, sizeof *items.references),
        .words = calloc(words + 1, sizeof *items.words),
    };
    enum tn_status status;

    if (!items.items || !items.references || !items.words) {
        status = tn_fail_nomem(err, words * sizeof *items.words);
    } else {
        set_items(&items, corpus, hypotheses, vocab);
        status = metric_score(items.items, corpus->photo_count, ret_scores, &each, err);
    }
    items_finish(&items);
    return status;
}

static enum tn_status count_words(const struct train_hypotheses *hypotheses,
                                  const struct vocab *vocab, struct train_scores *scores,
                                  struct tn_error *err)
{
    const size_t total = hypotheses->starts[hypotheses->photos];
    unsigned char *seen = calloc(vocab_count(vocab), 1);

    if (!seen)
        return tn_fail_nomem(err, vocab_count(vocab));
    scores->words_used = 0;
    for (size_t t = 0; t < total; t++) {
        scores->words_used += !seen[hypotheses->ids[t]];
        seen[hypotheses->ids[t]] = 1;
    }
    scores->vocabulary = vocab_count(vocab) - VOCAB_FIRST_WORD;
    scores->mean_length = (double)total / (double)hypotheses->photos;
    free(seen);
    return TN_OK;
}

/* A batch of captions. */
struct batch_loss {
    double loss, tokens;
};

/* The losses of this process' batches; false when progress stops it. */
static bool measure_losses(const struct decoder *decoder, const struct tn_pass *pass,
                           const struct data_source *source, struct data_batch *batch,
                           const struct train_score_options *options, struct batch_loss *losses)
{
    const size_t all = source->corpus->caption_count, rank = team_rank(options->team);
    const size_t end = first_of(options->team, rank + 1, all, LOSS_CAPTIONS);
    size_t captions[LOSS_CAPTIONS];

    for (size_t first = first_of(options->team, rank, all, LOSS_CAPTIONS); first < end;
         first += LOSS_CAPTIONS) {
        const size_t count = end - first < LOSS_CAPTIONS ? end - first : LOSS_CAPTIONS;
        struct batch_loss *measured = &losses[first / LOSS_CAPTIONS];

        for (size_t i = 0; i < count; i++)
            captions[i] = first + i;
        data_batch_fill(batch, source, captions, count, pass->pool, NULL);
        measured->loss = decoder_loss(decoder, pass, &batch->batch, 0, 0);
        measured->tokens = (double)batch->tokens;
        if (tn_progress_stops(&options->progress, "measured", first + count, all))
            return false;
    }
    return true;
}

/* The loss of a token in the mean. */
static enum tn_status mean_loss(const struct decoder *decoder, const struct tn_pass *pass,
                                const struct data_source *source, struct data_batch *batch,
                                const struct train_score_options *options, double *ret_loss,
                                struct tn_error *err)
{
    const size_t batches = (source->corpus->caption_count + LOSS_CAPTIONS - 1) / LOSS_CAPTIONS;
    struct batch_loss *losses = calloc(batches, sizeof *losses), sum = {0, 0};
    enum tn_status status = TN_OK;

    if (!losses)
        return tn_fail_nomem(err, batches * sizeof *losses);
    if (!measure_losses(decoder, pass, source, batch, options, losses))
        status = tn_fail(err, TN_CANCELLED, "stopped");
    status = agree_to_go_on(options->team, status, err);
    if (status == TN_OK)
        status = gather_things(options->team, batches, 1, losses, NULL, sizeof *losses, err);
    for (size_t i = 0; i < batches; i++) {
        sum.loss += losses[i].loss;
        sum.tokens += losses[i].tokens;
    }
    free(losses);
    if (status == TN_OK)
        *ret_loss = sum.loss / sum.tokens;
    return status;
}

enum tn_status train_perplexity(const struct decoder *decoder, const float *theta,
                                const struct data_source *source,
                                const struct train_score_options *options, struct tn_pool *pool,
                                double *ret_perplexity, struct tn_error *err)
{
    struct data_batch batch;
    struct tn_arena arena;
    const struct tn_pass pass = {.pool = pool, .theta = theta, .arena = &arena};
    enum tn_status status;
    double loss;

    TN_TRY(data_batch_init(&batch, source, LOSS_CAPTIONS, err));
    tn_arena_measure(&arena);
    decoder_loss(decoder, &pass, &batch.batch, 0, 0);
    status = tn_arena_reserve(&arena, err);
    if (status == TN_OK)
        status = mean_loss(decoder, &pass, source, &batch, options, &loss, err);
    if (status == TN_OK)
        *ret_perplexity = exp(loss);
    tn_arena_finish(&arena);
    data_batch_finish(&batch);
    return status;
}

enum tn_status train_score(const struct decoder_weights *weights, const struct decoder *decoder,
                           const float *theta, const struct data_source *source,
                           const struct vocab *vocab, const struct train_score_options *options,
                           struct tn_pool *pool, struct train_scores *ret_scores,
                           struct train_hypotheses *ret_hypotheses, struct tn_error *err)
{
    const struct data_corpus *corpus = source->corpus;
    struct train_scores scores = {.photos = corpus->photo_count};
    struct train_hypotheses hypotheses;
    enum tn_status status;

    if (corpus->caption_count == 0)
        return tn_fail(err, TN_NOTFOUND, "no caption to score against contains a word");
    TN_TRY(train_write(weights, source, options, pool, &hypotheses, err));
    status = score_items(corpus, &hypotheses, vocab, &scores.metrics, err);
    if (status == TN_OK)
        status = count_words(&hypotheses, vocab, &scores, err);
    if (status == TN_OK && decoder)
        status = train_perplexity(decoder, theta, source, options, pool, &scores.perplexity, err);
    if (status == TN_OK)
        *ret_scores = scores;
    if (status == TN_OK && ret_hypotheses)
        *ret_hypotheses = hypotheses;
    else
        train_hypotheses_finish(&hypotheses);
    return status;
}
