/* SPDX-License-Identifier: MIT */
#include "app/alt/list.h"

#include "app/cli/text_escape.h"
#include "app/output/json_row.h"

#include <json.h>
#include <string.h>

const char *const alt_list_formats[] = {"tsv", "text", "jsonl", NULL};

/* Spreadsheets take the quotes off a field that begins with one, and so does --apply: such a field
 * is written as they write it. */
static void put_field(FILE *stream, const char *text)
{
    const char *quote;

    if (text[0] != '"') {
        app_escape_tsv(stream, text);
        return;
    }
    putc('"', stream);
    while ((quote = strchr(text, '"')) != NULL) {
        app_escape_tsv_bytes(stream, text, (size_t)(quote - text));
        fputs("\"\"", stream);
        text = quote + 1;
    }
    app_escape_tsv(stream, text);
    putc('"', stream);
}

static void put_tsv(FILE *stream, const struct alt_row *row)
{
    fputs(row->fill ? "fill\t" : "leave\t", stream);
    put_field(stream, row->page);
    fprintf(stream, "\t%zu\t%zu\t", row->line, row->column);
    put_field(stream, row->source);
    putc('\t', stream);
    put_field(stream, row->why);
    putc('\t', stream);
    if (row->confidence >= 0)
        fprintf(stream, "%.2f", row->confidence);
    putc('\t', stream);
    put_field(stream, row->text);
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
    bool lossy = false;

    if (!object)
        return;
    json_object_object_add(object, "action", json_object_new_string(row->fill ? "fill" : "leave"));
    json_object_object_add(object, "page", app_json_text(row->page, &lossy));
    json_object_object_add(object, "line", json_object_new_uint64(row->line));
    json_object_object_add(object, "column", json_object_new_uint64(row->column));
    json_object_object_add(object, "source", app_json_text(row->source, &lossy));
    json_object_object_add(object, "why", app_json_text(row->why, &lossy));
    if (row->confidence >= 0)
        json_object_object_add(object, "confidence", app_json_number(row->confidence));
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
        fputs("action\tpage\tline\tcolumn\tsource\twhy\tconfidence\ttext\n", stream);
}

void alt_list_put(FILE *stream, enum alt_list_format format, const struct alt_row *row)
{
    static void (*const put[])(FILE *, const struct alt_row *) = {
        [ALT_TSV] = put_tsv, [ALT_TEXT] = put_text, [ALT_JSONL] = put_jsonl};

    put[format](stream, row);
}
