/* SPDX-License-Identifier: MIT */
#include "app/output/template.h"

#include "app/cli/options.h"
#include "app/cli/text_escape.h"
#include "app/output/rows.h"
#include "base/path.h"
#include "base/utf8.h"

#include <stdio.h>
#include <string.h>

enum field {
    PATH,
    NAME,
    STEM,
    FOLDER,
    CAPTION,
    CONFIDENCE,
    PERCENT,
    LANGUAGE,
    KEYWORDS,
    MODEL,
    RANK,
    LOG_PROB,
    LITERAL /* no field: a text as it is */
};

static const char *const field_names[] = {
    "path",     "name",     "stem",  "folder", "caption",  "confidence", "percent",
    "language", "keywords", "model", "rank",   "log_prob", NULL};

/* ---- Reading ---- */

struct piece {
    enum field field;
    const char *text; /* of LITERAL */
    size_t length;    /* of it */
    size_t taken;     /* bytes of the template */
};

static enum tn_status read_field(const char *at, struct piece *ret_piece, struct tn_error *err)
{
    const char *end = strchr(at, '}'), *near;
    char name[32], expected[160];
    size_t length;

    if (!end)
        return tn_fail(err, TN_FORMAT, "\"%s\" has no }; a brace itself is {{", at);
    length = (size_t)(end - at) - 1;
    for (size_t i = 0; field_names[i]; i++) {
        if (strlen(field_names[i]) != length || memcmp(field_names[i], at + 1, length) != 0)
            continue;
        *ret_piece = (struct piece){.field = (enum field)i, .taken = length + 2};
        return TN_OK;
    }
    snprintf(name, sizeof name, "%.*s", (int)(length < 31 ? length : 31), at + 1);
    near = app_nearest(name, field_names);
    if (near)
        return tn_fail(err, TN_FORMAT, "no field is called {%s}; did you mean {%s}?", name, near);
    app_join_choices(field_names, expected, sizeof expected);
    return tn_fail(err, TN_FORMAT, "no field is called {%s}; expected %s", name, expected);
}

static enum tn_status read_escape(const char *at, struct piece *ret_piece, struct tn_error *err)
{
    static const char written[] = "nt\\", meant[] = "\n\t\\";
    const char *place = at[1] ? strchr(written, at[1]) : NULL;

    if (!place)
        return tn_fail(err, TN_FORMAT, "\"%.*s\" means nothing; expected \\n, \\t or \\\\",
                       (int)(1 + tn_utf8_sequence(at + 1, strlen(at + 1))), at);
    *ret_piece = (struct piece){
        .field = LITERAL, .text = meant + (place - written), .length = 1, .taken = 2};
    return TN_OK;
}

/* The piece that the template begins with; at is not its end. */
static enum tn_status read_piece(const char *at, struct piece *ret_piece, struct tn_error *err)
{
    const size_t plain = strcspn(at, "{}\\");
    const bool doubled = plain == 0 && at[0] == at[1];

    if (plain == 0 && at[0] == '\\')
        return read_escape(at, ret_piece, err);
    if (plain == 0 && at[0] == '{' && !doubled)
        return read_field(at, ret_piece, err);
    if (plain == 0 && !doubled)
        return tn_fail(err, TN_FORMAT, "a } stands alone; a brace itself is }}");
    *ret_piece = (struct piece){
        .field = LITERAL, .text = at, .length = doubled ? 1 : plain, .taken = doubled ? 2 : plain};
    return TN_OK;
}

enum tn_status app_template_check(const char *text, bool *ret_keywords, struct tn_error *err)
{
    struct piece piece;
    bool keywords = false;

    for (; *text; text += piece.taken) {
        TN_TRY(read_piece(text, &piece, err));
        keywords |= piece.field == KEYWORDS;
    }
    *ret_keywords = keywords;
    return TN_OK;
}

/* ---- Writing ---- */

static void write_place(FILE *stream, enum field field, const char *path)
{
    const char *name = tn_path_name(path);
    const size_t folder = tn_path_folder_length(path);

    if (field == PATH)
        app_escape_tsv(stream, path);
    else if (field == NAME)
        app_escape_tsv(stream, name);
    else if (field == STEM)
        app_escape_tsv_bytes(stream, name, tn_path_stem_length(name));
    else if (folder == 0)
        putc('.', stream);
    else
        app_escape_tsv_bytes(stream, path, folder > 1 ? folder - 1 : 1);
}

static void write_field(FILE *stream, enum field field, const struct app_entry *entry, size_t index)
{
    const struct captioner_caption *caption = &entry->result->captions[index];

    switch (field) {
    case CAPTION:
        app_escape_tsv(stream, caption->text);
        break;
    case CONFIDENCE:
        fprintf(stream, "%.4f", caption->confidence);
        break;
    case PERCENT:
        fprintf(stream, "%.0f", 100 * caption->confidence);
        break;
    case LANGUAGE:
        app_escape_tsv(stream, entry->language);
        break;
    case KEYWORDS:
        app_write_keywords(stream, entry->result, app_escape_tsv);
        break;
    case MODEL:
        fputs(entry->model, stream);
        break;
    case RANK:
        fprintf(stream, "%zu", index + 1);
        break;
    case LOG_PROB:
        fprintf(stream, "%.4f", caption->log_prob);
        break;
    default:
        write_place(stream, field, entry->path);
    }
}

static void write_template_rows(const struct app_format *format, FILE *stream,
                                const struct app_entry *entry, const char *file)
{
    struct piece piece;

    (void)file;
    for (size_t i = 0; i < entry->result->count; i++) {
        for (const char *at = format->template; *at; at += piece.taken) {
            if (read_piece(at, &piece, NULL) != TN_OK)
                break; /* never, once it has been checked */
            if (piece.field == LITERAL)
                fwrite(piece.text, 1, piece.length, stream);
            else
                write_field(stream, piece.field, entry, i);
        }
        putc('\n', stream);
    }
}

const struct app_format app_format_template = {
    .name = "template",
    .head = "",
    .separator = "",
    .foot = "",
    .row_start = "",
    .row_a_caption = true,
    .sentences_only = true,
    .write = write_template_rows,
};
