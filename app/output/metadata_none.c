/* SPDX-License-Identifier: MIT */
/* In place of metadata_exiv2.cc where exiv2 was not found. */
#include "app/output/metadata.h"

enum tn_status app_metadata_available(struct tn_error *err)
{
    return tn_fail(err, TN_UNSUPPORTED,
                   "support for metadata is not built in (install libexiv2-dev, reconfigure)");
}

bool app_metadata_photo_described(const char *path)
{
    (void)path;
    return false;
}

bool app_metadata_xmp_described(const char *bytes, size_t size)
{
    (void)bytes;
    (void)size;
    return false;
}

enum tn_status app_metadata_edit_photo(const char *name, const char *bytes, size_t size,
                                       const struct app_metadata_caption *caption, char **ret_bytes,
                                       size_t *ret_size, struct tn_error *err)
{
    (void)name;
    (void)bytes;
    (void)size;
    (void)caption;
    (void)ret_bytes;
    (void)ret_size;
    return app_metadata_available(err);
}

enum tn_status app_metadata_edit_xmp(const char *name, const char *bytes, size_t size,
                                     const struct app_metadata_caption *caption, char **ret_bytes,
                                     size_t *ret_size, struct tn_error *err)
{
    return app_metadata_edit_photo(name, bytes, size, caption, ret_bytes, ret_size, err);
}
