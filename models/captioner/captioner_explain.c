/* SPDX-License-Identifier: MIT */
/*
 * Occlusion maps (Zeiler and Fergus 2014, "Visualizing and understanding convolutional networks",
 * section 4.2), one per word.  With V_s,c the features of the photo whose window of side s at c is
 * hidden,
 *
 *     map_t(c) = mean over s of  log p(w_t | w_1 .. w_t-1, V) - log p(w_t | w_1 .. w_t-1, V_s,c).
 *
 * All that is measured is what the model itself answers; nothing is assumed of its inside.  A small
 * window finds small things, a large one those that show themselves in several places.  Its edge is
 * soft, because a hard one is an edge that the convolutions see.
 */
#include "models/captioner/captioner.h"

#include "models/captioner/captioner_private.h"
#include "models/captioner/captioner_result.h"
#include "models/decoder_score.h"
#include "tensor/pointwise.h"

#include <stdlib.h>
#include <string.h>

enum {
    MAP_SIDE = CAPTIONER_MAP_SIDE,
    CELLS = MAP_SIDE * MAP_SIDE,
    SIZES = 2,
    EDGE = 16, /* pixels from fully hidden to fully shown */
    UNIT = 2 * MAP_SIDE,
    OPAQUE = EDGE * UNIT,
    VARIANTS = 1 + SIZES * CELLS /* the photo, and all that is hidden of it */
};

static const int window_sides[SIZES] = {48, 80};

struct explaining {
    struct captioner *captioner;
    struct decoder_score *score;
    size_t first; /* the variant that is the batch's first */
    size_t word_count;
    int words[CAPTIONER_MAX_WORDS];
    float *log_probs;                            /* [VARIANTS][word_count] */
    unsigned cover[SIZES][MAP_SIDE][PHOTO_SIDE]; /* of a window along an axis */
    unsigned char hidden_colour[3];
    unsigned char photo[PHOTO_BYTES];
};

/* ---- Hiding ---- */

/* How much of pixel x a window around a map's cell hides, of OPAQUE: all within, falling linearly
 * to nothing over the edge, half of which lies outside.  Lengths are in UNIT parts of a pixel, of
 * which all centres are whole numbers. */
static unsigned cover_at(int side, int cell, int x)
{
    const int distance = abs((2 * x + 1) * MAP_SIDE - (2 * cell + 1) * PHOTO_SIDE);
    const int within = (side + EDGE) * UNIT / 2 - distance;

    if (within <= 0)
        return 0;
    return within >= OPAQUE ? OPAQUE : (unsigned)within;
}

static void make_covers(struct explaining *e)
{
    for (int s = 0; s < SIZES; s++)
        for (int cell = 0; cell < MAP_SIDE; cell++)
            for (int x = 0; x < PHOTO_SIDE; x++)
                e->cover[s][cell][x] = cover_at(window_sides[s], cell, x);
}

static void find_mean_colour(struct explaining *e)
{
    const size_t count = (size_t)PHOTO_SIDE * PHOTO_SIDE;

    for (size_t channel = 0; channel < 3; channel++) {
        size_t sum = 0;

        for (size_t i = 0; i < count; i++)
            sum += e->photo[3 * i + channel];
        e->hidden_colour[channel] = (unsigned char)((sum + count / 2) / count);
    }
}

/* One variant of the batch, in the place of a photo. */
static bool make_variant(void *context, size_t index, unsigned char *pixel)
{
    const struct explaining *e = context;
    const size_t variant = e->first + index, window = variant - 1;
    const unsigned *cover_x, *cover_y;

    memcpy(pixel, e->photo, PHOTO_BYTES);
    if (variant == 0)
        return true;
    cover_y = e->cover[window / CELLS][window % CELLS / MAP_SIDE];
    cover_x = e->cover[window / CELLS][window % MAP_SIDE];
    for (size_t y = 0; y < PHOTO_SIDE; y++) {
        for (size_t x = 0; x < PHOTO_SIDE; x++, pixel += 3) {
            const unsigned hidden = cover_y[y] * cover_x[x];
            const unsigned all = OPAQUE * OPAQUE;

            for (size_t c = 0; hidden > 0 && c < 3; c++)
                pixel[c] = (unsigned char)((pixel[c] * (all - hidden) +
                                            e->hidden_colour[c] * hidden + all / 2) /
                                           all);
        }
    }
    return true;
}

/* ---- Measuring ---- */

static enum tn_status find_words(struct explaining *e, const struct captioner_caption *caption,
                                 struct tn_error *err)
{
    const struct vocab *vocab = e->captioner->decoder->vocab;

    if (caption->word_count < 1 || caption->word_count > CAPTIONER_MAX_WORDS)
        return tn_fail(err, TN_RANGE, "a caption of %zu words; expected 1 to %d",
                       caption->word_count, CAPTIONER_MAX_WORDS);
    e->word_count = caption->word_count;
    for (size_t i = 0; i < e->word_count; i++) {
        const char *word = caption->words[i].text;

        e->words[i] = vocab_id(vocab, word, strlen(word));
        if (e->words[i] < VOCAB_FIRST_WORD)
            return tn_fail(err, TN_NOTFOUND, "the model's vocabulary has no word '%s'", word);
    }
    return TN_OK;
}

/* Fills log_probs, a batch after the other. */
static enum tn_status measure_all(struct explaining *e, const struct captioner_progress *progress,
                                  struct tn_error *err)
{
    struct captioner *captioner = e->captioner;
    float *values = captioner->encoder.values;

    for (size_t count; e->first < VARIANTS; e->first += count) {
        if (progress && !progress->go_on(progress->context, e->first, VARIANTS))
            return tn_fail(err, TN_CANCELLED, "cancelled");
        count = VARIANTS - e->first;
        count = count < captioner->max_batch ? count : captioner->max_batch;
        photo_encoder_run(&captioner->encoder, count, make_variant, e);
        photo_encoder_mean(&captioner->encoder, count);
        for (size_t i = 0; i < count; i++)
            decoder_input_apply(&captioner->decoder->input, values + i * CNN_ENCODER_FEATURES,
                                CNN_ENCODER_FEATURES);
        decoder_score_run(e->score, count, values, e->words, e->word_count,
                          e->log_probs + e->first * e->word_count);
    }
    return TN_OK;
}

/* maps[word_count][CELLS] from log_probs. */
static void make_maps(const struct explaining *e, float *maps)
{
    const float *whole = e->log_probs;

    memset(maps, 0, e->word_count * CELLS * sizeof *maps);
    for (size_t window = 0; window < SIZES * CELLS; window++) {
        const float *hidden = e->log_probs + (1 + window) * e->word_count;

        for (size_t t = 0; t < e->word_count; t++)
            maps[t * CELLS + window % CELLS] += (whole[t] - hidden[t]) / SIZES;
    }
}

static enum tn_status explain(struct explaining *e, const struct captioner_photo *photo,
                              const struct captioner_caption *caption,
                              const struct captioner_progress *progress, float *maps,
                              struct tn_error *err)
{
    const struct captioner *captioner = e->captioner;
    size_t bytes;

    TN_TRY(captioner_check_photos(captioner, err));
    TN_TRY(find_words(e, caption, err));
    TN_TRY(captioner_read_photo(captioner, photo, e->photo, err));
    find_mean_colour(e);
    make_covers(e);
    bytes = VARIANTS * e->word_count * sizeof *e->log_probs;
    e->log_probs = malloc(bytes);
    if (!e->log_probs)
        return tn_fail_nomem(err, bytes);
    TN_TRY(decoder_score_create(&captioner->decoder->weights, captioner->max_batch, captioner->pool,
                                &e->score, err));
    TN_TRY(measure_all(e, progress, err));
    make_maps(e, maps);
    return TN_OK;
}

enum captioner_status captioner_explain(struct captioner *captioner,
                                        const struct captioner_photo *photo,
                                        const struct captioner_caption *caption,
                                        const struct captioner_progress *progress, float *maps,
                                        struct captioner_error *error)
{
    struct explaining *e = calloc(1, sizeof *e);
    struct tn_error err;
    enum tn_status status;

    if (!e)
        return captioner_report(tn_fail_nomem(&err, sizeof *e), &err, error);
    e->captioner = captioner;
    status = explain(e, photo, caption, progress, maps, &err);
    decoder_score_destroy(e->score);
    free(e->log_probs);
    free(e);
    return captioner_report(status, &err, error);
}
