/* SPDX-License-Identifier: MIT */
/* Any bytes as a file of rows, in every format: rows end within the bytes.  Then as a photo's path:
 * the row that is written of it is whole, and gives the path back. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/rows.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

/* The length of the first row as app/rows.c takes it. */
static size_t row_length(const struct app_format *format, const char *text, size_t size)
{
    const char *newline;

    if (format->length)
        return format->length(text, size);
    newline = memchr(text, '\n', size);
    return newline ? (size_t)(newline + 1 - text) : 0;
}

static void read_rows(const struct app_format *format, const char *text, size_t size)
{
    size_t length;

    for (; size > 0 && (length = row_length(format, text, size)) > 0; text += length) {
        /* Of exactly these sizes, so that the sanitizer sees a byte too far. */
        char *row = malloc(length), *path = malloc(length + 1);

        require(length <= size && row && path);
        memcpy(row, text, length);
        if (format->path(row, length, path))
            require(strlen(path) <= length);
        free(row);
        free(path);
        size -= length;
    }
}

static void write_and_read(const struct app_format *format, const char *path)
{
    unsigned char pixel[3] = {0};
    const struct image thumbnail = {1, 1, pixel};
    const struct captioner_word word = {.text = "dog", .log_prob = -1};
    const struct captioner_caption caption = {
        .text = "a \"dog\", <b>", .words = &word, .word_count = 1, .confidence = 0.5};
    const struct captioner_result result = {1, &caption};
    const struct app_entry entry = {
        .path = path, .result = &result, .language = "en", .thumbnail = &thumbnail};
    char *text, *found;
    size_t size, length;
    FILE *stream = open_memstream(&text, &size);

    require(stream != NULL);
    format->write(stream, &entry, "page.html");
    length = (size_t)ftell(stream);
    fputs(format->foot, stream);
    require(fclose(stream) == 0);
    require(row_length(format, text, size) == length);
    found = malloc(length + 1);
    require(found && format->path(text, length, found));
    require(strcmp(found, path) == 0);
    free(found);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *path = malloc(size + 1);

    require(path != NULL);
    memcpy(path, data, size);
    path[size] = '\0';
    for (size_t i = 0; app_formats[i]; i++) {
        read_rows(app_formats[i], (const char *)data, size);
        write_and_read(app_formats[i], path);
    }
    free(path);
    return 0;
}
