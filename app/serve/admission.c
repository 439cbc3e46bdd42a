/* SPDX-License-Identifier: MIT */
/* What is let in: whose request, to which route, and how large. */
#include "app/serve/http_private.h"

#include "app/serve/routes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { FIRST_BYTES = 64 * 1024 }; /* for a body of unknown size */

static const char too_large[] = "the request is larger than the server takes (--max-bytes)";
static const char too_busy[] = "the server holds as many requests as it may; try again";

static const char *header(const struct serve_exchange *exchange, const char *name)
{
    return serve_header(&exchange->request, name);
}

/* Of two headers with one name, a proxy may believe the first and this server the other: then what
 * the one takes for a body is a request to the other. */
static bool refuse_ambiguity(struct serve_exchange *exchange)
{
    static const char *const once[] = {"Host", "Origin", "Content-Length", "Transfer-Encoding"};
    const char *coding = header(exchange, "Transfer-Encoding");
    char text[64] = "";

    for (size_t i = 0; i < sizeof once / sizeof once[0]; i++)
        if (serve_header_count(&exchange->request, once[i]) > 1)
            snprintf(text, sizeof text, "the request has more than one %s", once[i]);
    if (!serve_headers_have_names(&exchange->request))
        snprintf(text, sizeof text, "the name of a header has strange characters");
    else if (coding && header(exchange, "Content-Length"))
        snprintf(text, sizeof text, "both Content-Length and Transfer-Encoding");
    else if (coding && strcasecmp(coding, "chunked") != 0)
        snprintf(text, sizeof text, "expected no Transfer-Encoding but chunked");
    if (!text[0])
        return false;
    exchange->last = true;
    serve_exchange_refuse(exchange, 400, text);
    return true;
}

static bool refuse_stranger(struct serve_exchange *exchange)
{
    const struct serve_credentials asked = {
        .open = strcmp(exchange->request.path, "/") == 0, /* the page asks its reader for it */
        .method = exchange->request.method,
        .host = header(exchange, "Host"),
        .origin = header(exchange, "Origin"),
        .fetch_site = header(exchange, "Sec-Fetch-Site"),
        .fetch_mode = header(exchange, "Sec-Fetch-Mode"),
        .fetch_dest = header(exchange, "Sec-Fetch-Dest"),
        .authorization = header(exchange, "Authorization"),
    };
    const char *text;
    const unsigned code = serve_access_check(exchange->http->options.access, &asked, &text);

    if (code == 0)
        return false;
    if (code == 401) {
        exchange->header = "WWW-Authenticate";
        exchange->value = "Bearer";
    }
    serve_exchange_refuse(exchange, code, text);
    return true;
}

/* The route of the request's path, whatever its method, is there for the shape of its errors. */
static bool refuse_place(struct serve_exchange *exchange)
{
    const char *method = exchange->request.method;
    char text[128];

    exchange->route = serve_route_find(method, exchange->request.path);
    if (!exchange->route) {
        serve_exchange_refuse(exchange, 404, "there is nothing at this path");
        return true;
    }
    if (strcmp(exchange->route->method, method) == 0)
        return false;
    exchange->header = "Allow";
    exchange->value = exchange->route->method;
    snprintf(text, sizeof text, "expected the method %s", exchange->route->method);
    serve_exchange_refuse(exchange, 405, text);
    return true;
}

/* Whether so many more bytes of bodies may be held. */
static bool hold(struct serve_exchange *exchange, size_t bytes)
{
    struct serve_http *http = exchange->http;
    const size_t most = SERVE_BODIES * http->options.max_bytes;
    bool room;

    pthread_mutex_lock(&http->mutex);
    room = bytes <= most - http->held;
    if (room)
        http->held += bytes;
    pthread_mutex_unlock(&http->mutex);
    exchange->held += room ? bytes : 0;
    return room;
}

/* Grows the body's memory to so many bytes; 0, or the code of the refusal. */
static unsigned grow(struct serve_exchange *exchange, size_t bytes)
{
    unsigned char *body;

    if (bytes > exchange->http->options.max_bytes)
        return 413;
    if (!hold(exchange, bytes - exchange->held))
        return 503;
    body = realloc(exchange->body, bytes);
    if (!body)
        return 503;
    exchange->body = body;
    exchange->request.body = body;
    return 0;
}

/* Of the body; 0 where its head does not tell. */
static unsigned long long stated_size(const struct serve_exchange *exchange)
{
    const char *length = header(exchange, "Content-Length");

    return length ? strtoull(length, NULL, 10) : 0; /* libmicrohttpd has looked at it */
}

static bool refuse_size(struct serve_exchange *exchange)
{
    const unsigned long long size = stated_size(exchange);
    unsigned code = 0;

    if (!header(exchange, "Content-Length") && !header(exchange, "Transfer-Encoding") &&
        strcmp(exchange->request.method, "POST") == 0) {
        serve_exchange_refuse(exchange, 411, "the request has no Content-Length");
        return true;
    }
    if (size > exchange->http->options.max_bytes)
        code = 413;
    else if (size > 0)
        code = grow(exchange, (size_t)size);
    if (code)
        serve_exchange_refuse(exchange, code, code == 413 ? too_large : too_busy);
    return code != 0;
}

void serve_exchange_admit(struct serve_exchange *exchange)
{
    if (!refuse_ambiguity(exchange) && !refuse_stranger(exchange) && !refuse_place(exchange))
        refuse_size(exchange);
}

/* A small body is read and passed over: many clients do not look for an answer before they have
 * sent all, and a connection that is closed meanwhile may take the answer along. */
bool serve_exchange_refused_at_once(const struct serve_exchange *exchange)
{
    return exchange->answer.code != 0 &&
           (stated_size(exchange) > exchange->http->options.max_bytes ||
            header(exchange, "Expect") || header(exchange, "Transfer-Encoding"));
}

/* libmicrohttpd sends no answer before the body has ended, so a body that becomes too large is
 * answered past it. */
static bool cut(struct serve_exchange *exchange, unsigned code)
{
    exchange->cut = true;
    serve_exchange_refuse(exchange, code, code == 413 ? too_large : too_busy);
    serve_client_cut(exchange->client, &exchange->answer, exchange->header, exchange->value);
    return false;
}

bool serve_exchange_receive(struct serve_exchange *exchange, const char *bytes, size_t size)
{
    const size_t most = exchange->http->options.max_bytes;
    const size_t needed = exchange->request.size + size;
    unsigned code;

    serve_client_received(exchange->http->clients, exchange->client, size);
    if (exchange->answer.code) /* refused already: what still comes is passed over */
        return true;
    if (needed > exchange->held) {
        size_t room = exchange->held ? 2 * exchange->held : FIRST_BYTES;

        room = room < needed ? needed : room;
        code = grow(exchange, needed <= most && room > most ? most : room);
        if (code)
            return cut(exchange, code);
    }
    memcpy(exchange->body + exchange->request.size, bytes, size);
    exchange->request.size = needed;
    return true;
}
