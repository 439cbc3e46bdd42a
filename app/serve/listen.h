/* SPDX-License-Identifier: MIT */
/* The socket that the server listens on. */
#ifndef APP_LISTEN_H
#define APP_LISTEN_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>

enum { SERVE_URL_SIZE = 128 };

struct serve_socket {
    int fd;
    bool loopback;            /* this machine alone can reach it */
    char url[SERVE_URL_SIZE]; /* "http://127.0.0.1:11435/" */
};

/* where: ADDRESS:PORT, an IPv6 address in brackets; port 0: any free one.  The caller closes the
 * socket.  Errors: TN_FORMAT (not such a text), TN_IO. */
TN_NODISCARD enum tn_status serve_listen(const char *where, struct serve_socket *ret_socket,
                                         struct tn_error *err);
/* Describes a socket that listens. */
TN_NODISCARD enum tn_status serve_socket_describe(int fd, struct serve_socket *ret_socket,
                                                  struct tn_error *err);

#endif
