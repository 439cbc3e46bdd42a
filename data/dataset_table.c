/* SPDX-License-Identifier: MIT */
/*
 * A table of image and caption.  A tab in the first row makes it TSV: fields end at tabs, nothing
 * is quoted; blank lines and what a CSV would quote do not count.  Otherwise it is CSV as RFC 4180
 * has it: a field in double quotes may hold commas, line ends and doubled quotes.  Flickr's
 * "name.jpg#3" counts as "name.jpg".
 */
#include "data/dataset_private.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { MAX_COLUMNS = 64 };

struct field {
    const char *text;
    size_t length;
};

struct table {
    const char *at, *end;
    size_t line;       /* of the row read last, from 1 */
    size_t next_line;
    bool tabs;
    char *unquoted;    /* as long as the text: quoted fields without their quotes */
    size_t unquoted_used;
    struct field fields[MAX_COLUMNS];
    size_t count;
};

/* Reads a quoted field; at points behind the opening quote.  false: no closing quote. */
static bool read_quoted(struct table *table, struct field *ret_field)
{
    char *out = table->unquoted + table->unquoted_used;
    size_t length = 0;

    for (; table->at < table->end; table->at++) {
        if (*table->at == '"') {
            table->at++;
            if (table->at == table->end || *table->at != '"') {
                *ret_field = (struct field){out, length};
                table->unquoted_used += length;
                return true;
            }
        }
        table->next_line += *table->at == '\n';
        out[length++] = *table->at;
    }
    return false;
}

static struct field read_plain(struct table *table)
{
    const char separator = table->tabs ? '\t' : ',';
    struct field field = {table->at, 0};

    while (table->at < table->end && *table->at != separator && *table->at != '\n')
        table->at++;
    field.length = (size_t)(table->at - field.text);
    if (field.length > 0 && field.text[field.length - 1] == '\r' &&
        (table->at == table->end || *table->at == '\n'))
        field.length--;
    return field;
}

/* Reads a row into table->fields.  Errors: an open quote, text behind a closing one. */
static enum tn_status read_row(struct table *table, const char *source, struct tn_error *err)
{
    table->line = table->next_line;
    table->count = 0;
    table->unquoted_used = 0;
    for (;;) {
        struct field field;

        if (!table->tabs && table->at < table->end && *table->at == '"') {
            table->at++;
            if (!read_quoted(table, &field))
                return tn_fail(err, TN_FORMAT, "%s:%zu: a quote is opened and not closed", source,
                               table->line);
            if (read_plain(table).length > 0)
                return tn_fail(err, TN_FORMAT, "%s:%zu: text follows a closing quote", source,
                               table->line);
        } else {
            field = read_plain(table);
        }
        if (table->count < MAX_COLUMNS)
            table->fields[table->count++] = field;
        if (table->at == table->end)
            return TN_OK;
        if (*table->at++ == '\n') {
            table->next_line++;
            return TN_OK;
        }
    }
}

static bool field_is(const struct field *field, const char *const *names)
{
    for (; *names; names++)
        if (field->length == strlen(*names) &&
            strncasecmp(field->text, *names, field->length) == 0)
            return true;
    return false;
}

/* Whether the first row names the columns; then finds which are the image's and the caption's. */
static bool read_column_names(const struct table *table, size_t *ret_image, size_t *ret_caption)
{
    static const char *const images[] = {"image",     "image_name", "img",  "file", "filename",
                                         "file_name", "photo",      "path", "name", NULL};
    static const char *const captions[] = {"caption", "captions",    "text", "comment",
                                           "raw",     "description", NULL};
    size_t image = SIZE_MAX, caption = SIZE_MAX;

    for (size_t i = table->count; i-- > 0;) {
        if (field_is(&table->fields[i], images))
            image = i;
        if (field_is(&table->fields[i], captions))
            caption = i;
    }
    if (image == SIZE_MAX || caption == SIZE_MAX)
        return false;
    *ret_image = image;
    *ret_caption = caption;
    return true;
}

/* The photo's name without Flickr's "#number". */
static size_t name_length(const struct field *field)
{
    size_t length = field->length;

    while (length > 0 && field->text[length - 1] >= '0' && field->text[length - 1] <= '9')
        length--;
    return length > 1 && length < field->length && field->text[length - 1] == '#' ? length - 1
                                                                                  : field->length;
}

static enum tn_status add_table_row(struct data_builder *builder, const struct table *table,
                                    size_t image, size_t caption, struct tn_error *err)
{
    const struct field *name = &table->fields[image], *text = &table->fields[caption];
    size_t photo;

    if (table->count <= image || table->count <= caption)
        return tn_fail(err, TN_FORMAT,
                       "%s:%zu: expected an image and a caption, found %zu column%s",
                       builder->source, table->line, table->count, table->count == 1 ? "" : "s");
    if (name->length == 0)
        return tn_fail(err, TN_FORMAT, "%s:%zu: the image's name is empty", builder->source,
                       table->line);
    TN_TRY(data_builder_photo(builder, name->text, name_length(name), &photo, err));
    return data_builder_caption(builder, photo, text->text, text->length, err);
}

static enum tn_status read_table_rows(struct data_builder *builder, struct table *table,
                                      struct tn_error *err)
{
    size_t image = 0, caption = 1;
    bool first = true;

    while (table->at < table->end) {
        TN_TRY(read_row(table, builder->source, err));
        if (table->count == 1 && table->fields[0].length == 0)
            continue;
        if (!(first && read_column_names(table, &image, &caption)))
            TN_TRY(add_table_row(builder, table, image, caption, err));
        first = false;
    }
    return TN_OK;
}

/* Whether the first row that is not blank has a tab that no CSV would have quoted. */
static bool has_tabs(const char *text, size_t size)
{
    bool open = false, quoted = false, blank = true, inside = false;

    for (size_t i = 0; i < size; i++) {
        if (text[i] == '"' && (quoted || i == 0 || strchr(",\n", text[i - 1]))) {
            quoted = true;
            open = !open;
        } else if (open) {
            inside |= text[i] == '\t';
        } else if (text[i] == '\t') {
            return true;
        } else if (text[i] == '\n' && !blank) {
            return false;
        } else if (text[i] == ',') {
            quoted = false;
        }
        blank &= text[i] == '\n' || text[i] == '\r';
    }
    return open && inside; /* a quote that is never closed is none */
}

enum tn_status data_read_table(struct data_builder *builder, const char *text, size_t size,
                               struct tn_error *err)
{
    struct table table = {.at = text, .end = text + size, .next_line = 1};
    enum tn_status status;

    table.tabs = has_tabs(text, size);
    table.unquoted = malloc(size + 1);
    if (!table.unquoted)
        return tn_fail_nomem(err, size + 1);
    status = read_table_rows(builder, &table, err);
    free(table.unquoted);
    return status;
}
