/* SPDX-License-Identifier: MIT */
/* The server's end: a request that comes too late is not taken, whatever its moment. */
#include "tests/support/suite.h"

#include "app/serve/http.h"
#include "app/serve/microhttpd.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static __typeof__(&MHD_stop_daemon) stop_daemon;
static int client;
static ssize_t received;

static ssize_t ask(const char *request)
{
    char answer[1024];

    ck_assert_int_eq(send(client, request, strlen(request), MSG_NOSIGNAL),
                     (ssize_t)strlen(request));
    return recv(client, answer, sizeof answer, 0);
}

/* All requests have been answered; one more comes before libmicrohttpd stops. */
static void ask_and_stop(struct MHD_Daemon *daemon)
{
    received =
        ask("POST /caption HTTP/1.1\r\nHost: localhost\r\nContent-Length: 8\r\n\r\nno photo");
    stop_daemon(daemon);
}

static void on_batch(void *context, size_t photos)
{
    (void)context;
    (void)photos;
}

static int connect_to(const struct serve_socket *server)
{
    struct sockaddr_in address;
    socklen_t length = sizeof address;
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    ck_assert_int_eq(getsockname(server->fd, (struct sockaddr *)&address, &length), 0);
    ck_assert_int_eq(connect(fd, (const struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

START_TEST(test_a_late_request)
{
    static const struct serve_voice voice = {.name = "none", .language = "en"};
    static const struct serve_access access = {0};
    struct serve_voices voices = {&voice, 1};
    struct serve_engine_options engine = {.voices = &voices, .threads = 1, .on_batch = on_batch};
    struct serve_http_options options = {.access = &access,
                                         .voices = &voices,
                                         .max_bytes = 1000,
                                         .clients = 4,
                                         .seconds = 60,
                                         .quiet = true};
    struct serve_http *http;
    struct tn_error err;

    if (serve_load_microhttpd(&err) != TN_OK)
        return; /* it is built in, and not installed */
    ck_assert_int_eq(serve_metrics_create(&options.metrics, &err), TN_OK);
    ck_assert_int_eq(serve_engine_create(&engine, &options.engine, &err), TN_OK);
    ck_assert_int_eq(serve_listen("127.0.0.1:0", &options.socket, &err), TN_OK);
    client = connect_to(&options.socket);
    ck_assert_int_eq(serve_http_start(&options, &http, &err), TN_OK);
    ck_assert_int_gt(ask("GET /nothing HTTP/1.1\r\nHost: localhost\r\n\r\n"), 0);
    stop_daemon = serve_mhd.stop_daemon;
    serve_mhd.stop_daemon = ask_and_stop;
    serve_http_stop(http);
    serve_mhd.stop_daemon = stop_daemon;
    ck_assert_int_eq(received, 0);
    close(client);
    serve_engine_destroy(options.engine);
    serve_metrics_destroy(options.metrics);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("serve_end");
    TCase *tests = tcase_create("serve_end");

    tcase_add_test(tests, test_a_late_request);
    suite_add_tcase(suite, tests);
    return suite;
}
