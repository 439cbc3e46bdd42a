/* SPDX-License-Identifier: MIT */
/*
 * More words for a decoder that has been trained.  The weights of all that it has stay as they are,
 * so that captions of its words differ in probability only by what the new words take.  A new word
 * begins as a mean of the known words that stand where it stands: between the same two words, after
 * the same word, or before it.
 */
#ifndef MODELS_DECODER_GROW_H
#define MODELS_DECODER_GROW_H

#include "models/decoder.h"

/* A word of a caption between its neighbours: ids, with VOCAB_START and VOCAB_END at the ends. */
struct decoder_place {
    int left, word, right;
};

/* Words of one vocabulary, of which there are more: where they stand in texts, and what the names
 * of the parameters with a row for each of them begin with. */
struct grow_words {
    const char *prefix;
    struct decoder_place *places; /* [count]; they are sorted */
    size_t count;
};

/* Fills theta, laid out as `to` has it, from that of a layout that differs in having fewer rows of
 * words.  A parameter belongs to the last of words[count] whose prefix it has; ids keep their
 * meaning.  Errors: TN_NOMEM. */
TN_NODISCARD enum tn_status grow_theta(const struct tn_layout *from, const float *from_theta,
                                       const struct tn_layout *to, const struct grow_words *words,
                                       size_t count, float *theta, struct tn_error *err);

/* The same for a decoder: fills theta, laid out as `to` has it, from that of `from`, which differs
 * in having fewer words. Ids of `from` keep their meaning; the places, of the captions that the new
 * words are from, have ids of `to` and are sorted.  Errors: TN_NOMEM. */
TN_NODISCARD enum tn_status decoder_grow(const struct decoder *from, const float *from_theta,
                                         const struct decoder *to, struct decoder_place *places,
                                         size_t place_count, float *theta, struct tn_error *err);

#endif
