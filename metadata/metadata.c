/* SPDX-License-Identifier: MIT */
#include "metadata/metadata.h"

#include "metadata/caption_private.h"
#include "metadata/container_private.h"
#include "metadata/description.h"
#include "metadata/fields_private.h"
#include "metadata/iptc_private.h"
#include "metadata/tiff_block_private.h"
#include "metadata/xmp_private.h"

#include <stdlib.h>
#include <string.h>

enum { ASCII = 2 }; /* a type of TIFF */

enum tn_status meta_available(struct tn_error *err)
{
    return meta_xml_available(err);
}

static const struct meta_container *find_container(const char *format)
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

bool meta_format_has_place(const char *format)
{
    return find_container(format) != NULL;
}

/* ---- Whether a file is described ---- */

enum meta_author meta_photo_author(const char *format, const char *bytes, size_t size)
{
    const struct meta_file file = {"", (const unsigned char *)bytes, size};
    const struct meta_container *container = find_container(format);
    struct meta_parts parts;
    struct meta_fields fields = {0};
    char *text = NULL;
    bool described;

    if (!container || meta_available(NULL) != TN_OK ||
        container->take(&file, &parts, NULL) != TN_OK)
        return META_NOBODY;
    described = meta_fields_read(&parts, &fields, NULL) == TN_OK &&
                meta_fields_main(&fields, parts.text, &text, NULL) == TN_OK && *text;
    free(text);
    meta_fields_finish(&fields);
    meta_parts_finish(&parts);
    return described ? META_PERSON : META_NOBODY;
}

enum meta_author meta_xmp_author(const char *bytes, size_t size)
{
    struct meta_xmp xmp;
    bool described;

    if (meta_xmp_read(bytes, size, &xmp, NULL) != TN_OK)
        return META_NOBODY;
    described = meta_xmp_main_text(&xmp) != NULL;
    meta_xmp_finish(&xmp);
    return described ? META_PERSON : META_NOBODY;
}

/* ---- New parts ---- */

/* A photo's file that is captioned. */
struct edit {
    const struct meta_container *container;
    const struct meta_file *file;
    const struct meta_caption *caption;
    struct meta_parts parts; /* what it has */
    struct meta_fields fields;
    char *standing;        /* what an empty field is to begin with */
    struct meta_parts new; /* of those that change */
    bool changed[META_PARTS];
};

/* A part that cannot be written stays as it is, but for XMP. */
static enum tn_status left_alone(enum tn_status status)
{
    return status == TN_NOMEM ? status : TN_OK;
}

static void set_new(struct edit *edit, enum meta_part_kind kind, unsigned char *bytes, size_t size)
{
    edit->new.part[kind] = (struct meta_part){bytes, size};
    edit->changed[kind] = bytes != NULL;
}

static enum tn_status edit_xmp(struct edit *edit, struct tn_error *err)
{
    const struct meta_part *old = &edit->parts.part[META_XMP];
    const struct meta_caption_packet packet = {
        .name = edit->file->name,
        .bytes = (const char *)old->bytes,
        .size = old->size,
        .in_photo = true,
        .by_camera = !edit->fields.xmp,
    };
    struct meta_bytes new = {0};

    TN_TRY(meta_caption_edit_packet(&packet, edit->standing, edit->caption, &new, err));
    set_new(edit, META_XMP, new.bytes, new.size);
    return TN_OK;
}

/* What the field becomes that says `old`; NULL when that is the same. */
static enum tn_status edit_field(const struct edit *edit, const char *old, char **ret_text,
                                 struct tn_error *err)
{
    const bool empty = !old || meta_description_blank(old);
    char *text;

    TN_TRY(meta_caption_edit(empty ? edit->standing : old, edit->caption, &text, err));
    if (old && strcmp(old, text) == 0) {
        free(text);
        text = NULL;
    }
    *ret_text = text;
    return TN_OK;
}

static enum tn_status edit_exif(struct edit *edit, struct tn_error *err)
{
    const struct meta_part *old = &edit->parts.part[META_EXIF];
    unsigned char *bytes = NULL;
    char *text;
    size_t size = 0;
    enum tn_status status = TN_OK;

    if (!old->bytes && !edit->container->creates[META_EXIF])
        return TN_OK;
    TN_TRY(edit_field(edit, edit->fields.exif, &text, err));
    if (text)
        status = meta_tiff_set(old->bytes, old->size, META_TIFF_DESCRIPTION, ASCII,
                               (const unsigned char *)text, strlen(text) + 1, &bytes, &size, err);
    free(text);
    if (status == TN_OK)
        set_new(edit, META_EXIF, bytes, size);
    return left_alone(status);
}

static enum tn_status edit_iptc(struct edit *edit, struct tn_error *err)
{
    const struct meta_part *old = &edit->parts.part[META_PHOTOSHOP];
    unsigned char *bytes = NULL;
    char *text;
    size_t size = 0;
    enum tn_status status = TN_OK;

    if (!old->bytes)
        return TN_OK;
    TN_TRY(edit_field(edit, edit->fields.iptc, &text, err));
    if (text)
        status = meta_iptc_change(old->bytes, old->size,
                                  &(struct meta_iptc_changes){.caption = text}, &bytes, &size, err);
    free(text);
    if (status == TN_OK)
        set_new(edit, META_PHOTOSHOP, bytes, size);
    return left_alone(status);
}

static bool changes_anything(const struct edit *edit)
{
    return edit->changed[META_XMP] || edit->changed[META_EXIF] || edit->changed[META_PHOTOSHOP];
}

/* Takes the file's parts and makes the new ones. */
static enum tn_status make_parts(struct edit *edit, struct tn_error *err)
{
    TN_TRY(edit->container->take(edit->file, &edit->parts, err));
    TN_TRY(meta_fields_read(&edit->parts, &edit->fields, err));
    TN_TRY(meta_fields_main(&edit->fields, edit->parts.text, &edit->standing, err));
    TN_TRY(edit_xmp(edit, err));
    TN_TRY(edit_exif(edit, err));
    return edit_iptc(edit, err);
}

static void finish_edit(struct edit *edit)
{
    meta_parts_finish(&edit->parts);
    meta_fields_finish(&edit->fields);
    free(edit->standing);
    meta_parts_finish(&edit->new);
}

/* ---- The new file ---- */

static enum tn_status put_once(const struct edit *edit, struct meta_bytes *ret_new,
                               struct tn_error *err)
{
    unsigned char *bytes;
    size_t size;

    if (!changes_anything(edit))
        return TN_OK;
    TN_TRY(edit->container->put(edit->file, &edit->new, edit->changed, &bytes, &size, err));
    *ret_new = (struct meta_bytes){bytes, size, size};
    return TN_OK;
}

/* Where there is no room for EXIF's or IPTC's, XMP alone is written.  ret_new begins as {0}. */
static enum tn_status put_parts(struct edit *edit, struct meta_bytes *ret_new, struct tn_error *err)
{
    static const enum meta_part_kind dispensable[] = {META_EXIF, META_PHOTOSHOP};
    enum tn_status status = put_once(edit, ret_new, err);

    for (size_t i = 0; i < 2 && status != TN_OK && status != TN_NOMEM; i++) {
        if (!edit->changed[dispensable[i]])
            continue;
        edit->changed[dispensable[i]] = false;
        status = put_once(edit, ret_new, err);
    }
    return status;
}

/* Nothing but the parts changed. */
static enum tn_status check_rest(const struct edit *edit, const struct meta_file *new,
                                 struct tn_error *err)
{
    unsigned char *bytes;
    size_t size;
    bool same;

    if (edit->container->check)
        return edit->container->check(edit->file, new, err);
    TN_TRY(edit->container->put(new, &edit->parts, edit->changed, &bytes, &size, err));
    same = size == edit->file->size && memcmp(bytes, edit->file->bytes, size) == 0;
    free(bytes);
    if (!same)
        return tn_fail(
            err, TN_FORMAT,
            "%s: writing would change more of it than its metadata; it is left as it is; "
            "use --sidecar xmp",
            edit->file->name);
    return TN_OK;
}

/* Each part that was written says the caption: to write it again changes nothing. */
static enum tn_status check_said(const struct edit *edit, const struct meta_file *new,
                                 struct tn_error *err)
{
    struct edit again = {.container = edit->container, .file = new, .caption = edit->caption};
    enum tn_status status = make_parts(&again, err);

    for (size_t i = 0; status == TN_OK && i < META_PARTS; i++)
        if (edit->changed[i] && again.changed[i])
            status = tn_fail(err, TN_FORMAT,
                             "%s: the caption would not be read back from it; it is left as it is; "
                             "use --sidecar xmp",
                             edit->file->name);
    finish_edit(&again);
    return status;
}

static enum tn_status write_file(struct edit *edit, struct meta_bytes *new, struct tn_error *err)
{
    struct meta_file file;

    TN_TRY(make_parts(edit, err));
    TN_TRY(put_parts(edit, new, err));
    if (!new->bytes)
        return TN_OK;
    file = (struct meta_file){edit->file->name, new->bytes, new->size};
    TN_TRY(check_rest(edit, &file, err));
    return check_said(edit, &file, err);
}

enum tn_status meta_edit_photo(const char *name, const char *format, const char *bytes, size_t size,
                               const struct meta_caption *caption, char **ret_bytes,
                               size_t *ret_size, struct tn_error *err)
{
    const struct meta_file file = {name, (const unsigned char *)bytes, size};
    struct edit edit = {.container = find_container(format), .file = &file, .caption = caption};
    struct meta_bytes new = {0};
    enum tn_status status;

    TN_TRY(meta_available(err));
    if (!edit.container)
        return tn_fail(err, TN_UNSUPPORTED,
                       "%s: metadata cannot be written into %s; use --sidecar xmp", name,
                       format ? format : "this format");
    status = write_file(&edit, &new, err);
    finish_edit(&edit);
    if (status != TN_OK) {
        free(new.bytes);
        return status;
    }
    *ret_bytes = (char *)new.bytes;
    *ret_size = new.size;
    return TN_OK;
}

enum tn_status meta_edit_xmp(const char *name, const char *bytes, size_t size,
                             const struct meta_caption *caption, char **ret_bytes, size_t *ret_size,
                             struct tn_error *err)
{
    const struct meta_caption_packet packet = {.name = name, .bytes = bytes, .size = size};
    struct meta_bytes out = {0};

    TN_TRY(meta_available(err));
    TN_TRY(meta_caption_edit_packet(&packet, "", caption, &out, err));
    *ret_bytes = (char *)out.bytes;
    *ret_size = out.size;
    return TN_OK;
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
    TN_TRY(meta_available(err));
    *ret_bytes = NULL;
    *ret_size = 0;
    return TN_OK;
}
