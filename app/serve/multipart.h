/* SPDX-License-Identifier: MIT */
/* The files in a body of multipart/form-data, as forms and `curl -F` send them. */
#ifndef APP_MULTIPART_H
#define APP_MULTIPART_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>

enum { SERVE_FILE_NAME = 512 };

struct serve_part {
    const unsigned char *bytes; /* in the body */
    size_t size;
    char name[SERVE_FILE_NAME]; /* of the file, as the client calls it; cut where it is longer */
};

/* type: of Content-Type; NULL: none. */
bool serve_is_multipart(const char *type);

/* Errors: TN_FORMAT (no such body, or it has fields that are no files), TN_RANGE (no file, or more
 * than `most`). */
TN_NODISCARD enum tn_status serve_multipart_read(const char *type, const unsigned char *body,
                                                 size_t size, struct serve_part *parts, size_t most,
                                                 size_t *ret_count, struct tn_error *err);

#endif
