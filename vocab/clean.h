/* SPDX-License-Identifier: MIT */
/*
 * The tokeniser's first pass: any bytes become valid UTF-8 that is easy to cut.  Blanks of every
 * kind, invalid bytes and punctuation beyond ASCII become ' ', typographic quotes and hyphens their
 * ASCII cousins, symbols stand between spaces, letters beyond ASCII become small.
 */
#ifndef VOCAB_CLEAN_H
#define VOCAB_CLEAN_H

#include "vocab/tokenize.h"

/* A character of n bytes becomes at most this many times n. */
enum { VOCAB_CLEAN_GROWTH = 3 };

/* Writes the cleaned text and a NUL to out[VOCAB_CLEAN_GROWTH * length + 1]; returns its length. */
size_t vocab_clean(enum vocab_language language, const char *text, size_t length, char *out);

#endif
