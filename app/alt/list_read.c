/* SPDX-License-Identifier: MIT */
/* A list that is applied: as --list wrote it, and perhaps a spreadsheet again. */
#include "app/alt/list.h"

#include "app/caption/wording.h"
#include "app/cli/options.h"
#include "app/cli/text_escape.h"
#include "base/array.h"
#include "base/read_file.h"
#include "base/utf8.h"

#include <json.h>
#include <stdlib.h>
#include <string.h>

enum {
    ACTION,
    PAGE,
    LINE,
    COLUMN,
    SOURCE,
    WHY,
    CONFIDENCE,
    TEXT,
    COLUMNS,
    MOST_BYTES = 256 << 20,
    MOST_OBJECT = 1 << 20 /* bytes of a row in JSON, whose values may take many times the memory */
};

static const char *const names[COLUMNS] = {"action", "page", "line",       "column",
                                           "source", "why",  "confidence", "text"};

/* What is read, and where: for messages. */
struct reading {
    const char *name;
    size_t number; /* of the line */
    struct alt_list *list;
};

/* ---- A row, in either format ---- */

/* fields[COLUMNS] live as long as the list; only those of its page, place, source and text count.
 */
static enum tn_status add_row(const struct reading *r, char *const *fields, struct tn_error *err)
{
    struct alt_list *list = r->list;
    struct alt_row row = {.fill = true,
                          .page = fields[PAGE],
                          .source = fields[SOURCE],
                          .why = "",
                          .confidence = -1,
                          .text = fields[TEXT]};

    if (strcmp(fields[ACTION], "leave") == 0)
        return TN_OK;
    if (strcmp(fields[ACTION], "fill") != 0)
        return tn_fail(err, TN_FORMAT, "%s:%zu: expected \"fill\" or \"leave\", not \"%s\"",
                       r->name, r->number, fields[ACTION]);
    if (!app_parse_size(fields[LINE], &row.line) || row.line == 0 ||
        !app_parse_size(fields[COLUMN], &row.column) || row.column == 0)
        return tn_fail(err, TN_FORMAT, "%s:%zu: expected the numbers of a line and a column",
                       r->name, r->number);
    if (!app_is_wording(row.text, ""))
        return tn_fail(err, TN_FORMAT, "%s:%zu: the text has characters that do not show", r->name,
                       r->number);
    TN_TRY(tn_array_reserve(&list->rows, &list->capacity, list->count + 1, err));
    list->rows[list->count++] = row;
    return TN_OK;
}

/* ---- tsv ---- */

/* Takes the quotes off a field that a spreadsheet has put between quotes, those within it doubled;
 * returns its length.  A field that is not so as a whole stays. */
static size_t unquote(char *field, size_t length)
{
    size_t kept = 0;

    if (length < 2 || field[0] != '"' || field[length - 1] != '"')
        return length;
    for (size_t i = 1; i < length - 1; i++)
        if (field[i] == '"' && (i + 1 == length - 1 || field[++i] != '"'))
            return length;
    for (size_t i = 1; i < length - 1; i++) {
        i += field[i] == '"';
        field[kept++] = field[i];
    }
    return kept;
}

/* Splits a line at its tabs, and undoes the quotes and escapes of the fields where they stand: none
 * gets longer, and a NUL takes the place of the tab or line end behind it.  false: it has another
 * number of fields. */
static bool split(char *line, size_t length, char **fields)
{
    char *const end = line + length;

    for (size_t i = 0; i < COLUMNS; i++) {
        char *tab = memchr(line, '\t', (size_t)(end - line));
        char *after = tab ? tab : end;

        if (!tab != (i == COLUMNS - 1))
            return false;
        fields[i] = line;
        app_unescape_tsv(line, unquote(line, (size_t)(after - line)), line);
        line = after + 1;
    }
    return true;
}

static bool is_heading(char *const *fields)
{
    for (size_t i = 0; i < COLUMNS; i++)
        if (strcmp(fields[i], names[i]) != 0)
            return false;
    return true;
}

static enum tn_status read_fields(const struct reading *r, char *line, size_t length,
                                  struct tn_error *err)
{
    char *fields[COLUMNS];
    const bool whole = split(line, length, fields);

    if (r->number == 1)
        return whole && is_heading(fields)
                   ? TN_OK
                   : tn_fail(err, TN_FORMAT,
                             "%s: expected a list of `caption alt --list` in tsv, which begins "
                             "with \"action\", or in jsonl",
                             r->name);
    if (!whole)
        return tn_fail(err, TN_FORMAT, "%s:%zu: expected %d fields separated by tabs", r->name,
                       r->number, COLUMNS);
    return add_row(r, fields, err);
}

/* ---- jsonl ---- */

static json_object *parse_object(const char *line, size_t length)
{
    json_tokener *tokener = json_tokener_new_ex(4);
    char *ascii = tn_utf8_to_json_ascii(line, length, &length);
    json_object *object = NULL;

    if (tokener && ascii) {
        json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
        object = json_tokener_parse_ex(tokener, ascii, (int)length);
    }
    json_tokener_free(tokener);
    free(ascii);
    if (json_object_is_type(object, json_type_object))
        return object;
    json_object_put(object);
    return NULL;
}

/* Puts the values where the line stood: none is longer than it is in JSON, with its quotes or the
 * comma behind it.  Returns the name of a member that is missing or no text; NULL: all are there.
 */
static const char *take_members(json_object *object, char *line, char **fields)
{
    static const int needed[] = {ACTION, PAGE, LINE, COLUMN, SOURCE, TEXT};

    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++) {
        const char *name = names[needed[i]], *text;
        const bool number = needed[i] == LINE || needed[i] == COLUMN;
        json_object *member;

        if (!json_object_object_get_ex(object, name, &member) ||
            !json_object_is_type(member, number ? json_type_int : json_type_string))
            return name;
        text = json_object_get_string(member);
        if (!text || (!number && strlen(text) != (size_t)json_object_get_string_len(member)))
            return name;
        fields[needed[i]] = line;
        line = stpcpy(line, text) + 1;
    }
    return NULL;
}

static enum tn_status read_object(const struct reading *r, char *line, size_t length,
                                  struct tn_error *err)
{
    char *fields[COLUMNS] = {NULL};
    json_object *object = length <= MOST_OBJECT ? parse_object(line, length) : NULL;
    const char *missing;

    if (!object)
        return tn_fail(err, TN_FORMAT, "%s:%zu: expected a JSON object as --list writes it",
                       r->name, r->number);
    missing = take_members(object, line, fields);
    json_object_put(object);
    if (missing)
        return tn_fail(err, TN_FORMAT, "%s:%zu: expected a member \"%s\", as --list writes it",
                       r->name, r->number, missing);
    return add_row(r, fields, err);
}

/* ---- Lines ---- */

static enum tn_status read_line(const struct reading *r, bool json, char *line, size_t length,
                                struct tn_error *err)
{
    length -= length > 0 && line[length - 1] == '\r';
    if (length == 0)
        return TN_OK;
    return json ? read_object(r, line, length, err) : read_fields(r, line, length, err);
}

enum tn_status alt_list_parse(const char *name, char *bytes, size_t size, struct alt_list *list,
                              struct tn_error *err)
{
    struct reading reading = {.name = name, .list = list};
    char *const end = bytes + size;
    bool json;

    list->text = bytes;
    if (size >= 3 && memcmp(bytes, "\xEF\xBB\xBF", 3) == 0)
        bytes += 3;
    if (memchr(bytes, '\0', (size_t)(end - bytes)))
        return tn_fail(err, TN_FORMAT, "%s: is no text in UTF-8", name);
    if (bytes == end)
        return tn_fail(err, TN_FORMAT, "%s: the list is empty", name);
    json = bytes[0] == '{';
    while (bytes < end) {
        char *newline = memchr(bytes, '\n', (size_t)(end - bytes));
        char *after = newline ? newline : end;

        reading.number++;
        TN_TRY(read_line(&reading, json, bytes, (size_t)(after - bytes), err));
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
