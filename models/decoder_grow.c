/* SPDX-License-Identifier: MIT */
#include "models/decoder_grow.h"

#include "tensor/pointwise.h"
#include "vocab/vocab.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A new word's row is the sum of what its places say and SHRINK times the mean row, over the sum
 * of their weights and SHRINK. */
static const float SHRINK = 1;

/* What places may have in common.  Both neighbours say more than one. */
enum { CONTEXTS = 3 };
static const struct {
    bool left, right;
    float weight;
} contexts[CONTEXTS] = {{true, true, 1}, {true, false, 0.2F}, {false, true, 0.2F}};

/* A matrix with a row for each word, of which the first `known` are there. */
struct rows {
    float *items; /* [all][width] */
    size_t known, all, width;
    float *mean;    /* [width]: of the known words in the places at hand */
    float *weights; /* [all - known]: of what was added to the new rows */
};

static int by_left(const void *left, const void *right)
{
    const struct decoder_place *a = left, *b = right;

    return a->left != b->left     ? (a->left > b->left) - (a->left < b->left)
           : a->right != b->right ? (a->right > b->right) - (a->right < b->right)
                                  : (a->word > b->word) - (a->word < b->word);
}

static int by_right(const void *left, const void *right)
{
    const struct decoder_place *a = left, *b = right;

    return a->right != b->right ? (a->right > b->right) - (a->right < b->right) : by_left(a, b);
}

/* The places that have the context of the first in common, which lie together. */
static size_t count_alike(const struct decoder_place *places, size_t count, size_t context)
{
    size_t n = 1;

    while (n < count && (!contexts[context].left || places[n].left == places[0].left) &&
           (!contexts[context].right || places[n].right == places[0].right))
        n++;
    return n;
}

static bool is_known_word(const struct rows *rows, const struct decoder_place *place)
{
    return place->word >= VOCAB_FIRST_WORD && (size_t)place->word < rows->known;
}

/* Adds the mean row of the known words in these places to the row of each new word in them. */
static void learn_from_alike(struct rows *rows, const struct decoder_place *places, size_t count,
                             float weight)
{
    size_t known = 0;

    memset(rows->mean, 0, rows->width * sizeof *rows->mean);
    for (size_t i = 0; i < count; i++) {
        if (!is_known_word(rows, &places[i]))
            continue;
        tn_axpy(rows->mean, 1, rows->items + (size_t)places[i].word * rows->width, rows->width);
        known++;
    }
    for (size_t i = 0; i < count && known > 0; i++) {
        const size_t word = (size_t)places[i].word;

        if (word < rows->known)
            continue;
        tn_axpy(rows->items + word * rows->width, weight / (float)known, rows->mean, rows->width);
        rows->weights[word - rows->known] += weight;
    }
}

static void learn_from_places(struct rows *rows, const struct decoder_place *places, size_t count,
                              size_t context)
{
    size_t alike;

    for (size_t i = 0; i < count; i += alike) {
        alike = count_alike(places + i, count - i, context);
        learn_from_alike(rows, places + i, alike, contexts[context].weight);
    }
}

static float norm(const float *row, size_t width)
{
    return sqrtf(tn_dot(row, row, width));
}

/* Makes sums means, which are drawn to the mean of all words and then made as long as the known
 * rows are; a bias has no length of its own. */
static void complete_rows(struct rows *rows)
{
    const size_t words = rows->known - VOCAB_FIRST_WORD, width = rows->width;
    float length = 0;

    memset(rows->mean, 0, width * sizeof *rows->mean);
    for (size_t w = VOCAB_FIRST_WORD; w < rows->known; w++) {
        tn_axpy(rows->mean, 1 / (float)words, rows->items + w * width, width);
        length += norm(rows->items + w * width, width) / (float)words;
    }
    for (size_t w = rows->known; w < rows->all; w++) {
        float *row = rows->items + w * width, now;

        tn_axpy(row, SHRINK, rows->mean, width);
        tn_scale(row, 1 / (rows->weights[w - rows->known] + SHRINK), width);
        now = norm(row, width);
        if (width > 1 && now > 0)
            tn_scale(row, length / now, width);
    }
}

static enum tn_status grow_rows(struct rows *rows, struct decoder_place *places, size_t count,
                                struct tn_error *err)
{
    const size_t floats = rows->width + rows->all - rows->known;

    rows->mean = calloc(floats, sizeof *rows->mean);
    if (!rows->mean)
        return tn_fail_nomem(err, floats * sizeof *rows->mean);
    rows->weights = rows->mean + rows->width;
    for (size_t context = 0; context < CONTEXTS && count > 0; context++) {
        qsort(places, count, sizeof *places, contexts[context].left ? by_left : by_right);
        learn_from_places(rows, places, count, context);
    }
    complete_rows(rows);
    free(rows->mean);
    return TN_OK;
}

static const struct grow_words *words_of(const struct tn_parameter *parameter,
                                         const struct grow_words *words, size_t count)
{
    const struct grow_words *found = words;

    for (size_t i = 0; i < count; i++)
        if (strncmp(parameter->name, words[i].prefix, strlen(words[i].prefix)) == 0)
            found = &words[i];
    return found;
}

enum tn_status grow_theta(const struct tn_layout *from, const float *from_theta,
                          const struct tn_layout *to, const struct grow_words *words, size_t count,
                          float *theta, struct tn_error *err)
{
    assert(from->count == to->count);
    memset(theta, 0, to->floats * sizeof *theta);
    for (size_t i = 0; i < to->count; i++) {
        const struct tn_parameter *a = &from->parameters[i], *b = &to->parameters[i];

        memcpy(theta + b->span.offset, from_theta + a->span.offset, a->span.count * sizeof *theta);
        if (a->dims[0] != b->dims[0]) { /* a row for each word */
            const struct grow_words *own = words_of(b, words, count);
            struct rows rows = {.items = theta + b->span.offset,
                                .known = a->dims[0],
                                .all = b->dims[0],
                                .width = b->span.count / b->dims[0]};

            TN_TRY(grow_rows(&rows, own->places, own->count, err));
        }
    }
    return TN_OK;
}

enum tn_status decoder_grow(const struct decoder *from, const float *from_theta,
                            const struct decoder *to, struct decoder_place *places,
                            size_t place_count, float *theta, struct tn_error *err)
{
    const struct grow_words words = {"", places, place_count};

    return grow_theta(decoder_layout(from), from_theta, decoder_layout(to), &words, 1, theta, err);
}
