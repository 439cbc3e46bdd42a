/* SPDX-License-Identifier: MIT */
/*
 * Token ids and their words.  A vocabulary is immutable: id -> word is an array, word -> id a hash
 * map.  A token is any non-empty valid UTF-8 without NUL; a character model's spaces and newlines
 * are tokens too.
 */
#ifndef VOCAB_VOCAB_H
#define VOCAB_VOCAB_H

#include "base/status.h"

#include <stddef.h>

/* The first ids are fixed; words follow by falling frequency, ties in byte order.  Where a
 * vocabulary was extended, its further words follow in the same way. */
enum { VOCAB_PAD = 0, VOCAB_START = 1, VOCAB_END = 2, VOCAB_UNKNOWN = 3, VOCAB_FIRST_WORD = 4 };

struct vocab;

/* Counts tokens, then makes the vocabulary of those seen at least `minimum` times (and at most
 * `limit` words, the most frequent; 0: no limit).  Depends on the counts alone, not on the order
 * of the adds.  The builder is destroyed by the caller.  Errors: TN_NOMEM; add: TN_FORMAT for what
 * is no token; a text that reads like a fixed id ("<unk>") is counted as no word. */
struct vocab_builder;
TN_NODISCARD enum tn_status vocab_builder_create(struct vocab_builder **ret_builder,
                                                 struct tn_error *err);
void vocab_builder_destroy(struct vocab_builder *builder);
TN_NODISCARD enum tn_status vocab_builder_add(struct vocab_builder *builder, const char *token,
                                              size_t length, struct tn_error *err);
TN_NODISCARD enum tn_status vocab_builder_build(const struct vocab_builder *builder, size_t minimum,
                                                size_t limit, struct vocab **ret_vocab,
                                                struct tn_error *err);
/* The same behind the words of another vocabulary (NULL: of none), which keep their ids, and of
 * which the limit takes none away. */
TN_NODISCARD enum tn_status vocab_builder_extend(const struct vocab_builder *builder,
                                                 const struct vocab *base, size_t minimum,
                                                 size_t limit, struct vocab **ret_vocab,
                                                 struct tn_error *err);

/* From the words of a model file: one per line, words only (the fixed ids are implied), '\n' after
 * each but optional after the last; in a word "\n" stands for a newline and "\\" for a backslash.
 * TN_FORMAT names the line: an empty word, a duplicate, a fixed id's name, invalid UTF-8, NUL or
 * another escape. */
TN_NODISCARD enum tn_status vocab_parse(const char *text, size_t length, struct vocab **ret_vocab,
                                        struct tn_error *err);
/* The inverse of vocab_parse, borrowed, ends in '\0'. */
const char *vocab_text(const struct vocab *vocab);
void vocab_destroy(struct vocab *vocab);

/* Whether all words can stand in a line of text: TN_FORMAT names the first that has a control
 * character (a newline, a tab, an escape ...) in it. */
TN_NODISCARD enum tn_status vocab_check_lines(const struct vocab *vocab, struct tn_error *err);

size_t vocab_count(const struct vocab *vocab); /* fixed ids included */
int vocab_id(const struct vocab *vocab, const char *token,
             size_t length); /* VOCAB_UNKNOWN if none */
/* Borrowed; "<pad>", "<start>", "<end>" and "<unk>" for the fixed ids. */
const char *vocab_word(const struct vocab *vocab, int id);

#endif
