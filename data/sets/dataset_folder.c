/* SPDX-License-Identifier: MIT */
/* A folder of photos with a .txt, or a .caption, of the same name beside each: one caption per
 * line. */
#include "base/name_case.h"
#include "base/path.h"
#include "data/sets/dataset_private.h"
#include "data/text.h"
#include "image/image.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum tn_status data_read_lines(struct data_builder *builder, size_t photo, const char *text,
                               size_t size, struct tn_error *err)
{
    const char *const end = text + size;

    for (builder->line = 1; text < end; builder->line++) {
        const char *newline = memchr(text, '\n', (size_t)(end - text));
        const char *stop = newline ? newline : end;

        TN_TRY(data_builder_caption(builder, photo, text, (size_t)(stop - text), err));
        text = stop + 1;
    }
    builder->line = 0;
    return TN_OK;
}

static enum tn_status add_photo(struct data_builder *builder, const char *name,
                                const char *captions, struct tn_error *err)
{
    const char *const source = builder->source;
    enum tn_status status;
    size_t size, photo;
    char *text;

    TN_TRY(data_builder_photo(builder, name, strlen(name), &photo, err));
    TN_TRY(data_read_text(captions, &text, &size, err));
    data_mend_line_ends(text, size);
    builder->source = captions;
    status = data_read_lines(builder, photo, text, size, err);
    builder->source = source;
    free(text);
    return status;
}

/* Whether there is a .txt, or else a .caption, that is named like the first `length` bytes of path,
 * which is not that file itself, not even on a file system that ignores case. */
static bool find_text(const char *path, size_t length, char text[PATH_MAX])
{
    static const char *const extensions[] = {".txt", ".TXT", ".caption"};

    for (size_t i = 0; i < sizeof extensions / sizeof extensions[0]; i++)
        if (snprintf(text, PATH_MAX, "%.*s%s", (int)length, path, extensions[i]) < PATH_MAX &&
            tn_path_exists(text) && strcasecmp(text, path) != 0)
            return true;
    return false;
}

/* The stems of the photos so far, and the folder that the last was in. */
struct stems {
    struct tn_map map;
    char folder[PATH_MAX];
    bool ignores_case; /* the folder's file system */
};

/* *ret_new: no photo before had that stem, path[length]. */
static enum tn_status add_stem(struct stems *stems, const char *path, size_t length, bool *ret_new,
                               struct tn_error *err)
{
    const size_t before = stems->map.count, in = tn_path_folder_length(path);
    char *folded = NULL;
    enum tn_status status;
    size_t index;

    if (strncmp(stems->folder, path, in) != 0 || stems->folder[in] != '\0') {
        snprintf(stems->folder, sizeof stems->folder, "%.*s", (int)in, path);
        stems->ignores_case = tn_folder_ignores_case(stems->folder);
    }
    if (stems->ignores_case)
        TN_TRY(tn_fold_case(path, length, &folded, err));
    status = tn_map_add(&stems->map, folded ? folded : path, folded ? strlen(folded) : length,
                        &index, err);
    free(folded);
    if (status == TN_OK)
        *ret_new = stems->map.count > before;
    return status;
}

/* A walk through the folder. */
struct reader {
    struct data_builder *builder;
    struct stems stems;
};

/* Adds a file that is a photo with captions.  As `caption` writes them, those of x.jpg are in
 * x.jpg.txt or, where no photo of that stem comes before it, in x.txt. */
static enum tn_status add_file(void *context, const char *path, const char *name,
                               struct tn_error *err)
{
    struct reader *reader = context;
    const size_t stem = tn_path_stem_length(path);
    char text[PATH_MAX];
    bool is_first;

    if (!image_is_photo(path))
        return TN_OK;
    TN_TRY(add_stem(&reader->stems, path, stem, &is_first, err));
    if (find_text(path, strlen(path), text) || (is_first && find_text(path, stem, text)))
        return add_photo(reader->builder, name, text, err);
    data_note_add(&reader->builder->dataset->notes[DATA_NOTE_UNDESCRIBED], name);
    return TN_OK;
}

enum tn_status data_read_sidecars(struct data_builder *builder, const char *folder,
                                  struct tn_error *err)
{
    struct reader reader = {.builder = builder};
    const enum tn_status status = data_visit_files(folder, add_file, &reader, err);

    tn_map_finish(&reader.stems.map);
    return status;
}
