/* SPDX-License-Identifier: MIT */
#include "app/serve/headers.h"

#include <stddef.h>

const struct serve_header_line serve_headers[] = {
    {"Cache-Control", "no-store"},
    {"X-Content-Type-Options", "nosniff"},
    {"X-Frame-Options", "DENY"},
    {"Referrer-Policy", "no-referrer"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {NULL, NULL},
};
