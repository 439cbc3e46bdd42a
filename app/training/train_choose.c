/* SPDX-License-Identifier: MIT */
/* What `caption train` chooses where the command line leaves it open. */
#include "app/cli/commands.h"
#include "app/training/train_parts_private.h"
#include "train/tasks/scoring.h"

#include <stdio.h>

/* A set of fewer captions begins with a model that is there. */
enum { SMALL_SET = 5000 };

enum { USUAL_MIN_COUNT = 5, SMALL_MIN_COUNT = 2 };

size_t train_count_captions(const struct data_set *dataset)
{
    size_t count = 0;

    for (size_t i = 0; i < dataset->photo_count; i++)
        if (data_photo_is_train(&dataset->photos[i]))
            count += dataset->photos[i].caption_count;
    return count;
}

bool train_is_small(size_t captions)
{
    return captions < SMALL_SET;
}

size_t train_usual_min_count(bool small_start)
{
    return small_start ? SMALL_MIN_COUNT : USUAL_MIN_COUNT;
}

/* Something on the command line decides it. */
static bool is_decided(const struct train_command *c)
{
    return c->start || c->from_scratch || c->data.vectors || c->encoder ||
           c->cell != TRAIN_NOT_GIVEN || c->layers > 0 || c->hidden > 0 || c->embedding > 0 ||
           c->image_hidden > 0;
}

enum tn_status train_choose_start(struct train_start *start, const struct train_command *c,
                                  const struct data_set *dataset, const char *model,
                                  struct tn_error *err)
{
    const size_t captions = train_count_captions(dataset);
    struct tn_error missing;
    enum tn_status status;

    if (is_decided(c))
        return TN_OK;
    if (!train_is_small(captions)) {
        if (!c->loop.quiet)
            app_say("begins from scratch: %zu captions suffice; --start begins with a model",
                    captions);
        return TN_OK;
    }
    status = train_start_read(start, model, train_language(c), &missing);
    if (status == TN_NOTFOUND) {
        app_warn("%zu captions are few for a beginning from scratch, and there is no model to "
                 "begin with: %s",
                 captions, missing.text);
        return TN_OK;
    }
    if (status != TN_OK)
        return tn_fail(err, status, "%s", missing.text);
    if (!c->loop.quiet)
        app_say("begins with %s, as %zu captions are few; --from-scratch begins without", model,
                captions);
    return TN_OK;
}

void train_choose_rest(struct train_command *c, const struct train_start *start,
                       const struct data_set *dataset)
{
    const bool small = start->decoder && train_is_small(train_count_captions(dataset));

    if (c->cell == TRAIN_NOT_GIVEN)
        c->cell = 0;
    if (c->layers == 0)
        c->layers = 1;
    if (c->hidden == 0)
        c->hidden = 512;
    if (c->min_count == 0)
        c->min_count = train_usual_min_count(small);
}

/* ---- How long it trains ---- */

/* What came of others is in docs/training.md. */
struct pace {
    size_t batch, epochs;
};
static const struct pace usual_pace = {100, 12};
/* A small set that is like what its start knows only adjusts it: more would be worse. */
enum { NEAR_EPOCHS = 6, NEAR_STEPS = 4 /* of an epoch */, NEAR_SMALLEST_BATCH = 10 };
/* One that is unlike it gets so many steps at least: smaller ones, and more epochs. */
enum { FAR_STEPS = 240, FAR_SMALLEST_BATCH = 20, FAR_MOST_EPOCHS = 60 };
/* A start has a perplexity below 30 on what it knows, and on strange pictures one of a thousand. */
#define FAR_PERPLEXITY 100.0

static size_t size_within(size_t value, size_t least, size_t most)
{
    if (value < least)
        return least;
    return value < most ? value : most;
}

static struct pace near_pace(size_t captions)
{
    return (struct pace){size_within(captions / NEAR_STEPS, NEAR_SMALLEST_BATCH, usual_pace.batch),
                         NEAR_EPOCHS};
}

static struct pace far_pace(size_t captions)
{
    const size_t batch = size_within(captions / 20, FAR_SMALLEST_BATCH, usual_pace.batch);
    const size_t steps = (captions + batch - 1) / batch;

    return (struct pace){
        batch, size_within((FAR_STEPS + steps - 1) / steps, usual_pace.epochs, FAR_MOST_EPOCHS)};
}

/* Of the start on the captions, of which there may be none. */
static enum tn_status measure_start(const struct train_start *start, const struct train_data *data,
                                    struct tn_pool *pool, double *ret_perplexity,
                                    struct tn_error *err)
{
    const struct train_score_options options = {.team = NULL};
    struct decoder_config config = start->decoder->weights.config;
    struct decoder *decoder;
    enum tn_status status;

    *ret_perplexity = 1;
    if (data->train_corpus.caption_count == 0)
        return TN_OK;
    config.vocabulary = vocab_count(data->vocab);
    TN_TRY(decoder_create(&config, "", &decoder, err));
    status =
        train_perplexity(decoder, start->theta, &data->train, &options, pool, ret_perplexity, err);
    decoder_destroy(decoder);
    return status;
}

enum tn_status train_choose_pace(struct train_command *c, const struct train_start *start,
                                 const struct train_data *data, struct tn_pool *pool,
                                 struct tn_error *err)
{
    const size_t captions = data->train_corpus.caption_count;
    struct pace pace = usual_pace;
    double perplexity;

    if (start->decoder && train_is_small(captions) && !c->scst && !c->finetune_cnn &&
        (c->batch == 0 || c->loop.epochs == 0)) {
        TN_TRY(measure_start(start, data, pool, &perplexity, err));
        pace = perplexity < FAR_PERPLEXITY ? near_pace(captions) : far_pace(captions);
        if (!c->loop.quiet && perplexity >= FAR_PERPLEXITY && c->loop.epochs == 0)
            app_say("the captions are unlike what the start knows (perplexity %.0f): %zu epochs",
                    perplexity, pace.epochs);
    }
    if (c->batch == 0)
        c->batch = pace.batch;
    if (c->loop.epochs == 0)
        c->loop.epochs = pace.epochs;
    return TN_OK;
}

/* ---- Options that a start overrules ---- */

int train_check_start(const struct train_command *c)
{
    const struct train_overruled overruled[] = {
        {"--cell", c->cell != TRAIN_NOT_GIVEN},
        {"--layers", c->layers > 0},
        {"--hidden", c->hidden > 0},
        {"--embedding", c->embedding > 0},
        {"--image-hidden", c->image_hidden > 0},
        {"--from-scratch", c->from_scratch},
    };

    return c->start ? train_check_overruled("caption train", overruled, APP_COUNT(overruled))
                    : APP_PROCEED;
}
