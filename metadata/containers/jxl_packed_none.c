/* SPDX-License-Identifier: MIT */
/* In place of jxl_packed.c where libbrotli was not found. */
#include "metadata/containers/jxl_packed_private.h"

enum tn_status meta_jxl_unpack(const char *name, const unsigned char *bytes, size_t size,
                               struct meta_bytes *out, struct tn_error *err)
{
    (void)bytes;
    (void)size;
    (void)out;
    return tn_fail(err, TN_UNSUPPORTED,
                   "%s: its metadata is compressed, and Brotli support is not built in (install "
                   "libbrotli-dev, reconfigure); use --sidecar xmp",
                   name);
}
