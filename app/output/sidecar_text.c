/* SPDX-License-Identifier: MIT */
/*
 * Captions in text files beside the photos, as trainers of image models expect them: photo.txt
 * beside photo.jpg, one caption per line, the best first.
 *
 * What shows a character is a caption.  APP_APPEND adds, as lines at the end, the captions that are
 * not a line of the file yet; what is there stays, byte for byte.
 */
#include "app/output/sidecar.h"
#include "metadata/description.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What is no text is somebody's, too.  Lines bear no mark of who wrote them, so all may be a
 * person's. */
static enum tn_status find_author(const char *text, size_t size, enum meta_author *ret_author,
                                  struct tn_error *err)
{
    const bool is_blank = strlen(text) == size && meta_description_blank(text);

    (void)err;
    *ret_author = is_blank ? META_NOBODY : META_PERSON;
    return TN_OK;
}

static bool is_new_line(const struct captioner_result *result, size_t index, const char *text)
{
    const char *caption = result->captions[index].text;

    for (size_t i = 0; i < index; i++)
        if (strcmp(result->captions[i].text, caption) == 0)
            return false;
    return !meta_description_has_line(text, caption);
}

/* Writes the text, which may be "", and behind it the captions that are not a line of it.  Returns
 * how many these are. */
static size_t write_lines(FILE *stream, const char *text, const struct captioner_result *result)
{
    const size_t length = strlen(text);
    size_t lines = 0;

    fputs(text, stream);
    if (length > 0 && text[length - 1] != '\n')
        fputc('\n', stream);
    for (size_t i = 0; i < result->count; i++)
        if (is_new_line(result, i, text)) {
            fprintf(stream, "%s\n", result->captions[i].text);
            lines++;
        }
    return lines;
}

static enum tn_status merge_lines(const char *path, const char *old, size_t size,
                                  const struct app_entry *entry, enum app_existing existing,
                                  char **ret_bytes, size_t *ret_size, struct tn_error *err)
{
    const char *kept = old && existing == APP_APPEND ? old : "";
    char *bytes = NULL;
    FILE *stream;
    size_t lines;

    /* such as UTF-16, or a picture of that name */
    if (old && strlen(old) != size)
        return tn_fail(err, TN_FORMAT, "%s: not a text file in UTF-8; it is left as it is", path);
    stream = open_memstream(&bytes, ret_size);
    if (!stream)
        return tn_fail_nomem(err, size);
    lines = write_lines(stream, kept, entry->result);
    if (fclose(stream) != 0) {
        free(bytes);
        return tn_fail_nomem(err, size);
    }
    if (lines == 0) {
        free(bytes);
        bytes = NULL;
    }
    *ret_bytes = bytes;
    return TN_OK;
}

const struct app_sidecar_kind app_sidecar_txt = {
    .extension = ".txt",
    .name = APP_SIDECAR_STEM,
    .largest = 16 << 20,
    .author = find_author,
    .merge = merge_lines,
};

/* Some trainers look for this name. */
const struct app_sidecar_kind app_sidecar_caption = {
    .extension = ".caption",
    .name = APP_SIDECAR_STEM,
    .largest = 16 << 20,
    .author = find_author,
    .merge = merge_lines,
};
