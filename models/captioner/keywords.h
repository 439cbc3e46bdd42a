/* SPDX-License-Identifier: MIT */
/*
 * What people would search a photo by: the keywords k that at least one of several people would
 * use who describe it, as probabilities.
 *
 *     p(k) = s(c_0 + c_1 log(e / (1 - e))),    e = sum_i w_i [k among the words about photo i]
 *
 *     w   the consensus' weights of the training photos (models/captioner/consensus.h): e is what
 *         its regression makes of whether k is said, within KEYWORDS_LEAST and 1 less as much
 *     c   train/fit/keywords_fit.h fits them, docs/format.md says where the model file has them
 *
 * times how probably the picture is a photo at all (models/captioner/confidence.h).  Which words
 * are the same keyword, and which are none, says models/captioner/keyword_words.h.  A word that it
 * does not know is a keyword of its own unless people say it of most photos, and is said of a photo
 * only where the photo makes it much more probable than it is anywhere.
 *
 * Without a consensus the keywords are the words of the captions, each as probable as the most
 * confident caption that has it.  docs/keywords.md says how good all this is.
 */
#ifndef MODELS_KEYWORDS_H
#define MODELS_KEYWORDS_H

#include "models/captioner/captioner.h"
#include "models/captioner/consensus.h"
#include "vocab/vocab.h"

/* KEYWORDS_LONGEST: words of a caption that are looked at. */
enum { KEYWORDS_MOST = 64, KEYWORDS_WEIGHTS = 2, KEYWORDS_LONGEST = 64 };

#define KEYWORDS_LEAST 0.01    /* what is less probable is not looked at */
#define KEYWORDS_LIKELY 0.4    /* what CAPTIONER_KEYWORDS_AUTO asks for */
#define KEYWORDS_COMMON 0.33   /* unknown words of so many photos are no keywords ... */
#define KEYWORDS_OUTSTANDING 2 /* ... and others only where they are so many times as probable */

/* The most probable first; the texts are borrowed. */
struct keyword_list {
    struct captioner_keyword items[KEYWORDS_MOST];
    size_t count;
};

struct keywords;

/* The keywords of a decoder; its vocabulary and consensus are borrowed for their life.  weights
 * [KEYWORDS_WEIGHTS], c of above, may be NULL: the usual ones.  The caller destroys them.  Errors:
 * TN_NOMEM. */
TN_NODISCARD enum tn_status keywords_create(const char *language, const struct vocab *vocab,
                                            const struct consensus *consensus, const float *weights,
                                            struct keywords **ret_keywords, struct tn_error *err);
void keywords_destroy(struct keywords *keywords);

/* ---- By a consensus ---- */

/* How many keywords the consensus knows, and their texts. */
size_t keywords_count(const struct keywords *keywords);
const char *keywords_text(const struct keywords *keywords, size_t keyword);
/* Log(e / (1 - e)) of each keyword [keywords_count] from w [photos], NAN of those that are not
 * looked at. */
void keywords_look(const struct keywords *keywords, const float *photo_weights, double *evidence);
/* c of above. */
const float *keywords_weights(const struct keywords *keywords);
/* p of an evidence. */
double keywords_probability(const float *weights, double evidence);
/* The `most` most probable (CAPTIONER_KEYWORDS_AUTO: those above KEYWORDS_LIKELY) from w,
 * where the picture is a photo with a probability. */
void keywords_expect(struct keywords *keywords, const float *photo_weights, double photo,
                     size_t most, struct keyword_list *ret_list);
/* p that at least one of several people uses any of some words, in any of their forms, by w: e is
 * that of the photos of which any is said.  Words that the consensus does not know add nothing. */
double keywords_any(struct keywords *keywords, const float *photo_weights, const char *const *words,
                    size_t count);

/* ---- In the model file ---- */

/* The weights [KEYWORDS_WEIGHTS] of the decoder whose tensors' names begin with prefix
 * ("decoder.en."), a view of the file; NULL when it has none.  Errors: TN_FORMAT, TN_SHAPE. */
TN_NODISCARD enum tn_status keywords_get(const struct tn_file *file, const char *prefix,
                                         const float **ret_weights, struct tn_error *err);
/* Writes a copy of the model file in which the decoder for a language has these weights in the
 * place of any that it had; note is the metadata's "decoder.<language>.keywords".  Atomic: path may
 * be the file itself.  Errors: TN_NOMEM, TN_IO. */
TN_NODISCARD enum tn_status keywords_save(const char *path, const struct tn_file *file,
                                          const char *language, const float *weights,
                                          const char *note, struct tn_error *err);

/* ---- Of sentences ---- */

/* The keywords in a sentence, in their order and each as often as it occurs; returns how many.
 * texts has room for 2 `count`, and borrows from the keywords and the tokens. */
size_t keywords_said(const struct keywords *keywords, const char *const *tokens, size_t count,
                     const char **texts);
/* Whether two words after each other are one thing, as "hot dog" and "dog house" are: they are
 * known as that, or each is a keyword and neither says what somebody does ("dog jumps"). */
bool keywords_join(const struct keywords *keywords, const char *first, const char *second);
/* Adds those of a caption, ids of the vocabulary, to a list that begins empty. */
void keywords_take(const struct keywords *keywords, const int *words, size_t count,
                   double confidence, size_t most, struct keyword_list *list);

#endif
