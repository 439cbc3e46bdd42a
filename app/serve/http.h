/* SPDX-License-Identifier: MIT */
/* The server's side of HTTP: receives requests, checks who asks, hands them to the engine, sends
 * what the routes answer. */
#ifndef APP_HTTP_H
#define APP_HTTP_H

#include "app/serve/access.h"
#include "app/serve/engine.h"
#include "app/serve/listen.h"
#include "app/serve/metrics.h"

struct serve_http_options {
    struct serve_socket socket;        /* becomes the server's */
    const struct serve_access *access; /* these stay as long as it */
    const struct serve_voices *voices;
    struct serve_engine *engine;
    struct serve_metrics *metrics;
    struct captioner_writing writing; /* of requests that do not say otherwise */
    size_t max_bytes; /* of a request's body; of all at once SERVE_BODIES times as many */
    size_t clients;   /* connected at once */
    double seconds;   /* the time limit of app/serve/clients.h */
    bool quiet;       /* no line per request */
};

enum { SERVE_BODIES = 8 };

struct serve_http;

/* Answers from here on.  Errors: TN_NOMEM, TN_IO. */
TN_NODISCARD enum tn_status serve_http_start(const struct serve_http_options *options,
                                             struct serve_http **ret_http, struct tn_error *err);
/* For how long nobody has been connected; 0 where somebody is. */
double serve_http_idle_seconds(struct serve_http *http);
/* Accepts no more connections, and answers what has been asked.  NULL is fine. */
void serve_http_stop(struct serve_http *http);

#endif
