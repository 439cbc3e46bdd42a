/* SPDX-License-Identifier: MIT */
/* A query, for those who find what it asks for. */
#ifndef APP_QUERY_H
#define APP_QUERY_H

#include "app/search/find.h"
#include "models/captioner/relevance.h"

#include <stdio.h>

struct app_query {
    struct relevance *relevance; /* borrowed */
    size_t features;             /* numbers of V */
    char *tokens[RELEVANCE_LONGEST];
    size_t token_count;
    struct relevance_query asked;
    /* For full-text search: any of the words; the phrases that must be there; what must not.  "":
     * none. */
    char *match, *wanted, *unwanted;
    char *unknown;
};

#endif
