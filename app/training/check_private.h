/* SPDX-License-Identifier: MIT */
/* What `caption check` finds about a data set; private to app/training/check*.c. */
#ifndef APP_CHECK_PRIVATE_H
#define APP_CHECK_PRIVATE_H

#include "app/training/training.h"
#include "vocab/tokenize.h"

#include <stdio.h>

/* Something to know, or (wrong) to mend. */
struct check_finding {
    bool wrong;
    size_t count;
    const char *code; /* for programs: "mojibake" */
    const char *what; /* is counted: "photos that cannot be read"; static, as the advice */
    const char *advice;
    char first[400]; /* the first of them; "" where there is none to name */
};

struct check_set {
    const char *path, *form;
    size_t photos, captions;
};

/* The vocabulary that a --min-count makes of the captions to train on. */
struct check_vocabulary {
    size_t min_count, words;
    size_t known_words;    /* of all words as they stand in the captions */
    size_t known_captions; /* those without an unknown word */
};

/* Of captions, in words. */
struct check_lengths {
    size_t shortest, low, median, high, longest; /* low and high: 5 % are below and above */
};

enum { CHECK_MIN_COUNTS = 5 };

struct check {
    enum vocab_language tokenizer;
    const char *language;
    struct check_set *sets; /* [set_count]; owned */
    size_t set_count;
    struct data_set dataset;
    struct data_features photos; /* no values: who is who, and which cannot be read */
    bool decoded;                /* the photos were, and are identified by their pixels */
    size_t train, dev;           /* photos */
    size_t captions, tokens;     /* to train on, and their words */
    struct check_lengths lengths;
    struct check_vocabulary vocabularies[CHECK_MIN_COUNTS];
    size_t min_count;  /* of the training that these are for, where it is not given */
    const char *start; /* the model to begin with; NULL: none.  What it knows: */
    size_t start_words, start_known_words, start_known_captions;
    struct check_finding *findings; /* owned */
    size_t finding_count, finding_capacity;
};

/* Notes `count` of something, if there are any.  `first` may be NULL.  TN_NOMEM. */
TN_NODISCARD enum tn_status check_note(struct check *check, bool wrong, size_t count,
                                       const char *code, const char *what, const char *advice,
                                       const char *first, struct tn_error *err);
bool check_is_wrong(const struct check *check);

/* Which photos are there and can be read; with `decode` each is decoded.  Fills check->photos. */
TN_NODISCARD enum tn_status check_photos(struct check *check, bool decode, bool skip_missing,
                                         struct tn_pool *pool, struct tn_error *err);
/* The same pictures in train and dev, and several times in train; after they are split. */
TN_NODISCARD enum tn_status check_twins(struct check *check, struct tn_error *err);
/* Photos that the start was trained on. */
TN_NODISCARD enum tn_status check_known(struct check *check, const struct model_photos *known,
                                        struct tn_error *err);

/* What captions look wrong, or alike. */
TN_NODISCARD enum tn_status check_texts(struct check *check, struct tn_error *err);
/* Lengths, and vocabularies; known: of the start, NULL: none. */
TN_NODISCARD enum tn_status check_words(struct check *check, const struct vocab *known,
                                        struct tn_error *err);

void check_print(const struct check *check, FILE *out);
TN_NODISCARD enum tn_status check_save_json(const struct check *check, const char *path,
                                            struct tn_error *err);

#endif
