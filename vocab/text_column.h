/* SPDX-License-Identifier: MIT */
/* Texts as token ids: the one long text of a language model, or many short ones. */
#ifndef VOCAB_TEXT_COLUMN_H
#define VOCAB_TEXT_COLUMN_H

#include "vocab/units.h"
#include "vocab/vocab.h"

#include <stdint.h>

/* The largest vocabulary: ids are kept in 16 bits, since a corpus may be large. */
enum { TEXT_MAX_VOCABULARY = 65535 };

/* What stands where a word was taken out. */
enum { TEXT_BLANK = VOCAB_PAD };

/* Zero-initialise to begin. */
struct text_column {
    uint16_t *ids;  /* [total]; owned */
    size_t *starts; /* [count + 1]: each text's first token; owned */
    size_t count, total;
    size_t longest; /* tokens in the longest text */
    size_t unknown; /* tokens that the vocabulary lacks */
    size_t characters; /* code points of the texts that text_column_add read, whatever was kept */
    size_t ids_capacity, starts_capacity;
};
void text_column_finish(struct text_column *column);
/* Tokens of text i. */
size_t text_column_length(const struct text_column *column, size_t i);

/* Counts the tokens of a checked text. */
TN_NODISCARD enum tn_status text_count(struct vocab_builder *builder, enum vocab_unit unit,
                                       const char *text, size_t length, struct tn_error *err);
/* Appends a text, of which at most `limit` tokens are kept (0: all).  Errors: TN_RANGE for a
 * vocabulary beyond TEXT_MAX_VOCABULARY, TN_NOMEM. */
TN_NODISCARD enum tn_status text_column_add(struct text_column *column, enum vocab_unit unit,
                                            const struct vocab *vocab, const char *text,
                                            size_t length, size_t limit, struct tn_error *err);

/* The last text has one more token, VOCAB_END. */
TN_NODISCARD enum tn_status text_column_add_end(struct text_column *column, struct tn_error *err);

/* The place of a gap that a text does not have. */
#define TEXT_NO_PLACE SIZE_MAX

/*
 * Appends a text in which a token is missing, and returns its place among the tokens.  The first
 * run of two or more '_' is the gap.  The text is cut once, and the gap is a token of its own in
 * it, TEXT_BLANK, whatever the unit is and whatever it touches: by words "(well-__)" is ( well -
 * gap ).  So a token of a text that is written as __ leaves the others what they were; by subwords,
 * those of other words, and a space before the gap belongs to it.  Without a gap the text has no
 * token, and the place is TEXT_NO_PLACE.  Errors: those of text_column_add.
 */
TN_NODISCARD enum tn_status text_column_add_blanked(struct text_column *column,
                                                    enum vocab_unit unit, const struct vocab *vocab,
                                                    const char *text, size_t length,
                                                    size_t *ret_place, struct tn_error *err);

/* Appends a text of one token. */
TN_NODISCARD enum tn_status text_column_add_id(struct text_column *column, int id,
                                               struct tn_error *err);

/* Texts wanted[count] side by side, time-major: token t of the b-th one into tokens[t * count + b],
 * its length into lengths[b].  Returns the longest of these lengths. */
size_t text_column_fill(const struct text_column *column, const size_t *wanted, size_t count,
                        int *tokens, size_t *lengths);

/* A hash of ids and lengths, for a training's identity. */
uint64_t text_column_hash(const struct text_column *column);

#endif
