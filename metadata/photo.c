/* SPDX-License-Identifier: MIT */
#include "metadata/photo_private.h"

#include "metadata/description.h"

#include <stdlib.h>
#include <string.h>

const struct meta_container *meta_find_container(const char *format)
{
#define ADDRESS(name) &meta_##name,
    static const struct meta_container *const containers[] = {META_CONTAINERS(ADDRESS)};
#undef ADDRESS

    for (size_t i = 0; format && i < sizeof containers / sizeof containers[0]; i++)
        for (const char *const *name = containers[i]->formats; *name; name++)
            if (strcmp(*name, format) == 0)
                return containers[i];
    return NULL;
}

/* ---- What it says ---- */

static enum tn_status read_packet(struct meta_photo *photo, const char *bytes, size_t size,
                                  struct tn_error *err)
{
    if (!meta_xmp_is_blank(bytes, size))
        TN_TRY(meta_xmp_read(bytes, size, &photo->xmp, err));
    return meta_record_read(meta_photo_packet(photo), &photo->record, err);
}

void meta_photo_read_xmp(const char *bytes, size_t size, struct meta_photo *ret_photo)
{
    struct meta_photo photo = {.container = NULL};

    photo.xmp_status = read_packet(&photo, bytes, size, &photo.why);
    *ret_photo = photo;
}

static enum tn_status read_parts(struct meta_photo *photo, struct tn_error *err)
{
    const struct meta_part *packet = &photo->parts.part[META_XMP];

    TN_TRY(photo->container->take(photo->file, &photo->parts, err));
    photo->xmp_status = read_packet(photo, (const char *)packet->bytes, packet->size, &photo->why);
    if (photo->xmp_status == TN_NOMEM)
        return tn_fail(err, TN_NOMEM, "%s", photo->why.text);
    return meta_fields_read(&photo->parts, meta_photo_packet(photo), &photo->record, &photo->fields,
                            err);
}

enum tn_status meta_photo_read(const struct meta_container *container, const struct meta_file *file,
                               struct meta_photo *ret_photo, struct tn_error *err)
{
    struct meta_photo photo = {.container = container, .file = file};
    const enum tn_status status = read_parts(&photo, err);

    if (status == TN_OK)
        *ret_photo = photo;
    else
        meta_photo_finish(&photo);
    return status;
}

void meta_photo_finish(struct meta_photo *photo)
{
    meta_parts_finish(&photo->parts);
    meta_xmp_finish(&photo->xmp);
    meta_record_finish(&photo->record);
    meta_fields_finish(&photo->fields);
}

enum tn_status meta_photo_read_all(const char *format, const struct meta_file *file,
                                   struct meta_photo *ret_photo, struct tn_error *err)
{
    const struct meta_container *container = meta_find_container(format);
    enum tn_status status;

    TN_TRY(meta_available(err));
    if (!container)
        return tn_fail(err, TN_UNSUPPORTED,
                       "%s: metadata cannot be written into %s; use --sidecar xmp", file->name,
                       format ? format : "this format");
    TN_TRY(meta_photo_read(container, file, ret_photo, err));
    if (ret_photo->xmp_status == TN_OK)
        return TN_OK;
    status = tn_fail(err, ret_photo->xmp_status, "%s: %s; use --sidecar xmp", file->name,
                     ret_photo->why.text);
    meta_photo_finish(ret_photo);
    return status;
}

const struct meta_xmp *meta_photo_packet(const struct meta_photo *photo)
{
    return photo->xmp.size > 0 ? &photo->xmp : NULL;
}

/* ---- Who describes it ---- */

static enum meta_author author_of(const struct meta_photo *photo, const char *field,
                                  const char *text)
{
    if (!text || meta_description_blank(text) || meta_fields_by_camera(&photo->fields, text))
        return META_NOBODY;
    return meta_record_says(&photo->record, field, text) ? META_PROGRAM : META_PERSON;
}

static enum meta_author author_of_item(const struct meta_photo *photo, enum meta_xmp_name name,
                                       const struct meta_xmp_item *item)
{
    char field[META_FIELD_SIZE];

    meta_record_field(field, name, meta_xmp_language(item));
    return author_of(photo, field, item->text);
}

static enum meta_author higher(enum meta_author one, enum meta_author other)
{
    return one > other ? one : other;
}

enum meta_author meta_photo_author_of(const struct meta_photo *photo)
{
    const char *const *texts = (const char *const *)photo->fields.text;
    enum meta_author author = higher(author_of(photo, META_FIELD_EXIF, texts[META_TEXT_EXIF]),
                                     author_of(photo, META_FIELD_IPTC, texts[META_TEXT_IPTC]));

    for (size_t i = 0; i < META_XMP_SENTENCES; i++) {
        const struct meta_xmp_property *property = &photo->xmp.property[i];

        for (size_t j = 0; j < property->count && author != META_PERSON; j++)
            author =
                higher(author, author_of_item(photo, (enum meta_xmp_name)i, &property->items[j]));
    }
    if (photo->parts.text && !meta_description_blank(photo->parts.text))
        return META_PERSON;
    if (author == META_PROGRAM && photo->record.list[META_XMP_WITH_PERSON].count > 0)
        return META_PERSON;
    return author;
}

/* ---- Other parts ---- */

void meta_new_part(struct meta_new_parts *new, enum meta_part_kind kind, unsigned char *bytes,
                   size_t size)
{
    free(new->parts.part[kind].bytes);
    new->parts.part[kind] = (struct meta_part){bytes, size};
    new->changed[kind] = true;
}

enum tn_status meta_photo_put(const struct meta_photo *photo, const struct meta_new_parts *new,
                              struct meta_bytes *ret_file, struct tn_error *err)
{
    unsigned char *bytes;
    size_t size;

    if (!new->changed[META_XMP] && !new->changed[META_EXIF] && !new->changed[META_PHOTOSHOP])
        return TN_OK;
    TN_TRY(photo->container->put(photo->file, &new->parts, new->changed, &bytes, &size, err));
    *ret_file = (struct meta_bytes){bytes, size, size};
    return TN_OK;
}

static enum tn_status puts_back(const struct meta_photo *photo, const struct meta_new_parts *new,
                                const struct meta_file *file, bool *ret_same, struct tn_error *err)
{
    unsigned char *bytes;
    size_t size;

    TN_TRY(photo->container->put(file, &photo->parts, new->changed, &bytes, &size, err));
    *ret_same = size == photo->file->size && memcmp(bytes, photo->file->bytes, size) == 0;
    free(bytes);
    return TN_OK;
}

enum tn_status meta_photo_check(const struct meta_photo *photo, const struct meta_new_parts *new,
                                const struct meta_bytes *written, struct tn_error *err)
{
    const struct meta_file file = {photo->file->name, written->bytes, written->size};
    bool same;

    if (photo->container->check)
        return photo->container->check(photo->file, &file, err);
    TN_TRY(puts_back(photo, new, &file, &same, err));
    if (!same)
        return photo->container->compare(photo->file, &file, err);
    return TN_OK;
}
