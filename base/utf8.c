/* SPDX-License-Identifier: MIT */
#include "base/utf8.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

size_t tn_utf8_sequence(const char *text, size_t length)
{
    utf8proc_int32_t character;
    const utf8proc_ssize_t bytes =
        utf8proc_iterate((const utf8proc_uint8_t *)text, (utf8proc_ssize_t)length, &character);

    return bytes > 0 ? (size_t)bytes : 0;
}

bool tn_utf8_is_valid(const char *text, size_t length)
{
    for (size_t at = 0, bytes; at < length; at += bytes) {
        bytes = tn_utf8_sequence(text + at, length - at);
        if (bytes == 0)
            return false;
    }
    return true;
}

int tn_utf8_fit(const char *text, int most)
{
    const size_t end = strnlen(text, (size_t)most);
    size_t start = end; /* of the bytes that go on with a character */

    while (start > 0 && ((unsigned char)text[start - 1] & 0xC0) == 0x80)
        start--;
    if (start > 0) {
        const unsigned char lead = (unsigned char)text[start - 1];
        const size_t wanted = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;

        if (end - start + 1 < wanted)
            return (int)start - 1;
    }
    return (int)end;
}

/* As UTF-16 has it: one unit, or a pair. */
static size_t write_escape(char *out, utf8proc_int32_t character)
{
    const unsigned code = (unsigned)character, rest = code - 0x10000;

    return (size_t)(code < 0x10000 ? sprintf(out, "\\u%04x", code)
                                   : sprintf(out, "\\u%04x\\u%04x", 0xD800 + (rest >> 10),
                                             0xDC00 + (rest & 0x3FF)));
}

char *tn_utf8_to_json_ascii(const char *text, size_t length, size_t *ret_length)
{
    const size_t most = 3; /* bytes for one: two become six, four twelve */
    bool escaped = false;  /* by a backslash: no character beyond ASCII may be */
    size_t used = 0;
    char *out;

    *ret_length = 0;
    if (!tn_utf8_is_valid(text, length))
        return NULL;
    *ret_length = length;
    out = length < SIZE_MAX / most - 2 ? malloc(most * length + 1) : NULL;
    for (size_t at = 0; out && at < length;) {
        utf8proc_int32_t character;
        const utf8proc_ssize_t bytes = utf8proc_iterate(
            (const utf8proc_uint8_t *)text + at, (utf8proc_ssize_t)(length - at), &character);

        if (bytes == 1 || escaped) {
            memcpy(out + used, text + at, (size_t)bytes);
            used += (size_t)bytes;
        } else {
            used += write_escape(out + used, character);
        }
        escaped = text[at] == '\\' && !escaped;
        at += (size_t)bytes;
    }
    if (out) {
        out[used] = '\0';
        *ret_length = used;
    }
    return out;
}
