/* SPDX-License-Identifier: MIT */
/* Pictures in JSON and in data: URLs are base64 (RFC 4648), of which there are several kinds. */
#include "base/base64.h"

#include <string.h>

enum { PADDING = 64, SPACE, FOREIGN };

/* For each character its six bits, or what else it is. */
static void fill_values(unsigned char values[256])
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
                      spaces[] = " \t\r\n";

    memset(values, FOREIGN, 256);
    for (unsigned char i = 0; i < 64; i++)
        values[(unsigned char)digits[i]] = i;
    for (size_t i = 0; spaces[i]; i++)
        values[(unsigned char)spaces[i]] = SPACE;
    values['-'] = values['+'];
    values['_'] = values['/'];
    values['='] = PADDING;
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

enum tn_status tn_base64_decode(const char *text, size_t size, unsigned char *bytes,
                                size_t *ret_size, struct tn_error *err)
{
    size_t digits = 0, padding = 0, written = 0;
    unsigned char values[256];
    unsigned bits = 0;

    fill_values(values);
    for (size_t i = 0; i < size; i++) {
        const unsigned value = values[(unsigned char)text[i]];

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
