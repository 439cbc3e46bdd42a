/* SPDX-License-Identifier: MIT */
/* The server from its beginning to its end. */
#include "app/serve/http.h"
#include "app/serve/log.h"
#include "app/serve/microhttpd.h"
#include "app/serve/serve.h"
#include "app/serve/systemd.h"
#include "app/serve/voices.h"
#include "base/platform/platform.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* ---- Signals ---- */

static const int ending[] = {SIGINT, SIGTERM, SIGHUP};
static int stop_pipe[2] = {-1, -1}; /* whose first end can be read once a signal has come */

static void on_signal(int number)
{
    const int error = errno;

    (void)number;
    (void)!write(stop_pipe[1], "", 1);
    errno = error;
}

/* Not those that are ignored, as nohup(1) has it. */
static void handle_signals(void (*handler)(int number))
{
    struct sigaction action = {.sa_handler = handler}, before;

    for (size_t i = 0; i < sizeof ending / sizeof ending[0]; i++)
        if (sigaction(ending[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN)
            sigaction(ending[i], &action, NULL);
}

static enum tn_status catch_signals(struct tn_error *err)
{
    if (tn_platform_pipe(stop_pipe) != 0)
        return tn_fail(err, TN_IO, "cannot open a pipe: %s", strerror(errno));
    signal(SIGPIPE, SIG_IGN);
    handle_signals(on_signal);
    return TN_OK;
}

/* Whether a signal came within so many seconds. */
static bool wait_for_signal(double seconds)
{
    struct pollfd end = {.fd = stop_pipe[0], .events = POLLIN};

    return poll(&end, 1, (int)ceil(1000 * seconds)) == 1;
}

/* ---- The server ---- */

enum { MOST_SOCKETS = 8 };
static const char usual_place[] = "127.0.0.1:11435";

struct server {
    struct serve_socket sockets[MOST_SOCKETS];
    struct serve_http *https[MOST_SOCKETS]; /* of each socket; which is then theirs */
    size_t socket_count;
    struct serve_access access;
    struct serve_voices *voices;
    struct serve_metrics *metrics;
    struct serve_engine *engine;
};

/* Those that systemd passed, or one of our own. */
static enum tn_status open_sockets(struct server *server, const struct serve_settings *settings,
                                   struct tn_error *err)
{
    size_t passed;

    TN_TRY(serve_passed_sockets(&passed, err));
    if (passed > MOST_SOCKETS || (passed > 0 && settings->listen))
        return tn_fail(err, TN_FORMAT, "systemd passed %zu sockets; expected at most %d%s", passed,
                       MOST_SOCKETS, settings->listen ? ", and no --listen" : "");
    if (passed == 0) {
        TN_TRY(
            serve_listen(settings->listen ? settings->listen : usual_place, server->sockets, err));
        server->socket_count = 1;
    }
    while (server->socket_count < passed) {
        TN_TRY(serve_socket_describe(SERVE_FIRST_SOCKET + (int)server->socket_count,
                                     &server->sockets[server->socket_count], err));
        server->socket_count++;
    }
    return TN_OK;
}

/* Who reaches any of the sockets needs the token. */
static enum tn_status check_access(struct server *server, const struct serve_settings *settings,
                                   struct tn_error *err)
{
    server->access.names = settings->names.items;
    server->access.name_count = settings->names.count;
    for (size_t i = 0; i < server->socket_count; i++) {
        if (server->sockets[i].loopback)
            continue;
        server->access.elsewhere = true;
        if (!settings->token)
            return tn_fail(err, TN_RANGE,
                           "%s can be reached by other machines; give it a token (--token FILE), "
                           "or let it listen on 127.0.0.1",
                           server->sockets[i].url);
    }
    return TN_OK;
}

/* What does not answer yet, but may be refused. */
static enum tn_status prepare(struct server *server, const struct serve_settings *settings,
                              struct tn_error *err)
{
    if (settings->token)
        TN_TRY(serve_read_token(settings->token, &server->access.token, err));
    TN_TRY(open_sockets(server, settings, err));
    TN_TRY(check_access(server, settings, err));
    TN_TRY(serve_voices_load(settings->models.items, settings->models.count, settings->language,
                             settings->threads, &server->voices, err));
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
    struct serve_http_options http = {.access = &server->access,
                                      .voices = server->voices,
                                      .metrics = server->metrics,
                                      .writing = settings->writing,
                                      .max_bytes = settings->max_bytes,
                                      .clients = settings->clients,
                                      .seconds = settings->seconds,
                                      .quiet = settings->quiet};

    raise_file_limit(settings->clients);
    TN_TRY(serve_engine_create(&engine, &server->engine, err));
    http.engine = server->engine;
    for (size_t i = 0; i < server->socket_count; i++) {
        http.socket = server->sockets[i];
        server->sockets[i].fd = -1;
        TN_TRY(serve_http_start(&http, &server->https[i], err));
        serve_log_note("listening on %s", http.socket.url);
    }
    serve_notify("READY=1");
    return TN_OK;
}

static double idle_seconds(const struct server *server)
{
    double least = INFINITY;

    for (size_t i = 0; i < server->socket_count; i++)
        least = fmin(least, serve_http_idle_seconds(server->https[i]));
    return least;
}

/* Until a signal, or nobody has asked for the time of --idle.  After the first signal a second one
 * ends the program at once. */
static void wait_for_end(const struct server *server, double idle)
{
    const double longest = 3600;

    for (;;) {
        const double left = idle > 0 ? idle - idle_seconds(server) : longest;

        if (left <= 0 || wait_for_signal(fmin(fmax(left, 0.01), longest)))
            break;
    }
    handle_signals(SIG_DFL);
    serve_notify("STOPPING=1");
    serve_log_note("finishing what has been asked");
}

static void finish(struct server *server)
{
    for (size_t i = 0; i < server->socket_count; i++)
        serve_http_stop(server->https[i]);
    serve_engine_destroy(server->engine);
    serve_metrics_destroy(server->metrics);
    serve_voices_destroy(server->voices);
    free(server->access.token);
    for (size_t i = 0; i < server->socket_count; i++)
        if (server->sockets[i].fd >= 0)
            close(server->sockets[i].fd);
}

enum tn_status serve_run(const struct serve_settings *settings, struct tn_error *err)
{
    struct server server = {.socket_count = 0};
    enum tn_status status;

    TN_TRY(serve_load_microhttpd(err));
    TN_TRY(catch_signals(err));
    status = prepare(&server, settings, err);
    if (status == TN_OK)
        status = start(&server, settings, err);
    if (status == TN_OK)
        wait_for_end(&server, settings->idle);
    finish(&server);
    if (status == TN_OK)
        serve_log_note("ended");
    return status;
}
