/* SPDX-License-Identifier: MIT */
/*
 * A table of photos and captions.  Its first row shows what separates fields: a tab, where one is
 * there that no CSV would have quoted; otherwise the first comma, semicolon or bar that is not in
 * quotes.
 *
 * Fields in double quotes are as RFC 4180 has them, and may contain separators, line ends and
 * doubled quotes.  Where tabs separate, what looks quoted mostly is a caption that begins with a
 * quote.  There a field counts as quoted only if it is from its first to its last character, within
 * its line.
 *
 * The first row may name the columns.  Otherwise there are two: the photo and its caption.
 * Flickr's "name.jpg#3" counts as "name.jpg".  In Flickr8k-CN's rows, "name.jpg#zhc#3 caption", a
 * space separates the two, and those after it belong to the caption.
 */
#include "data/sets/dataset_private.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { MAX_COLUMNS = 64 };
enum { FLICKR_CN = ' ' }; /* what separates its fields */

struct field {
    const char *text;
    size_t length;
};

struct table {
    const char *at, *end;
    size_t next_line; /* from 1 */
    char separator;
    char *unquoted; /* as long as the text: quoted fields without their quotes */
    size_t unquoted_used;
    struct field fields[MAX_COLUMNS];
    size_t count;

    size_t columns;      /* that each row has */
    size_t image, split; /* which they are; split: SIZE_MAX where there is none */
    bool is_caption[MAX_COLUMNS];
};

/* ---- Rows ---- */

static struct field trim(struct field field)
{
    while (field.length > 0 && strchr(" \t", field.text[field.length - 1]))
        field.length--;
    while (field.length > 0 && strchr(" \t", field.text[0]))
        field.text++, field.length--;
    return field;
}

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

static bool is_separator(const struct table *table, char c)
{
    return c == table->separator && (c != FLICKR_CN || table->count == 0);
}

static struct field read_plain(struct table *table)
{
    struct field field = {table->at, 0};

    while (table->at < table->end && !is_separator(table, *table->at) && *table->at != '\n')
        table->at++;
    field.length = (size_t)(table->at - field.text);
    if (field.length > 0 && field.text[field.length - 1] == '\r' &&
        (table->at == table->end || *table->at == '\n'))
        field.length--;
    return field;
}

/* Whether a field that begins with a quote is quoted. */
static bool is_quoted(const struct table *table)
{
    const char *at = table->at + 1;

    if (table->separator == FLICKR_CN)
        return false;
    if (table->separator != '\t')
        return true;
    while (at < table->end && *at != '\n' && (*at != '"' || (at + 1 < table->end && at[1] == '"')))
        at += *at == '"' ? 2 : 1;
    if (at >= table->end || *at != '"')
        return false;
    return ++at == table->end || *at == '\t' || *at == '\n' || *at == '\r';
}

static enum tn_status read_field(struct data_builder *builder, struct table *table,
                                 struct field *ret_field, struct tn_error *err)
{
    const char *at = table->at;

    while (table->separator != '\t' && at < table->end && *at == ' ')
        at++;
    if (at < table->end && *at == '"')
        table->at = at;
    if (table->at == table->end || *table->at != '"' || !is_quoted(table)) {
        *ret_field = read_plain(table);
        return TN_OK;
    }
    table->at++;
    if (!read_quoted(table, ret_field))
        return data_builder_fail(builder, err, "a quote is opened and not closed");
    if (trim(read_plain(table)).length > 0)
        return data_builder_fail(builder, err, "text follows a closing quote");
    return TN_OK;
}

/* Reads a row into table->fields. */
static enum tn_status read_row(struct data_builder *builder, struct table *table,
                               struct tn_error *err)
{
    builder->line = table->next_line;
    table->count = 0;
    table->unquoted_used = 0;
    for (;;) {
        struct field field;

        TN_TRY(read_field(builder, table, &field, err));
        if (table->count == MAX_COLUMNS)
            return data_builder_fail(builder, err, "more than %d columns", MAX_COLUMNS);
        table->fields[table->count++] = field;
        if (table->at == table->end)
            return TN_OK;
        if (*table->at++ == '\n') {
            table->next_line++;
            return TN_OK;
        }
    }
}

/* ---- Columns ---- */

/* The column whose name is the best; SIZE_MAX: none is one. */
static size_t best_column(const struct table *table, size_t (*rank)(const char *, size_t))
{
    size_t best = SIZE_MAX, best_rank = DATA_NO_NAME;

    for (size_t i = 0; i < table->count; i++) {
        const struct field name = trim(table->fields[i]);
        const size_t found = rank(name.text, name.length);

        if (found < best_rank) {
            best_rank = found;
            best = i;
        }
    }
    return best;
}

static size_t rank_of_split(const char *name, size_t length)
{
    return length == 5 && strncasecmp(name, "split", 5) == 0 ? 0 : DATA_NO_NAME;
}

/* Whether the first row names the columns. */
static bool read_column_names(struct table *table)
{
    const size_t image = best_column(table, data_image_name);
    const size_t caption = best_column(table, data_caption_name);
    struct field name;
    size_t rank;

    if (image == SIZE_MAX || caption == SIZE_MAX)
        return false;
    name = trim(table->fields[caption]);
    rank = data_caption_name(name.text, name.length);
    for (size_t i = 0; i < table->count; i++) {
        name = trim(table->fields[i]);
        table->is_caption[i] = data_caption_name(name.text, name.length) == rank;
    }
    table->image = image;
    table->split = best_column(table, rank_of_split);
    table->columns = table->count;
    return true;
}

static void assume_columns(struct table *table)
{
    table->columns = 2;
    table->image = 0;
    table->split = SIZE_MAX;
    table->is_caption[1] = true;
}

/* ---- Photos ---- */

/* The photo's name without Flickr's "#number", or "#zhc#number". */
static struct field name_of(const struct table *table)
{
    const struct field name = trim(table->fields[table->image]);
    const char *mark = memchr(name.text, '#', name.length);
    size_t length = name.length;

    if (table->separator == FLICKR_CN)
        return (struct field){name.text, mark ? (size_t)(mark - name.text) : length};
    while (length > 0 && name.text[length - 1] >= '0' && name.text[length - 1] <= '9')
        length--;
    if (length > 1 && length < name.length && name.text[length - 1] == '#')
        return (struct field){name.text, length - 1};
    return name;
}

/* Spreadsheets leave out what is empty at the end of a row, or add to it. */
static enum tn_status check_columns(const struct data_builder *builder, const struct table *table,
                                    struct tn_error *err)
{
    size_t count = table->count, needed = table->image + 1;

    while (count > 0 && table->fields[count - 1].length == 0)
        count--;
    for (size_t i = needed; i < table->columns && !table->is_caption[needed - 1]; i++)
        needed = i + 1;
    if (count > table->columns && table->separator != '\t')
        return data_builder_fail(builder, err,
                                 "expected %zu columns, found %zu; put a caption that contains a "
                                 "'%c' in double quotes",
                                 table->columns, count, table->separator);
    if (count > table->columns)
        return data_builder_fail(builder, err,
                                 "expected %zu columns, found %zu; name the columns in the first "
                                 "row",
                                 table->columns, count);
    if (table->count < needed)
        return data_builder_fail(builder, err,
                                 "expected an image and a caption, found %zu column%s",
                                 table->count, table->count == 1 ? "" : "s");
    return TN_OK;
}

static enum tn_status set_split(struct data_builder *builder, const struct table *table,
                                size_t photo, struct tn_error *err)
{
    struct field word;
    enum data_split split;

    if (table->split >= table->count)
        return TN_OK;
    word = trim(table->fields[table->split]);
    split = data_split_of_word(word.text, word.length);
    if (split == DATA_SPLIT_NONE && word.length > 0)
        return data_builder_fail(builder, err, "unknown split \"%.*s\"", (int)word.length,
                                 word.text);
    builder->dataset->photos[photo].split = split;
    return TN_OK;
}

static enum tn_status add_row(struct data_builder *builder, const struct table *table,
                              struct tn_error *err)
{
    struct field name;
    size_t photo;

    TN_TRY(check_columns(builder, table, err));
    name = name_of(table);
    TN_TRY(data_builder_photo(builder, name.text, name.length, &photo, err));
    TN_TRY(set_split(builder, table, photo, err));
    for (size_t i = 0; i < table->count && i < table->columns; i++)
        if (table->is_caption[i])
            TN_TRY(data_builder_caption(builder, photo, table->fields[i].text,
                                        table->fields[i].length, err));
    return TN_OK;
}

static enum tn_status read_rows(struct data_builder *builder, struct table *table,
                                struct tn_error *err)
{
    while (table->at < table->end) {
        struct field row = {table->at, 0};
        bool is_new;

        TN_TRY(read_row(builder, table, err));
        row.length = (size_t)(table->at - row.text);
        while (row.length > 0 && strchr("\r\n", row.text[row.length - 1]))
            row.length--;
        if (table->count == 1 && trim(table->fields[0]).length == 0)
            continue;
        if (table->columns == 0) {
            if (read_column_names(table))
                continue;
            assume_columns(table);
        }
        TN_TRY(data_builder_row(builder, row.text, row.length, &is_new, err));
        if (is_new)
            TN_TRY(add_row(builder, table, err));
    }
    return TN_OK;
}

/* ---- What separates fields ---- */

/* Whether the first row that is not blank begins as "name.jpg#zhc#0 " does. */
static bool is_flickr_cn(const char *text, size_t size)
{
    const char *const end = text + size, *at;

    while (text < end && (*text == '\n' || *text == '\r'))
        text++;
    for (at = text; at < end && !strchr(" \t\r\n,;|\"#", *at);)
        at++;
    if (at == text || at == end || *at++ != '#')
        return false;
    for (text = at; at < end && *at >= 'a' && *at <= 'z';)
        at++;
    if (at == text || at == end || *at++ != '#')
        return false;
    for (text = at; at < end && *at >= '0' && *at <= '9';)
        at++;
    return at > text && at < end && *at == FLICKR_CN;
}

/* By the first row that is not blank; a quote that is never closed is none. */
static char find_separator(const char *text, size_t size)
{
    bool open = false, quoted = false, blank = true, inside = false;
    char first = '\0';

    if (is_flickr_cn(text, size))
        return FLICKR_CN;
    for (size_t i = 0; i < size; i++) {
        const bool separates = text[i] == ',' || text[i] == ';' || text[i] == '|';

        if (text[i] == '"' && (quoted || i == 0 || strchr(",;|\n", text[i - 1]))) {
            quoted = true;
            open = !open;
        } else if (open) {
            inside |= text[i] == '\t';
        } else if (text[i] == '\t') {
            return '\t';
        } else if (text[i] == '\n' && !blank) {
            break;
        } else if (separates) {
            quoted = false;
            first = first ? first : text[i];
        }
        blank &= text[i] == '\n' || text[i] == '\r';
    }
    return open && inside ? '\t' : first ? first : ',';
}

enum tn_status data_read_table(struct data_builder *builder, const char *text, size_t size,
                               struct tn_error *err)
{
    struct table table = {.at = text, .end = text + size, .next_line = 1};
    enum tn_status status;

    table.separator = find_separator(text, size);
    table.unquoted = malloc(size + 1);
    if (!table.unquoted)
        return tn_fail_nomem(err, size + 1);
    status = read_rows(builder, &table, err);
    free(table.unquoted);
    return status;
}
