/* SPDX-License-Identifier: MIT */
#include "app/serve/clients.h"

#include "app/serve/clock.h"
#include "app/serve/headers.h"
#include "app/serve/microhttpd.h"
#include "app/serve/plain_error.h"
#include "base/platform/platform.h"

#include <arpa/inet.h>
#include <errno.h>
#include <math.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>

#define SLOWEST 16384.0 /* bytes per second */
#define GREETING 1.0    /* seconds from a connection to its request */

struct serve_client {
    struct serve_client *next, **link; /* of the list; *link is this */
    int socket;
    double entered, deadline; /* deadline INFINITY: none */
    bool asked;               /* the head of a first request has come */
    enum serve_awaited awaited;
    bool late;
    char address[INET6_ADDRSTRLEN];
};

struct serve_clients {
    double seconds;
    pthread_t watching;
    pthread_mutex_t mutex; /* what follows */
    pthread_cond_t end;
    bool ended;
    struct serve_client *first;
    double left; /* when the last one left */
};

/* ---- Those that are late ---- */

/* An answer as libmicrohttpd would write it. */
static void write_answer(const struct serve_answer *answer, const char *header, const char *value,
                         FILE *out)
{
    const time_t now = time(NULL);
    struct tm parts;
    char date[64];

    gmtime_r(&now, &parts);
    strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", &parts);
    fprintf(out, "HTTP/1.1 %u %s\r\nDate: %s\r\nConnection: close\r\nContent-Length: %zu\r\n",
            answer->code, serve_mhd.get_reason_phrase_for(answer->code), date, answer->size);
    for (const struct serve_header_line *line = serve_headers; line->name; line++)
        fprintf(out, "%s: %s\r\n", line->name, line->value);
    fprintf(out, "Content-Type: %s\r\n", answer->type);
    if (header)
        fprintf(out, "%s: %s\r\n", header, value);
    fputs("\r\n", out);
    if (answer->size > 0)
        fwrite(answer->text, 1, answer->size, out);
}

void serve_client_cut(const struct serve_client *client, const struct serve_answer *answer,
                      const char *header, const char *value)
{
    char *message = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&message, &size);

    if (out) {
        write_answer(answer, header, value, out);
        if (fclose(out) == 0)
            (void)!send(client->socket, message, size, MSG_DONTWAIT | MSG_NOSIGNAL);
        free(message);
    }
    shutdown(client->socket, SHUT_RDWR);
}

static void tell_late(const struct serve_client *client)
{
    struct serve_answer answer;

    if (serve_fail_plainly(408, "the request did not come in time", &answer) != TN_OK) {
        shutdown(client->socket, SHUT_RDWR);
        return;
    }
    serve_client_cut(client, &answer, NULL, NULL);
    free(answer.text);
}

static void cut_late(struct serve_clients *clients)
{
    const double now = serve_now();

    for (struct serve_client *client = clients->first; client; client = client->next) {
        if (client->deadline > now)
            continue;
        client->late = true;
        client->deadline = INFINITY;
        if (client->awaited == SERVE_AWAIT_BODY)
            tell_late(client);
        else
            shutdown(client->socket, SHUT_RDWR);
    }
}

static void *watch_in_thread(void *context)
{
    struct serve_clients *clients = context;
    const double step = fmin(fmax(clients->seconds / 8, 0.02), 1);

    pthread_mutex_lock(&clients->mutex);
    while (!clients->ended) {
        const struct timespec until = serve_timespec(serve_now() + step);

        tn_platform_condition_wait_until(&clients->end, &clients->mutex, &until);
        cut_late(clients);
    }
    pthread_mutex_unlock(&clients->mutex);
    return NULL;
}

/* ---- The list ---- */

enum tn_status serve_clients_create(double seconds, struct serve_clients **ret_clients,
                                    struct tn_error *err)
{
    struct serve_clients *clients = calloc(1, sizeof *clients);

    if (!clients)
        return tn_fail_nomem(err, sizeof *clients);
    clients->seconds = seconds;
    clients->left = serve_now();
    pthread_mutex_init(&clients->mutex, NULL);
    tn_platform_condition_init(&clients->end);
    if (tn_platform_start_thread(&clients->watching, watch_in_thread, clients) != 0) {
        pthread_cond_destroy(&clients->end);
        pthread_mutex_destroy(&clients->mutex);
        free(clients);
        return tn_fail(err, TN_NOMEM, "cannot start a thread: %s", strerror(errno));
    }
    *ret_clients = clients;
    return TN_OK;
}

void serve_clients_destroy(struct serve_clients *clients)
{
    if (!clients)
        return;
    pthread_mutex_lock(&clients->mutex);
    clients->ended = true;
    pthread_cond_signal(&clients->end);
    pthread_mutex_unlock(&clients->mutex);
    pthread_join(clients->watching, NULL);
    pthread_cond_destroy(&clients->end);
    pthread_mutex_destroy(&clients->mutex);
    free(clients);
}

static void write_address(const struct sockaddr *address, char *out, socklen_t size)
{
    const void *number = NULL;

    if (address && address->sa_family == AF_INET)
        number = &((const struct sockaddr_in *)(const void *)address)->sin_addr;
    else if (address && address->sa_family == AF_INET6)
        number = &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr;
    if (!number || !inet_ntop(address->sa_family, number, out, size))
        snprintf(out, size, "local");
}

struct serve_client *serve_client_enter(struct serve_clients *clients, int socket,
                                        const struct sockaddr *address)
{
    struct serve_client *client = calloc(1, sizeof *client);

    if (!client)
        return NULL;
    client->socket = socket;
    client->entered = serve_now();
    client->deadline = client->entered + clients->seconds;
    write_address(address, client->address, sizeof client->address);
    pthread_mutex_lock(&clients->mutex);
    client->next = clients->first;
    client->link = &clients->first;
    if (client->next)
        client->next->link = &client->next;
    clients->first = client;
    pthread_mutex_unlock(&clients->mutex);
    return client;
}

void serve_client_leave(struct serve_clients *clients, struct serve_client *client)
{
    pthread_mutex_lock(&clients->mutex);
    *client->link = client->next;
    if (client->next)
        client->next->link = client->link;
    clients->left = serve_now();
    pthread_mutex_unlock(&clients->mutex);
    free(client);
}

double serve_clients_idle_seconds(struct serve_clients *clients)
{
    double seconds;

    pthread_mutex_lock(&clients->mutex);
    seconds = clients->first ? 0 : serve_now() - clients->left;
    pthread_mutex_unlock(&clients->mutex);
    return seconds;
}

bool serve_clients_have_more(struct serve_clients *clients)
{
    const double now = serve_now();
    bool more = false;
    int bytes;

    pthread_mutex_lock(&clients->mutex);
    for (struct serve_client *client = clients->first; client && !more; client = client->next)
        more = (!client->asked && !client->late && now - client->entered < GREETING) ||
               (ioctl(client->socket, FIONREAD, &bytes) == 0 && bytes > 0);
    pthread_mutex_unlock(&clients->mutex);
    return more;
}

/* ---- Deadlines ---- */

void serve_client_await(struct serve_clients *clients, struct serve_client *client,
                        enum serve_awaited awaited, size_t bytes)
{
    pthread_mutex_lock(&clients->mutex);
    client->awaited = awaited;
    client->asked = true;
    client->deadline = serve_now() + clients->seconds + (double)bytes / SLOWEST;
    pthread_mutex_unlock(&clients->mutex);
}

void serve_client_received(struct serve_clients *clients, struct serve_client *client, size_t bytes)
{
    pthread_mutex_lock(&clients->mutex);
    client->deadline += (double)bytes / SLOWEST;
    pthread_mutex_unlock(&clients->mutex);
}

void serve_client_rest(struct serve_clients *clients, struct serve_client *client)
{
    pthread_mutex_lock(&clients->mutex);
    client->deadline = INFINITY;
    pthread_mutex_unlock(&clients->mutex);
}

bool serve_client_late(struct serve_clients *clients, const struct serve_client *client)
{
    bool late;

    pthread_mutex_lock(&clients->mutex);
    late = client->late;
    pthread_mutex_unlock(&clients->mutex);
    return late;
}

const char *serve_client_address(const struct serve_client *client)
{
    return client->address;
}
