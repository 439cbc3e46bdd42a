/* SPDX-License-Identifier: MIT */
/* Which formats there are, and how they are found. */
#include "app/output/rows.h"
#include "base/path.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

const struct app_format *const app_formats[] = {
    &app_format_text,  &app_format_tsv,         &app_format_csv,     &app_format_json,
    &app_format_jsonl, &app_format_imagefolder, &app_format_gallery, NULL,
};

static bool fits(const struct app_format *format, const char *path)
{
    const size_t length = strlen(path), n = strlen(format->extension);

    if (format->extension[0] != '.')
        return strcmp(tn_path_name(path), format->extension) == 0;
    return length > n && strcasecmp(path + length - n, format->extension) == 0;
}

/* Of imagefolder that is .jsonl. */
static bool ends_as(const struct app_format *format, const char *extension)
{
    return strcasecmp(strrchr(format->extension, '.'), extension) == 0;
}

bool app_format_may_be(const struct app_format *format, const char *path)
{
    const char *extension = tn_path_extension(path);
    bool other = false;

    for (size_t i = 0; app_formats[i]; i++)
        other |= ends_as(app_formats[i], extension);
    return !other || !format->extension || ends_as(format, extension);
}

/* metadata.jsonl is imagefolder's, though .jsonl is jsonl's: the longest that fits. */
const struct app_format *app_format_of_file(const char *path)
{
    const struct app_format *best = NULL;

    for (size_t i = 0; app_formats[i]; i++)
        if (fits(app_formats[i], path) &&
            (!best || strlen(app_formats[i]->extension) > strlen(best->extension)))
            best = app_formats[i];
    return best;
}

struct app_format app_format_with_keywords(const struct app_format *format, bool keywords)
{
    struct app_format other = *format;

    other.keywords = keywords && format->keywords_head;
    return other;
}

void app_write_keywords(FILE *stream, const struct captioner_result *result,
                        void (*write_text)(FILE *stream, const char *text))
{
    for (size_t i = 0; i < result->keyword_count; i++) {
        if (i > 0)
            fputs(", ", stream);
        write_text(stream, result->keywords[i].text);
    }
}

void app_write_log_probs(FILE *stream, const struct captioner_caption *caption)
{
    for (size_t i = 0; i < caption->word_count; i++)
        fprintf(stream, "%.4f ", (double)caption->words[i].log_prob);
    fprintf(stream, "%.4f", caption->end_log_prob);
}

/* The length of the column at text[length], which a separator ends or the row. */
static size_t column_length(const char *text, size_t length, char separator, bool quotes)
{
    bool quoted = false;
    size_t i = 0;

    for (; i < length && (quoted || text[i] != separator); i++)
        quoted ^= quotes && text[i] == '"';
    return i;
}

static bool is_number(const char *text, size_t length)
{
    char number[32], *end;

    if (length == 0 || length >= sizeof number)
        return false;
    memcpy(number, text, length);
    number[length] = '\0';
    strtod(number, &end);
    return end == number + length;
}

bool app_columns_fit(const struct app_format *format, char separator, bool quotes, const char *text,
                     size_t length)
{
    enum { RANK = 1, CAPTION, CONFIDENCE, LOG_PROB };
    const char *head = strchr(app_format_head(format), separator);
    size_t at = 0, column = 0;
    bool blank = false, fits = true;

    for (;; column++) {
        const size_t size = column_length(text + at, length - at, separator, quotes);

        if (column == RANK)
            blank = size == 1 && text[at] == '0';
        if (blank && CAPTION <= column && column <= LOG_PROB)
            fits &= size == 0;
        else if (column == RANK || column == CONFIDENCE || column == LOG_PROB)
            fits &= is_number(text + at, size);
        if (at + size == length)
            return fits && !head;
        if (!head)
            return false;
        head = strchr(head + 1, separator);
        at += size + 1;
    }
}

void app_format_write(const struct app_format *format, FILE *stream, const struct app_entry *entry,
                      const char *file)
{
    format->write(format, stream, entry, file);
    for (size_t i = 0; format->row_a_caption && i < entry->translation_count; i++) {
        struct app_entry further = *entry;

        further.language = entry->translations[i].language;
        further.result = entry->translations[i].result;
        format->write(format, stream, &further, file);
    }
}
