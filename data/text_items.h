/* SPDX-License-Identifier: MIT */
/*
 * The texts that a text model learns from, as they lie in files: whole files, lines, or lines of
 * two columns separated by a tab.
 */
#ifndef DATA_TEXT_ITEMS_H
#define DATA_TEXT_ITEMS_H

#include "vocab/text_column.h"

/* A text, and what belongs to it: its label, its translation, or (length 0) nothing. */
struct text_item {
    size_t first, first_length, second, second_length; /* in the items' text */
    bool open;                                         /* its end was held out */
};

/* Zero-initialise to begin. */
struct text_items {
    char *text;              /* owned */
    struct text_item *items; /* owned */
    size_t count, used, capacity, items_capacity;
    bool ends;   /* of the first side each text, of which there is something, ends with VOCAB_END */
    size_t wide; /* lines of tables that have more than two columns */
};
void text_items_finish(struct text_items *items);

/* Each of these appends what is in the file; its text is checked by vocab_check_text, and, but for
 * bytes, a byte order mark at its front is left out.  Errors name
 * the file: TN_NOTFOUND, TN_IO, TN_FORMAT (an empty file, one without a text, what is not UTF-8, a
 * line without a tab, with its number), TN_NOMEM. */
TN_NODISCARD enum tn_status text_items_add_file(struct text_items *items, const char *path,
                                                enum vocab_unit unit, const char *label,
                                                struct tn_error *err);
TN_NODISCARD enum tn_status text_items_add_lines(struct text_items *items, const char *path,
                                                 struct tn_error *err);
/* The same for what the unit reads, and a line that is empty is an empty text: there are as many
 * texts as lines, and none in an empty file. */
TN_NODISCARD enum tn_status text_items_add_all_lines(struct text_items *items, const char *path,
                                                     enum vocab_unit unit, struct tn_error *err);
/* A text itself, from the command line. */
TN_NODISCARD enum tn_status text_items_add_text(struct text_items *items, const char *text,
                                                enum vocab_unit unit, struct tn_error *err);
/* first<TAB>second, or, `swapped`, second<TAB>first.  What stands behind another tab, such as who
 * wrote it, is passed over; items->wide counts such lines. */
TN_NODISCARD enum tn_status text_items_add_table(struct text_items *items, const char *path,
                                                 bool swapped, struct tn_error *err);

/* Moves every `every`-th item to dev (zero-initialised). */
TN_NODISCARD enum tn_status text_items_hold_out(struct text_items *items, size_t every,
                                                struct text_items *dev, struct tn_error *err);
/* Moves the last `share` of all text to dev: of what is one long text, from a line's beginning on
 * where there is one. */
TN_NODISCARD enum tn_status text_items_hold_out_end(struct text_items *items, double share,
                                                    struct text_items *dev, struct tn_error *err);

/* Which column of the items. */
enum text_side { TEXT_FIRST, TEXT_SECOND };

/* What a vocabulary is made of. */
struct text_vocab_options {
    enum vocab_unit unit;
    bool whole;     /* each text is one token: a label */
    size_t minimum; /* how often a token is seen at least */
    size_t
        limit; /* only the most frequent, at most TEXT_MAX_VOCABULARY with the fixed ids; 0: any */
    const struct vocab *base; /* whose words keep their ids, and come first; NULL: none */
};

/* The vocabulary of a side. */
TN_NODISCARD enum tn_status text_items_vocab(const struct text_items *items, enum text_side side,
                                             const struct text_vocab_options *options,
                                             struct vocab **ret_vocab, struct tn_error *err);
/* The ids of a side; longer texts are cut to `limit` tokens (0: none is). */
TN_NODISCARD enum tn_status text_items_column(const struct text_items *items, enum text_side side,
                                              enum vocab_unit unit, bool whole, size_t limit,
                                              const struct vocab *vocab,
                                              struct text_column *ret_column, struct tn_error *err);
/* The ids of the first side, in each text of which a token is missing, and the missing tokens'
 * places ret_places[count], which the caller frees: see text_column_add_blanked. */
TN_NODISCARD enum tn_status text_items_blanks(const struct text_items *items, enum vocab_unit unit,
                                              const struct vocab *vocab,
                                              struct text_column *ret_column, size_t **ret_places,
                                              struct tn_error *err);

#endif
