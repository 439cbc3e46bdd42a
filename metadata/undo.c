/* SPDX-License-Identifier: MIT */
/* Captions are taken out of photos and XMP files again. */
#include "metadata/undo_private.h"

#include "base/array.h"
#include "metadata/iptc_private.h"
#include "metadata/photo_private.h"
#include "metadata/tiff_block_private.h"
#include "metadata/xml_names_private.h"

#include <stdlib.h>
#include <string.h>

/* What a field of EXIF or IPTC becomes. */
struct field {
    bool is_ours;
    char *before; /* owned; NULL: it goes */
};

/* A photo whose caption goes. */
struct undo {
    struct meta_photo photo;
    struct meta_new_parts new;
    struct field exif, iptc;
};

static void finish_undo(struct undo *undo)
{
    meta_photo_finish(&undo->photo);
    meta_parts_finish(&undo->new.parts);
    free(undo->exif.before);
    free(undo->iptc.before);
}

/* ---- Parts ---- */

static enum tn_status find_field(const struct undo *undo, const char *name, enum meta_field field,
                                 struct field *ret_field, struct tn_error *err)
{
    const char *text = undo->photo.fields.text[field];

    ret_field->is_ours = text && meta_record_says(&undo->photo.record, name, text);
    return ret_field->is_ours
               ? meta_record_before(&undo->photo.record, name, &ret_field->before, err)
               : TN_OK;
}

static enum tn_status undo_exif(struct undo *undo, struct tn_error *err)
{
    const struct meta_part *old = &undo->photo.parts.part[META_EXIF];
    const unsigned tag = META_TIFF_DESCRIPTION;
    const char *before;
    unsigned char *bytes;
    size_t size;

    TN_TRY(find_field(undo, META_FIELD_EXIF, META_TEXT_EXIF, &undo->exif, err));
    if (!undo->exif.is_ours)
        return TN_OK;
    before = undo->exif.before;
    if (before)
        TN_TRY(meta_tiff_restore(old->bytes, old->size, tag, (const unsigned char *)before,
                                 strlen(before) + 1, &bytes, &size, err));
    else
        TN_TRY(meta_tiff_remove(old->bytes, old->size, tag, &bytes, &size, err));
    meta_new_part(&undo->new, META_EXIF, bytes, size);
    return TN_OK;
}

static enum tn_status undo_iptc(struct undo *undo, struct tn_error *err)
{
    const struct meta_part *old = &undo->photo.parts.part[META_PHOTOSHOP];
    const struct meta_record *record = &undo->photo.record;
    const struct meta_strings *keywords = &record->list[META_XMP_IPTC_KEYWORDS];
    struct meta_iptc_changes changes = {
        .restores = true,
        .removed = (const char *const *)keywords->text,
        .removed_count = keywords->count,
        .unmarks_ascii = meta_record_made(record, META_MADE_CHARSET),
    };
    char *charset;
    unsigned char *bytes = NULL;
    size_t size;

    TN_TRY(meta_record_before(record, META_MADE_CHARSET, &charset, err));
    changes.unmarks = charset != NULL;
    free(charset);
    TN_TRY(find_field(undo, META_FIELD_IPTC, META_TEXT_IPTC, &undo->iptc, err));
    changes.removes_caption = undo->iptc.is_ours && !undo->iptc.before;
    changes.caption = undo->iptc.is_ours ? undo->iptc.before : NULL;
    TN_TRY(meta_iptc_change(old->bytes, old->size, &changes, &bytes, &size, err));
    if (bytes)
        meta_new_part(&undo->new, META_PHOTOSHOP, bytes, size);
    return TN_OK;
}

static bool same_but_for_space(const struct meta_part *one, const struct meta_part *other)
{
    size_t i = 0, j = 0;

    for (;; i++, j++) {
        while (i < one->size && memchr(" \t\r\n", one->bytes[i], 4))
            i++;
        while (j < other->size && memchr(" \t\r\n", other->bytes[j], 4))
            j++;
        if (i == one->size || j == other->size)
            return i == one->size && j == other->size;
        if (one->bytes[i] != other->bytes[j])
            return false;
    }
}

/* Whether the file says the same without the packet: it has the one that ours was made from in
 * another place, such as a text of a PNG. */
static enum tn_status is_copy(const struct undo *undo, const struct meta_part *packet,
                              bool *ret_copy, struct tn_error *err)
{
    const struct meta_photo *photo = &undo->photo;
    const struct meta_new_parts none = {.changed = {[META_XMP] = true}};
    struct meta_parts parts = {.text = NULL};
    struct meta_file file = {.name = photo->file->name};
    unsigned char *bytes = NULL;
    enum tn_status status =
        photo->container->put(photo->file, &none.parts, none.changed, &bytes, &file.size, err);

    file.bytes = bytes;
    if (status == TN_OK)
        status = photo->container->take(&file, &parts, err);
    *ret_copy = status == TN_OK && parts.part[META_XMP].bytes &&
                same_but_for_space(packet, &parts.part[META_XMP]);
    meta_parts_finish(&parts);
    free(bytes);
    return status == TN_NOMEM ? status : TN_OK;
}

static enum tn_status undo_xmp(struct undo *undo, struct tn_error *err)
{
    struct meta_bytes out = {0};
    struct meta_part packet;
    bool gone;

    TN_TRY(meta_bytes_hand_over(
        &out, meta_undo_packet(&undo->photo.xmp, &undo->photo.record, &out, &gone, err),
        &packet.bytes, &packet.size));
    meta_new_part(&undo->new, META_XMP, packet.bytes, packet.size);
    if (gone)
        return TN_OK;
    TN_TRY(is_copy(undo, &packet, &gone, err));
    if (gone)
        meta_new_part(&undo->new, META_XMP, NULL, 0);
    return TN_OK;
}

static enum tn_status undo_parts(struct undo *undo, struct tn_error *err)
{
    struct tn_error why;
    enum tn_status status = undo_exif(undo, &why);

    if (status == TN_OK)
        status = undo_iptc(undo, &why);
    if (status == TN_OK)
        status = undo_xmp(undo, &why);
    return status == TN_OK ? TN_OK
                           : tn_fail(err, status, "%s: %s", undo->photo.file->name, why.text);
}

/* ---- The photo ---- */

static bool is_as_before(const struct field *field, const char *text)
{
    if (!field->is_ours)
        return true;
    return field->before ? text && strcmp(text, field->before) == 0 : !text;
}

/* The fields say what they did before.  Where XMP went, another packet may be read, with a mark. */
static enum tn_status check_undone(const struct undo *undo, const struct meta_bytes *new,
                                   bool *ret_marked, struct tn_error *err)
{
    const struct meta_file file = {undo->photo.file->name, new->bytes, new->size};
    struct meta_photo photo;
    bool undone;

    TN_TRY(meta_photo_read(undo->photo.container, &file, &photo, err));
    undone = photo.xmp_status == TN_OK &&
             is_as_before(&undo->exif, photo.fields.text[META_TEXT_EXIF]) &&
             is_as_before(&undo->iptc, photo.fields.text[META_TEXT_IPTC]);
    *ret_marked = photo.record.exists;
    meta_photo_finish(&photo);
    if (!undone)
        return tn_fail(err, TN_FORMAT,
                       "%s: the caption would still be read from it; it is left as it is",
                       file.name);
    return TN_OK;
}

static enum tn_status undo_read(struct undo *undo, struct meta_bytes *new, bool *ret_marked,
                                struct tn_error *err)
{
    if (!undo->photo.record.exists)
        return TN_OK;
    TN_TRY(undo_parts(undo, err));
    TN_TRY(meta_photo_put(&undo->photo, &undo->new, new, err));
    TN_TRY(meta_photo_check(&undo->photo, &undo->new, new, err));
    return check_undone(undo, new, ret_marked, err);
}

/* A file that cannot be read and does not name the mark, as far as that is not compressed, is
 * nobody's business here: in a large collection some are always damaged. */
static bool is_ours_to_report(enum tn_status status, const char *bytes, size_t size)
{
    const char *address = meta_namespaces[META_CAPTION].address;

    return status == TN_NOMEM || memmem(bytes, size, address, strlen(address));
}

static enum tn_status undo_once(const char *format, const struct meta_file *file,
                                struct meta_bytes *new, bool *ret_marked, struct tn_error *err)
{
    struct undo undo = {.exif = {.is_ours = false}};
    enum tn_status status = meta_photo_read_all(format, file, &undo.photo, err);

    *ret_marked = false;
    if (status != TN_OK)
        return is_ours_to_report(status, (const char *)file->bytes, file->size) ? status : TN_OK;
    status = undo_read(&undo, new, ret_marked, err);
    finish_undo(&undo);
    return status;
}

/* A PNG may have XMP in a text, too, which is read when the packet before it has gone. */
static enum tn_status undo_all(const char *format, const struct meta_file *file,
                               struct meta_bytes *new, struct tn_error *err)
{
    struct meta_bytes again = {0};
    struct meta_file left = {.name = file->name};
    bool marked;
    enum tn_status status;

    TN_TRY(undo_once(format, file, new, &marked, err));
    if (!marked)
        return TN_OK;
    left.bytes = new->bytes;
    left.size = new->size;
    status = undo_once(format, &left, &again, &marked, err);
    free(new->bytes);
    *new = again;
    if (status == TN_OK && marked)
        return tn_fail(err, TN_UNSUPPORTED,
                       "%s: its XMP is in a place that is not written; it is left as it is",
                       file->name);
    return status;
}

/* What the messages of writing recommend does not help here. */
static void cut_hint(struct tn_error *err)
{
    char *hint = err ? strstr(err->text, "; use --sidecar xmp") : NULL;

    if (hint)
        *hint = '\0';
}

enum tn_status meta_undo_photo(const char *name, const char *format, const char *bytes, size_t size,
                               char **ret_bytes, size_t *ret_size, struct tn_error *err)
{
    const struct meta_file file = {name, (const unsigned char *)bytes, size};
    struct meta_bytes new = {0};
    unsigned char *written;
    enum tn_status status;

    TN_TRY(meta_available(err));
    status = undo_all(format, &file, &new, err);
    if (status != TN_OK)
        cut_hint(err);
    TN_TRY(meta_bytes_hand_over(&new, status, &written, ret_size));
    *ret_bytes = (char *)written;
    return TN_OK;
}

/* ---- An XMP file ---- */

static enum tn_status undo_file(const struct meta_photo *file, struct meta_bytes *out,
                                struct tn_error *err)
{
    bool gone;

    if (file->xmp_status != TN_OK)
        return tn_fail(err, file->xmp_status, "%s", file->why.text);
    if (!file->record.exists)
        return TN_OK;
    TN_TRY(meta_undo_packet(&file->xmp, &file->record, out, &gone, err));
    return gone ? tn_array_reserve(&out->bytes, &out->capacity, 1, err) : TN_OK;
}

enum tn_status meta_undo_xmp(const char *name, const char *bytes, size_t size, char **ret_bytes,
                             size_t *ret_size, struct tn_error *err)
{
    struct meta_photo file;
    struct meta_bytes out = {0};
    struct tn_error why;
    unsigned char *written;
    enum tn_status status;

    TN_TRY(meta_available(err));
    meta_photo_read_xmp(bytes, size, &file);
    status = undo_file(&file, &out, &why);
    meta_photo_finish(&file);
    status = meta_bytes_hand_over(&out, status, &written, ret_size);
    if (status != TN_OK && !is_ours_to_report(status, bytes, size)) {
        *ret_bytes = NULL;
        return TN_OK;
    }
    if (status != TN_OK)
        return tn_fail(err, status, "%s: %s", name, why.text);
    *ret_bytes = (char *)written;
    return TN_OK;
}
