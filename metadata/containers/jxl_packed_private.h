/* SPDX-License-Identifier: MIT */
/* The compressed boxes of JPEG XL files. */
#ifndef META_JXL_PACKED_PRIVATE_H
#define META_JXL_PACKED_PRIVATE_H

#include "metadata/bytes_private.h"

/* Adds what bytes[size] are, which Brotli compressed, to *out.  `name` is for messages.  Errors:
 * TN_UNSUPPORTED where libbrotli is not built in or not installed, TN_FORMAT (damaged), TN_RANGE
 * (too much), TN_NOMEM; *out may have grown then. */
TN_NODISCARD enum tn_status meta_jxl_unpack(const char *name, const unsigned char *bytes,
                                            size_t size, struct meta_bytes *out,
                                            struct tn_error *err);

#endif
