/* SPDX-License-Identifier: MIT */
/*
 * Parts of words: byte pair encoding (Sennrich et al. 2016, "Neural machine translation of rare
 * words with subword units"), learnt from the texts.
 *
 * A vocabulary of subwords begins with the bytes 1 to 255.  Characters follow by falling frequency,
 * and then what was merged, in that order.  A word (vocab_next) is first its characters, and one
 * that is not in the vocabulary is its bytes.  Of two neighbours that are a subword when they stand
 * together, those with the lowest id are joined, the leftmost first, until no two are left.  So the
 * vocabulary alone says how a text is cut; no text has an unknown token; and the tokens joined are
 * the text.
 *
 * The token of byte b is the code point U+E000 + b, since tokens are UTF-8.  A text's own
 * characters U+E000 to U+E0FF are their bytes.
 */
#ifndef VOCAB_SUBWORDS_H
#define VOCAB_SUBWORDS_H

#include "vocab/units.h"
#include "vocab/vocab.h"

/* The most that one word is cut into: its bytes. */
enum { SUBWORD_MOST = VOCAB_MOST_IDS };

/* Learns a vocabulary from words, as vocab_next finds them, that the builder counted: at most
 * `limit` tokens, the bytes among them; characters, and pairs of neighbours, that occur at least
 * `minimum` times (pairs: at least twice).  Of equally frequent pairs the first in byte order is
 * merged.  With a base, its tokens come first, and only characters that are new to it follow.
 * Depends on the counts alone.  Errors: TN_NOMEM. */
TN_NODISCARD enum tn_status subwords_learn(const struct vocab_builder *builder,
                                           const struct vocab *base, size_t minimum, size_t limit,
                                           struct vocab **ret_vocab, struct tn_error *err);

/* Whether a vocabulary is one of subwords: TN_FORMAT when a byte has no token. */
TN_NODISCARD enum tn_status subwords_check(const struct vocab *vocab, struct tn_error *err);

/* Cuts a word that vocab_next found into ids[SUBWORD_MOST]; returns how many. */
size_t subwords_encode(const struct vocab *vocab, const char *word, size_t length, int *ids);

/* Writes what the token stands for to out, at most VOCAB_LONGEST_WORD + 8 bytes; returns the bytes.
 */
size_t subword_text(const char *token, char *out);

#endif
