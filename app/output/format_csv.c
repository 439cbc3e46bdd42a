/* SPDX-License-Identifier: MIT */
/*
 * CSV as RFC 4180 has it: lines end with CR LF, a field with a comma, a quote or a line break
 * stands in quotes, and a quote within is doubled.
 *
 * A spreadsheet runs a cell that begins like a formula, and photos come with any name: such a text
 * gets a "'" before it, and one that would look so guarded already another, so that the path can be
 * read back.  --csv-raw writes texts as they are.
 */
#include "app/output/rows.h"

#include <string.h>

/* Whether the text is a formula to a spreadsheet, or that behind one or several "'". */
static bool begins_like_formula(const char *text)
{
    text += strspn(text, "'");
    return *text != '\0' && strchr("=+-@\t\r\n", *text);
}

/* The inside of a field in quotes. */
static void write_doubled(FILE *stream, const char *text)
{
    for (; *text; text++) {
        if (*text == '"')
            putc('"', stream);
        putc(*text, stream);
    }
}

static void write_field(FILE *stream, const char *text, bool guard)
{
    const bool quoted = strpbrk(text, ",\"\r\n") != NULL;

    if (quoted)
        putc('"', stream);
    if (guard && begins_like_formula(text))
        putc('\'', stream);
    write_doubled(stream, text);
    if (quoted)
        putc('"', stream);
}

static void write_keywords(FILE *stream, const struct captioner_result *result, bool guard)
{
    fputs(",\"", stream);
    if (guard && result->keyword_count > 0 && begins_like_formula(result->keywords[0].text))
        putc('\'', stream);
    app_write_keywords(stream, result, write_doubled);
    putc('"', stream);
}

/* Rank, caption, confidence and log-probabilities; what is no photo has rank 0 and nothing else. */
static void write_columns(FILE *stream, const struct captioner_result *result, size_t index,
                          bool guard)
{
    const struct captioner_caption *caption;

    if (result->count == 0) {
        fputs(",0,,,,", stream);
        return;
    }
    caption = &result->captions[index];
    fprintf(stream, ",%zu,", index + 1);
    write_field(stream, caption->text, guard);
    fprintf(stream, ",%.4f,%.4f,", caption->confidence, caption->log_prob);
    app_write_log_probs(stream, caption);
}

static void write_csv_rows(FILE *stream, const struct app_entry *entry, bool guard, bool keywords)
{
    for (size_t i = 0; i < app_row_count(entry); i++) {
        write_field(stream, entry->path, guard);
        write_columns(stream, entry->result, i, guard);
        if (keywords)
            write_keywords(stream, entry->result, guard);
        fputs("\r\n", stream);
    }
}

static void write_guarded(const struct app_format *format, FILE *stream,
                          const struct app_entry *entry, const char *file)
{
    (void)file;
    write_csv_rows(stream, entry, true, format->keywords);
}

static void write_raw(const struct app_format *format, FILE *stream, const struct app_entry *entry,
                      const char *file)
{
    (void)file;
    write_csv_rows(stream, entry, false, format->keywords);
}

static size_t csv_length(const char *text, size_t size)
{
    bool quoted = false;

    for (size_t i = 0; i < size; i++) {
        quoted ^= text[i] == '"';
        if (text[i] == '\n' && !quoted)
            return i + 1;
    }
    return 0;
}

static bool raw_path(const struct app_format *format, const char *text, size_t length, char *path)
{
    const bool quoted = length > 0 && text[0] == '"';
    size_t i = quoted;

    if (!app_columns_fit(format, ',', true, text, length))
        return false;
    for (; i < length; i++) {
        if (quoted && text[i] == '"' && (i + 1 == length || text[++i] != '"'))
            break;
        if (!quoted && text[i] == ',')
            break;
        *path++ = text[i];
    }
    *path = '\0';
    return i < length && text[i] == ',';
}

static bool guarded_path(const struct app_format *format, const char *text, size_t length,
                         char *path)
{
    if (!raw_path(format, text, length, path))
        return false;
    if (path[0] == '\'' && begins_like_formula(path))
        memmove(path, path + 1, strlen(path));
    return true;
}

#define COLUMNS "path,rank,caption,confidence,log_prob,word_log_probs"

const struct app_format app_format_csv = {
    .name = "csv",
    .extension = ".csv",
    .head = COLUMNS "\r\n",
    .keywords_head = COLUMNS ",keywords\r\n",
    .separator = "",
    .foot = "",
    .row_start = "",
    .row_a_caption = true,
    .write = write_guarded,
    .length = csv_length,
    .path = guarded_path,
};

const struct app_format app_format_csv_raw = {
    .name = "csv",
    .head = COLUMNS "\r\n",
    .keywords_head = COLUMNS ",keywords\r\n",
    .separator = "",
    .foot = "",
    .row_start = "",
    .row_a_caption = true,
    .write = write_raw,
    .length = csv_length,
    .path = raw_path,
};
