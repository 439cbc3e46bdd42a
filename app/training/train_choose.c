/* SPDX-License-Identifier: MIT */
/* What `caption train` chooses where the command line leaves it open. */
#include "app/cli/commands.h"
#include "app/training/train_parts_private.h"

#include <stdio.h>

/* A set of fewer captions begins with a model that is there. */
enum { SMALL_SET = 5000 };

enum { LARGEST_BATCH = 100, LEAST_BATCH = 10, LEAST_STEPS = 4 /* of an epoch */ };

struct choices {
    size_t min_count, epochs;
    double dropout, image_dropout;
};
static const struct choices from_scratch = {5, 12, 0.5, 0.3};
/* For a small set that begins with a model: docs/training.md has what came of others. */
static const struct choices small_start_choices = {2, 6, 0.5, 0.3};

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
    return small_start ? small_start_choices.min_count : from_scratch.min_count;
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

/* A start is shown few captions in some steps, not in one. */
static size_t choose_batch(size_t captions)
{
    const size_t batch = captions / LEAST_STEPS;

    return batch < LEAST_BATCH ? LEAST_BATCH : batch < LARGEST_BATCH ? batch : LARGEST_BATCH;
}

void train_choose_rest(struct train_command *c, const struct train_start *start,
                       const struct data_set *dataset)
{
    const size_t captions = train_count_captions(dataset);
    const bool small = start->decoder && train_is_small(captions);
    const struct choices *choices = small ? &small_start_choices : &from_scratch;
    const bool by_words = !c->scst && !c->finetune_cnn;

    if (c->cell == TRAIN_NOT_GIVEN)
        c->cell = 0;
    if (c->layers == 0)
        c->layers = 1;
    if (c->hidden == 0)
        c->hidden = 512;
    if (c->min_count == 0)
        c->min_count = choices->min_count;
    if (c->batch == 0)
        c->batch = small && by_words ? choose_batch(captions) : LARGEST_BATCH;
    if (!by_words)
        choices = &from_scratch;
    if (c->loop.epochs == 0)
        c->loop.epochs = choices->epochs;
    if (c->dropout < 0)
        c->dropout = choices->dropout;
    if (c->image_dropout < 0)
        c->image_dropout = choices->image_dropout;
}

/* ---- Options that a start overrules ---- */

int train_check_start(const struct train_command *c)
{
    const struct {
        const char *option;
        bool given;
    } overruled[] = {
        {"--cell", c->cell != TRAIN_NOT_GIVEN},
        {"--layers", c->layers > 0},
        {"--hidden", c->hidden > 0},
        {"--embedding", c->embedding > 0},
        {"--image-hidden", c->image_hidden > 0},
        {"--from-scratch", c->from_scratch},
    };
    char names[128] = "";
    size_t used = 0;

    for (size_t i = 0; c->start && i < APP_COUNT(overruled); i++)
        if (overruled[i].given)
            used += (size_t)snprintf(names + used, sizeof names - used, "%s%s",
                                     used > 0 ? ", " : "", overruled[i].option);
    if (used == 0)
        return APP_PROCEED;
    return app_usage_error("caption train",
                           "--start decides what %s would: leave out one or the other", names);
}
