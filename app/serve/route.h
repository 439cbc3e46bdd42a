/* SPDX-License-Identifier: MIT */
/*
 * What the server answers.  A route is one method and path, and a shape of request and answer: a
 * const struct of functions in a file of its own.  The server (app/serve/http.c) receives, checks
 * who asks, has the photos captioned together with those of other clients, and sends; routes know
 * none of that:
 *
 *     request -> read -> photos and wishes -> engine -> results -> answer -> sent
 */
#ifndef APP_ROUTE_H
#define APP_ROUTE_H

#include "base/status.h"
#include "models/captioner/captioner.h"

#include <stdbool.h>
#include <stddef.h>

/* A model file in one of its languages. */
struct serve_voice {
    const char *name;            /* the file's name without its extension: "caption" */
    const char *path;            /* the file */
    const char *language;        /* "en" */
    struct captioner *captioner; /* the engine's: others ask it about the model alone */
};

struct serve_voices {
    const struct serve_voice *items; /* the first is what a request gets that names none */
    size_t count;
};

/* A request that is whole and may be answered.  All is borrowed for the call. */
struct serve_request {
    const char *method, *path; /* "POST", "/api/generate"; no query */
    const unsigned char *body;
    size_t size;
    const struct serve_voices *voices;
    struct serve_metrics *metrics;
    void *connection; /* of serve_query and serve_header */
};

/* A parameter of the query, decoded ("" where it has no value), and a header: NULL where there is
 * none. */
const char *serve_query(const struct serve_request *request, const char *name);
const char *serve_header(const struct serve_request *request, const char *name);
/* How often a header stands in the request. */
size_t serve_header_count(const struct serve_request *request, const char *name);
/* Whether the name of each header is one: a space before the colon hides it from some. */
bool serve_headers_have_names(const struct serve_request *request);
/* The first parameter that is none of these, which end in NULL; NULL where there is none. */
const char *serve_query_unknown(const struct serve_request *request, const char *const *names);

/* The read of routes that take nothing from the request. */
struct serve_call;
TN_NODISCARD enum tn_status serve_read_nothing(const struct serve_request *request,
                                               struct serve_call *call, struct tn_error *err);

/* One photo of a call, and what became of it. */
struct serve_photo {
    const void *bytes; /* a picture file */
    size_t size;
    void *owned; /* the memory of bytes, if it is not the body's; freed once they are decoded */
    struct captioner_result *result; /* NULL: it failed ... */
    struct captioner_error error;    /* ... for this reason */
};

enum { SERVE_MOST_PHOTOS = 32 }; /* per request */

/* What a request asks for.  read fills it, the engine adds the results, and answer reads it. */
struct serve_call {
    const struct serve_voice *voice; /* the first, unless read chooses another */
    struct captioner_writing writing;
    struct serve_photo photos[SERVE_MOST_PHOTOS];
    size_t photo_count;           /* 0: answer is called at once */
    bool ignored;                 /* it has wishes that only a language model could grant (a prompt,
                                     a temperature); the log mentions it once */
    void *state;                  /* of the route, for its answer ... */
    void (*destroy)(void *state); /* ... and how it goes; may be NULL */
    double seconds;               /* from the request's last byte to the results */
};

/* text is the answer's, from malloc, and becomes the server's. */
struct serve_answer {
    unsigned code;    /* of HTTP: 200 */
    const char *type; /* "application/json"; static */
    char *text;
    size_t size;
};

struct serve_route {
    const char *method, *path; /* a path that ends in "/" ("/v1/models/") stands for all below it
                                  that have no route of their own; "/" alone is itself.  GET is
                                  also HEAD */
    /* Reads the request.  Errors become the client's, by fail: TN_FORMAT and TN_RANGE 400,
     * TN_NOTFOUND 404 (no such model), TN_UNSUPPORTED 415, TN_NOMEM 503. */
    enum tn_status (*read)(const struct serve_request *request, struct serve_call *call,
                           struct tn_error *err);
    /* Writes the answer, also where some photos failed (where all did, fail gets the first's). */
    enum tn_status (*answer)(const struct serve_request *request, const struct serve_call *call,
                             struct serve_answer *ret_answer, struct tn_error *err);
    /* An error in the shape of this API; code and text are chosen. */
    enum tn_status (*fail)(unsigned code, const char *text, struct serve_answer *ret_answer);
};

/* Each file's routes, ending in a NULL method; app/serve/routes.c lists the files. */
extern const struct serve_route serve_routes_caption[]; /* POST /caption */
extern const struct serve_route serve_routes_ollama[];  /* /api/... */
extern const struct serve_route serve_routes_openai[];  /* /v1/... */
extern const struct serve_route serve_routes_page[];    /* GET / */
extern const struct serve_route serve_routes_state[];   /* /health, /metrics */

#endif
