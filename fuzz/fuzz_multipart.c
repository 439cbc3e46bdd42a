/* SPDX-License-Identifier: MIT */
/* Any bytes as a form of several files: the first line is the value of Content-Type, the rest the
 * body.  What is taken for a file lies within the body, and the boundary is in none. */
#include "app/serve/multipart.h"
#include "fuzz/support.h"

#include <stdlib.h>
#include <string.h>

extern const char app_program[];
const char app_program[] = "fuzz_multipart";

enum { MOST = 8 };

static void check_parts(const struct serve_part *parts, size_t count, const unsigned char *body,
                        size_t size)
{
    const unsigned char *end = body;

    fuzz_require(count > 0 && count <= MOST);
    for (size_t i = 0; i < count; i++) {
        fuzz_require(parts[i].bytes > end && parts[i].bytes <= body + size);
        end = parts[i].bytes + parts[i].size;
        fuzz_require(end < body + size);
        fuzz_require(memcmp(end, "\r\n--", 4) == 0);
        fuzz_require(memchr(parts[i].name, '\0', sizeof parts[i].name) != NULL);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct serve_part parts[MOST];
    const uint8_t *newline = memchr(data, '\n', size);
    const size_t length = newline ? (size_t)(newline - data) : size;
    const size_t left = newline ? size - length - 1 : 0;
    char *type = calloc(1, length + 1);
    unsigned char *body = malloc(left + !left); /* exactly: what is read beyond it is seen */
    struct tn_error err;
    size_t count;

    fuzz_require(type && body);
    memcpy(type, data, length);
    if (left > 0)
        memcpy(body, newline + 1, left);
    if (serve_is_multipart(type)) {
        if (serve_multipart_read(type, body, left, parts, MOST, &count, &err) == TN_OK)
            check_parts(parts, count, body, left);
        else
            fuzz_require(err.text[0] != '\0');
    }
    free(body);
    free(type);
    return 0;
}
