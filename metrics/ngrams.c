/* SPDX-License-Identifier: MIT */
#include "metrics/ngrams.h"

#include <math.h>
#include <stdlib.h>

enum { WORD_BITS = 16, FAR_WORD = NGRAM_MAX_ID + 1 };

uint64_t ngram_key(const int *words, size_t n)
{
    uint64_t key = 0;

    for (size_t i = 0; i < NGRAM_ORDERS; i++) {
        const int word = i >= n ? 0 : words[i] <= NGRAM_MAX_ID ? words[i] : FAR_WORD;

        key = key << WORD_BITS | (uint64_t)word;
    }
    return key;
}

size_t ngram_order(uint64_t key)
{
    size_t n = NGRAM_ORDERS;

    for (; n > 1 && (key & 0xFFFF) == 0; n--)
        key >>= WORD_BITS;
    return n;
}

bool ngram_has(uint64_t key, int word)
{
    bool has = false;

    for (; key != 0; key >>= WORD_BITS)
        has = has || (key & 0xFFFF) == (uint64_t)word;
    return has;
}

static int by_key(const void *a, const void *b)
{
    const uint64_t x = ((const struct ngram *)a)->key, y = ((const struct ngram *)b)->key;

    return (x > y) - (x < y);
}

size_t ngram_list(const int *words, size_t count, struct ngram *grams)
{
    size_t total = 0, different = 0;

    for (size_t i = 0; i < count; i++)
        for (size_t n = 1; n <= NGRAM_ORDERS && i + n <= count; n++)
            grams[total++] = (struct ngram){ngram_key(words + i, n), 1};
    qsort(grams, total, sizeof *grams, by_key);
    for (size_t i = 0; i < total; i++) {
        if (different > 0 && grams[different - 1].key == grams[i].key)
            grams[different - 1].weight++;
        else
            grams[different++] = grams[i];
    }
    return different;
}

double ngram_idf(size_t documents, size_t all)
{
    return log((double)all) - log(documents > 1 ? (double)documents : 1);
}
