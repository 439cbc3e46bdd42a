/* SPDX-License-Identifier: MIT */
#include "train/tasks/reward.h"

#include "metrics/cider.h"
#include "models/search.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct reward {
    struct reward_options options;
    const struct decoder *decoder;
    const struct train_source *source;
    struct metric_cider *cider;
    float *theta; /* what is searched with: a copy of the step's */
    struct search *search;
    size_t *order;   /* [photos of the corpus] of this epoch; those without captions left out */
    size_t count;    /* of order */
    float *features; /* [photos][width] of the step */
    struct decoder_batch batch; /* into the buffers below; a column a caption */
    float *rows;                /* [photos * samples][width] */
    float *weights;             /* [photos * samples]: rewards, then advantages */
    int *inputs, *targets;      /* [max_words + 1][photos * samples] */
    size_t *lengths;
};

/* ---- Preparation ---- */

/* The references with the end token behind each. */
static enum tn_status prepare_cider(struct reward *reward, struct tn_error *err)
{
    const struct train_corpus *corpus = reward->source->corpus;
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
            &reward->cider, err);
    } else {
        status = tn_fail_nomem(err, total * sizeof *tokens);
    }
    free(tokens);
    free(starts);
    return status;
}

static enum tn_status allocate(struct reward *reward, struct tn_error *err)
{
    const struct reward_options *o = &reward->options;
    const size_t width = reward->source->features->width, captions = o->photos * o->samples;
    const size_t steps = o->max_words + 1;
    const struct train_corpus *corpus = reward->source->corpus;

    reward->theta = calloc(decoder_layout(reward->decoder)->floats, sizeof(float));
    reward->order = calloc(corpus->photo_count + 1, sizeof *reward->order);
    reward->features = calloc(o->photos * width, sizeof(float));
    reward->rows = calloc(captions * width, sizeof(float));
    reward->weights = calloc(captions, sizeof(float));
    reward->inputs = calloc(captions * steps, sizeof(int));
    reward->targets = calloc(captions * steps, sizeof(int));
    reward->lengths = calloc(captions, sizeof(size_t));
    if (!reward->theta || !reward->order || !reward->features || !reward->rows ||
        !reward->weights || !reward->inputs || !reward->targets || !reward->lengths)
        return tn_fail_nomem(err, captions * width * sizeof(float));
    reward->count = corpus->photo_count;
    reward->batch = (struct decoder_batch){.size = captions,
                                           .steps = steps,
                                           .features = reward->rows,
                                           .inputs = reward->inputs,
                                           .targets = reward->targets,
                                           .lengths = reward->lengths,
                                           .weights = reward->weights};
    for (size_t i = 0; i < captions; i++)
        reward->lengths[i] = steps;
    return TN_OK;
}

static enum tn_status prepare_search(struct reward *reward, const char *prefix,
                                     struct tn_pool *pool, struct tn_error *err)
{
    const struct search_limits limits = {.images = reward->options.photos,
                                         .beam = reward->options.samples,
                                         .max_words = reward->options.max_words};
    struct decoder_weights weights;

    TN_TRY(decoder_weights_from_theta(decoder_layout(reward->decoder), reward->theta, prefix,
                                      decoder_config(reward->decoder), &weights, err));
    return search_create(&weights, &limits, pool, &reward->search, err);
}

enum tn_status reward_create(const struct reward_options *options, const struct decoder *decoder,
                             const char *prefix, const struct train_source *source,
                             struct tn_pool *pool, struct reward **ret_reward, struct tn_error *err)
{
    struct reward *reward = calloc(1, sizeof *reward);
    enum tn_status status;

    assert(options->photos > 0 && options->samples > 1 && options->max_words > 0);
    if (!reward)
        return tn_fail_nomem(err, sizeof *reward);
    *reward = (struct reward){.options = *options, .decoder = decoder, .source = source};
    status = prepare_cider(reward, err);
    if (status == TN_OK)
        status = allocate(reward, err);
    if (status == TN_OK)
        status = prepare_search(reward, prefix, pool, err);
    if (status == TN_OK)
        *ret_reward = reward;
    else
        reward_destroy(reward);
    return status;
}

void reward_destroy(struct reward *reward)
{
    if (!reward)
        return;
    metric_cider_destroy(reward->cider);
    search_destroy(reward->search);
    free(reward->theta);
    free(reward->order);
    free(reward->features);
    free(reward->rows);
    free(reward->weights);
    free(reward->inputs);
    free(reward->targets);
    free(reward->lengths);
    free(reward);
}

/* ---- Training ---- */

size_t reward_steps(const struct reward *reward)
{
    return (reward->count + reward->options.photos - 1) / reward->options.photos;
}

static void add_gradient(struct reward *reward, const struct tn_pass *pass, float scale)
{
    struct tn_pass whole = *pass;

    whole.rng = NULL; /* no dropout: the captions were found without */
    decoder_loss(reward->decoder, &whole, &reward->batch, scale, 0);
}

void reward_measure(struct reward *reward, const struct tn_pass *pass)
{
    add_gradient(reward, pass, 1); /* the batch is still as large as it can be */
}

void reward_begin_epoch(struct reward *reward, struct tn_rng *rng)
{
    for (size_t p = 0; p < reward->count; p++)
        reward->order[p] = p;
    tn_rng_shuffle(rng, reward->order, reward->count);
}

/* Hides some of V, as training on people's captions does, so that captions are not known by heart.
 */
static void thin_out(struct reward *reward, float *z, struct tn_rng *rng)
{
    const float rate = decoder_config(reward->decoder)->image_dropout;

    for (size_t i = 0; rate > 0 && i < reward->source->features->width; i++)
        z[i] = tn_rng_uniform(rng) < rate ? 0 : z[i] / (1 - rate);
}

/* Searches for the captions of the step's photos. */
static void find_captions(struct reward *reward, const struct tn_pass *pass, const size_t *photos,
                          size_t count)
{
    const struct train_source *source = reward->source;
    const struct train_features *features = source->features;
    struct search_options options = SEARCH_OPTIONS_DEFAULT;
    enum tn_status status;

    options.beam = reward->options.samples;
    options.max_words = reward->options.max_words;
    for (size_t i = 0; i < count; i++) {
        float *z = reward->features + i * features->width;

        train_source_view(source, photos[i], (size_t)tn_rng_below(pass->rng, features->views), z);
        thin_out(reward, z, pass->rng);
    }
    memcpy(reward->theta, pass->theta, decoder_layout(reward->decoder)->floats * sizeof(float));
    status = search_run(reward->search, &options, count, reward->features, NULL);
    assert(status == TN_OK); /* the options are within the limits */
    (void)status;
}

/* Caption `rank` of the step's photo i: as a column of the batch, and its reward. */
static float take_caption(struct reward *reward, size_t photo, size_t i, size_t rank, size_t column)
{
    const struct search_hypothesis h = search_result(reward->search, i, rank);
    const size_t size = reward->batch.size, width = reward->source->features->width;
    int words[METRIC_CIDER_LONGEST];
    size_t count = h.count < METRIC_CIDER_LONGEST ? h.count : METRIC_CIDER_LONGEST;

    for (size_t t = 0; t <= h.count; t++) {
        reward->inputs[t * size + column] = t == 0 ? VOCAB_START : h.words[t - 1];
        reward->targets[t * size + column] = t < h.count ? h.words[t] : VOCAB_END;
    }
    reward->lengths[column] = h.count + 1;
    memcpy(reward->rows + column * width, reward->features + i * width, width * sizeof(float));
    memcpy(words, h.words, count * sizeof *words);
    if (count < METRIC_CIDER_LONGEST)
        words[count++] = VOCAB_END;
    return (float)metric_cider_score(reward->cider, photo, words, count);
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

double reward_step(struct reward *reward, const struct tn_pass *pass, size_t number,
                   size_t *ret_photos)
{
    const size_t start = number * reward->options.photos, left = reward->count - start;
    const size_t count = left < reward->options.photos ? left : reward->options.photos;
    const size_t *photos = reward->order + start;
    size_t tokens = 0, column = 0;
    double sum = 0;

    find_captions(reward, pass, photos, count);
    reward->batch.size = 0;
    for (size_t i = 0; i < count; i++)
        reward->batch.size += search_result_count(reward->search, i);
    for (size_t i = 0; i < count; i++) {
        const size_t found = search_result_count(reward->search, i);

        if (found == 0)
            return NAN; /* the logits are no longer numbers */
        for (size_t s = 0; s < found; s++) {
            reward->weights[column + s] = take_caption(reward, photos[i], i, s, column + s);
            tokens += reward->lengths[column + s];
        }
        sum += subtract_baseline(reward->weights + column, found);
        column += found;
    }
    add_gradient(reward, pass, 1 / (float)tokens);
    *ret_photos = count;
    return -sum;
}
