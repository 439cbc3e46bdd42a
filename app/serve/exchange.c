/* SPDX-License-Identifier: MIT */
/* A request and its answer. */
#include "app/serve/clock.h"
#include "app/serve/headers.h"
#include "app/serve/http_private.h"
#include "app/serve/log.h"
#include "app/serve/plain_error.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Its life ---- */

/* Whether a request may still come.  libmicrohttpd aborts the program where one waits for the
 * engine while it stops. */
static bool enter(struct serve_http *http)
{
    bool taken;

    pthread_mutex_lock(&http->mutex);
    taken = !http->ended;
    http->under_way += taken;
    pthread_mutex_unlock(&http->mutex);
    return taken;
}

struct serve_exchange *serve_exchange_create(struct serve_http *http,
                                             struct MHD_Connection *connection, const char *method,
                                             const char *path)
{
    struct serve_exchange *exchange = calloc(1, sizeof *exchange);

    if (!exchange || !enter(http)) {
        free(exchange);
        return NULL;
    }
    exchange->http = http;
    exchange->connection = connection;
    exchange->begin = serve_now();
    exchange->request =
        (struct serve_request){.method = strcmp(method, "HEAD") == 0 ? "GET" : method,
                               .path = path,
                               .body = (const unsigned char *)"",
                               .voices = http->options.voices,
                               .metrics = http->options.metrics,
                               .connection = connection};
    serve_metrics_begin(http->options.metrics);
    return exchange;
}

static void finish_call(struct serve_call *call)
{
    for (size_t i = 0; i < SERVE_MOST_PHOTOS; i++) {
        free(call->photos[i].owned);
        captioner_result_destroy(call->photos[i].result);
    }
    if (call->destroy)
        call->destroy(call->state);
}

void serve_exchange_destroy(struct serve_exchange *exchange)
{
    struct serve_http *http = exchange->http;

    finish_call(&exchange->job.call);
    free(exchange->answer.text);
    free(exchange->body);
    pthread_mutex_lock(&http->mutex);
    http->held -= exchange->held;
    if (--http->under_way == 0)
        pthread_cond_broadcast(&http->idle);
    pthread_mutex_unlock(&http->mutex);
    free(exchange);
}

/* ---- From the request to the answer ---- */

static unsigned code_of(enum tn_status status, unsigned bad)
{
    switch (status) {
    case TN_FORMAT:
    case TN_RANGE:
        return bad;
    case TN_NOTFOUND:
        return 404;
    case TN_UNSUPPORTED:
        return 415;
    case TN_NOMEM:
        return 503;
    default:
        return 500;
    }
}

void serve_exchange_refuse(struct serve_exchange *exchange, unsigned code, const char *text)
{
    const struct serve_route *route = exchange->route;
    struct serve_answer *answer = &exchange->answer;

    snprintf(exchange->refusal, sizeof exchange->refusal, "%s", text);
    if (code == 503) {
        exchange->header = "Retry-After";
        exchange->value = "1";
    }
    if ((route ? route->fail : serve_fail_plainly)(code, text, answer) != TN_OK)
        *answer = (struct serve_answer){.code = code, .type = "text/plain"};
}

/* What only a language model could grant is mentioned once. */
static void tell_ignored(struct serve_http *http)
{
    bool told;

    pthread_mutex_lock(&http->mutex);
    told = http->told_ignored;
    http->told_ignored = true;
    pthread_mutex_unlock(&http->mutex);
    if (!told)
        serve_log_note("a client's prompt, settings or model name are meant for a language model "
                       "and ignored; this is mentioned once");
}

void serve_exchange_read(struct serve_exchange *exchange)
{
    struct serve_call *call = &exchange->job.call;
    struct tn_error err;
    enum tn_status status;

    call->voice = &exchange->http->options.voices->items[0];
    call->writing = exchange->http->options.writing;
    status = exchange->route->read(&exchange->request, call, &err);
    if (status != TN_OK) {
        call->photo_count = 0;
        serve_exchange_refuse(exchange, code_of(status, 400), err.text);
    }
    if (status == TN_OK && call->ignored)
        tell_ignored(exchange->http);
}

/* How many photos were captioned. */
static size_t count_photos(struct serve_exchange *exchange)
{
    const struct serve_call *call = &exchange->job.call;
    size_t captioned = 0;

    for (size_t i = 0; i < call->photo_count; i++)
        captioned += call->photos[i].result != NULL;
    serve_metrics_photos(exchange->http->options.metrics, captioned, call->photo_count - captioned);
    return captioned;
}

void serve_exchange_answer(struct serve_exchange *exchange)
{
    struct serve_call *call = &exchange->job.call;
    struct tn_error err;
    enum tn_status status;

    if (exchange->answer.code)
        return;
    call->seconds = serve_now() - exchange->whole;
    if (count_photos(exchange) == 0 && call->photo_count > 0) {
        const struct captioner_error *why = &call->photos[0].error;

        serve_exchange_refuse(exchange, code_of((enum tn_status)why->status, 422), why->text);
        return;
    }
    status = exchange->route->answer(&exchange->request, call, &exchange->answer, &err);
    if (status != TN_OK)
        serve_exchange_refuse(exchange, code_of(status, 400), err.text);
}

/* ---- Sending ---- */

static void add_headers(const struct serve_exchange *exchange, struct MHD_Response *response)
{
    for (const struct serve_header_line *line = serve_headers; line->name; line++)
        serve_mhd.add_response_header(response, line->name, line->value);
    serve_mhd.add_response_header(response, "Content-Type", exchange->answer.type);
    if (exchange->header)
        serve_mhd.add_response_header(response, exchange->header, exchange->value);
}

static bool is_ending(struct serve_http *http)
{
    bool ending;

    pthread_mutex_lock(&http->mutex);
    ending = http->ending;
    pthread_mutex_unlock(&http->mutex);
    return ending;
}

enum MHD_Result serve_exchange_send(struct serve_exchange *exchange)
{
    struct serve_answer *answer = &exchange->answer;
    struct MHD_Response *response =
        serve_mhd.create_response_from_buffer(answer->size, answer->text, MHD_RESPMEM_MUST_FREE);
    enum MHD_Result result;

    if (!response)
        return MHD_NO;
    answer->text = NULL; /* the response's */
    add_headers(exchange, response);
    if (exchange->last || is_ending(exchange->http))
        serve_mhd.add_response_header(response, "Connection", "close");
    serve_client_await(exchange->http->clients, exchange->client, SERVE_AWAIT_SENT, answer->size);
    result = serve_mhd.queue_response(exchange->connection, answer->code, response);
    serve_mhd.destroy_response(response);
    return result;
}
