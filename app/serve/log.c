/* SPDX-License-Identifier: MIT */
#include "app/serve/log.h"

#include "app/cli/commands.h"
#include "app/serve/clock.h"
#include "app/serve/http_private.h"
#include "base/utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <time.h>

enum { STAMP_SIZE = 64, LONGEST_NOTE = 1024 };

/* "2026-03-01T14:05:09.123Z" */
static void write_stamp(char out[STAMP_SIZE])
{
    struct timespec now;
    struct tm parts;
    size_t used;

    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &parts);
    used = strftime(out, STAMP_SIZE, "%Y-%m-%dT%H:%M:%S", &parts);
    snprintf(out + used, STAMP_SIZE - used, ".%03ldZ", now.tv_nsec / 1000000);
}

void serve_log_note(const char *format, ...)
{
    char stamp[STAMP_SIZE], text[LONGEST_NOTE];
    va_list args;

    write_stamp(stamp);
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    app_say("%s %s", stamp, text);
}

/* The answer's code; 408 where the client was late, 0 where it went away. */
static unsigned code_of(const struct serve_exchange *exchange, bool sent)
{
    if (sent || exchange->cut)
        return exchange->answer.code;
    return serve_client_late(exchange->http->clients, exchange->client) ? 408 : 0;
}

void serve_log_request(const struct serve_exchange *exchange, bool sent)
{
    const struct serve_request *request = &exchange->request;
    const struct serve_http_options *options = &exchange->http->options;
    const double now = serve_now();
    const double whole = exchange->whole > 0 ? exchange->whole : now;
    const unsigned code = code_of(exchange, sent);
    const char *why = code == 408 ? "it did not come in time"
                      : code == 0 ? "the client went away"
                                  : exchange->refusal;

    serve_metrics_end(options->metrics, exchange->route ? exchange->route->path : "other", code,
                      now - exchange->begin);
    if (options->quiet)
        return;
    serve_log_note("%s %.*s %.*s %u bytes=%zu photos=%zu receive_ms=%.1f answer_ms=%.1f%s%s",
                   serve_client_address(exchange->client), TN_FIT(request->method, 32),
                   TN_FIT(request->path, 256), code, request->size, exchange->job.call.photo_count,
                   1000 * (whole - exchange->begin), 1000 * (now - whole), why[0] ? " " : "", why);
}
