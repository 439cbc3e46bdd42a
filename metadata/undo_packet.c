/* SPDX-License-Identifier: MIT */
#include "metadata/undo_private.h"

#include "base/array.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* The texts of a property that still say what was written, with what they said before. */
struct texts {
    struct meta_xmp_text *text; /* owned */
    size_t count, capacity;
};

struct undo {
    const struct meta_xmp *xmp;
    const struct meta_record *record;
    struct texts texts[META_XMP_SENTENCES];
    struct meta_strings owned; /* what they point to */
    struct meta_xmp_change change;
};

static void finish_undo(struct undo *undo)
{
    for (size_t i = 0; i < META_XMP_SENTENCES; i++)
        free(undo->texts[i].text);
    meta_strings_finish(&undo->owned);
}

/* ---- What goes ---- */

static bool has_language(const struct texts *texts, const char *language)
{
    for (size_t i = 0; i < texts->count; i++)
        if (strcasecmp(texts->text[i].language, language) == 0)
            return true;
    return false;
}

/* Whether nobody changed the text of that language. */
static bool is_ours(const struct undo *undo, enum meta_xmp_name name, const char *language,
                    const char *field)
{
    const struct meta_xmp_item *item = meta_xmp_item(&undo->xmp->property[name], language);

    return item && meta_record_says(undo->record, field, item->text);
}

static enum tn_status add_text(struct undo *undo, enum meta_xmp_name name, const char *language,
                               const char *field, struct tn_error *err)
{
    struct texts *texts = &undo->texts[name];
    char *before;

    if (has_language(texts, language) || !is_ours(undo, name, language, field))
        return TN_OK;
    TN_TRY(tn_array_reserve(&texts->text, &texts->capacity, texts->count + 1, err));
    TN_TRY(meta_record_before(undo->record, field, &before, err));
    if (before) {
        meta_xmp_clean(before);
        TN_TRY(meta_strings_take(&undo->owned, before, err));
    }
    texts->text[texts->count++] = (struct meta_xmp_text){language, before};
    return TN_OK;
}

/* The same of an item of "Before". */
static enum tn_status add_item(struct undo *undo, enum meta_xmp_name name, const char *item,
                               struct tn_error *err)
{
    char field[META_FIELD_SIZE], *language;

    TN_TRY(meta_record_language(name, item, &language, err));
    if (!language)
        return TN_OK;
    TN_TRY(meta_strings_take(&undo->owned, language, err));
    meta_record_field(field, name, language);
    return add_text(undo, name, language, field, err);
}

static enum tn_status plan_property(struct undo *undo, enum meta_xmp_name name,
                                    struct tn_error *err)
{
    const struct meta_strings *before = &undo->record->list[META_XMP_BEFORE];

    for (size_t i = 0; i < before->count; i++)
        TN_TRY(add_item(undo, name, before->text[i], err));
    undo->change.texts[name] =
        (struct meta_xmp_texts){undo->texts[name].text, undo->texts[name].count};
    return TN_OK;
}

static enum tn_status make_plan(struct undo *undo, struct tn_error *err)
{
    const struct meta_xmp_property *properties = undo->xmp->property;

    for (size_t i = 0; i < META_XMP_SENTENCES; i++)
        if (properties[i].form != META_XMP_OTHER)
            TN_TRY(plan_property(undo, (enum meta_xmp_name)i, err));
    if (properties[META_XMP_SUBJECT].form != META_XMP_OTHER)
        undo->change.removed = undo->record->list[META_XMP_KEYWORDS];
    return TN_OK;
}

/* ---- The packet ---- */

/* How many items of the language there are, or of those that say a text. */
static size_t count_items(const struct meta_xmp_property *property, const char *language,
                          const char *text)
{
    size_t count = 0;

    for (size_t i = 0; i < property->count; i++)
        count += strcasecmp(meta_xmp_language(&property->items[i]), language) == 0 &&
                 (!text || strcmp(property->items[i].text, text) == 0);
    return count;
}

/* Whether a text is there again that was there before, or has gone. */
static bool is_text_undone(const struct meta_xmp_property *property,
                           const struct meta_xmp_property *before, const struct meta_xmp_text *text)
{
    return text->text ? count_items(property, text->language, text->text) > 0
                      : count_items(property, text->language, NULL) <
                            count_items(before, text->language, NULL);
}

/* Whether that is true of all texts, and nothing of the mark is left. */
static bool is_undone(const struct meta_xmp *xmp, const struct undo *undo)
{
    for (size_t i = 0; i < META_XMP_SENTENCES; i++)
        for (size_t j = 0; j < undo->texts[i].count; j++)
            if (!is_text_undone(&xmp->property[i], &undo->xmp->property[i],
                                &undo->texts[i].text[j]))
                return false;
    for (size_t i = META_XMP_MARK; i < META_XMP_PROPERTIES; i++)
        if (xmp->property[i].form != META_XMP_ABSENT)
            return false;
    return true;
}

static enum tn_status write_packet(const struct undo *undo, struct meta_bytes *out,
                                   struct tn_error *err)
{
    struct meta_xmp written;
    bool undone;

    TN_TRY(meta_xmp_write(undo->xmp, &undo->change, out, err));
    TN_TRY(meta_xmp_read((const char *)out->bytes, out->size, &written, err));
    undone = is_undone(&written, undo);
    meta_xmp_finish(&written);
    if (!undone)
        return tn_fail(err, TN_FORMAT, "the caption would still be read from its XMP");
    return TN_OK;
}

enum tn_status meta_undo_packet(const struct meta_xmp *xmp, const struct meta_record *record,
                                struct meta_bytes *out, bool *ret_gone, struct tn_error *err)
{
    struct undo undo = {.xmp = xmp, .record = record};
    enum tn_status status = make_plan(&undo, err);
    const bool gone = status == TN_OK && meta_record_made(record, META_MADE_XMP) &&
                      meta_xmp_empties(xmp, &undo.change);

    if (status == TN_OK && !gone)
        status = write_packet(&undo, out, err);
    finish_undo(&undo);
    if (status == TN_OK)
        *ret_gone = gone;
    return status;
}
