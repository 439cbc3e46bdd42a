/* SPDX-License-Identifier: MIT */
#include "metadata/mark_private.h"

#include "metadata/description.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { MOST = 500 }; /* items of a list, which are compared with each other */

/* ---- Values ---- */

/* How many bytes from here on cannot stand in a line of XML as they are. */
static size_t unfit_bytes(const char *text, bool utf8, bool at_begin)
{
    const unsigned char byte = (unsigned char)*text;

    if (strncmp(text, "\xEF\xBF\xBE", 3) == 0 || strncmp(text, "\xEF\xBF\xBF", 3) == 0)
        return 3;
    if (byte == ' ')
        return at_begin || text[1] == '\0';
    return byte < ' ' || byte == '%' || byte == 0x7F || (byte >= 0x80 && !utf8);
}

/* The value as text[3 * its length + 1]: such bytes become "%0A", so that no program can take them
 * for layout. */
static void encode(char *text, const char *value)
{
    const bool utf8 = meta_description_utf8(value);
    const char *begin = value;

    while (*value) {
        size_t unfit = unfit_bytes(value, utf8, value == begin);

        if (unfit == 0)
            *text++ = *value++;
        for (; unfit > 0; unfit--)
            text += sprintf(text, "%%%02X", (unsigned char)*value++);
    }
    *text = '\0';
}

static int digit_of(char letter)
{
    static const char digits[] = "0123456789ABCDEF";
    const char *found = letter ? strchr(digits, letter) : NULL;

    return found ? (int)(found - digits) : -1;
}

/* The next byte that a text means; '\0' at its end. */
static char next_byte(const char **text)
{
    const char *from = *text;

    if (*from == '\0')
        return '\0';
    if (*from == '%' && digit_of(from[1]) >= 0 && digit_of(from[2]) >= 0) {
        *text += 3;
        return (char)(digit_of(from[1]) << 4 | digit_of(from[2]));
    }
    ++*text;
    return *from;
}

static bool means(const char *text, const char *value)
{
    while (*text && *value)
        if (next_byte(&text) != *value++)
            return false;
    return *text == '\0' && *value == '\0';
}

/* ---- Items ---- */

/* Which item is of the field; the count where none is. */
static size_t find_item(const struct meta_strings *items, const char *field)
{
    const size_t length = strlen(field);
    size_t i = 0;

    while (i < items->count && (strncasecmp(items->text[i], field, length) != 0 ||
                                (items->text[i][length] != '=' && items->text[i][length] != '\0')))
        i++;
    return i;
}

/* The text of the field's value; NULL where it has none. */
static const char *find_value(const struct meta_strings *items, const char *field)
{
    const size_t i = find_item(items, field);
    const char *value = i < items->count ? items->text[i] + strlen(field) : "";

    return *value ? value + 1 : NULL;
}

/* Instead of the field's item; value NULL: it has none. */
static enum tn_status set_value(struct meta_strings *items, const char *field, const char *value,
                                struct tn_error *err)
{
    const size_t length = strlen(field), old = find_item(items, field);
    const size_t size = length + 2 + (value ? 3 * strlen(value) : 0);
    char *item = malloc(size);

    if (!item)
        return tn_fail_nomem(err, size);
    memcpy(item, field, length + 1);
    if (value) {
        item[length] = '=';
        encode(item + length + 1, value);
    }
    if (old < items->count)
        meta_strings_remove(items, old);
    return meta_strings_take(items, item, err);
}

/* ---- The record ---- */

static enum tn_status check_count(size_t count, struct tn_error *err)
{
    if (count > MOST)
        return tn_fail(err, TN_RANGE, "the mark of this program has more than %d items in its XMP",
                       MOST);
    return TN_OK;
}

static enum tn_status fail_form(struct tn_error *err)
{
    return tn_fail(err, TN_FORMAT,
                   "its XMP has a mark of this program of an unknown form, and is left as it is");
}

static enum tn_status copy_items(const struct meta_xmp_property *property,
                                 struct meta_strings *items, struct tn_error *err)
{
    if (property->form == META_XMP_OTHER)
        return fail_form(err);
    TN_TRY(check_count(property->count, err));
    for (size_t i = 0; i < property->count; i++)
        TN_TRY(meta_strings_add(items, property->items[i].text, err));
    return TN_OK;
}

/* Whether the field can have said that: no text has a NUL, and XML no other control characters
 * than those of layout. */
static bool can_be(const char *item)
{
    const bool is_xml = strncmp(item, "EXIF:", 5) != 0 && strncmp(item, "IPTC:", 5) != 0;

    while (*item) {
        const bool escaped = *item == '%';
        const unsigned char byte = (unsigned char)next_byte(&item);

        if (escaped && (byte == '\0' || (is_xml && byte < ' ' && !strchr("\t\n\r", byte))))
            return false;
    }
    return true;
}

static enum tn_status check_items(const struct meta_strings *items, struct tn_error *err)
{
    for (size_t i = 0; i < items->count; i++)
        if (!can_be(items->text[i]))
            return fail_form(err);
    return TN_OK;
}

static const char *text_written(const struct meta_record *record)
{
    const struct meta_strings *text = &record->list[META_XMP_TEXT_WRITTEN];

    return text->count > 0 ? text->text[0] : NULL;
}

/* Whether an item is of a part that was made: it says nothing. */
static bool is_part(const char *item)
{
    const size_t length = strcspn(item, "=");

    return (length == strlen(META_MADE_XMP) && memcmp(item, META_MADE_XMP, length) == 0) ||
           (length == strlen(META_MADE_CHARSET) && memcmp(item, META_MADE_CHARSET, length) == 0);
}

/* Each field without an item in "After" says the caption. */
static enum tn_status expand(struct meta_record *record, struct tn_error *err)
{
    const struct meta_strings *before = &record->list[META_XMP_BEFORE];
    struct meta_strings *after = &record->list[META_XMP_AFTER];
    const char *written = text_written(record);

    for (size_t i = 0; written && i < before->count; i++) {
        const char *item = before->text[i];
        char *field = strndup(item, strcspn(item, "="));
        enum tn_status status = field ? TN_OK : tn_fail_nomem(err, strlen(item));

        if (status == TN_OK && !is_part(item) && find_item(after, field) == after->count)
            status = set_value(after, field, written, err);
        free(field);
        TN_TRY(status);
    }
    return TN_OK;
}

static enum tn_status read_record(const struct meta_xmp *xmp, struct meta_record *record,
                                  struct tn_error *err)
{
    for (size_t i = META_XMP_MARK; xmp && i < META_XMP_PROPERTIES; i++) {
        if (xmp->property[i].form != META_XMP_ABSENT)
            record->exists = true;
        TN_TRY(copy_items(&xmp->property[i], &record->list[i], err));
    }
    TN_TRY(check_items(&record->list[META_XMP_BEFORE], err));
    TN_TRY(check_items(&record->list[META_XMP_AFTER], err));
    return expand(record, err);
}

enum tn_status meta_record_read(const struct meta_xmp *xmp, struct meta_record *ret_record,
                                struct tn_error *err)
{
    struct meta_record record = {.exists = false};
    const enum tn_status status = read_record(xmp, &record, err);

    if (status == TN_OK)
        *ret_record = record;
    else
        meta_record_finish(&record);
    return status;
}

void meta_record_finish(struct meta_record *record)
{
    for (size_t i = META_XMP_MARK; i < META_XMP_PROPERTIES; i++)
        meta_strings_finish(&record->list[i]);
    record->exists = false;
}

bool meta_record_says(const struct meta_record *record, const char *field, const char *value)
{
    const char *after = find_value(&record->list[META_XMP_AFTER], field);

    return after && means(after, value);
}

bool meta_record_made(const struct meta_record *record, const char *part)
{
    const struct meta_strings *before = &record->list[META_XMP_BEFORE];

    return find_item(before, part) < before->count;
}

enum tn_status meta_record_before(const struct meta_record *record, const char *field,
                                  char **ret_value, struct tn_error *err)
{
    const char *text = find_value(&record->list[META_XMP_BEFORE], field);
    char *value, *end;

    if (!text) {
        *ret_value = NULL;
        return TN_OK;
    }
    value = end = malloc(strlen(text) + 1);
    if (!value)
        return tn_fail_nomem(err, strlen(text) + 1);
    while ((*end = next_byte(&text)))
        end++;
    *ret_value = value;
    return TN_OK;
}

enum tn_status meta_record_note(struct meta_record *record, const char *field, const char *before,
                                const char *after, struct tn_error *err)
{
    struct meta_strings *old = &record->list[META_XMP_BEFORE];
    const bool is_ours = after ? before && meta_record_says(record, field, before)
                               : find_item(old, field) < old->count;

    if (!is_ours)
        TN_TRY(set_value(old, field, before, err));
    return after ? set_value(&record->list[META_XMP_AFTER], field, after, err) : TN_OK;
}

/* ---- The signature ---- */

static enum tn_status set_text(struct meta_record *record, enum meta_xmp_name name,
                               const char *text, struct tn_error *err)
{
    char *clean;

    meta_strings_finish(&record->list[name]);
    if (!text)
        return TN_OK;
    clean = strdup(text);
    if (!clean)
        return tn_fail_nomem(err, strlen(text) + 1);
    meta_xmp_clean(clean);
    return meta_strings_take(&record->list[name], clean, err);
}

/* Undoes expand(). */
static void compress(struct meta_record *record)
{
    struct meta_strings *after = &record->list[META_XMP_AFTER];

    for (size_t i = after->count; i-- > 0;) {
        const char *equals = strchr(after->text[i], '=');

        if (!equals || is_part(after->text[i]) || means(equals + 1, text_written(record)))
            meta_strings_remove(after, i);
    }
}

enum tn_status meta_record_sign(struct meta_record *record, const struct meta_caption *caption,
                                bool with_person, struct tn_error *err)
{
    char confidence[32];

    snprintf(confidence, sizeof confidence, "%.4f", caption->mark.confidence);
    TN_TRY(set_text(record, META_XMP_VERSION, caption->mark.version, err));
    TN_TRY(set_text(record, META_XMP_MODEL, caption->mark.model, err));
    TN_TRY(set_text(record, META_XMP_CONFIDENCE, confidence, err));
    TN_TRY(set_text(record, META_XMP_LANGUAGE, caption->language, err));
    TN_TRY(set_text(record, META_XMP_TEXT_WRITTEN, caption->text, err));
    TN_TRY(set_text(record, META_XMP_WITH_PERSON, with_person ? "True" : NULL, err));
    compress(record);
    record->exists = true;
    for (size_t i = META_XMP_MARK; i < META_XMP_PROPERTIES; i++)
        TN_TRY(check_count(record->list[i].count, err));
    return TN_OK;
}

static bool are_items(const struct meta_strings *strings, const struct meta_xmp_property *property)
{
    if (strings->count != property->count)
        return false;
    for (size_t i = 0; i < strings->count; i++)
        if (strcmp(strings->text[i], property->items[i].text) != 0)
            return false;
    return true;
}

bool meta_record_is_in(const struct meta_record *record, const struct meta_xmp *xmp)
{
    for (size_t i = META_XMP_MARK; i < META_XMP_PROPERTIES; i++)
        if (!are_items(&record->list[i], &xmp->property[i]))
            return false;
    return true;
}

/* ---- Fields ---- */

void meta_record_field(char field[META_FIELD_SIZE], enum meta_xmp_name name, const char *language)
{
    const struct meta_xmp_kind *kind = &meta_xmp_kinds[name];

    snprintf(field, META_FIELD_SIZE, "%s:%s[%s]", meta_namespaces[kind->space].prefix, kind->name,
             language);
}

enum tn_status meta_record_language(enum meta_xmp_name name, const char *item, char **ret_language,
                                    struct tn_error *err)
{
    char field[META_FIELD_SIZE], *language;
    size_t length;

    meta_record_field(field, name, "");
    length = strlen(field) - 1; /* of "dc:description[" */
    if (strncmp(item, field, length) != 0 || !strchr(item + length, ']')) {
        *ret_language = NULL;
        return TN_OK;
    }
    language = strndup(item + length, strcspn(item + length, "]"));
    if (!language)
        return tn_fail_nomem(err, strlen(item));
    *ret_language = language;
    return TN_OK;
}
