/* SPDX-License-Identifier: MIT */
/*
 * Who may ask.  A browser on this machine runs pages of strangers, and they must not reach the
 * server: neither by a request to its address (the browser names the page in Origin), nor under a
 * name of theirs that they let lead to this machine (the browser sends that name as Host).
 */
#ifndef APP_ACCESS_H
#define APP_ACCESS_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>

struct serve_access {
    bool elsewhere;           /* other machines can reach the server */
    const char *const *names; /* that it also has; borrowed */
    size_t name_count;
    char *token; /* owned; NULL: none is needed */
};

/* The token in a file: its first line, which nothing else may follow.  The file must not be open to
 * everybody.  Errors name the file. */
TN_NODISCARD enum tn_status serve_read_token(const char *path, char **ret_token,
                                             struct tn_error *err);

/* What a request's headers say; NULL where one is missing. */
struct serve_credentials {
    bool open; /* it asks for what needs no token */
    const char *method, *host, *origin, *fetch_site, *fetch_mode, *fetch_dest, *authorization;
};

/* 0, or the HTTP code of the refusal; *ret_text is static. */
unsigned serve_access_check(const struct serve_access *access,
                            const struct serve_credentials *asked, const char **ret_text);

#endif
