/* SPDX-License-Identifier: MIT */
#include "app/serve/http_private.h"

#include "app/serve/clock.h"
#include "app/serve/log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CONNECTION_BYTES = 32 * 1024 }; /* of memory for a connection, its headers included */

/* Before 1.0 this adds two refusals in the library's own words, of a missing Host and of spaces in
 * a path.  Both are refused here.  From 1.0 on it is strict about lines and headers, too. */
enum { STRICT = MHD_VERSION >= 0x01000000 };

/* ---- What the engine's threads do ---- */

static void read_job(struct serve_job *job)
{
    serve_exchange_read((struct serve_exchange *)job);
}

static void answer_job(struct serve_job *job)
{
    struct serve_exchange *exchange = (struct serve_exchange *)job;

    serve_exchange_answer(exchange);
    serve_mhd.resume_connection(exchange->connection);
}

/* ---- What libmicrohttpd calls, all on its thread ---- */

static struct serve_client *client_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        serve_mhd.get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

    return info ? info->socket_context : NULL;
}

static void on_connection(void *context, struct MHD_Connection *connection, void **client,
                          enum MHD_ConnectionNotificationCode code)
{
    struct serve_http *http = context;

    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        const int socket =
            serve_mhd.get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)
                ->connect_fd;

        *client = serve_client_enter(
            http->clients, socket,
            serve_mhd.get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS)
                ->client_addr);
    } else if (*client) {
        serve_client_leave(http->clients, *client);
        *client = NULL;
    }
}

static enum MHD_Result begin(struct serve_http *http, struct MHD_Connection *connection,
                             const char *method, const char *path, void **ret_exchange)
{
    struct serve_client *client = client_of(connection);
    struct serve_exchange *exchange =
        client ? serve_exchange_create(http, connection, method, path) : NULL;

    if (!exchange)
        return MHD_NO;
    *ret_exchange = exchange;
    exchange->client = client;
    serve_client_await(http->clients, client, SERVE_AWAIT_BODY, 0);
    serve_exchange_admit(exchange);
    return serve_exchange_refused_at_once(exchange) ? serve_exchange_send(exchange) : MHD_YES;
}

/* What asks for no work is answered at once, whatever the engine has to do. */
static enum MHD_Result work(struct serve_exchange *exchange)
{
    exchange->whole = serve_now();
    serve_client_rest(exchange->http->clients, exchange->client);
    if (strcmp(exchange->request.method, "GET") == 0) {
        serve_exchange_read(exchange);
        serve_exchange_answer(exchange);
        return serve_exchange_send(exchange);
    }
    exchange->job.read = read_job;
    exchange->job.answer = answer_job;
    serve_mhd.suspend_connection(exchange->connection);
    serve_engine_submit(exchange->http->options.engine, &exchange->job);
    return MHD_YES;
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *connection,
                                  const char *path, const char *method, const char *version,
                                  const char *bytes, size_t *size, void **own)
{
    struct serve_exchange *exchange = *own;

    (void)version;
    if (!exchange)
        return begin(context, connection, method, path, own);
    if (*size > 0) {
        const size_t received = *size;

        *size = 0;
        return serve_exchange_receive(exchange, bytes, received) ? MHD_YES : MHD_NO;
    }
    return exchange->answer.code ? serve_exchange_send(exchange) : work(exchange);
}

static void on_completed(void *context, struct MHD_Connection *connection, void **own,
                         enum MHD_RequestTerminationCode code)
{
    struct serve_http *http = context;
    struct serve_exchange *exchange = *own;

    (void)connection;
    if (!exchange)
        return;
    serve_log_request(exchange, code == MHD_REQUEST_TERMINATED_COMPLETED_OK);
    serve_client_await(http->clients, exchange->client, SERVE_AWAIT_HEAD, 0);
    serve_exchange_destroy(exchange);
    *own = NULL;
}

/* ---- Its life ---- */

static unsigned most_per_address(const struct serve_http_options *options)
{
    /* On this machine all clients have one address. */
    return options->socket.loopback ? 0 : (unsigned)(options->clients / 4 + 1);
}

static enum tn_status start_daemon(struct serve_http *http, struct tn_error *err)
{
    const struct serve_http_options *options = &http->options;

    http->daemon = serve_mhd.start_daemon(
        MHD_USE_AUTO_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, on_request, http,
        MHD_OPTION_LISTEN_SOCKET, options->socket.fd, MHD_OPTION_CONNECTION_LIMIT,
        (unsigned)options->clients, MHD_OPTION_PER_IP_CONNECTION_LIMIT, most_per_address(options),
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_BYTES, MHD_OPTION_STRICT_FOR_CLIENT,
        STRICT, MHD_OPTION_UNESCAPE_CALLBACK, serve_unescape, NULL, MHD_OPTION_NOTIFY_COMPLETED,
        on_completed, http, MHD_OPTION_NOTIFY_CONNECTION, on_connection, http, MHD_OPTION_END);
    if (!http->daemon)
        return tn_fail(err, TN_IO, "cannot serve on %s: %s", options->socket.url, strerror(errno));
    return TN_OK;
}

enum tn_status serve_http_start(const struct serve_http_options *options,
                                struct serve_http **ret_http, struct tn_error *err)
{
    struct serve_http *http = calloc(1, sizeof *http);
    enum tn_status status;

    if (!http)
        return tn_fail_nomem(err, sizeof *http);
    http->options = *options;
    pthread_mutex_init(&http->mutex, NULL);
    pthread_cond_init(&http->idle, NULL);
    status = serve_clients_create(options->seconds, &http->clients, err);
    if (status == TN_OK)
        status = start_daemon(http, err);
    if (status != TN_OK) {
        serve_http_stop(http);
        return status;
    }
    *ret_http = http;
    return TN_OK;
}

double serve_http_idle_seconds(struct serve_http *http)
{
    return serve_clients_idle_seconds(http->clients);
}

/* Takes no more requests, if there are none; false: there are. */
static bool end(struct serve_http *http)
{
    bool ended;

    pthread_mutex_lock(&http->mutex);
    ended = http->under_way == 0 && !serve_clients_have_more(http->clients);
    http->ended = ended;
    pthread_mutex_unlock(&http->mutex);
    return ended;
}

/* Also requests that have come and were not read yet: their bytes wait in the sockets. */
static void finish_requests(struct serve_http *http)
{
    const struct timespec moment = serve_timespec(0.01);

    do {
        pthread_mutex_lock(&http->mutex);
        http->ending = true;
        while (http->under_way > 0)
            pthread_cond_wait(&http->idle, &http->mutex);
        pthread_mutex_unlock(&http->mutex);
        nanosleep(&moment, NULL); /* what was read a moment ago may be a request soon */
    } while (!end(http));
}

void serve_http_stop(struct serve_http *http)
{
    if (!http)
        return;
    if (http->daemon)
        serve_mhd.quiesce_daemon(http->daemon);
    close(http->options.socket.fd); /* who comes now is refused, and does not wait in vain */
    if (http->daemon) {
        finish_requests(http);
        serve_mhd.stop_daemon(http->daemon);
    }
    serve_clients_destroy(http->clients);
    pthread_cond_destroy(&http->idle);
    pthread_mutex_destroy(&http->mutex);
    free(http);
}
