/* SPDX-License-Identifier: MIT */
/* Any bytes as a file of rows, in every format: rows end within the bytes.  Then as a photo's path:
 * the row that is written of it is whole, and gives the path back.  Then as a template of rows, and
 * as the file that a run is to go on with: it is left as it is, or what it loses is of old feet and
 * nothing else. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/output/rows.h"
#include "app/output/template.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

extern const char app_program[];
const char app_program[] = "fuzz_rows";

static void require(bool holds)
{
    if (!holds)
        abort();
}

/* The length of the first row as app/output/rows.c takes it. */
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
        if (format->path(format, row, length, path))
            require(strlen(path) <= length);
        free(row);
        free(path);
        size -= length;
    }
}

static unsigned char jpeg[3];
static const struct app_thumbnail thumbnail = {1, 1, jpeg, sizeof jpeg};
static const struct captioner_word word = {.text = "dog", .log_prob = -1};
static const struct captioner_caption caption = {
    .text = "a \"dog\", <b>", .words = &word, .word_count = 1, .confidence = 0.5};
static const struct captioner_keyword keyword = {"=\"dog\"", 0.5};
static const struct captioner_result result = {
    .count = 1, .captions = &caption, .keyword_count = 1, .keywords = &keyword};

/* What the rows call it; NULL: they cannot.  The caller frees it. */
static char *name_of(const struct app_format *format, const char *path)
{
    char *name = NULL;

    if (!format->photo_name)
        return strdup(path);
    if (format->photo_name("page.html", path, &name, NULL) == TN_OK)
        require(name[0] != '/' && !strstr(name, "/../"));
    return name;
}

static void write_and_read(const struct app_format *format, const char *path, const char *link)
{
    const struct app_entry entry = {.path = path,
                                    .result = &result,
                                    .language = "en",
                                    .model = "0123456789abcdef",
                                    .thumbnail = &thumbnail,
                                    .thumbnail_link = link};
    char *text, *found;
    size_t size, length;
    FILE *stream = open_memstream(&text, &size);

    require(stream != NULL);
    format->write(format, stream, &entry, "page.html");
    length = (size_t)ftell(stream);
    fputs(format->foot, stream);
    require(fclose(stream) == 0);
    require(row_length(format, text, size) == length);
    found = malloc(length + 1);
    require(found && format->path(format, text, length, found));
    require(strcmp(found, path) == 0);
    free(found);
    free(text);
}

/* ---- Going on with a file ---- */

enum { LARGEST = 1 << 16 };

static void put_file(const char *name, const char *bytes, size_t size)
{
    FILE *stream = fopen(name, "wb");

    require(stream && fwrite(bytes, 1, size, stream) == size && fclose(stream) == 0);
}

static char *get_file(const char *name, size_t *ret_size)
{
    char *bytes = malloc(2 * LARGEST);
    FILE *stream = fopen(name, "rb");

    require(bytes && stream);
    *ret_size = fread(bytes, 1, 2 * LARGEST, stream);
    require(feof(stream));
    fclose(stream);
    return bytes;
}

/* Whether the run came to its end, and whether it began. */
static bool run_on(const struct app_format *format, const char *name, bool *ret_began)
{
    static const char *const photos[] = {"album/1.jpg", "album/2.jpg"};
    struct app_output *output;
    bool good = app_rows_create(format, name, APP_SKIP, &output, NULL) == TN_OK;

    *ret_began = good;
    if (!good)
        return false;
    for (size_t i = 0; i < 2 && good; i++) {
        const struct app_entry entry = {.path = photos[i],
                                        .result = &result,
                                        .language = "en",
                                        .model = "0123456789abcdef",
                                        .thumbnail = &thumbnail};

        if (!output->ops->holds(output, photos[i]))
            good = output->ops->put(output, &entry, NULL) == TN_OK &&
                   output->ops->flush(output, NULL) == TN_OK;
    }
    good = good && output->ops->finish(output, true, NULL) == TN_OK;
    output->ops->destroy(output);
    return good;
}

/* Whether it is the beginning of a foot and the end of another, as a write within the foot leaves.
 */
static bool is_of_feet(const char *foot, const char *lost, size_t size)
{
    const size_t length = strlen(foot);
    size_t begun = 0;

    while (begun < length && begun < size && lost[begun] == foot[begun])
        begun++;
    return size - begun <= length &&
           memcmp(lost + begun, foot + length - (size - begun), size - begun) == 0;
}

static void go_on(const struct app_format *format, const char *before, size_t before_size)
{
    const size_t foot = strlen(format->foot);
    size_t after_size, same = 0, lost;
    char name[64], *after;
    bool began, ended;

    snprintf(name, sizeof name, "/dev/shm/fuzz_rows.%ld", (long)getpid());
    put_file(name, before, before_size);
    ended = run_on(format, name, &began);
    after = get_file(name, &after_size);
    while (same < before_size && same < after_size && before[same] == after[same])
        same++;
    lost = before_size - same;
    require(began || after_size == before_size);
    require(lost == 0 || (began && is_of_feet(format->foot, before + same, lost)));
    if (ended)
        require(after_size >= foot && memcmp(after + after_size - foot, format->foot, foot) == 0);
    free(after);
    unlink(name);
}

/* What is a template is filled in, and ends in a newline. */
static void fill_in(const char *text)
{
    const struct app_entry entry = {
        .path = text, .result = &result, .language = "en", .model = "0123456789abcdef"};
    struct app_format format = app_format_template;
    char *row;
    size_t size;
    bool keywords;
    FILE *stream;

    if (app_template_check(text, &keywords, NULL) != TN_OK)
        return;
    stream = open_memstream(&row, &size);
    require(stream != NULL);
    format.template = text;
    format.write(&format, stream, &entry, NULL);
    require(fclose(stream) == 0 && size > 0 && row[size - 1] == '\n');
    free(row);
}

/* bytes[size], and a NUL behind them. */
static void try_format(const struct app_format *format, const char *bytes, size_t size)
{
    char *name = name_of(format, bytes);

    read_rows(format, bytes, size);
    if (name) {
        write_and_read(format, name, NULL);
        write_and_read(format, name, "page_files/0123456789abcdef.jpg");
    }
    free(name);
    if (size <= LARGEST)
        go_on(format, bytes, size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *path = malloc(size + 1);

    require(path != NULL);
    memcpy(path, data, size);
    path[size] = '\0';
    for (size_t i = 0; app_formats[i]; i++) {
        const struct app_format other = app_format_with_keywords(app_formats[i], true);

        try_format(app_formats[i], path, size);
        if (other.keywords)
            try_format(&other, path, size);
    }
    fill_in(path);
    free(path);
    return 0;
}
