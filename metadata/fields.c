/* SPDX-License-Identifier: MIT */
#include "metadata/fields_private.h"

#include "metadata/description.h"
#include "metadata/iptc_private.h"
#include "metadata/tiff_block_private.h"
#include "metadata/xmp_private.h"

#include <stdlib.h>
#include <string.h>

void meta_fields_finish(struct meta_fields *fields)
{
    for (size_t i = 0; i < META_TEXTS; i++)
        free(fields->text[i]);
    free(fields->camera);
    *fields = (struct meta_fields){0};
}

static enum tn_status read_xmp(const struct meta_xmp *xmp, enum meta_xmp_name name, char **text,
                               struct tn_error *err)
{
    const char *main = xmp ? meta_xmp_main_text(&xmp->property[name]) : NULL;

    *text = main ? strdup(main) : NULL;
    return main && !*text ? tn_fail_nomem(err, strlen(main) + 1) : TN_OK;
}

/* A text of an EXIF block; *text stays NULL where there is none. */
static enum tn_status read_ascii(const struct meta_part *part, unsigned tag, char **text,
                                 struct tn_error *err)
{
    const unsigned char *value;
    size_t size;

    TN_TRY(meta_tiff_get(part->bytes, part->size, tag, &value, &size, err));
    if (!value)
        return TN_OK;
    *text = strndup((const char *)value, size);
    return *text ? TN_OK : tn_fail_nomem(err, size);
}

/* *ret_camera: the text that EXIF has, or had before the caption, if a camera wrote it. */
static enum tn_status find_camera(const struct meta_part *part, const struct meta_record *record,
                                  const char *text, char **ret_camera, struct tn_error *err)
{
    char *make = NULL, *model = NULL, *before = NULL;
    enum tn_status status = read_ascii(part, META_TIFF_MAKE, &make, err);

    if (status == TN_OK)
        status = read_ascii(part, META_TIFF_MODEL, &model, err);
    if (status == TN_OK && meta_record_says(record, META_FIELD_EXIF, text))
        status = meta_record_before(record, META_FIELD_EXIF, &before, err);
    if (before)
        text = before;
    if (status == TN_OK && meta_description_by_camera_of(text, make, model)) {
        *ret_camera = strdup(text);
        status = *ret_camera ? TN_OK : tn_fail_nomem(err, strlen(text) + 1);
    }
    free(make);
    free(model);
    free(before);
    return status;
}

static enum tn_status read_exif(const struct meta_part *part, const struct meta_record *record,
                                struct meta_fields *fields, struct tn_error *err)
{
    char **text = &fields->text[META_TEXT_EXIF];

    if (part->size == 0)
        return TN_OK;
    TN_TRY(read_ascii(part, META_TIFF_DESCRIPTION, text, err));
    return *text ? find_camera(part, record, *text, &fields->camera, err) : TN_OK;
}

static enum tn_status read_iptc(const struct meta_part *part, char **text, struct tn_error *err)
{
    return part->size == 0 ? TN_OK : meta_iptc_caption(part->bytes, part->size, text, err);
}

/* The length of a text without the blanks at its end. */
static size_t trimmed_length(const char *text)
{
    size_t length = strlen(text);

    while (length > 0 && text[length - 1] == ' ')
        length--;
    return length;
}

/* Programs copy what a camera wrote into EXIF to the other fields. */
bool meta_fields_by_camera(const struct meta_fields *fields, const char *text)
{
    const size_t length = fields->camera ? trimmed_length(fields->camera) : 0;

    return fields->camera && trimmed_length(text) == length &&
           strncmp(text, fields->camera, length) == 0;
}

const char *meta_fields_said(const struct meta_fields *fields, enum meta_field field)
{
    const char *text = fields->text[field];

    return text && !meta_fields_by_camera(fields, text) ? text : NULL;
}

enum tn_status meta_fields_read(const struct meta_parts *parts, const struct meta_xmp *xmp,
                                const struct meta_record *record, struct meta_fields *ret_fields,
                                struct tn_error *err)
{
    struct meta_fields fields = {.camera = NULL};
    const enum tn_status all[] = {
        read_xmp(xmp, META_XMP_DESCRIPTION, &fields.text[META_TEXT_XMP], err),
        read_xmp(xmp, META_XMP_ALT_TEXT, &fields.text[META_TEXT_ALT], err),
        read_exif(&parts->part[META_EXIF], record, &fields, err),
        read_iptc(&parts->part[META_PHOTOSHOP], &fields.text[META_TEXT_IPTC], err),
    };

    for (size_t i = 0; i < META_TEXTS; i++)
        if (all[i] == TN_NOMEM) {
            meta_fields_finish(&fields);
            return all[i];
        }
    *ret_fields = fields;
    return TN_OK;
}

static const char *main_text(const struct meta_fields *fields, const char *other)
{
    const char *const texts[] = {
        meta_fields_said(fields, META_TEXT_XMP), meta_fields_said(fields, META_TEXT_IPTC),
        meta_fields_said(fields, META_TEXT_EXIF), meta_fields_said(fields, META_TEXT_ALT), other};

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (texts[i] && !meta_description_blank(texts[i]))
            return texts[i];
    return "";
}

enum tn_status meta_fields_main(const struct meta_fields *fields, const char *other,
                                char **ret_text, struct tn_error *err)
{
    const char *text = main_text(fields, other);

    return meta_description_decode(text, strlen(text), ret_text, err);
}
