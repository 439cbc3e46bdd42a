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
    free(fields->xmp);
    free(fields->exif);
    free(fields->iptc);
    *fields = (struct meta_fields){0};
}

static enum tn_status read_xmp(const struct meta_part *part, char **text, struct tn_error *err)
{
    struct meta_xmp xmp;
    const char *main;

    if (meta_xmp_is_blank((const char *)part->bytes, part->size))
        return TN_OK;
    TN_TRY(meta_xmp_read((const char *)part->bytes, part->size, &xmp, err));
    main = meta_xmp_main_text(&xmp);
    *text = main ? strdup(main) : NULL;
    meta_xmp_finish(&xmp);
    return main && !*text ? tn_fail_nomem(err, 1) : TN_OK;
}

/* A text of an EXIF block; *text stays NULL where there is none. */
static enum tn_status read_ascii(const struct meta_part *part, unsigned tag, char **text,
                                 struct tn_error *err)
{
    const unsigned char *value;
    size_t size;

    TN_TRY(meta_tiff_get(part->bytes, part->size, tag, &value, &size, err));
    if (size == 0)
        return TN_OK;
    *text = strndup((const char *)value, size);
    return *text ? TN_OK : tn_fail_nomem(err, size);
}

/* *camera instead of *text becomes what a camera wrote by itself. */
static enum tn_status read_exif(const struct meta_part *part, char **text, char **camera,
                                struct tn_error *err)
{
    char *make = NULL, *model = NULL;
    enum tn_status status;

    if (part->size == 0)
        return TN_OK;
    status = read_ascii(part, META_TIFF_DESCRIPTION, text, err);
    if (status == TN_OK)
        status = read_ascii(part, META_TIFF_MAKE, &make, err);
    if (status == TN_OK)
        status = read_ascii(part, META_TIFF_MODEL, &model, err);
    if (*text && meta_description_by_camera_of(*text, make, model)) {
        *camera = *text;
        *text = NULL;
    }
    free(make);
    free(model);
    return status;
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
static void drop_copy(char **text, const char *camera)
{
    const size_t length = camera ? trimmed_length(camera) : 0;

    if (!camera || !*text || trimmed_length(*text) != length || strncmp(*text, camera, length) != 0)
        return;
    free(*text);
    *text = NULL;
}

enum tn_status meta_fields_read(const struct meta_parts *parts, struct meta_fields *ret_fields,
                                struct tn_error *err)
{
    struct meta_fields fields = {0};
    char *camera = NULL;
    const enum tn_status all[] = {read_xmp(&parts->part[META_XMP], &fields.xmp, err),
                                  read_exif(&parts->part[META_EXIF], &fields.exif, &camera, err),
                                  read_iptc(&parts->part[META_PHOTOSHOP], &fields.iptc, err)};

    drop_copy(&fields.xmp, camera);
    drop_copy(&fields.iptc, camera);
    free(camera);
    for (size_t i = 0; i < META_PARTS; i++)
        if (all[i] == TN_NOMEM) {
            meta_fields_finish(&fields);
            return all[i];
        }
    *ret_fields = fields;
    return TN_OK;
}

static const char *main_text(const struct meta_fields *fields, const char *other)
{
    const char *const texts[] = {fields->xmp, fields->iptc, fields->exif, other};

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
