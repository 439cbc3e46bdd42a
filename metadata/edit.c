/* SPDX-License-Identifier: MIT */
/* Captions are written into photos and XMP files. */
#include "metadata/caption_private.h"
#include "metadata/description.h"
#include "metadata/iptc_private.h"
#include "metadata/photo_private.h"
#include "metadata/tiff_block_private.h"

#include <stdlib.h>
#include <string.h>

enum { ASCII = 2 }; /* a type of TIFF */

/* A photo that is captioned. */
struct edit {
    struct meta_photo photo;
    const struct meta_caption *caption;
    char *standing; /* what an empty field is to begin with */
    struct meta_new_parts new;
    char *exif; /* the new text of EXIF; NULL: it stays */
    struct meta_strings stale; /* keywords that go from IPTC */
};

static void finish_edit(struct edit *edit)
{
    meta_photo_finish(&edit->photo);
    free(edit->standing);
    meta_parts_finish(&edit->new.parts);
    free(edit->exif);
    meta_strings_finish(&edit->stale);
}

/* ---- EXIF and IPTC ---- */

/* A part that cannot be written stays as it is, but for XMP. */
static enum tn_status left_alone(enum tn_status status)
{
    return status == TN_NOMEM ? status : TN_OK;
}

/* What a field becomes; NULL when it says that already. */
static enum tn_status edit_field(const struct edit *edit, enum meta_field field, char **ret_text,
                                 struct tn_error *err)
{
    const char *old = meta_fields_said(&edit->photo.fields, field);
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
    const struct meta_part *old = &edit->photo.parts.part[META_EXIF];
    unsigned char *bytes;
    size_t size;
    enum tn_status status;

    if (!old->bytes && !edit->photo.container->creates[META_EXIF])
        return TN_OK;
    TN_TRY(edit_field(edit, META_TEXT_EXIF, &edit->exif, err));
    if (!edit->exif)
        return TN_OK;
    status = meta_tiff_set(old->bytes, old->size, META_TIFF_DESCRIPTION, ASCII,
                           (const unsigned char *)edit->exif, strlen(edit->exif) + 1, &bytes, &size,
                           err);
    if (status == TN_OK)
        meta_new_part(&edit->new, META_EXIF, bytes, size);
    return left_alone(status);
}

static enum tn_status edit_iptc(struct edit *edit, struct tn_error *err)
{
    const struct meta_part *old = &edit->photo.parts.part[META_PHOTOSHOP];
    const struct meta_strings *ours = &edit->photo.record.list[META_XMP_IPTC_KEYWORDS];
    struct meta_iptc_changes changes = {.added = edit->caption->keywords,
                                        .added_count = edit->caption->keyword_count};
    unsigned char *bytes = NULL;
    char *text;
    size_t size = 0;
    enum tn_status status;

    if (!old->bytes)
        return TN_OK;
    TN_TRY(meta_caption_stale_keywords(edit->caption, ours, &edit->stale, err));
    changes.removed = (const char *const *)edit->stale.text;
    changes.removed_count = edit->stale.count;
    TN_TRY(edit_field(edit, META_TEXT_IPTC, &text, err));
    changes.caption = text;
    status = meta_iptc_change(old->bytes, old->size, &changes, &bytes, &size, err);
    free(text);
    if (status == TN_OK && bytes)
        meta_new_part(&edit->new, META_PHOTOSHOP, bytes, size);
    return left_alone(status);
}

/* ---- The mark ---- */

static enum tn_status note_exif(const struct edit *edit, struct meta_record *record,
                                struct tn_error *err)
{
    return meta_record_note(record, META_FIELD_EXIF, edit->photo.fields.text[META_TEXT_EXIF],
                            edit->exif, err);
}

static enum tn_status note_iptc_keywords(const struct edit *edit, struct meta_record *record,
                                         struct tn_error *err)
{
    const struct meta_part *old = &edit->photo.parts.part[META_PHOTOSHOP];
    const struct meta_part *new = &edit->new.parts.part[META_PHOTOSHOP];
    struct meta_strings *ours = &record->list[META_XMP_IPTC_KEYWORDS];

    meta_strings_subtract(ours, &edit->stale);
    for (size_t i = 0; i < edit->caption->keyword_count; i++) {
        const char *word = edit->caption->keywords[i];

        if (!meta_iptc_has_keyword(old->bytes, old->size, word) &&
            meta_iptc_has_keyword(new->bytes, new->size, word) && !meta_strings_have(ours, word))
            TN_TRY(meta_strings_add(ours, word, err));
    }
    return TN_OK;
}

static enum tn_status note_iptc(const struct edit *edit, struct meta_record *record,
                                struct tn_error *err)
{
    const struct meta_part *old = &edit->photo.parts.part[META_PHOTOSHOP];
    const struct meta_part *new = &edit->new.parts.part[META_PHOTOSHOP];
    const char *before = edit->photo.fields.text[META_TEXT_IPTC];
    enum tn_status status = TN_OK;
    char *after;

    if (!meta_iptc_is_marked(old->bytes, old->size) && meta_iptc_is_marked(new->bytes, new->size))
        TN_TRY(meta_record_note(record, META_MADE_CHARSET,
                                meta_iptc_is_ascii(old->bytes, old->size) ? NULL : META_UNSAID_UTF8,
                                NULL, err));
    TN_TRY(meta_iptc_caption(new->bytes, new->size, &after, err));
    if (after && (!before || strcmp(before, after) != 0))
        status = meta_record_note(record, META_FIELD_IPTC, before, after, err);
    free(after);
    return status == TN_OK ? note_iptc_keywords(edit, record, err) : status;
}

/* ---- XMP ---- */

/* XMP, which has the mark, says what the other parts that change say. */
static enum tn_status edit_packet(struct edit *edit, struct meta_record *record,
                                  struct meta_bytes *out, struct tn_error *err)
{
    const bool *changed = edit->new.changed;
    struct meta_caption_packet packet = {
        .xmp = meta_photo_packet(&edit->photo),
        .in_photo = true,
        .standing = edit->standing,
        .with_person = meta_photo_author_of(&edit->photo) == META_PERSON,
        .other_fields = changed[META_EXIF] || changed[META_PHOTOSHOP],
    };

    for (size_t i = 0; i < META_XMP_SENTENCES; i++)
        packet.by_camera[i] = !meta_fields_said(&edit->photo.fields, (enum meta_field)i);
    if (changed[META_EXIF])
        TN_TRY(note_exif(edit, record, err));
    if (changed[META_PHOTOSHOP])
        TN_TRY(note_iptc(edit, record, err));
    return meta_caption_edit_packet(&packet, edit->caption, record, out, err);
}

static enum tn_status edit_xmp(struct edit *edit, struct tn_error *err)
{
    struct meta_record record = {.exists = false};
    struct meta_bytes out = {0};
    struct tn_error why;
    enum tn_status status = meta_record_read(meta_photo_packet(&edit->photo), &record, &why);

    if (status == TN_OK)
        status = edit_packet(edit, &record, &out, &why);
    meta_record_finish(&record);
    if (status != TN_OK)
        return tn_fail(err, status, "%s: %s; use --sidecar xmp", edit->photo.file->name, why.text);
    meta_new_part(&edit->new, META_XMP, out.bytes, out.size);
    edit->new.changed[META_XMP] = out.bytes != NULL;
    return TN_OK;
}

/* ---- The photo ---- */

static enum tn_status edit_others(struct edit *edit, struct tn_error *err)
{
    TN_TRY(meta_fields_main(&edit->photo.fields, edit->photo.parts.text, &edit->standing, err));
    TN_TRY(edit_exif(edit, err));
    return edit_iptc(edit, err);
}

static enum tn_status put_once(struct edit *edit, struct meta_bytes *ret_new, struct tn_error *err)
{
    TN_TRY(edit_xmp(edit, err));
    return meta_photo_put(&edit->photo, &edit->new, ret_new, err);
}

/* Where there is no room for EXIF's or IPTC's, XMP alone is written.  ret_new begins as {0}. */
static enum tn_status put_parts(struct edit *edit, struct meta_bytes *ret_new, struct tn_error *err)
{
    static const enum meta_part_kind dispensable[] = {META_EXIF, META_PHOTOSHOP};
    enum tn_status status = put_once(edit, ret_new, err);

    for (size_t i = 0; i < 2 && status != TN_OK && status != TN_NOMEM; i++) {
        if (!edit->new.changed[dispensable[i]])
            continue;
        edit->new.changed[dispensable[i]] = false;
        status = put_once(edit, ret_new, err);
    }
    return status;
}

/* Whether a part would be written again that was written. */
static enum tn_status writes_again(const struct edit *edit, struct edit *again, bool *ret_writes,
                                   struct tn_error *err)
{
    bool *changed = again->new.changed, writes = false;

    TN_TRY(edit_others(again, err));
    for (size_t i = 0; i < META_PARTS; i++) {
        writes = writes || (edit->new.changed[i] && changed[i]);
        changed[i] = false; /* what was not written stays so */
    }
    TN_TRY(edit_xmp(again, err));
    *ret_writes = writes || changed[META_XMP];
    return TN_OK;
}

/* Each part that was written says the caption: to write it again changes nothing. */
static enum tn_status check_said(const struct edit *edit, const struct meta_bytes *new,
                                 struct tn_error *err)
{
    const struct meta_file file = {edit->photo.file->name, new->bytes, new->size};
    struct edit again = {.caption = edit->caption};
    bool writes = false;
    enum tn_status status = meta_photo_read(edit->photo.container, &file, &again.photo, err);

    if (status == TN_OK)
        status = writes_again(edit, &again, &writes, err);
    finish_edit(&again);
    if (status == TN_OK && writes)
        return tn_fail(err, TN_FORMAT,
                       "%s: the caption would not be read back from it; it is left as it is; "
                       "use --sidecar xmp",
                       file.name);
    return status;
}

static enum tn_status write_photo(struct edit *edit, struct meta_bytes *new, struct tn_error *err)
{
    TN_TRY(edit_others(edit, err));
    TN_TRY(put_parts(edit, new, err));
    if (!new->bytes)
        return TN_OK;
    TN_TRY(meta_photo_check(&edit->photo, &edit->new, new, err));
    return check_said(edit, new, err);
}

enum tn_status meta_edit_photo(const char *name, const char *format, const char *bytes, size_t size,
                               const struct meta_caption *caption, char **ret_bytes,
                               size_t *ret_size, struct tn_error *err)
{
    const struct meta_file file = {name, (const unsigned char *)bytes, size};
    struct edit edit = {.caption = caption};
    struct meta_bytes new = {0};
    unsigned char *written;
    enum tn_status status;

    TN_TRY(meta_photo_read_all(format, &file, &edit.photo, err));
    status = write_photo(&edit, &new, err);
    finish_edit(&edit);
    TN_TRY(meta_bytes_hand_over(&new, status, &written, ret_size));
    *ret_bytes = (char *)written;
    return TN_OK;
}

/* ---- An XMP file ---- */

/* What an empty description begins with is the alt text, and the other way round. */
static const char *standing_text(const struct meta_xmp *xmp)
{
    for (size_t i = 0; i < META_XMP_SENTENCES; i++) {
        const char *text = meta_xmp_main_text(&xmp->property[i]);

        if (text)
            return text;
    }
    return "";
}

static enum tn_status edit_file(struct meta_photo *file, const struct meta_caption *caption,
                                struct meta_bytes *out, struct tn_error *err)
{
    const struct meta_caption_packet packet = {
        .xmp = meta_photo_packet(file),
        .standing = standing_text(&file->xmp),
        .with_person = meta_photo_author_of(file) == META_PERSON,
    };

    if (file->xmp_status != TN_OK)
        return tn_fail(err, file->xmp_status, "%s", file->why.text);
    return meta_caption_edit_packet(&packet, caption, &file->record, out, err);
}

enum tn_status meta_edit_xmp(const char *name, const char *bytes, size_t size,
                             const struct meta_caption *caption, char **ret_bytes, size_t *ret_size,
                             struct tn_error *err)
{
    struct meta_photo file;
    struct meta_bytes out = {0};
    struct tn_error why;
    enum tn_status status;

    TN_TRY(meta_available(err));
    meta_photo_read_xmp(bytes, size, &file);
    status = edit_file(&file, caption, &out, &why);
    meta_photo_finish(&file);
    if (status != TN_OK)
        return tn_fail(err, status, "%s: %s", name, why.text);
    *ret_bytes = (char *)out.bytes;
    *ret_size = out.size;
    return TN_OK;
}
