/* SPDX-License-Identifier: MIT */
#include "app/alt/list.h"

#include "app/caption/wording.h"
#include "app/cli/options.h"
#include "app/cli/text_escape.h"
#include "app/output/json_row.h"
#include "base/array.h"
#include "base/read_file.h"

#include <json.h>
#include <stdlib.h>
#include <string.h>

const char *const alt_list_formats[] = {"tsv", "text", "jsonl", NULL};

enum { ACTION, PAGE, LINE, COLUMN, SOURCE, WHY, CONFIDENCE, TEXT, COLUMNS, MOST_BYTES = 256 << 20 };

static const char heading[] = "action\tpage\tline\tcolumn\tsource\twhy\tconfidence\ttext";

/* ---- Writing ---- */

static void put_tsv(FILE *stream, const struct alt_row *row)
{
    fputs(row->fill ? "fill\t" : "leave\t", stream);
    app_escape_tsv(stream, row->page);
    fprintf(stream, "\t%zu\t%zu\t", row->line, row->column);
    app_escape_tsv(stream, row->source);
    putc('\t', stream);
    app_escape_tsv(stream, row->why);
    putc('\t', stream);
    if (row->confidence >= 0)
        fprintf(stream, "%.2f", row->confidence);
    putc('\t', stream);
    app_escape_tsv(stream, row->text);
    putc('\n', stream);
}

/* As compilers name places, so that editors go there. */
static void put_text(FILE *stream, const struct alt_row *row)
{
    app_print_visible(stream, row->page, strlen(row->page));
    fprintf(stream, ":%zu:%zu: ", row->line, row->column);
    app_print_visible(stream, row->source, strlen(row->source));
    fputs(": ", stream);
    app_print_visible(stream, row->text, strlen(row->text));
    if (row->confidence >= 0)
        fprintf(stream, " (%.2f)", row->confidence);
    if (!row->fill) {
        fputs(row->text[0] ? "; left: " : "left: ", stream);
        app_print_visible(stream, row->why, strlen(row->why));
    }
    putc('\n', stream);
}

static void put_jsonl(FILE *stream, const struct alt_row *row)
{
    json_object *object = json_object_new_object();
    char confidence[16];
    bool lossy = false;

    if (!object)
        return;
    json_object_object_add(object, "action", json_object_new_string(row->fill ? "fill" : "leave"));
    json_object_object_add(object, "page", app_json_text(row->page, &lossy));
    json_object_object_add(object, "line", json_object_new_uint64(row->line));
    json_object_object_add(object, "column", json_object_new_uint64(row->column));
    json_object_object_add(object, "source", app_json_text(row->source, &lossy));
    json_object_object_add(object, "why", app_json_text(row->why, &lossy));
    snprintf(confidence, sizeof confidence, "%.4f", row->confidence);
    if (row->confidence >= 0)
        json_object_object_add(object, "confidence",
                               json_object_new_double_s(row->confidence, confidence));
    json_object_object_add(object, "text", app_json_text(row->text, &lossy));
    fputs(json_object_to_json_string_ext(object,
                                         JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE),
          stream);
    putc('\n', stream);
    json_object_put(object);
}

void alt_list_begin(FILE *stream, enum alt_list_format format)
{
    if (format == ALT_TSV)
        fprintf(stream, "%s\n", heading);
}

void alt_list_put(FILE *stream, enum alt_list_format format, const struct alt_row *row)
{
    static void (*const put[])(FILE *, const struct alt_row *) = {
        [ALT_TSV] = put_tsv, [ALT_TEXT] = put_text, [ALT_JSONL] = put_jsonl};

    put[format](stream, row);
}

/* ---- Reading ---- */

/* Unescapes a field where it stands: it gets no longer, and a NUL takes the place of the tab or
 * line end behind it. */
static const char *field_text(char *begin, size_t length)
{
    app_unescape_tsv(begin, length, begin);
    return begin;
}

static bool field_number(const char *begin, size_t length, size_t *ret_number)
{
    char digits[24];

    snprintf(digits, sizeof digits, "%.*s", (int)(length < 24 ? length : 24), begin);
    return app_parse_size(digits, ret_number) && *ret_number > 0;
}

static enum tn_status add_row(struct alt_list *list, char *const *fields, const size_t *lengths,
                              const char *name, size_t line, struct tn_error *err)
{
    struct alt_row row = {.fill = true, .why = "", .confidence = -1};

    if (!field_number(fields[LINE], lengths[LINE], &row.line) ||
        !field_number(fields[COLUMN], lengths[COLUMN], &row.column))
        return tn_fail(err, TN_FORMAT, "%s:%zu: expected the numbers of a line and a column", name,
                       line);
    row.page = field_text(fields[PAGE], lengths[PAGE]);
    row.source = field_text(fields[SOURCE], lengths[SOURCE]);
    row.text = field_text(fields[TEXT], lengths[TEXT]);
    if (!app_is_wording(row.text, ""))
        return tn_fail(err, TN_FORMAT, "%s:%zu: the text has characters that do not show", name,
                       line);
    TN_TRY(tn_array_reserve(&list->rows, &list->capacity, list->count + 1, err));
    list->rows[list->count++] = row;
    return TN_OK;
}

/* Splits a line at its tabs; false: it has another number of fields. */
static bool split(char *line, size_t length, char **fields, size_t *lengths)
{
    char *const end = line + length;

    for (size_t i = 0; i < COLUMNS; i++) {
        char *tab = memchr(line, '\t', (size_t)(end - line));

        if (!tab != (i == COLUMNS - 1))
            return false;
        fields[i] = line;
        lengths[i] = (size_t)((tab ? tab : end) - line);
        line = tab ? tab + 1 : end;
    }
    return true;
}

static bool field_is(const char *field, size_t length, const char *word)
{
    return length == strlen(word) && memcmp(field, word, length) == 0;
}

static enum tn_status read_line(const char *name, size_t number, char *line, size_t length,
                                struct alt_list *list, struct tn_error *err)
{
    char *fields[COLUMNS];
    size_t lengths[COLUMNS];

    length -= length > 0 && line[length - 1] == '\r';
    if (length == 0)
        return TN_OK;
    if (number == 1)
        return field_is(line, length, heading)
                   ? TN_OK
                   : tn_fail(err, TN_FORMAT,
                             "%s: expected a list of `caption alt --list`, which begins with "
                             "\"action\"",
                             name);
    if (!split(line, length, fields, lengths))
        return tn_fail(err, TN_FORMAT, "%s:%zu: expected %d fields separated by tabs", name, number,
                       COLUMNS);
    if (field_is(fields[ACTION], lengths[ACTION], "leave"))
        return TN_OK;
    if (!field_is(fields[ACTION], lengths[ACTION], "fill"))
        return tn_fail(err, TN_FORMAT, "%s:%zu: expected \"fill\" or \"leave\", not \"%.*s\"", name,
                       number, (int)lengths[ACTION], fields[ACTION]);
    return lengths[TEXT] > 0 ? add_row(list, fields, lengths, name, number, err) : TN_OK;
}

enum tn_status alt_list_parse(const char *name, char *bytes, size_t size, struct alt_list *list,
                              struct tn_error *err)
{
    char *const end = bytes + size;
    size_t number = 0;

    list->text = bytes;
    if (size >= 3 && memcmp(bytes, "\xEF\xBB\xBF", 3) == 0)
        bytes += 3;
    if (memchr(bytes, '\0', (size_t)(end - bytes)))
        return tn_fail(err, TN_FORMAT, "%s: is no text in UTF-8", name);
    if (bytes == end)
        return tn_fail(err, TN_FORMAT, "%s: the list is empty", name);
    while (bytes < end) {
        char *newline = memchr(bytes, '\n', (size_t)(end - bytes));
        char *after = newline ? newline : end;

        TN_TRY(read_line(name, ++number, bytes, (size_t)(after - bytes), list, err));
        bytes = newline ? newline + 1 : end;
    }
    return TN_OK;
}

enum tn_status alt_list_read(const char *path, struct alt_list *list, struct tn_error *err)
{
    const bool standard = strcmp(path, "-") == 0;
    size_t size;
    char *bytes;

    TN_TRY(tn_read_stream(standard ? "/dev/stdin" : path, MOST_BYTES, &bytes, &size, err));
    return alt_list_parse(standard ? "standard input" : path, bytes, size, list, err);
}

void alt_list_finish(struct alt_list *list)
{
    free(list->text);
    free(list->rows);
    *list = (struct alt_list){.rows = NULL};
}
