/* SPDX-License-Identifier: MIT */
/* `caption serve`: from its settings to its end. */
#ifndef APP_SERVE_H
#define APP_SERVE_H

#include "app/cli/options.h"
#include "models/captioner/captioner.h"

struct serve_settings {
    struct app_list models, names;
    const char *listen; /* NULL: the sockets that systemd passed, or the usual place */
    const char *token;
    size_t max_bytes, max_pixels, threads, clients;
    double seconds, idle;             /* idle 0: no end */
    const char *language;             /* of requests that name none; NULL: the model's first */
    struct captioner_writing writing; /* of requests that do not say otherwise */
    bool quiet;
};

/* Serves until a signal comes.  Errors: what keeps it from beginning. */
TN_NODISCARD enum tn_status serve_run(const struct serve_settings *settings, struct tn_error *err);

#endif
