/* SPDX-License-Identifier: MIT */
/*
 * What the words of a language are as keywords: of "dogs" the keyword is "dog", of "guy" it is
 * "man", of "tennis courts" it is "tennis court", and "of", "red" and "two" have none.
 */
#ifndef MODELS_KEYWORD_WORDS_H
#define MODELS_KEYWORD_WORDS_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>

enum { KEYWORD_WORDS_LONGEST = 64 /* bytes of a word or of two with a space between, and NUL */ };

struct keyword_words;

/* Those of a language ("en"); a language without a table has words, too, and knows none of them.
 * The caller destroys them.  Errors: TN_NOMEM. */
TN_NODISCARD enum tn_status
keyword_words_create(const char *language, struct keyword_words **ret_words, struct tn_error *err);
void keyword_words_destroy(struct keyword_words *words);

struct keyword_word {
    const char *name; /* the keyword; NULL: it is none.  Borrowed from the words */
    bool apart;       /* "hot dog": no dog is meant */
};

/* Looks a word up, or two with a space between; false where it is not known.  Punctuation is known
 * in every language, and is no keyword: what begins with neither a letter nor a digit. */
bool keyword_words_find(const struct keyword_words *words, const char *text, size_t length,
                        struct keyword_word *ret_word);
/* The same for two words after each other. */
bool keyword_words_find_two(const struct keyword_words *words, const char *first,
                            const char *second, struct keyword_word *ret_word);

#endif
