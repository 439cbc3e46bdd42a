/* SPDX-License-Identifier: MIT */
#include "base/utf8.h"

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
