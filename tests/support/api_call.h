/* SPDX-License-Identifier: MIT */
/* A request to a route of the server, without the server: read, results that the test gives,
 * answer. */
#ifndef TESTS_SUPPORT_API_CALL_H
#define TESTS_SUPPORT_API_CALL_H

#include "app/serve/route.h"

/* Two voices of the model "caption", English and Chinese; they have no captioner. */
extern const struct serve_voices api_voices;

/* What the server would send; finished by api_finish. */
struct api_answer {
    unsigned code;
    char *text;
    struct json_object *json; /* of the text; NULL where it is none */
    struct captioner_writing writing;
    size_t photos;
    unsigned char *photo; /* the first one's bytes */
    size_t photo_size;
    bool ignored;
};

/* All photos get this result; NULL: they fail. */
struct api_answer api_call(const struct serve_route *routes, const char *method, const char *path,
                           const void *body, size_t size, struct captioner_result *result);
void api_finish(struct api_answer *answer);

/* The text at a place such as "/message/content", as JSON where it is no string; NULL: nothing is
 * there.  Valid as long as the answer. */
const char *api_at(const struct api_answer *answer, const char *place);

#endif
