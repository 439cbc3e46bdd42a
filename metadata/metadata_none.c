/* SPDX-License-Identifier: MIT */
/* In place of the rest of the room where its libraries were not found. */
#include "metadata/metadata.h"

enum tn_status meta_available(struct tn_error *err)
{
    return tn_fail(err, TN_UNSUPPORTED,
                   "support for metadata is not built in (install libexpat1-dev and libmd-dev, "
                   "reconfigure)");
}

bool meta_format_has_place(const char *format)
{
    (void)format;
    return false;
}

enum tn_status meta_photo_author(const char *format, const char *bytes, size_t size,
                                 enum meta_author *ret_author, struct tn_error *err)
{
    (void)format;
    return meta_xmp_author(bytes, size, ret_author, err);
}

enum tn_status meta_xmp_author(const char *bytes, size_t size, enum meta_author *ret_author,
                               struct tn_error *err)
{
    (void)bytes;
    (void)size;
    (void)err;
    *ret_author = META_NOBODY;
    return TN_OK;
}

enum tn_status meta_photo_said(const char *format, const char *bytes, size_t size,
                               const char *language, char **ret_text, struct tn_error *err)
{
    (void)format;
    return meta_xmp_said(bytes, size, language, ret_text, err);
}

enum tn_status meta_xmp_said(const char *bytes, size_t size, const char *language, char **ret_text,
                             struct tn_error *err)
{
    (void)bytes;
    (void)size;
    (void)language;
    (void)err;
    *ret_text = NULL;
    return TN_OK;
}

enum tn_status meta_edit_photo(const char *name, const char *format, const char *bytes, size_t size,
                               const struct meta_caption *caption, char **ret_bytes,
                               size_t *ret_size, struct tn_error *err)
{
    (void)format;
    return meta_edit_xmp(name, bytes, size, caption, ret_bytes, ret_size, err);
}

enum tn_status meta_edit_xmp(const char *name, const char *bytes, size_t size,
                             const struct meta_caption *caption, char **ret_bytes, size_t *ret_size,
                             struct tn_error *err)
{
    (void)name;
    (void)bytes;
    (void)size;
    (void)caption;
    (void)ret_bytes;
    (void)ret_size;
    return meta_available(err);
}

enum tn_status meta_undo_photo(const char *name, const char *format, const char *bytes, size_t size,
                               char **ret_bytes, size_t *ret_size, struct tn_error *err)
{
    (void)format;
    return meta_undo_xmp(name, bytes, size, ret_bytes, ret_size, err);
}

enum tn_status meta_undo_xmp(const char *name, const char *bytes, size_t size, char **ret_bytes,
                             size_t *ret_size, struct tn_error *err)
{
    (void)name;
    (void)bytes;
    (void)size;
    (void)ret_bytes;
    (void)ret_size;
    return meta_available(err);
}
