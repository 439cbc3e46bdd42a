/* SPDX-License-Identifier: MIT */
/*
 * Who is connected, and until when each may keep the server waiting.  A request is to be whole, and
 * an answer to be taken, within the time limit and the time that its bytes take at 16 KB/s.  So one
 * that sends a byte now and then is cut off as one that sends nothing, and a slow line is not.
 */
#ifndef APP_CLIENTS_H
#define APP_CLIENTS_H

#include "app/serve/route.h"

#include <stdbool.h>
#include <stddef.h>

struct serve_clients;
struct serve_client;

/* seconds: the time limit.  Errors: TN_NOMEM. */
TN_NODISCARD enum tn_status serve_clients_create(double seconds, struct serve_clients **ret_clients,
                                                 struct tn_error *err);
/* All clients have left by then.  NULL is fine. */
void serve_clients_destroy(struct serve_clients *clients);

struct sockaddr;

/* For how long nobody has been connected; 0 where somebody is. */
double serve_clients_idle_seconds(struct serve_clients *clients);
/* Whether bytes have come that were not read yet, or somebody came a moment ago and is about to
 * ask. */
bool serve_clients_have_more(struct serve_clients *clients);

/* NULL: no memory. */
struct serve_client *serve_client_enter(struct serve_clients *clients, int socket,
                                        const struct sockaddr *address);
/* Before its socket is closed. */
void serve_client_leave(struct serve_clients *clients, struct serve_client *client);

/* The time limit begins: for a request's head, for its body (then a late one is told so, with 408),
 * or for taking an answer of so many bytes. */
enum serve_awaited { SERVE_AWAIT_HEAD, SERVE_AWAIT_BODY, SERVE_AWAIT_SENT };
void serve_client_await(struct serve_clients *clients, struct serve_client *client,
                        enum serve_awaited awaited, size_t bytes);
/* So many bytes of it have come. */
void serve_client_received(struct serve_clients *clients, struct serve_client *client,
                           size_t bytes);
/* It is the server's turn. */
void serve_client_rest(struct serve_clients *clients, struct serve_client *client);
/* Whether it was late, and has been cut off. */
bool serve_client_late(struct serve_clients *clients, const struct serve_client *client);

/* Answers in the middle of a request, and cuts the client off.  header: one more, or NULL. */
void serve_client_cut(const struct serve_client *client, const struct serve_answer *answer,
                      const char *header, const char *value);

/* "127.0.0.1", "::1", "local" */
const char *serve_client_address(const struct serve_client *client);

#endif
