/* SPDX-License-Identifier: MIT */
/*
 * What a text model reads: bytes, characters, words or parts of words.  Unlike vocab/tokenize.h,
 * which follows the captioning field's scorer, this loses nothing that a model is to write again
 * but the amount of whitespace between words.
 *
 *     bytes   each byte is the token U+0000 + byte (a NUL: U+0100), since tokens are UTF-8
 *     chars   each code point
 *     words   runs of letters, digits and '_', with ' and - between them; every other character,
 *             a newline too, is a word of its own; other whitespace separates words
 *     subwords   a word, here with the space before it, is made of the vocabulary's parts
 *             (vocab/subwords.h); other whitespace is words, too, so that nothing is lost
 */
#ifndef VOCAB_UNITS_H
#define VOCAB_UNITS_H

#include "base/status.h"
#include "vocab/vocab.h"

#include <stdbool.h>
#include <stddef.h>

enum vocab_unit { VOCAB_BYTES, VOCAB_CHARS, VOCAB_WORDS, VOCAB_SUBWORDS };

/* "byte", "char", "word", "subword", NULL; and what the unit is called in the plural. */
extern const char *const vocab_unit_names[];
const char *vocab_unit_plural(enum vocab_unit unit);

/* Whether text is what the unit reads: for chars and words UTF-8 without NUL; bytes take anything.
 * TN_FORMAT names byte, line and what is wrong, without a file's name. */
TN_NODISCARD enum tn_status vocab_check_text(enum vocab_unit unit, const char *text, size_t length,
                                             struct tn_error *err);

/* A cut text: zero `at` to begin. */
struct vocab_cursor {
    const char *text; /* checked by vocab_check_text */
    size_t length, at;
    const char *token; /* the token found: in text, or in scratch */
    size_t token_length;
    char scratch[4];
};

enum { VOCAB_LONGEST_WORD = 64 }; /* bytes; longer runs are cut */

/* Finds the next token; false at the end.  Of subwords it is the word, with its space. */
bool vocab_next(enum vocab_unit unit, struct vocab_cursor *cursor);

/* The ids of the token found, into ids[VOCAB_MOST_IDS]; returns how many: of subwords as many as
 * the word is cut into, of all others one. */
enum { VOCAB_MOST_IDS = 1 + VOCAB_LONGEST_WORD };
size_t vocab_unit_ids(enum vocab_unit unit, const struct vocab *vocab,
                      const struct vocab_cursor *cursor, int *ids);

/* Writes the token as it stands in a text behind `before` (NULL: at the beginning), with a space
 * where words need one, to out; returns the bytes.  out has VOCAB_LONGEST_WORD + 8 bytes, and a
 * token that is longer than any that vocab_next finds is cut. */
size_t vocab_unit_text(enum vocab_unit unit, const char *before, const char *token, char *out);

#endif
