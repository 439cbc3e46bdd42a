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

static bool path_of_text(const char *text, size_t length, char *path)
{
    return path_of(text, length, 2, path);
}

static bool path_of_tsv(const char *text, size_t length, char *path)
{
    return path_of(text, length, 6, path);
}

static void write_bare_rows(FILE *stream, const struct app_entry *entry, const char *file)
{
    (void)file;
    for (size_t i = 0; i < entry->result->count; i++)
        fprintf(stream, "%s\n", entry->result->captions[i].text);
}

const struct app_format app_format_bare = {
    .name = "bare",
    .head = "",
    .separator = "",
    .foot = "",
    .row_start = "",
    .row_a_caption = true,
    .write = write_bare_rows,
};

static void write_text_rows(FILE *stream, const struct app_entry *entry, const char *file)
{
    (void)file;
    for (size_t i = 0; i < entry->result->count; i++) {
        app_escape_tsv(stream, entry->path);
        fprintf(stream, "\t%s\n", entry->result->captions[i].text);
    }
}

const struct app_format app_format_text = {
    .name = "text",
    .extension = ".txt",
    .head = "",
    .separator = "",
    .foot = "",
    .row_start = "",
    .row_a_caption = true,
    .write = write_text_rows,
    .path = path_of_text,
};

void app_write_log_probs(FILE *stream, const struct captioner_caption *caption)
{
    for (size_t i = 0; i < caption->word_count; i++)
        fprintf(stream, "%.4f ", (double)caption->words[i].log_prob);
    fprintf(stream, "%.4f", caption->end_log_prob);
}

static void write_tsv_rows(FILE *stream, const struct app_entry *entry, const char *file)
{
    (void)file;
    for (size_t i = 0; i < entry->result->count; i++) {
        const struct captioner_caption *caption = &entry->result->captions[i];

        app_escape_tsv(stream, entry->path);
        fprintf(stream, "\t%zu\t", i + 1);
        app_escape_tsv(stream, caption->text);
        fprintf(stream, "\t%.4f\t%.4f\t", caption->confidence, caption->log_prob);
        app_write_log_probs(stream, caption);
        putc('\n', stream);
    }
}

const struct app_format app_format_tsv = {
    .name = "tsv",
    .extension = ".tsv",
    .head = "path\trank\tcaption\tconfidence\tlog_prob\tword_log_probs\n",
    .separator = "",
    .foot = "",
    .row_start = "",
    .row_a_caption = true,
    .write = write_tsv_rows,
    .path = path_of_tsv,
};
