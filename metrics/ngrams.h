/* SPDX-License-Identifier: MIT */
/*
 * The n-grams of sentences of word ids, n = 1 .. 4, and their tf-idf weights: what CIDEr-D, the
 * fit of a consensus and the choice by a consensus count.
 */
#ifndef METRICS_NGRAMS_H
#define METRICS_NGRAMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    NGRAM_ORDERS = 4,
    NGRAM_MAX_ID = 0xFFFE, /* ids beyond are all the same one */
    NGRAM_LONGEST = 200    /* where sentences have no bound: words that are looked at */
};

/* An n-gram of ids from 1 up as a number: 16 bits per word, the first in the highest, so that
 * numbers rise as n-grams do in a dictionary. */
uint64_t ngram_key(const int *words, size_t n);
/* The n of a key. */
size_t ngram_order(uint64_t key);
bool ngram_has(uint64_t key, int word);

struct ngram {
    uint64_t key;
    double weight; /* how often it occurs, until somebody multiplies by the idf */
};

/* The different n-grams of a sentence, of all n, by rising keys; returns how many.  grams has room
 * for NGRAM_ORDERS * count. */
size_t ngram_list(const int *words, size_t count, struct ngram *grams);

/* log(all / documents): of an n-gram in so many of all documents.  None counts as one. */
double ngram_idf(size_t documents, size_t all);

#endif
