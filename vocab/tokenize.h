/* SPDX-License-Identifier: MIT */
/*
 * Text to tokens as the captioning field's scorer does it (Penn Treebank rules, lower case,
 * punctuation dropped), and tokens back to a sentence that a person likes to read.
 */
#ifndef VOCAB_TOKENIZE_H
#define VOCAB_TOKENIZE_H

#include "tensor/status.h"

#include <stddef.h>

/* Tokens as consecutive NUL-terminated strings. */
struct vocab_tokens {
    char *text;      /* owned */
    size_t *offsets; /* owned; token i is text + offsets[i] */
    size_t count;
    size_t text_used, text_capacity, capacity;
};

enum vocab_language { VOCAB_ENGLISH, VOCAB_CHINESE /* one token a character; runs of ASCII letters stay whole */ };

/* Zero-initialise to begin.  Replaces what tokens held; memory is reused.  text is any bytes: invalid UTF-8
 * is replaced by U+FFFD, which is dropped. */
TN_NODISCARD enum tn_status vocab_tokenize(enum vocab_language language, const char *text,
                                           size_t length, struct vocab_tokens *tokens,
                                           struct tn_error *err);
void vocab_tokens_finish(struct vocab_tokens *tokens);

/* Joins words into a sentence: "a man 's dog" -> "a man's dog"; returns the bytes written without the
 * NUL (cut at a character boundary when out is too small).  capitalise and full stop are the caller's. */
size_t vocab_detokenize(enum vocab_language language, const char *const *words, size_t count,
                        char *out, size_t size);

#endif
