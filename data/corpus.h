/* SPDX-License-Identifier: MIT */
/* A dataset's captions as tokens: ids for the decoder, words for the scores. */
#ifndef DATA_CORPUS_H
#define DATA_CORPUS_H

#include "data/sets/dataset.h"
#include "metrics/metrics.h"
#include "vocab/tokenize.h"
#include "vocab/vocab.h"

#include <stdint.h>

/* Which photos: true for those wanted.  None of these wants a photo that is OUT. */
typedef bool data_photo_filter(const struct data_photo *photo);
bool data_photo_is_train(const struct data_photo *photo); /* of no split too */
bool data_photo_is_dev(const struct data_photo *photo);
bool data_photo_is_any(const struct data_photo *photo);

/* The vocabulary of the wanted photos' captions: words seen at least `minimum` times.  The caller
 * destroys it.  Errors: TN_NOMEM; TN_NOTFOUND when no word is frequent enough. */
TN_NODISCARD enum tn_status data_make_vocab(const struct data_set *dataset,
                                            data_photo_filter *wanted, enum vocab_language language,
                                            size_t minimum, struct vocab **ret_vocab,
                                            struct tn_error *err);
/* The words of base, with their ids, and behind them those of the captions. */
TN_NODISCARD enum tn_status data_extend_vocab(const struct data_set *dataset,
                                              data_photo_filter *wanted,
                                              enum vocab_language language, size_t minimum,
                                              const struct vocab *base, struct vocab **ret_vocab,
                                              struct tn_error *err);

/* The captions of the wanted photos, in the dataset's order.  Captions without a word are left out,
 * and photos without another caption. */
struct data_corpus {
    size_t *photos;  /* [photo_count]: numbers in the dataset; owned */
    size_t *firsts;  /* [photo_count + 1]: each one's first caption here; owned */
    size_t photo_count;
    size_t *starts;  /* [caption_count + 1]: each caption's first token; owned */
    size_t *owners;  /* [caption_count]: its photo, as a number in `photos`; owned */
    size_t caption_count;
    int *ids;        /* [token_count]: words as the vocabulary has them, no end token; owned */
    size_t *words;   /* [token_count]: offsets of the words in text; owned */
    size_t token_count;
    char *text;      /* owned */
    size_t longest;  /* words in the longest caption */
    size_t wordless, first_wordless; /* how many photos are left out, and the first one's number in
                                        the dataset */
};

/* The caller finishes the corpus. */
TN_NODISCARD enum tn_status data_corpus_make(const struct data_set *dataset,
                                             data_photo_filter *wanted,
                                             enum vocab_language language,
                                             const struct vocab *vocab,
                                             struct data_corpus *ret_corpus, struct tn_error *err);
/* Fine on a zeroed corpus. */
void data_corpus_finish(struct data_corpus *corpus);

#endif
