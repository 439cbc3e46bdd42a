/* SPDX-License-Identifier: MIT */
/* What a service and systemd say to each other: sockets that systemd opened for it (socket
 * activation), and how far it is.  Both are a few lines of the environment; libsystemd is not
 * needed.  Without systemd nothing happens. */
#ifndef APP_SYSTEMD_H
#define APP_SYSTEMD_H

#include "base/status.h"

#include <stddef.h>

enum { SERVE_FIRST_SOCKET = 3 }; /* the first socket that was passed; the others follow it */

/* How many sockets were passed to this process, 0 without systemd.  They are listening, do not
 * block, and are closed in programs that this one starts; so is what the environment says about
 * them.  Sockets that are not for listening to a stream are an error. */
enum tn_status serve_passed_sockets(size_t *ret_count, struct tn_error *err);

/* Reports a state, "READY=1" or "STOPPING=1".  It cannot fail: who does not listen is not told. */
void serve_notify(const char *state);

#endif
