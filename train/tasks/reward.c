/* SPDX-License-Identifier: MIT */
#include "train/tasks/reward.h"

#include "metrics/cider.h"
#include "train/tasks/caption_task_private.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct reward_task {
    struct caption_task shared;
    struct reward_options options;
    struct metric_cider *cider;
    float *theta; /* what is searched with: a copy of the step's */
    struct search *search;
    float *features;            /* [photos][width] of the step */
    struct decoder_batch batch; /* into the buffers below; a column per caption */
    float *rows;                /* [photos * samples][width] */
    float *weights;             /* [photos * samples]: rewards, then advantages */
    int *inputs, *targets;      /* [max_words + 1][photos * samples] */
    size_t *lengths;
};

/* ---- Preparation ---- */

/* The references with the end token behind each. */
static enum tn_status prepare_cider(struct reward_task *t, struct tn_error *err)
{
    const struct data_corpus *corpus = t->shared.options.train->corpus;
    const size_t total = corpus->token_count + corpus->caption_count;
    int *tokens = calloc(total + 1, sizeof *tokens);
    size_t *starts = calloc(corpus->caption_count + 1, sizeof *starts);
    enum tn_status status;

    if (tokens && starts) {
        for (size_t c = 0; c < corpus->caption_count; c++) {
            const size_t length = corpus->starts[c + 1] - corpus->starts[c];

            memcpy(tokens + starts[c], corpus->ids + corpus->starts[c], length * sizeof *tokens);
            tokens[starts[c] + length] = VOCAB_END;
            starts[c + 1] = starts[c] + length + 1;
        }
        status = metric_cider_create(
            &(struct metric_references){tokens, starts, corpus->firsts, corpus->photo_count},
            &t->cider, err);
    } else {
        status = tn_fail_nomem(err, total * sizeof *tokens);
    }
    free(tokens);
    free(starts);
    return status;
}

static enum tn_status allocate_captions(struct reward_task *t, struct tn_error *err)
{
    const size_t photos = t->shared.options.batch, captions = photos * t->options.samples;
    const size_t width = t->shared.options.train->features->width;
    const size_t steps = t->options.max_words + 1;

    t->theta = calloc(decoder_layout(t->shared.decoder)->floats, sizeof(float));
    t->features = calloc(photos * width, sizeof(float));
    t->rows = calloc(captions * width, sizeof(float));
    t->weights = calloc(captions, sizeof(float));
    t->inputs = calloc(captions * steps, sizeof(int));
    t->targets = calloc(captions * steps, sizeof(int));
    t->lengths = calloc(captions, sizeof(size_t));
    if (!t->theta || !t->features || !t->rows || !t->weights || !t->inputs || !t->targets ||
        !t->lengths)
        return tn_fail_nomem(err, captions * width * sizeof(float));
    t->batch = (struct decoder_batch){.size = captions,
                                      .steps = steps,
                                      .features = t->rows,
                                      .inputs = t->inputs,
                                      .targets = t->targets,
                                      .lengths = t->lengths,
                                      .weights = t->weights};
    for (size_t i = 0; i < captions; i++)
        t->lengths[i] = steps;
    return TN_OK;
}

static enum tn_status prepare_reward_search(struct reward_task *t, struct tn_error *err)
{
    const struct search_limits limits = {.images = t->shared.options.batch,
                                         .beam = t->options.samples,
                                         .max_words = t->options.max_words};
    struct decoder_weights weights;

    TN_TRY(decoder_weights_from_theta(decoder_layout(t->shared.decoder), t->theta,
                                      t->shared.options.prefix, decoder_config(t->shared.decoder),
                                      &weights, err));
    return search_create(&weights, &limits, t->options.pool, &t->search, err);
}

/* A task's struct begins with its struct train_task. */
static struct reward_task *reward_of(struct train_task *task)
{
    return (struct reward_task *)task;
}

static void destroy_reward(struct train_task *task)
{
    struct reward_task *t = reward_of(task);

    caption_task_finish(&t->shared);
    metric_cider_destroy(t->cider);
    search_destroy(t->search);
    free(t->theta);
    free(t->features);
    free(t->rows);
    free(t->weights);
    free(t->inputs);
    free(t->targets);
    free(t->lengths);
    free(t);
}

/* ---- Training ---- */

static void add_reward_gradient(struct reward_task *t, const struct tn_pass *pass, float scale)
{
    struct tn_pass plain = *pass;

    plain.rng = NULL; /* no dropout: the captions were found without */
    decoder_loss(t->shared.decoder, &plain, &t->batch, scale, 0);
}

static void measure_reward(struct train_task *task, const struct tn_pass *pass)
{
    add_reward_gradient(reward_of(task), pass, 1); /* the batch is still as large as it can be */
}

/* Hides some of V, as training on people's captions does, so that captions are not known by heart.
 */
static void hide_some_of_v(const struct reward_task *t, float *z, struct tn_rng *rng)
{
    const float rate = t->shared.options.decoder.image_dropout;

    for (size_t i = 0; rate > 0 && i < t->shared.options.train->features->width; i++)
        z[i] = tn_rng_uniform(rng) < rate ? 0 : z[i] / (1 - rate);
}

/* Searches for the captions of the step's photos. */
static void search_captions(struct reward_task *t, const struct tn_pass *pass, const size_t *photos,
                            size_t count)
{
    const struct data_source *source = t->shared.options.train;
    const struct data_features *features = source->features;
    struct search_options options = SEARCH_OPTIONS_DEFAULT;
    enum tn_status status;

    options.beam = t->options.samples;
    options.max_words = t->options.max_words;
    for (size_t i = 0; i < count; i++) {
        float *z = t->features + i * features->width;

        data_source_view(source, photos[i], (size_t)tn_rng_below(pass->rng, features->views), z);
        hide_some_of_v(t, z, pass->rng);
    }
    memcpy(t->theta, pass->theta, t->shared.task.layout->floats * sizeof(float));
    status = search_run(t->search, &options, count, t->features, NULL);
    assert(status == TN_OK); /* the options are within the limits */
    (void)status;
}

/* Caption `rank` of the step's photo i: as a column of the batch, and its reward. */
static float take_caption(struct reward_task *t, size_t photo, size_t i, size_t rank, size_t column)
{
    const struct search_hypothesis h = search_result(t->search, i, rank);
    const size_t size = t->batch.size, width = t->shared.options.train->features->width;
    int words[NGRAM_LONGEST];
    size_t count = h.count < NGRAM_LONGEST ? h.count : NGRAM_LONGEST;

    for (size_t n = 0; n <= h.count; n++) {
        t->inputs[n * size + column] = n == 0 ? VOCAB_START : h.words[n - 1];
        t->targets[n * size + column] = n < h.count ? h.words[n] : VOCAB_END;
    }
    t->lengths[column] = h.count + 1;
    memcpy(t->rows + column * width, t->features + i * width, width * sizeof(float));
    memcpy(words, h.words, count * sizeof *words);
    if (count < NGRAM_LONGEST)
        words[count++] = VOCAB_END;
    return (float)metric_cider_score(t->cider, photo, words, count);
}

/* Rewards become advantages, 0 where there is nothing to compare with; returns their mean. */
static double subtract_baseline(float *rewards, size_t count)
{
    double sum = 0;

    for (size_t s = 0; s < count; s++)
        sum += (double)rewards[s];
    for (size_t s = 0; s < count; s++)
        rewards[s] =
            count == 1 ? 0 : rewards[s] - (float)((sum - (double)rewards[s]) / (double)(count - 1));
    return sum / (double)count;
}

static double learn_reward(struct train_task *task, const struct tn_pass *pass,
                           const struct train_slice *slice, size_t *ret_photos)
{
    struct reward_task *t = reward_of(task);
    const size_t *photos = train_task_items(task, slice, ret_photos);
    const size_t count = *ret_photos;
    size_t tokens = 0, column = 0;
    double sum = 0;

    search_captions(t, pass, photos, count);
    t->batch.size = 0;
    for (size_t i = 0; i < count; i++)
        t->batch.size += search_result_count(t->search, i);
    for (size_t i = 0; i < count; i++) {
        const size_t found = search_result_count(t->search, i);

        if (found == 0)
            return NAN; /* the logits are no longer numbers */
        for (size_t s = 0; s < found; s++) {
            t->weights[column + s] = take_caption(t, photos[i], i, s, column + s);
            tokens += t->lengths[column + s];
        }
        sum += subtract_baseline(t->weights + column, found);
        column += found;
    }
    add_reward_gradient(t, pass, 1 / (float)tokens);
    return -sum;
}

static const struct train_task_ops ops = {
    .unit = "photos",
    .scores = caption_score_kinds,
    .score_count = CAPTION_SCORES,
    .leading = CAPTION_CIDER,
    .rewarded = true,
    .init = caption_task_init_theta,
    .measure = measure_reward,
    .step = learn_reward,
    .score = caption_task_score,
    .save = caption_task_save,
    .destroy = destroy_reward,
};

enum tn_status reward_task_create(const struct caption_task_options *options,
                                  const struct reward_options *reward, struct train_task **ret_task,
                                  struct tn_error *err)
{
    struct reward_task *t = calloc(1, sizeof *t);
    enum tn_status status;

    assert(reward->samples > 1 && reward->max_words > 0);
    if (!t)
        return tn_fail_nomem(err, sizeof *t);
    *t = (struct reward_task){.shared = {.task = {.ops = &ops}}, .options = *reward};
    status = caption_task_init(&t->shared, options, options->train->corpus->photo_count, err);
    if (status == TN_OK)
        status = prepare_cider(t, err);
    if (status == TN_OK)
        status = allocate_captions(t, err);
    if (status == TN_OK)
        status = prepare_reward_search(t, err);
    if (status == TN_OK)
        *ret_task = &t->shared.task;
    else
        train_task_destroy(&t->shared.task);
    return status;
}
