/* SPDX-License-Identifier: MIT */
#include "metadata/caption_private.h"

#include "metadata/description.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* The length of a text without the whitespace at its end. */
static size_t trimmed_length(const char *text)
{
    size_t length = strlen(text);

    while (length > 0 && strchr(" \t\r\n", text[length - 1]))
        length--;
    return length;
}

enum tn_status meta_caption_edit(const char *old, const struct meta_caption *caption,
                                 char **ret_text, struct tn_error *err)
{
    char *text;
    int length;

    if (!caption->append || meta_description_blank(old))
        length = asprintf(&text, "%s", caption->text);
    else if (meta_description_has_line(old, caption->text))
        length = asprintf(&text, "%s", old);
    else
        length = asprintf(&text, "%.*s\n%s", (int)trimmed_length(old), old, caption->text);
    if (length < 0)
        return tn_fail_nomem(err, strlen(old) + strlen(caption->text));
    *ret_text = text;
    return TN_OK;
}

static bool has_word(const char *const *texts, size_t count, const char *word)
{
    for (size_t i = 0; i < count; i++)
        if (strcasecmp(texts[i], word) == 0)
            return true;
    return false;
}

enum tn_status meta_caption_new_keywords(const struct meta_caption *caption,
                                         const char *const *texts, size_t count,
                                         struct meta_strings *ret_new, struct tn_error *err)
{
    struct meta_strings new = {0};
    enum tn_status status = TN_OK;

    for (size_t i = 0; i < caption->keyword_count && status == TN_OK; i++)
        if (!has_word(texts, count, caption->keywords[i]) &&
            !has_word((const char *const *)new.text, new.count, caption->keywords[i]))
            status = meta_strings_add(&new, caption->keywords[i], err);
    if (status == TN_OK)
        *ret_new = new;
    else
        meta_strings_finish(&new);
    return status;
}

static bool replaces_keyword(const struct meta_caption *caption, const char *word)
{
    return !caption->append && caption->keyword_count > 0 &&
           !has_word(caption->keywords, caption->keyword_count, word);
}

enum tn_status meta_caption_stale_keywords(const struct meta_caption *caption,
                                           const struct meta_strings *ours,
                                           struct meta_strings *ret_stale, struct tn_error *err)
{
    struct meta_strings stale = {0};
    enum tn_status status = TN_OK;

    for (size_t i = 0; i < ours->count && status == TN_OK; i++)
        if (replaces_keyword(caption, ours->text[i]))
            status = meta_strings_add(&stale, ours->text[i], err);
    if (status == TN_OK)
        *ret_stale = stale;
    else
        meta_strings_finish(&stale);
    return status;
}

/* ---- XMP: what it becomes ---- */

/* x-default's, the language's and those of further ones. */
enum { MOST_TEXTS = 2 + META_MOST_TRANSLATIONS };

/* What one property becomes. */
struct sentence {
    char *owned[MOST_TEXTS];
    struct meta_xmp_text texts[MOST_TEXTS]; /* with the owned ones */
    size_t count;
};

struct plan {
    struct sentence sentence[META_XMP_SENTENCES];
    struct meta_xmp_change change;
};

static void finish_plan(struct plan *plan)
{
    for (size_t i = 0; i < META_XMP_SENTENCES; i++)
        for (size_t j = 0; j < plan->sentence[i].count; j++)
            free(plan->sentence[i].owned[j]);
    meta_strings_finish(&plan->change.added);
    meta_strings_finish(&plan->change.removed);
}

static bool has_languages(const struct meta_xmp_property *property)
{
    for (size_t i = 0; i < property->count; i++)
        if (property->items[i].language &&
            strcasecmp(property->items[i].language, META_XMP_DEFAULT) != 0)
            return true;
    return false;
}

/* Plans a text of a language that said `old`. */
static enum tn_status plan_text(struct sentence *sentence, const char *language, const char *old,
                                const struct meta_caption *caption, struct tn_error *err)
{
    char *text;

    TN_TRY(meta_caption_edit(old, caption, &text, err));
    meta_xmp_clean(text);
    sentence->owned[sentence->count] = text;
    sentence->texts[sentence->count++] = (struct meta_xmp_text){language, text};
    return TN_OK;
}

static enum tn_status plan_translations(const struct meta_xmp_property *property, bool by_camera,
                                        const char *standing, const struct meta_caption *caption,
                                        struct sentence *sentence, struct tn_error *err)
{
    for (size_t i = 0; i < caption->translation_count; i++) {
        const char *language = caption->translations[i].language;
        const char *old = by_camera ? NULL : meta_xmp_text(property, language);
        struct meta_caption translated = *caption;

        translated.text = caption->translations[i].text;
        TN_TRY(plan_text(sentence, language, old ? old : standing, &translated, err));
    }
    return TN_OK;
}

/* A text of the caption's language is written only where there are languages: some programs take
 * all texts for one (darktable).  What was not expressed in them before is expressed in the
 * caption's, too. */
static enum tn_status plan_sentence(const struct meta_xmp_property *property, bool by_camera,
                                    const char *standing, const struct meta_caption *caption,
                                    struct sentence *sentence, struct tn_error *err)
{
    const char *main = by_camera ? NULL : meta_xmp_main_text(property);
    const char *local = by_camera ? NULL : meta_xmp_text(property, caption->language);

    TN_TRY(plan_text(sentence, META_XMP_DEFAULT, main ? main : standing, caption, err));
    if (!local && caption->translation_count == 0 &&
        (!has_languages(property) || (main && caption->append)))
        return TN_OK;
    TN_TRY(plan_text(sentence, caption->language, local ? local : standing, caption, err));
    return plan_translations(property, by_camera, standing, caption, sentence, err);
}

static enum tn_status plan_keywords(const struct meta_xmp_property *subject,
                                    const struct meta_caption *caption,
                                    struct meta_strings *ret_new, struct tn_error *err)
{
    const char **texts = calloc(subject->count + 1, sizeof *texts);
    enum tn_status status;

    if (!texts)
        return tn_fail_nomem(err, (subject->count + 1) * sizeof *texts);
    for (size_t i = 0; i < subject->count; i++)
        texts[i] = subject->items[i].text;
    status = meta_caption_new_keywords(caption, texts, subject->count, ret_new, err);
    free(texts);
    return status;
}

/* A description of an unknown form is refused when it is written; the others, which may be of a
 * form that other programs understand, stay as they are. */
static bool is_written(const struct meta_xmp *xmp, size_t i)
{
    return i == META_XMP_DESCRIPTION || xmp->property[i].form != META_XMP_OTHER;
}

static enum tn_status make_plan(const struct meta_xmp *xmp,
                                const struct meta_caption_packet *packet,
                                const struct meta_caption *caption,
                                const struct meta_record *record, struct plan *plan,
                                struct tn_error *err)
{
    for (size_t i = 0; i < META_XMP_SENTENCES; i++) {
        struct sentence *sentence = &plan->sentence[i];

        if (!is_written(xmp, i))
            continue;
        TN_TRY(plan_sentence(&xmp->property[i], packet->by_camera[i], packet->standing, caption,
                             sentence, err));
        plan->change.texts[i] = (struct meta_xmp_texts){sentence->texts, sentence->count};
    }
    if (!is_written(xmp, META_XMP_SUBJECT))
        return TN_OK;
    TN_TRY(meta_caption_stale_keywords(caption, &record->list[META_XMP_KEYWORDS],
                                       &plan->change.removed, err));
    return plan_keywords(&xmp->property[META_XMP_SUBJECT], caption, &plan->change.added, err);
}

static bool says(const struct meta_xmp_property *property, const struct meta_xmp_text *text)
{
    const char *said = meta_xmp_text(property, text->language);

    return said && strcmp(said, text->text) == 0;
}

static bool says_all(const struct meta_xmp *xmp, const struct meta_xmp_change *change)
{
    for (size_t i = 0; i < META_XMP_SENTENCES; i++)
        for (size_t j = 0; j < change->texts[i].count; j++)
            if (!says(&xmp->property[i], &change->texts[i].text[j]))
                return false;
    return true;
}

/* ---- XMP: the mark ---- */

static enum tn_status note_text(const struct meta_xmp_property *property, enum meta_xmp_name name,
                                const struct meta_xmp_text *text, struct meta_record *record,
                                struct tn_error *err)
{
    const struct meta_xmp_item *item = meta_xmp_item(property, text->language);
    char field[META_FIELD_SIZE];

    if (says(property, text))
        return TN_OK;
    meta_record_field(field, name, text->language);
    return meta_record_note(record, field, item ? item->text : NULL, text->text, err);
}

/* Notes all that the plan changes. */
static enum tn_status note_plan(const struct meta_xmp *xmp, const struct plan *plan,
                                struct meta_record *record, struct tn_error *err)
{
    const struct meta_strings *added = &plan->change.added;
    struct meta_strings *ours = &record->list[META_XMP_KEYWORDS];

    if (xmp->size == 0)
        TN_TRY(meta_record_note(record, META_MADE_XMP, NULL, NULL, err));
    for (size_t i = 0; i < META_XMP_SENTENCES; i++)
        for (size_t j = 0; j < plan->change.texts[i].count; j++)
            TN_TRY(note_text(&xmp->property[i], (enum meta_xmp_name)i,
                             &plan->change.texts[i].text[j], record, err));
    meta_strings_subtract(ours, &plan->change.removed);
    for (size_t i = 0; i < added->count; i++)
        if (!meta_strings_have(ours, added->text[i]))
            TN_TRY(meta_strings_add(ours, added->text[i], err));
    return TN_OK;
}

/* ---- XMP: the packet ---- */

static enum tn_status check_written(const struct meta_bytes *out, const struct plan *plan,
                                    const struct meta_record *record, struct tn_error *err)
{
    struct meta_xmp written;
    bool said;

    TN_TRY(meta_xmp_read((const char *)out->bytes, out->size, &written, err));
    said = says_all(&written, &plan->change) && meta_record_is_in(record, &written);
    meta_xmp_finish(&written);
    if (!said)
        return tn_fail(err, TN_FORMAT, "the caption would not be read back from its XMP");
    return TN_OK;
}

/* The mark of a file in which nothing else changes is renewed if another model said the same; none
 * is made. */
static enum tn_status write_plan(const struct meta_xmp *xmp, struct plan *plan,
                                 const struct meta_caption_packet *packet,
                                 const struct meta_caption *caption, struct meta_record *record,
                                 struct meta_bytes *out, struct tn_error *err)
{
    const bool changes =
        !says_all(xmp, &plan->change) || plan->change.added.count > 0 || packet->other_fields;

    if (!changes && !record->exists)
        return TN_OK;
    TN_TRY(note_plan(xmp, plan, record, err));
    TN_TRY(meta_record_sign(record, caption, caption->append && packet->with_person, err));
    if (!changes && meta_record_is_in(record, xmp))
        return TN_OK;
    plan->change.mark = record->list;
    if (xmp->size == 0)
        TN_TRY(meta_xmp_write_new(packet->in_photo, &plan->change, out, err));
    else
        TN_TRY(meta_xmp_write(xmp, &plan->change, out, err));
    return check_written(out, plan, record, err);
}

enum tn_status meta_caption_edit_packet(const struct meta_caption_packet *packet,
                                        const struct meta_caption *caption,
                                        struct meta_record *record, struct meta_bytes *ret_packet,
                                        struct tn_error *err)
{
    static const struct meta_xmp none = {.size = 0};
    const struct meta_xmp *xmp = packet->xmp ? packet->xmp : &none;
    struct meta_bytes out = {0};
    struct plan plan = {.change = {.mark = NULL}};
    enum tn_status status = make_plan(xmp, packet, caption, record, &plan, err);

    if (status == TN_OK)
        status = write_plan(xmp, &plan, packet, caption, record, &out, err);
    finish_plan(&plan);
    if (status == TN_OK)
        *ret_packet = out;
    else
        free(out.bytes);
    return status;
}
