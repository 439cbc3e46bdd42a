/* SPDX-License-Identifier: MIT */
#include "metadata/metadata.h"

#include "metadata/photo_private.h"

enum tn_status meta_available(struct tn_error *err)
{
    return meta_xml_available(err);
}

bool meta_format_has_place(const char *format)
{
    return meta_find_container(format) != NULL;
}

enum tn_status meta_photo_author(const char *format, const char *bytes, size_t size,
                                 enum meta_author *ret_author, struct tn_error *err)
{
    const struct meta_file file = {"", (const unsigned char *)bytes, size};
    const struct meta_container *container = meta_find_container(format);
    enum meta_author author = META_NOBODY;
    enum tn_status status = TN_UNSUPPORTED;
    struct meta_photo photo;

    if (container && meta_available(NULL) == TN_OK)
        status = meta_photo_read(container, &file, &photo, err);
    if (status == TN_OK) {
        author = meta_photo_author_of(&photo);
        meta_photo_finish(&photo);
    }
    if (status == TN_NOMEM)
        return status;
    *ret_author = author;
    return TN_OK;
}

enum tn_status meta_xmp_author(const char *bytes, size_t size, enum meta_author *ret_author,
                               struct tn_error *err)
{
    struct meta_photo file = {.xmp_status = TN_UNSUPPORTED};
    enum tn_status status = TN_OK;

    if (meta_available(NULL) == TN_OK)
        meta_photo_read_xmp(bytes, size, &file);
    if (file.xmp_status == TN_NOMEM)
        status = tn_fail(err, TN_NOMEM, "%s", file.why.text);
    else
        *ret_author = meta_photo_author_of(&file);
    meta_photo_finish(&file);
    return status;
}
