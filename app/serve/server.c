/* SPDX-License-Identifier: MIT */
/* The server from its beginning to its end. */
#include "app/serve/http.h"
#include "app/serve/log.h"
#include "app/serve/microhttpd.h"
#include "app/serve/serve.h"
#include "app/serve/voices.h"

#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

/* ---- Signals ---- */

static const int ending[] = {SIGINT, SIGTERM, SIGHUP};
static sem_t stopped;

static void on_signal(int number)
{
    (void)number;
    sem_post(&stopped);
}

/* Not those that are ignored, as nohup(1) has it. */
static void handle_signals(void (*handler)(int number))
{
    struct sigaction action = {.sa_handler = handler}, before;

    for (size_t i = 0; i < sizeof ending / sizeof ending[0]; i++)
        if (sigaction(ending[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN)
            sigaction(ending[i], &action, NULL);
}

static void catch_signals(void)
{
    sem_init(&stopped, 0, 0);
    signal(SIGPIPE, SIG_IGN);
    handle_signals(on_signal);
}

/* After the first signal a second one ends the program at once. */
static void wait_for_signal(void)
{
    while (sem_wait(&stopped) != 0)
        continue;
    handle_signals(SIG_DFL);
}

/* ---- The server ---- */

struct server {
    struct serve_socket socket;
    struct serve_access access;
    struct serve_voices *voices;
    struct serve_metrics *metrics;
    struct serve_engine *engine;
    struct serve_http *http;
};

/* What does not answer yet, but may be refused. */
static enum tn_status prepare(struct server *server, const struct serve_settings *settings,
                              struct tn_error *err)
{
    if (settings->token)
        TN_TRY(serve_read_token(settings->token, &server->access.token, err));
    TN_TRY(serve_listen(settings->listen, &server->socket, err));
    server->access.elsewhere = !server->socket.loopback;
    server->access.names = settings->names.items;
    server->access.name_count = settings->names.count;
    if (server->access.elsewhere && !settings->token)
        return tn_fail(err, TN_RANGE,
                       "%s can be reached by other machines; give it a token (--token FILE), or "
                       "let it listen on 127.0.0.1",
                       server->socket.url);
    TN_TRY(serve_voices_load(settings->models.items, settings->models.count, settings->threads,
                             &server->voices, err));
    return serve_metrics_create(&server->metrics, err);
}

/* Files that may be open: one per client, and some.  With fewer, clients wait until others leave.
 */
static void raise_file_limit(size_t clients)
{
    enum { OTHERS = 64 };
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= clients + OTHERS)
        return;
    limit.rlim_cur = limit.rlim_max < clients + OTHERS ? limit.rlim_max : clients + OTHERS;
    setrlimit(RLIMIT_NOFILE, &limit);
}

static enum tn_status start(struct server *server, const struct serve_settings *settings,
                            struct tn_error *err)
{
    const struct serve_engine_options engine = {.voices = server->voices,
                                                .threads = settings->threads,
                                                .max_pixels = settings->max_pixels,
                                                .on_batch = serve_metrics_batch,
                                                .context = server->metrics};
    struct serve_http_options http = {.socket = server->socket,
                                      .access = &server->access,
                                      .voices = server->voices,
                                      .metrics = server->metrics,
                                      .max_bytes = settings->max_bytes,
                                      .clients = settings->clients,
                                      .seconds = settings->seconds,
                                      .quiet = settings->quiet};

    raise_file_limit(settings->clients);
    TN_TRY(serve_engine_create(&engine, &server->engine, err));
    http.engine = server->engine;
    server->socket.fd = -1; /* http's */
    TN_TRY(serve_http_start(&http, &server->http, err));
    serve_log_note("listening on %s", server->socket.url);
    return TN_OK;
}

static void finish(struct server *server)
{
    serve_http_stop(server->http);
    serve_engine_destroy(server->engine);
    serve_metrics_destroy(server->metrics);
    serve_voices_destroy(server->voices);
    free(server->access.token);
    if (server->socket.fd >= 0)
        close(server->socket.fd);
}

enum tn_status serve_run(const struct serve_settings *settings, struct tn_error *err)
{
    struct server server = {.socket.fd = -1};
    enum tn_status status;

    TN_TRY(serve_load_microhttpd(err));
    catch_signals();
    status = prepare(&server, settings, err);
    if (status == TN_OK)
        status = start(&server, settings, err);
    if (status == TN_OK) {
        wait_for_signal();
        serve_log_note("finishing what has been asked");
    }
    finish(&server);
    if (status == TN_OK)
        serve_log_note("ended");
    return status;
}
