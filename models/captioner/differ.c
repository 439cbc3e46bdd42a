/* SPDX-License-Identifier: MIT */
#include "models/captioner/differ.h"

#include "metrics/ngrams.h"
#include "models/captioner/consensus.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Without a consensus, where the likelihood alone says which captions are good. */
#define LIKELIHOOD_ALONE 0.5

struct differ {
    struct tn_arena arena;
    size_t images, captions, words;
    struct search_hypothesis *chosen; /* [images][captions], into the two below */
    int *ids;                         /* [images][captions][words] */
    float *log_probs;                 /* [images][captions][words + 1] */
    size_t *counts;                   /* [images] */
    const struct search_guide *other; /* or NULL */
    double x;
    struct search_guide guide;
};

/* ---- Memory ---- */

static void take_buffers(struct differ *differ)
{
    const size_t captions = differ->images * differ->captions;
    struct tn_arena *arena = &differ->arena;

    differ->chosen = tn_arena_alloc(arena, captions, sizeof *differ->chosen);
    differ->ids = tn_arena_ints(arena, captions * differ->words);
    differ->log_probs = tn_arena_floats(arena, captions * (differ->words + 1));
    differ->counts = tn_arena_alloc(arena, differ->images, sizeof *differ->counts);
}

enum tn_status differ_create(size_t images, size_t captions, size_t words,
                             struct differ **ret_differ, struct tn_error *err)
{
    struct differ *differ = calloc(1, sizeof *differ);
    enum tn_status status;

    if (!differ)
        return tn_fail_nomem(err, sizeof *differ);
    *differ = (struct differ){.images = images, .captions = captions, .words = words};
    tn_arena_measure(&differ->arena);
    take_buffers(differ);
    status = tn_arena_reserve(&differ->arena, err);
    if (status != TN_OK) {
        differ_destroy(differ);
        return status;
    }
    take_buffers(differ);
    differ_reset(differ);
    *ret_differ = differ;
    return TN_OK;
}

void differ_destroy(struct differ *differ)
{
    if (!differ)
        return;
    tn_arena_finish(&differ->arena);
    free(differ);
}

/* ---- What was chosen ---- */

void differ_reset(struct differ *differ)
{
    memset(differ->counts, 0, differ->images * sizeof *differ->counts);
}

const struct search_hypothesis *differ_chosen(const struct differ *differ, size_t image,
                                              size_t *ret_count)
{
    *ret_count = differ->counts[image];
    return differ->chosen + image * differ->captions;
}

static bool is_chosen(const struct differ *differ, size_t image, const struct search_hypothesis *h)
{
    size_t count;
    const struct search_hypothesis *chosen = differ_chosen(differ, image, &count);

    for (size_t i = 0; i < count; i++)
        if (chosen[i].count == h->count &&
            memcmp(chosen[i].words, h->words, h->count * sizeof *h->words) == 0)
            return true;
    return false;
}

/* Adds a copy of a sentence, whose memory is the search's. */
static void add_chosen(struct differ *differ, size_t image, const struct search_hypothesis *h)
{
    const size_t caption = image * differ->captions + differ->counts[image]++;
    int *ids = differ->ids + caption * differ->words;
    float *log_probs = differ->log_probs + caption * (differ->words + 1);

    memcpy(ids, h->words, h->count * sizeof *ids);
    memcpy(log_probs, h->log_probs, (h->count + 1) * sizeof *log_probs);
    differ->chosen[caption] = *h;
    differ->chosen[caption].words = ids;
    differ->chosen[caption].log_probs = log_probs;
}

void differ_choose(struct differ *differ, const struct search *search, size_t image, size_t count)
{
    const size_t found = search_result_count(search, image);

    for (size_t rank = 0; rank < found && count > 0 && differ->counts[image] < differ->captions;
         rank++) {
        const struct search_hypothesis h = search_result(search, image, rank);

        if (!is_chosen(differ, image, &h)) {
            add_chosen(differ, image, &h);
            count--;
        }
    }
}

/* ---- What counts against a caption ---- */

/* How many words, at most NGRAM_ORDERS, the two sequences have in common at their ends. */
static size_t common_end(const int *a, size_t a_count, const int *b, size_t b_count)
{
    size_t n = 0;

    while (n < NGRAM_ORDERS && n < a_count && n < b_count &&
           a[a_count - 1 - n] == b[b_count - 1 - n])
        n++;
    return n;
}

/* min(l_t, 4) of the last word. */
static size_t longest_run(const struct differ *differ, size_t image, const int *words, size_t count)
{
    size_t longest = 0, captions;
    const struct search_hypothesis *chosen = differ_chosen(differ, image, &captions);

    for (size_t i = 0; i < captions; i++)
        for (size_t end = 1; end <= chosen[i].count; end++) {
            const size_t n = common_end(words, count, chosen[i].words, end);

            longest = n > longest ? n : longest;
        }
    return longest;
}

static void add_word(void *context, size_t image, const int *words, size_t count,
                     struct search_worth *worth)
{
    const struct differ *differ = context;
    double *runs = &worth->sums[SEARCH_GUIDE_SUMS - 1];

    if (differ->other)
        differ->other->add_word(differ->other->context, image, words, count, worth);
    else
        worth->worth = 0;
    *runs += (double)longest_run(differ, image, words, count);
    worth->worth -= differ->x * *runs / (double)(NGRAM_ORDERS * count);
}

const struct search_guide *differ_guide(struct differ *differ, const struct search_guide *other,
                                        double x)
{
    static const struct search_guide alone = {
        .choices = CONSENSUS_CHOICES, .weight = CONSENSUS_WEIGHT, .likelihood = LIKELIHOOD_ALONE};

    differ->other = other;
    differ->x = x;
    differ->guide = other ? *other : alone;
    differ->guide.add_word = add_word;
    differ->guide.context = differ;
    return &differ->guide;
}
