/* SPDX-License-Identifier: MIT */
/*
 * Finding photos in indexes: by words, by another photo, and each other.
 *
 *     words        s(q, V) + FIND_TEXT bm25(q, texts), and of the FIND_REREAD best t(q, V) on top:
 *                  models/captioner/relevance.h; bm25 is SQLite's, of captions, keywords and names
 *     photo        the cosine of V; among many photos only of the FIND_CLOSEST by the cosine of z
 *     duplicates   groups of photos that a chain of pairs with a cosine of V above a limit connects
 */
#ifndef APP_FIND_H
#define APP_FIND_H

#include "app/search/index.h"
#include "models/captioner/captioner.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FIND_TEXT 0.1
#define FIND_DUPLICATE 0.9
enum { FIND_REREAD = 100, FIND_CLOSEST = 1000 };

/* A photo that was found. */
struct app_found {
    struct app_index *index;
    int64_t id;
    float score;
};

/* The best first, those of one index after another's added in their places.  Zero-initialise to
 * begin; owned by the caller, who frees items. */
struct app_found_list {
    struct app_found *items;
    size_t count, capacity;
};

/* What a query asks for.  Every text is borrowed; see docs/search.md for its syntax. */
struct app_query;
/* Errors: TN_FORMAT for a text that is none; TN_NOMEM.  The caller destroys it. */
TN_NODISCARD enum tn_status app_query_create(struct captioner *captioner, const char *text,
                                             struct app_query **ret_query, struct tn_error *err);
void app_query_destroy(struct app_query *query);
/* Its words that the model does not know, separated by ", "; "" for none. */
const char *app_query_unknown(const struct app_query *query);

/* Adds the best of the photos that the words fit better than any photo, or that have them in their
 * texts: `most`, or as many as are to be read again. */
TN_NODISCARD enum tn_status app_find_words(struct app_index *index, struct app_query *query,
                                           size_t most, struct app_found_list *list,
                                           struct tn_error *err);
/* Adds what the decoder makes of the words to the scores of what app_find_words has found, in one
 * index after another, and orders all.  It takes all cores: so it stands apart. */
TN_NODISCARD enum tn_status app_find_reread(struct app_query *query, struct app_found_list *list,
                                            struct tn_error *err);
/* Adds the photos most like one with those features; scores are cosines. */
TN_NODISCARD enum tn_status app_find_like(struct app_index *index, struct captioner *captioner,
                                          const float *features, struct app_found_list *list,
                                          struct tn_error *err);

/*
 * Adds the photos that have another with a cosine above the limit, group by group; groups[list->
 * count], which the caller frees, are the groups' numbers, rising.  A score is the cosine of the
 * closest photo that it was joined by.  progress: on a terminal.  Errors: TN_CANCELLED after an
 * interrupt, too.
 */
TN_NODISCARD enum tn_status app_find_duplicates(struct app_index *indexes, size_t count,
                                                struct captioner *captioner, double limit,
                                                bool progress, struct app_found_list *list,
                                                size_t **ret_groups, struct tn_error *err);

/* For the list's makers.  app_found_cut sorts, and leaves no more than `most`. */
TN_NODISCARD enum tn_status app_found_add(struct app_found_list *list, struct app_found found,
                                          struct tn_error *err);
void app_found_sort(struct app_found_list *list);
void app_found_cut(struct app_found_list *list, size_t most);

#endif
