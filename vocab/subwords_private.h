/* SPDX-License-Identifier: MIT */
/* A word as symbols, before and while they are merged: shared by encoding and learning. */
#ifndef VOCAB_SUBWORDS_PRIVATE_H
#define VOCAB_SUBWORDS_PRIVATE_H

#include "vocab/subwords.h"
#include "vocab/vocab_private.h"

#include <stdbool.h>

enum { SUBWORD_BYTE_SIZE = 3 }; /* of a byte's token */

/* The token of a byte. */
void subword_byte(unsigned char byte, char out[SUBWORD_BYTE_SIZE + 1]);
/* Whether the character of `bytes` bytes is one that stands for a byte. */
bool subword_is_byte(const char *character, size_t bytes);

/* A word, spelled in tokens: symbol i is spelling[starts[i] .. starts[i + 1]). */
struct subword_symbols {
    char spelling[SUBWORD_BYTE_SIZE * SUBWORD_MOST];
    size_t starts[SUBWORD_MOST + 1];
    int ids[SUBWORD_MOST];
    size_t count;
};
/* Characters of the vocabulary, which has all bytes, and the bytes of all others. */
void subword_symbols_init(struct subword_symbols *symbols, const struct vocab *vocab,
                          const char *word, size_t length);

#endif
