/* SPDX-License-Identifier: MIT */
/*
 * A plainer word where a noun of a caption is doubtful and its class is not: "an animal" for a dog
 * that may be a cat.
 *
 *     p(a noun)   that at least one of several people uses it, in any of its forms
 *     p(a class)  that at least one of them uses the class' word or any noun of it
 *
 * Both are estimates of models/captioner/keywords.h, so the second is no sum of the first: the
 * photos of which any of the words is said are counted once.  A noun below the wanted probability
 * becomes the word of its class, singular or plural as it is, where the class reaches it; else that
 * of the class above; else it stays.  A class' own word is as probable as the class.  A noun stays,
 * too,
 *
 *   - beside another noun: "baseball player", "teddy bear"
 *   - where the caption has another noun of the class, which may be the one that makes the class
 *     probable: of "a dog plays with a cat" the cat may be none, and no animal.  So nothing becomes
 *     "a person and a person", either
 *   - where the class' word, or the article before it, is none of the vocabulary, or is forbidden.
 */
#ifndef MODELS_PLAIN_H
#define MODELS_PLAIN_H

#include "models/captioner/keywords.h"
#include "models/search.h"
#include "vocab/vocab.h"

enum { PLAIN_GROWTH = 16 /* bytes that a word and its article grow by, at most */ };

struct plain {
    struct keywords *keywords; /* of the vocabulary, by a consensus */
    const struct vocab *vocab;
    const float *photo_weights; /* the consensus' */
    double photo;               /* how probably the picture is a photo */
    double least;               /* what is less probable is doubtful */
    const struct search_phrase *forbidden;
    size_t forbidden_count;
};

/* Whether words of the language ("en") have classes. */
bool plain_is_known(const char *language);

/* The nouns of a class, in pairs of singular and plural: its own word, the others, and NULL.  NULL
 * for `class` beyond the last. */
const char *const *plain_nouns(size_t class);

/* Makes the doubtful nouns of a caption plainer where they stand. */
void plain_apply(const struct plain *plain, int *words, size_t count);

#endif
