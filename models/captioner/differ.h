/* SPDX-License-Identifier: MIT */
/*
 * Captions of a photo that differ: each is searched for by itself, and what it has in common with
 * those that were chosen before it counts against it.
 *
 *     worth'(c) = worth(c) - x likeness(c)
 *     likeness(c) = 1 / (4 |c|) sum_t min(l_t, 4)
 *
 *     worth   another guide's (models/search_guide.h); 0 without one
 *     l_t     how many words the longest run has that ends with word t of c and stands in a chosen
 *             caption.  So the sum counts the n-grams of c, n = 1 .. 4, that stand in one
 *
 * To weigh worth against likeness to what was chosen is maximal marginal relevance (Carbonell and
 * Goldstein 1998); to do it inside the search, so that other words are found and not only chosen,
 * is diverse beam search (Vijayakumar et al. 2016), which has the groups of one beam in the place
 * of searches and compares words at equal places: docs/experiments/search.md.
 */
#ifndef MODELS_DIFFER_H
#define MODELS_DIFFER_H

#include "models/search.h"

struct differ;

/* For at most `captions` captions of `words` words for each of `images`.  The caller destroys it.
 * Errors: TN_NOMEM. */
TN_NODISCARD enum tn_status differ_create(size_t images, size_t captions, size_t words,
                                          struct differ **ret_differ, struct tn_error *err);
void differ_destroy(struct differ *differ);

/* Forgets all that was chosen. */
void differ_reset(struct differ *differ);
/* Chooses up to `count` of the sentences that a search has found for an image, the best first,
 * without those that were chosen before. */
void differ_choose(struct differ *differ, const struct search *search, size_t image, size_t count);
/* The captions that were chosen for an image, in that order; borrowed until the reset. */
const struct search_hypothesis *differ_chosen(const struct differ *differ, size_t image,
                                              size_t *ret_count);
/* A guide to other captions, with the other guide's choices and weights; borrowed, as that is,
 * until the next call. */
const struct search_guide *differ_guide(struct differ *differ, const struct search_guide *other,
                                        double x);

#endif
