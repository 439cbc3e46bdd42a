/* SPDX-License-Identifier: MIT */
/* What the files of the server's HTTP share: http.c talks with libmicrohttpd, exchange.c is one
 * request and its answer, admission.c lets requests in. */
#ifndef APP_HTTP_PRIVATE_H
#define APP_HTTP_PRIVATE_H

#include "app/serve/clients.h"
#include "app/serve/http.h"
#include "app/serve/microhttpd.h"

#include <pthread.h>

struct serve_http {
    struct serve_http_options options;
    struct MHD_Daemon *daemon;
    struct serve_clients *clients;

    pthread_mutex_t mutex; /* what follows */
    pthread_cond_t idle;
    size_t under_way; /* requests */
    size_t held;      /* bytes of their bodies */
    bool ending;      /* answers end their connections */
    bool ended;       /* no request is taken */
    bool told_ignored; /* that wishes of language models are ignored */
};

/* A request and its answer. */
struct serve_exchange {
    struct serve_job job; /* the head */
    struct serve_http *http;
    struct MHD_Connection *connection;
    struct serve_client *client;
    const struct serve_route *route; /* NULL: there is none */
    struct serve_request request;
    unsigned char *body; /* [held], of which request.size have come */
    size_t held;
    struct serve_answer answer; /* code 0: none yet */
    const char *header, *value; /* of the answer, or NULL; static */
    bool last;                  /* nothing that follows it on its connection is read */
    bool cut;                   /* off, in the middle of the request */
    double begin, whole;        /* when its head, and its last byte, had come */
    char refusal[256];          /* why; "" where it was not refused */
};

/* NULL: no memory, or the server has ended. */
struct serve_exchange *serve_exchange_create(struct serve_http *http,
                                             struct MHD_Connection *connection, const char *method,
                                             const char *path);
void serve_exchange_destroy(struct serve_exchange *exchange);

/* The head has come: refuses the request, or chooses its route. */
void serve_exchange_admit(struct serve_exchange *exchange);
/* Whether it is refused without waiting for its body. */
bool serve_exchange_refused_at_once(const struct serve_exchange *exchange);
/* Bytes of the body; false: they are refused, and the client was cut off. */
bool serve_exchange_receive(struct serve_exchange *exchange, const char *bytes, size_t size);

/* The request is whole.  Reads it, and writes the answer to it: the two halves of its job. */
void serve_exchange_read(struct serve_exchange *exchange);
void serve_exchange_answer(struct serve_exchange *exchange);
void serve_exchange_refuse(struct serve_exchange *exchange, unsigned code, const char *text);
/* Queues the answer with libmicrohttpd; MHD_NO: the connection is to be closed. */
enum MHD_Result serve_exchange_send(struct serve_exchange *exchange);

/* Decodes "%41" in a path or a parameter, in place, and returns the length.  "%00" stays: it would
 * hide what follows it. */
size_t serve_unescape(void *context, struct MHD_Connection *connection, char *text);

#endif
