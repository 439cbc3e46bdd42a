/* SPDX-License-Identifier: MIT */
/* CSV as RFC 4180 has it: lines end with CR LF, a field with a comma, a quote or a line break
 * stands in quotes, and a quote within is doubled. */
#include "app/rows.h"

#include <string.h>

static void write_field(FILE *stream, const char *text)
{
    if (!strpbrk(text, ",\"\r\n")) {
        fputs(text, stream);
        return;
    }
    putc('"', stream);
    for (; *text; text++) {
        if (*text == '"')
            putc('"', stream);
        putc(*text, stream);
    }
    putc('"', stream);
}

static void write_csv(FILE *stream, const struct app_entry *entry, const char *file)
{
    (void)file;
    for (size_t i = 0; i < entry->result->count; i++) {
        const struct captioner_caption *caption = &entry->result->captions[i];

        write_field(stream, entry->path);
        fprintf(stream, ",%zu,", i + 1);
        write_field(stream, caption->text);
        fprintf(stream, ",%.4f,%.4f,", caption->confidence, caption->log_prob);
        app_write_log_probs(stream, caption);
        fputs("\r\n", stream);
    }
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

static bool csv_path(const char *text, size_t length, char *path)
{
    const bool quoted = length > 0 && text[0] == '"';
    size_t i = quoted;

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

const struct app_format app_format_csv = {
    .name = "csv",
    .extension = ".csv",
    .head = "path,rank,caption,confidence,log_prob,word_log_probs\r\n",
    .separator = "",
    .foot = "",
    .row_start = "",
    .row_a_caption = true,
    .write = write_csv,
    .length = csv_length,
    .path = csv_path,
};
