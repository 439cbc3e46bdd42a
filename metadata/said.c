/* SPDX-License-Identifier: MIT */
/* What a person says of a photo: descriptions to learn from. */
#include "metadata/description.h"
#include "metadata/metadata.h"
#include "metadata/photo_private.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Whether a text describes the photo, as far as can be known without its camera, too. */
static bool describes(const struct meta_photo *photo, const char *text)
{
    return text && !meta_description_blank(text) && !meta_fields_by_camera(&photo->fields, text) &&
           !meta_description_by_camera(text);
}

/* Takes the program's own sentence out of a person's words, to which it was added as a line. */
static void drop_own_line(const struct meta_record *record, char *text)
{
    const struct meta_strings *written = &record->list[META_XMP_TEXT_WRITTEN];
    char *out = text;

    for (char *line = text; *line;) {
        const size_t length = strcspn(line, "\n"), whole = length + (line[length] == '\n');
        const bool cr = length > 0 && line[length - 1] == '\r';
        bool own = false;

        for (size_t i = 0; i < written->count; i++)
            own = own || (strlen(written->text[i]) == length - cr &&
                          strncmp(line, written->text[i], length - cr) == 0);
        if (!own) {
            memmove(out, line, whole);
            out += whole;
        }
        line += whole;
    }
    *out = '\0';
}

/* A field's text, or what it said before the program wrote there.  *ret_text stays NULL where that
 * describes nothing. */
static enum tn_status take_field(const struct meta_photo *photo, const char *field,
                                 const char *text, char **ret_text, struct tn_error *err)
{
    char *before = NULL, *taken = NULL;

    if (!text)
        return TN_OK;
    if (meta_record_says(&photo->record, field, text)) {
        TN_TRY(meta_record_before(&photo->record, field, &before, err));
        text = before ? before : "";
    }
    if (describes(photo, text)) {
        const enum tn_status status = meta_description_decode(text, strlen(text), &taken, err);

        if (status != TN_OK) {
            free(before);
            return status;
        }
        drop_own_line(&photo->record, taken);
        if (!meta_description_blank(taken)) {
            *ret_text = taken;
            taken = NULL;
        }
    }
    free(taken);
    free(before);
    return TN_OK;
}

/* "en-GB" is of "en". */
static bool is_of_language(const char *tag, const char *language)
{
    const size_t length = strlen(language);

    return strncasecmp(tag, language, length) == 0 && (tag[length] == '\0' || tag[length] == '-');
}

/* How soon an item is taken: that of the language, x-default's, any. */
static size_t rank_of_item(const struct meta_xmp_item *item, const char *language)
{
    const char *tag = meta_xmp_language(item);

    return is_of_language(tag, language) ? 0 : strcasecmp(tag, META_XMP_DEFAULT) == 0 ? 1 : 2;
}

static enum tn_status take_property(const struct meta_photo *photo, enum meta_xmp_name name,
                                    const char *language, char **ret_text, struct tn_error *err)
{
    const struct meta_xmp_property *property = &photo->xmp.property[name];

    for (size_t rank = 0; rank < 3; rank++)
        for (size_t i = 0; i < property->count && !*ret_text; i++) {
            const struct meta_xmp_item *item = &property->items[i];
            char field[META_FIELD_SIZE];

            if (rank_of_item(item, language) != rank)
                continue;
            meta_record_field(field, name, meta_xmp_language(item));
            TN_TRY(take_field(photo, field, item->text, ret_text, err));
        }
    return TN_OK;
}

/* The first that describes the photo. */
static enum tn_status take_text(const struct meta_photo *photo, const char *language,
                                char **ret_text, struct tn_error *err)
{
    const struct meta_fields *fields = &photo->fields;

    TN_TRY(take_property(photo, META_XMP_DESCRIPTION, language, ret_text, err));
    if (!*ret_text)
        TN_TRY(take_field(photo, META_FIELD_IPTC, fields->text[META_TEXT_IPTC], ret_text, err));
    if (!*ret_text)
        TN_TRY(take_field(photo, META_FIELD_EXIF, fields->text[META_TEXT_EXIF], ret_text, err));
    if (!*ret_text)
        TN_TRY(take_property(photo, META_XMP_ALT_TEXT, language, ret_text, err));
    return *ret_text ? TN_OK : take_field(photo, "", photo->parts.text, ret_text, err);
}

static enum tn_status take_and_finish(struct meta_photo *photo, const char *language,
                                      char **ret_text, struct tn_error *err)
{
    char *text = NULL;
    const enum tn_status status = take_text(photo, language, &text, err);

    meta_photo_finish(photo);
    if (status == TN_OK)
        *ret_text = text;
    return status;
}

enum tn_status meta_photo_said(const char *format, const char *bytes, size_t size,
                               const char *language, char **ret_text, struct tn_error *err)
{
    const struct meta_file file = {"", (const unsigned char *)bytes, size};
    const struct meta_container *container = meta_find_container(format);
    enum tn_status status;
    struct meta_photo photo;

    *ret_text = NULL;
    if (!container || meta_available(NULL) != TN_OK)
        return TN_OK;
    status = meta_photo_read(container, &file, &photo, err);
    if (status != TN_OK)
        return status == TN_NOMEM ? status : TN_OK;
    return take_and_finish(&photo, language, ret_text, err);
}

enum tn_status meta_xmp_said(const char *bytes, size_t size, const char *language, char **ret_text,
                             struct tn_error *err)
{
    struct meta_photo photo;

    *ret_text = NULL;
    if (meta_available(NULL) != TN_OK)
        return TN_OK;
    meta_photo_read_xmp(bytes, size, &photo);
    if (photo.xmp_status == TN_NOMEM) {
        meta_photo_finish(&photo);
        return tn_fail_nomem(err, size);
    }
    return take_and_finish(&photo, language, ret_text, err);
}
