/* SPDX-License-Identifier: MIT */
/* Photos in JSON are text: base64 (RFC 4648), of which clients know several kinds. */
#include "app/serve/base64.h"

#include <stdbool.h>

enum { PADDING = 64, SPACE, FOREIGN };

/* The six bits of a character, or what else it is. */
static unsigned value_of(char c)
{
    if (c >= 'A' && c <= 'Z')
        return (unsigned)(c - 'A');
    if (c >= 'a' && c <= 'z')
        return (unsigned)(c - 'a' + 26);
    if (c >= '0' && c <= '9')
        return (unsigned)(c - '0' + 52);
    if (c == '+' || c == '-')
        return 62;
    if (c == '/' || c == '_')
        return 63;
    if (c == '=')
        return PADDING;
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' ? SPACE : FOREIGN;
}

static enum tn_status check_end(size_t digits, size_t padding, struct tn_error *err)
{
    if (digits % 4 == 1)
        return tn_fail(err, TN_FORMAT, "the base64 ends within a byte (it was cut short?)");
    if (padding > 0 && (digits + padding) % 4 != 0)
        return tn_fail(err, TN_FORMAT, "the base64 ends in %zu \"=\", where it needs %zu", padding,
                       (4 - digits % 4) % 4);
    return TN_OK;
}

enum tn_status serve_base64_decode(const char *text, size_t size, unsigned char *bytes,
                                   size_t *ret_size, struct tn_error *err)
{
    size_t digits = 0, padding = 0, written = 0;
    unsigned bits = 0;

    for (size_t i = 0; i < size; i++) {
        const unsigned value = value_of(text[i]);

        if (value == SPACE)
            continue;
        if (value == PADDING && padding < 2) {
            padding++;
            continue;
        }
        if (value >= PADDING || padding > 0)
            return tn_fail(err, TN_FORMAT, "byte %zu of the base64 is 0x%02X, which is %s", i,
                           (unsigned char)text[i],
                           value < FOREIGN ? "behind its end" : "no character of it");
        bits = bits << 6 | value;
        /* Each character but the first of four completes a byte; it lies before those that are
         * still to be read, so text and bytes may be one. */
        if (digits++ % 4 != 0)
            bytes[written++] = (unsigned char)(bits >> (6 - 2 * ((digits - 1) % 4)));
    }
    TN_TRY(check_end(digits, padding, err));
    *ret_size = written;
    return TN_OK;
}
