/* SPDX-License-Identifier: MIT */
/*
 * check_explain MODEL PHOTO...: do the maps of captioner_explain show what captions depend on?  A
 * deletion test (Petsiuk 2018, "RISE"): hides the fifth of the photo where a word's map is highest,
 * and for comparison the same shape elsewhere (the map shifted at random, around the edges), both
 * under the photo's mean colour, and compares what that does to the word's log-probability.  It
 * counts the words that the photo makes at least twice as probable as its mean colour alone does.
 * One JSON line.
 */
#include "base/rng.h"
#include "cnn/int8/encoder.h"
#include "image/image.h"
#include "models/captioner/captioner.h"
#include "models/decoder_score.h"
#include "models/file/model_file.h"
#include "tensor/pointwise.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SIDE = ALEXNET_SIDE, PIXELS = SIDE * SIDE, MAP = CAPTIONER_MAP_SIDE, MOST_WORDS = 64 };

struct check {
    struct captioner *captioner;
    struct model model;
    const struct model_decoder *decoder;
    struct tn_pool *pool;
    struct cnn_encoder *encoder;
    struct decoder_score *score;
    struct tn_rng rng;
    unsigned char photo[PIXELS * 3], changed[PIXELS * 3];
    float features[CNN_ENCODER_FEATURES];
    int words[MOST_WORDS];
    size_t word_count;
    size_t counted, better;    /* words, and those that the map's choice hurts more */
    double highest, elsewhere; /* summed drops of log-probability */
};

static void fail(const char *text)
{
    fprintf(stderr, "check_explain: %s\n", text);
    exit(EXIT_FAILURE);
}

static void open_model(struct check *check, const char *path)
{
    const struct captioner_options options = {.max_batch = 32};
    struct captioner_error why;
    struct tn_error err;

    if (captioner_load(path, &options, &check->captioner, &why) != CAPTIONER_OK)
        fail(why.text);
    if (model_load(&check->model, path, &err) != TN_OK ||
        model_find(&check->model, NULL, &check->decoder, &err) != TN_OK ||
        tn_pool_create(0, &check->pool, &err) != TN_OK ||
        cnn_encoder_create(check->model.file, 1, check->pool, &check->encoder, &err) != TN_OK ||
        decoder_score_create(&check->decoder->weights, 1, check->pool, &check->score, &err) !=
            TN_OK)
        fail(err.text);
    tn_rng_init(&check->rng, 1);
}

/* log p of the words for the photo with mask[PIXELS] of it hidden; NULL: nothing. */
static void measure(struct check *check, const unsigned char *mask, float *log_probs)
{
    memcpy(check->changed, check->photo, sizeof check->photo);
    for (size_t c = 0; mask && c < 3; c++) {
        size_t sum = 0;

        for (size_t i = 0; i < PIXELS; i++)
            sum += check->photo[3 * i + c];
        for (size_t i = 0; i < PIXELS; i++)
            if (mask[i])
                check->changed[3 * i + c] = (unsigned char)((sum + PIXELS / 2) / PIXELS);
    }
    cnn_encoder_run(check->encoder, 1, check->changed, check->features);
    decoder_input_apply(&check->decoder->input, check->features, CNN_ENCODER_FEATURES);
    decoder_score_run(check->score, 1, check->features, check->words, check->word_count, log_probs);
}

static int by_value(const void *a, const void *b)
{
    const float x = *(const float *)a, y = *(const float *)b;

    return (x > y) - (x < y);
}

/* The fifth of the pixels where the map, bilinear between its cells, is highest. */
static void highest_fifth(const float *map, unsigned char *mask)
{
    static float value[PIXELS], sorted[PIXELS];

    for (size_t i = 0; i < PIXELS; i++) {
        const double x = fmin(fmax(((double)(i % SIDE) + 0.5) * MAP / SIDE - 0.5, 0), MAP - 1.001);
        const double y = fmin(fmax(((double)(i / SIDE) + 0.5) * MAP / SIDE - 0.5, 0), MAP - 1.001);
        const float *cell = map + (size_t)y * MAP + (size_t)x;
        const double a = x - floor(x), b = y - floor(y);

        value[i] = (float)((1 - b) * ((1 - a) * (double)cell[0] + a * (double)cell[1]) +
                           b * ((1 - a) * (double)cell[MAP] + a * (double)cell[MAP + 1]));
    }
    memcpy(sorted, value, sizeof sorted);
    qsort(sorted, PIXELS, sizeof *sorted, by_value);
    for (size_t i = 0; i < PIXELS; i++)
        mask[i] = value[i] > sorted[PIXELS - PIXELS / 5 - 1];
}

static void shift(struct check *check, const unsigned char *mask, unsigned char *shifted)
{
    const size_t across = (size_t)(tn_rng_uniform(&check->rng) * SIDE);
    const size_t down = (size_t)(tn_rng_uniform(&check->rng) * SIDE);

    for (size_t y = 0; y < SIDE; y++)
        for (size_t x = 0; x < SIDE; x++)
            shifted[y * SIDE + x] = mask[(y + down) % SIDE * SIDE + (x + across) % SIDE];
}

static void check_words(struct check *check, const float *maps)
{
    static unsigned char mask[PIXELS], shifted[PIXELS];
    float whole[MOST_WORDS], none[MOST_WORDS], highest[MOST_WORDS], elsewhere[MOST_WORDS];

    memset(mask, 1, sizeof mask);
    measure(check, NULL, whole);
    measure(check, mask, none);
    for (size_t t = 0; t < check->word_count; t++) {
        if ((double)(whole[t] - none[t]) < log(2))
            continue;
        highest_fifth(maps + t * MAP * MAP, mask);
        shift(check, mask, shifted);
        measure(check, mask, highest);
        measure(check, shifted, elsewhere);
        check->counted++;
        check->better += highest[t] < elsewhere[t];
        check->highest += (double)(whole[t] - highest[t]);
        check->elsewhere += (double)(whole[t] - elsewhere[t]);
    }
}

static void check_photo(struct check *check, const char *path)
{
    static float maps[MOST_WORDS * MAP * MAP];
    const struct captioner_photo photo = {.path = path};
    struct image_options options = IMAGE_OPTIONS_DEFAULT;
    const struct captioner_caption *caption;
    struct captioner_result *result;
    struct captioner_error why;
    struct image image;
    struct tn_error err;

    options.wanted_side = SIDE;
    if (image_load(path, &options, &image, &err) != TN_OK ||
        image_resize(&image, SIDE, SIDE, check->photo, &err) != TN_OK)
        fail(err.text);
    image_finish(&image);
    if (captioner_caption(check->captioner, &photo, NULL, &result, &why) != CAPTIONER_OK)
        fail(why.text);
    caption = &result->captions[0];
    check->word_count = caption->word_count;
    for (size_t t = 0; t < check->word_count; t++)
        check->words[t] =
            vocab_id(check->decoder->vocab, caption->words[t].text, strlen(caption->words[t].text));
    if (captioner_explain(check->captioner, &photo, caption, NULL, maps, &why) != CAPTIONER_OK)
        fail(why.text);
    check_words(check, maps);
    captioner_result_destroy(result);
}

int main(int argc, char **argv)
{
    static struct check check;

    if (argc < 3)
        fail("usage: check_explain MODEL PHOTO...");
    open_model(&check, argv[1]);
    for (int i = 2; i < argc; i++)
        check_photo(&check, argv[i]);
    printf("{\"check\": \"explain\", \"photos\": %d, \"words\": %zu, \"highest_fifth\": %.3f, "
           "\"same_shape_elsewhere\": %.3f, \"highest_hurts_more\": %.3f}\n",
           argc - 2, check.counted, -check.highest / (double)check.counted,
           -check.elsewhere / (double)check.counted, (double)check.better / (double)check.counted);
    decoder_score_destroy(check.score);
    cnn_encoder_destroy(check.encoder);
    tn_pool_destroy(check.pool);
    model_finish(&check.model);
    captioner_destroy(check.captioner);
    return EXIT_SUCCESS;
}
