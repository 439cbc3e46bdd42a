/* SPDX-License-Identifier: MIT */
/* The server's log: lines on stderr. */
#ifndef APP_LOG_H
#define APP_LOG_H

#include "base/status.h"

#include <stdbool.h>

struct serve_exchange;

/* A line with the time in front of it. */
void serve_log_note(const char *format, ...) TN_PRINTF(1, 2);
/* The request has ended; sent: its answer reached the system.  Counts it in the metrics, too. */
void serve_log_request(const struct serve_exchange *exchange, bool sent);

#endif
