/* SPDX-License-Identifier: MIT */
#include "data/imagine/imagine_private.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Counts the captions with each word while they pass. */
struct counter {
    const struct data_corpus *corpus;
    size_t *captions; /* [words]: captions with it since it was last 0 */
    size_t *last;     /* [words]: the last of them, + 1 */
    size_t *found;    /* [words]: the words that are not at 0 ... */
    size_t found_count;
};

static enum tn_status counter_init(struct counter *counter, const struct data_corpus *corpus,
                                   size_t words, struct tn_error *err)
{
    *counter =
        (struct counter){.corpus = corpus, .captions = calloc(3 * words + 1, sizeof(size_t))};
    if (!counter->captions)
        return tn_fail_nomem(err, 3 * words * sizeof *counter->captions);
    counter->last = counter->captions + words;
    counter->found = counter->last + words;
    return TN_OK;
}

static void count_caption(struct counter *counter, size_t caption)
{
    const struct data_corpus *corpus = counter->corpus;

    for (size_t t = corpus->starts[caption]; t < corpus->starts[caption + 1]; t++) {
        const size_t word = (size_t)corpus->ids[t] - VOCAB_FIRST_WORD;

        if (corpus->ids[t] < VOCAB_FIRST_WORD || counter->last[word] == caption + 1)
            continue;
        counter->last[word] = caption + 1;
        if (counter->captions[word]++ == 0)
            counter->found[counter->found_count++] = word;
    }
}

enum tn_status imagine_idf(const struct data_corpus *corpus, size_t words, float *out,
                           struct tn_error *err)
{
    struct counter counter;

    TN_TRY(counter_init(&counter, corpus, words, err));
    for (size_t c = 0; c < corpus->caption_count; c++)
        count_caption(&counter, c);
    for (size_t w = 0; w < words; w++) {
        const size_t with = counter.captions[w] > 0 ? counter.captions[w] : 1;

        out[w] = logf((float)corpus->caption_count / (float)with);
    }
    free(counter.captions);
    return TN_OK;
}

static enum tn_status reserve(struct imagine_bags *bags, size_t entries, struct tn_error *err)
{
    bags->starts = calloc(bags->count + 1, sizeof *bags->starts);
    bags->ids = malloc((entries + 1) * sizeof *bags->ids);
    bags->weights = malloc((entries + 1) * sizeof *bags->weights);
    if (bags->starts && bags->ids && bags->weights)
        return TN_OK;
    imagine_bags_finish(bags);
    return tn_fail_nomem(err, (entries + 1) * sizeof *bags->ids);
}

static int by_size(const void *a, const void *b)
{
    const size_t x = *(const size_t *)a, y = *(const size_t *)b;

    return (x > y) - (x < y);
}

/* Makes a vector of what the counter found, and sets it back to 0. */
static void take_counts(struct counter *counter, size_t captions, const float *idf,
                        struct imagine_bags *bags, size_t vector)
{
    size_t entry = bags->starts[vector];

    qsort(counter->found, counter->found_count, sizeof *counter->found, by_size);
    for (size_t i = 0; i < counter->found_count; i++, entry++) {
        const size_t word = counter->found[i];

        bags->ids[entry] = word;
        bags->weights[entry] = (float)counter->captions[word] / (float)captions * idf[word];
        counter->captions[word] = 0;
    }
    counter->found_count = 0;
    bags->starts[vector + 1] = entry;
}

enum tn_status imagine_bags_make(const struct data_corpus *corpus, const size_t *firsts,
                                 size_t count, const float *idf, size_t words,
                                 struct imagine_bags *ret_bags, struct tn_error *err)
{
    struct imagine_bags bags = {.count = count, .width = words};
    struct counter counter;

    TN_TRY(reserve(&bags, corpus->token_count, err));
    if (counter_init(&counter, corpus, words, err) != TN_OK) {
        imagine_bags_finish(&bags);
        return TN_NOMEM;
    }
    for (size_t i = 0; i < count; i++) {
        for (size_t c = firsts[i]; c < firsts[i + 1]; c++)
            count_caption(&counter, c);
        take_counts(&counter, firsts[i + 1] - firsts[i], idf, &bags, i);
    }
    free(counter.captions);
    *ret_bags = bags;
    return TN_OK;
}

/* Puts the entries of vector i into their words' rows, where starts[word + 1] is the next free. */
static void turn_vector(const struct imagine_bags *bags, size_t i, struct imagine_bags *turned)
{
    float squares = 0;

    for (size_t e = bags->starts[i]; e < bags->starts[i + 1]; e++)
        squares += bags->weights[e] * bags->weights[e];
    for (size_t e = bags->starts[i]; e < bags->starts[i + 1]; e++) {
        const size_t entry = turned->starts[bags->ids[e] + 1]++;

        turned->ids[entry] = i;
        turned->weights[entry] = squares > 0 ? bags->weights[e] / sqrtf(squares) : 0;
    }
}

enum tn_status imagine_bags_turn(const struct imagine_bags *bags, struct imagine_bags *ret_turned,
                                 struct tn_error *err)
{
    struct imagine_bags turned = {.count = bags->width, .width = bags->count};
    const size_t entries = bags->starts[bags->count];
    size_t before = 0;

    TN_TRY(reserve(&turned, entries, err));
    for (size_t e = 0; e < entries; e++)
        turned.starts[bags->ids[e] + 1]++;
    for (size_t w = 0; w < turned.count; w++) {
        const size_t length = turned.starts[w + 1];

        turned.starts[w + 1] = before;
        before += length;
    }
    for (size_t i = 0; i < bags->count; i++)
        turn_vector(bags, i, &turned);
    *ret_turned = turned;
    return TN_OK;
}

void imagine_bags_finish(struct imagine_bags *bags)
{
    free(bags->starts);
    free(bags->ids);
    free(bags->weights);
    memset(bags, 0, sizeof *bags);
}
