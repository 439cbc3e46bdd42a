/* SPDX-License-Identifier: MIT */
/*
 * Text to tokens as the captioning field's scorer does it (Penn Treebank rules, lower case,
 * punctuation dropped), and tokens back to a sentence that a person likes to read.
 */
#ifndef VOCAB_TOKENIZE_H
#define VOCAB_TOKENIZE_H

#include "base/status.h"

#include <stddef.h>

/* Tokens as consecutive NUL-terminated strings.  The members below `count` are the tokeniser's. */
struct vocab_tokens {
    char *text;      /* owned */
    size_t *offsets; /* owned; token i is text + offsets[i] */
    size_t count;
    size_t text_used, text_capacity, capacity;
    char *clean; /* owned; the text being tokenised, cleaned */
    size_t clean_capacity;
};

enum vocab_language {
    VOCAB_ENGLISH,
    VOCAB_CHINESE /* one token a character; runs of other scripts' letters and digits stay whole */
};

/* Zero-initialise to begin.  Replaces what tokens held; memory is reused.  text is any bytes (NULL
 * when length is 0): invalid UTF-8 and NUL separate words and are dropped.  Every token is valid
 * UTF-8, none is empty.  TN_NOMEM leaves tokens empty. */
TN_NODISCARD enum tn_status vocab_tokenize(enum vocab_language language, const char *text,
                                           size_t length, struct vocab_tokens *tokens,
                                           struct tn_error *err);
void vocab_tokens_finish(struct vocab_tokens *tokens);

/* Joins words into a sentence: "a man 's dog" -> "a man's dog", "can not" -> "cannot", "i" -> "I";
 * Chinese without spaces.  Returns the bytes written without the NUL (cut at a character boundary
 * when out[size] is too small; size 0 writes nothing).  Capital and full stop are the caller's. */
size_t vocab_detokenize(enum vocab_language language, const char *const *words, size_t count,
                        char *out, size_t size);

#endif
