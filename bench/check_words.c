/* SPDX-License-Identifier: MIT */
/*
 * check_words MODEL PHOTO...: what the arithmetic of inference costs.  Captions each photo, and
 * compares the log-probability of each word and of the end with that in float32 throughout: the
 * nets of training, with the weights of the model file.  One JSON line.
 */
#include "bench/support.h"
#include "models/captioner/captioner.h"
#include "models/captioner/photo_encoder.h"
#include "models/decoder_score.h"
#include "models/file/model_file.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { VIEWS = 2, FEATURES = ALEXNET_FEATURES, MOST_WORDS = 64 };

struct check {
    struct captioner *captioner;
    struct model model;
    const struct model_decoder *decoder;
    struct tn_pool *pool;
    struct cnn_network *network;
    struct decoder *plain;
    float *encoder_theta, *decoder_theta;
    struct decoder_weights weights;
    struct decoder_score *score;
    struct tn_arena arena;
    size_t words;
    double sum, sum_of_magnitudes, largest; /* of the differences */
};

/* The nets in float32. */
static enum tn_status open_plain(struct check *check, struct tn_error *err)
{
    const struct tn_pass pass = {.pool = check->pool, .arena = &check->arena};
    char prefix[MODEL_LANGUAGE_SIZE + 16];

    snprintf(prefix, sizeof prefix, "decoder.%s.", check->decoder->language);
    TN_TRY(alexnet_create("", 0, &check->network, err));
    check->encoder_theta =
        malloc(cnn_network_layout(check->network)->floats * sizeof *check->encoder_theta);
    bench_require(check->encoder_theta != NULL);
    TN_TRY(cnn_network_load(check->network, check->model.file, check->encoder_theta, err));
    TN_TRY(decoder_create(&check->decoder->weights.config, prefix, &check->plain, err));
    TN_TRY(model_load_theta(check->model.file, decoder_layout(check->plain), &check->decoder_theta,
                            err));
    TN_TRY(decoder_weights_from_theta(decoder_layout(check->plain), check->decoder_theta, prefix,
                                      &check->decoder->weights.config, &check->weights, err));
    TN_TRY(decoder_score_create(&check->weights, 1, check->pool, &check->score, err));
    tn_arena_measure(&check->arena);
    cnn_network_forward(check->network, &pass, cnn_network_count(check->network) - 1, NULL, NULL,
                        VIEWS);
    return tn_arena_reserve(&check->arena, err);
}

static enum tn_status open_nets(struct check *check, const char *path, struct tn_error *err)
{
    TN_TRY(tn_pool_create(0, &check->pool, err));
    TN_TRY(model_load(&check->model, path, err));
    TN_TRY(model_find(&check->model, NULL, &check->decoder, err));
    return open_plain(check, err);
}

/* What of the photo enters the decoder. */
static enum tn_status encode(struct check *check, const char *path, float *v, struct tn_error *err)
{
    static unsigned char pixels[VIEWS][PHOTO_BYTES];
    static float x[VIEWS * PHOTO_BYTES], views[VIEWS * FEATURES];
    const struct image_options options = photo_options(0);
    const struct tn_pass pass = {
        .pool = check->pool, .theta = check->encoder_theta, .arena = &check->arena};
    const size_t count = check->decoder->input.mirrored ? VIEWS : 1;
    struct image image;
    enum tn_status status;

    TN_TRY(image_load(path, &options, &image, err));
    status = photo_shrink(&image, pixels[0], err);
    image_finish(&image);
    TN_TRY(status);
    memcpy(pixels[1], pixels[0], PHOTO_BYTES);
    image_mirror(pixels[1], PHOTO_SIDE, PHOTO_SIDE);
    for (size_t i = 0; i < count; i++)
        alexnet_input(x + i * PHOTO_BYTES, pixels[i]);
    cnn_network_forward(check->network, &pass, cnn_network_count(check->network) - 1, views, x,
                        count);
    for (size_t i = 0; i < FEATURES; i++)
        v[i] = (views[i] + views[(count - 1) * FEATURES + i]) / 2;
    decoder_input_apply(&check->decoder->input, v, FEATURES);
    return TN_OK;
}

static void compare(struct check *check, const float *v, const struct captioner_caption *caption)
{
    const size_t count = caption->word_count + 1;
    int words[MOST_WORDS];
    float log_probs[MOST_WORDS];

    for (size_t t = 0; t + 1 < count; t++)
        words[t] =
            vocab_id(check->decoder->vocab, caption->words[t].text, strlen(caption->words[t].text));
    words[count - 1] = VOCAB_END;
    decoder_score_run(check->score, 1, v, words, count, log_probs);
    for (size_t t = 0; t < count; t++) {
        const double here =
            t + 1 < count ? (double)caption->words[t].log_prob : caption->end_log_prob;
        const double difference = here - (double)log_probs[t];

        check->words++;
        check->sum += difference;
        check->sum_of_magnitudes += fabs(difference);
        check->largest = fmax(check->largest, fabs(difference));
    }
}

static enum tn_status check_photo(struct check *check, const char *path, struct tn_error *err)
{
    static float v[FEATURES];
    const struct captioner_photo photo = {.path = path};
    struct captioner_result *result;

    TN_TRY(encode(check, path, v, err));
    bench_require(captioner_caption(check->captioner, &photo, NULL, &result, NULL) == CAPTIONER_OK);
    compare(check, v, &result->captions[0]);
    captioner_result_destroy(result);
    return TN_OK;
}

static void finish(struct check *check)
{
    decoder_score_destroy(check->score);
    decoder_destroy(check->plain);
    cnn_network_destroy(check->network);
    tn_arena_finish(&check->arena);
    free(check->encoder_theta);
    free(check->decoder_theta);
    tn_pool_destroy(check->pool);
    model_finish(&check->model);
    captioner_destroy(check->captioner);
}

int main(int argc, char **argv)
{
    static struct check check;
    struct captioner_error why;
    struct tn_error err;
    enum tn_status status;

    if (argc < 3) {
        fputs("usage: check_words MODEL PHOTO...\n", stderr);
        return 2;
    }
    if (captioner_load(argv[1], NULL, &check.captioner, &why) != CAPTIONER_OK) {
        fprintf(stderr, "check_words: %s\n", why.text);
        return EXIT_FAILURE;
    }
    status = open_nets(&check, argv[1], &err);
    for (int i = 2; i < argc && status == TN_OK; i++)
        status = check_photo(&check, argv[i], &err);
    if (status != TN_OK) {
        fprintf(stderr, "check_words: %s\n", err.text);
        return EXIT_FAILURE;
    }
    printf("{\"check\": \"words\", \"photos\": %d, \"words\": %zu, \"mean\": %.4f, "
           "\"mean_magnitude\": %.4f, \"largest\": %.4f}\n",
           argc - 2, check.words, check.sum / (double)check.words,
           check.sum_of_magnitudes / (double)check.words, check.largest);
    finish(&check);
    return EXIT_SUCCESS;
}
