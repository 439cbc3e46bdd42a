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

enum meta_author meta_photo_author(const char *format, const char *bytes, size_t size)
{
    const struct meta_file file = {"", (const unsigned char *)bytes, size};
    const struct meta_container *container = meta_find_container(format);
    struct meta_photo photo;
    enum meta_author author;

    if (!container || meta_available(NULL) != TN_OK ||
        meta_photo_read(container, &file, &photo, NULL) != TN_OK)
        return META_NOBODY;
    author = meta_photo_author_of(&photo);
    meta_photo_finish(&photo);
    return author;
}

enum meta_author meta_xmp_author(const char *bytes, size_t size)
{
    struct meta_photo file;
    enum meta_author author;

    if (meta_available(NULL) != TN_OK)
        return META_NOBODY;
    meta_photo_read_xmp(bytes, size, &file);
    author = meta_photo_author_of(&file);
    meta_photo_finish(&file);
    return author;
}
