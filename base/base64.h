/* SPDX-License-Identifier: MIT */
/* Pictures in JSON and in data: URLs are base64 (RFC 4648), of which there are several kinds. */
#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include "base/status.h"

#include <stddef.h>

/*
 * The bytes of text[size], in the standard alphabet or the one for URLs.  Whitespace is passed
 * over, and the padding may be missing; it may not be wrong.  Writes to bytes, which has room for
 * tn_base64_room(size), and may be the text itself.  Errors: TN_FORMAT, which names the place.
 */
TN_NODISCARD enum tn_status tn_base64_decode(const char *text, size_t size, unsigned char *bytes,
                                             size_t *ret_size, struct tn_error *err);

/* More than the text's bytes can be. */
static inline size_t tn_base64_room(size_t size)
{
    return size / 4 * 3 + 3;
}

#endif
