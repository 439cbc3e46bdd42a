/* SPDX-License-Identifier: MIT */
/* Rows for people and for line tools: bare captions, path<TAB>caption, and TSV with its columns. */
#include "app/cli/text_escape.h"
#include "app/output/rows.h"

#include <string.h>

/* The path of a row that has so many columns. */
static bool path_of(const char *text, size_t length, size_t columns, char *path)
{
    const char *first = memchr(text, '\t', length);
    size_t tabs = 0;

    for (size_t i = 0; i < length; i++)
        tabs += text[i] == '\t';
    if (tabs + 1 != columns)
        return false;
    app_unescape_tsv(text, (size_t)(first - text), path);
    return true;
}

static bool path_of_text(const struct app_format *format, const char *text, size_t length,
                         char *path)
{
    return path_of(text, length, format->keywords ? 3 : 2, path);
}

static bool path_of_tsv(const struct app_format *format, const char *text, size_t length,
                        char *path)
{
    return app_columns_fit(format, '\t', false, text, length) &&
           path_of(text, length, format->keywords ? 7 : 6, path);
}

/* With what a person should know of it, where a person reads. */
static void write_caption(const struct app_format *format, FILE *stream,
                          const struct captioner_caption *caption)
{
    fputs(caption->text, stream);
    if (format->percent)
        fprintf(stream, "  (%.0f %%)", 100 * caption->confidence);
}

/* ---- Captions alone ---- */

static void write_plain(FILE *stream, const char *text)
{
    fputs(text, stream);
}

static void write_bare_rows(const struct app_format *format, FILE *stream,
                            const struct app_entry *entry, const char *file)
{
    (void)file;
    for (size_t i = 0; i < entry->result->count; i++) {
        write_caption(format, stream, &entry->result->captions[i]);
        putc('\n', stream);
    }
    if (format->keywords && entry->result->keyword_count > 0) {
        app_write_keywords(stream, entry->result, write_plain);
        putc('\n', stream);
    }
}

const struct app_format app_format_bare = {
    .name = "bare",
    .head = "",
    .keywords_head = "",
    .separator = "",
    .foot = "",
    .row_start = "",
    .row_a_caption = true,
    .sentences_only = true,
    .write = write_bare_rows,
};

/* ---- Text ---- */

static void write_text_rows(const struct app_format *format, FILE *stream,
                            const struct app_entry *entry, const char *file)
{
    const struct captioner_result *result = entry->result;

    (void)file;
    for (size_t i = 0; i < app_row_count(entry); i++) {
        app_escape_tsv(stream, entry->path);
        putc('\t', stream);
        if (result->count > 0)
            write_caption(format, stream, &result->captions[i]);
        else if (format->percent)
            fputs("(hardly a photo of anything)", stream);
        if (format->keywords) {
            putc('\t', stream);
            app_write_keywords(stream, result, app_escape_tsv);
        }
        putc('\n', stream);
    }
}

const struct app_format app_format_text = {
    .name = "text",
    .extension = ".txt",
    .head = "",
    .keywords_head = "",
    .separator = "",
    .foot = "",
    .row_start = "",
    .row_a_caption = true,
    .write = write_text_rows,
    .path = path_of_text,
};

/* ---- TSV ---- */

/* Rank, caption, confidence and log-probabilities; what is no photo has rank 0 and nothing else. */
static void write_tsv_columns(FILE *stream, const struct captioner_result *result, size_t index)
{
    const struct captioner_caption *caption;

    if (result->count == 0) {
        fputs("\t0\t\t\t\t", stream);
        return;
    }
    caption = &result->captions[index];
    fprintf(stream, "\t%zu\t", index + 1);
    app_escape_tsv(stream, caption->text);
    fprintf(stream, "\t%.4f\t%.4f\t", caption->confidence, caption->log_prob);
    app_write_log_probs(stream, caption);
}

static void write_tsv_rows(const struct app_format *format, FILE *stream,
                           const struct app_entry *entry, const char *file)
{
    (void)file;
    for (size_t i = 0; i < app_row_count(entry); i++) {
        app_escape_tsv(stream, entry->path);
        write_tsv_columns(stream, entry->result, i);
        if (format->keywords) {
            putc('\t', stream);
            app_write_keywords(stream, entry->result, app_escape_tsv);
        }
        putc('\n', stream);
    }
}

#define COLUMNS "path\trank\tcaption\tconfidence\tlog_prob\tword_log_probs"

const struct app_format app_format_tsv = {
    .name = "tsv",
    .extension = ".tsv",
    .head = COLUMNS "\n",
    .keywords_head = COLUMNS "\tkeywords\n",
    .separator = "",
    .foot = "",
    .row_start = "",
    .row_a_caption = true,
    .write = write_tsv_rows,
    .path = path_of_tsv,
};
