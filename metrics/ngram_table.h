/* SPDX-License-Identifier: MIT */
/*
 * The n-grams of many sentences of text, n = 1..4, as numbers: equal n-grams have equal numbers, so
 * that the scores count numbers and never look at text again.  Unlike the keys of metrics/ngrams.h
 * these bound neither the number of different words nor, for a whole sentence, n.
 */
#ifndef METRICS_NGRAM_TABLE_H
#define METRICS_NGRAM_TABLE_H

#include "base/map.h"
#include "metrics/metrics.h"
#include "metrics/ngrams.h"

#include <stdint.h>

/* An n-gram is its (n-1)-gram and one more token: a hash map from that pair to the next number. */
struct ngram_table {
    struct tn_map tokens;
    struct ngram_link {
        uint32_t prefix; /* 0: none */
        uint32_t token;
        uint32_t id; /* 0: this slot is empty */
    } * links;
    size_t slot_count; /* a power of two, or 0 */
    uint32_t count;    /* ids given so far: 1 .. count */
};

/* A sentence: tokens are its words; ids[n] its length - n grams of n + 1 words, ascending. */
struct ngram_sentence {
    uint32_t *tokens;
    uint32_t *ids[NGRAM_ORDERS];
    size_t length;
    uint32_t whole; /* the sentence itself as one long n-gram; 0: empty */
};

/* Zero-initialise to begin. */
void ngram_table_finish(struct ngram_table *table);

/* Numbers one sentence.  `room` holds ngram_room(length) numbers and must outlive ret_sentence,
 * which points into it. */
size_t ngram_room(size_t length);
TN_NODISCARD enum tn_status ngram_number(struct ngram_table *table,
                                         const struct metric_sentence *sentence, uint32_t *room,
                                         struct ngram_sentence *ret_sentence, struct tn_error *err);

/* The number of n-grams of n + 1 words, and how many from ids[at] on are equal. */
size_t ngram_count(const struct ngram_sentence *sentence, size_t n);
size_t ngram_run(const struct ngram_sentence *sentence, size_t n, size_t at);

/* How often the n-gram id occurs. */
size_t ngram_find(const struct ngram_sentence *sentence, size_t n, uint32_t id);

#endif
