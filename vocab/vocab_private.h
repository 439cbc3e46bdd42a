/* SPDX-License-Identifier: MIT */
/* What makes a vocabulary: shared by vocab.c and subwords_learn.c. */
#ifndef VOCAB_VOCAB_PRIVATE_H
#define VOCAB_VOCAB_PRIVATE_H

#include "base/map.h"
#include "vocab/vocab.h"

/* A string map that begins with the fixed ids, so that index and id are one. */
struct vocab {
    struct tn_map words;
    char *text; /* see vocab_parse */
};

struct vocab_builder {
    struct tn_map tokens; /* the values are counts */
};

/* A token and how often it was seen. */
struct vocab_counted {
    uint64_t count;
    const char *word;
    size_t length;
};
/* For qsort: the most frequent first, ties in byte order. */
int vocab_by_frequency(const void *left, const void *right);

/* A vocabulary of the fixed ids and the words of base, NULL: none; further words are added to its
 * map.  The caller completes it, or destroys it. */
TN_NODISCARD enum tn_status vocab_begin(const struct vocab *base, struct vocab **ret_vocab,
                                        struct tn_error *err);
/* No words follow: makes vocab_text. */
TN_NODISCARD enum tn_status vocab_complete(struct vocab *vocab, struct tn_error *err);

#endif
