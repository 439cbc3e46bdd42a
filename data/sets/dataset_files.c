/* SPDX-License-Identifier: MIT */
/* Which files make a data set, and which reader reads each. */
#include "data/sets/dataset_private.h"

#include "base/array.h"
#include "base/path.h"
#include "data/sets/dataset_files_private.h"
#include "data/sets/dataset_tar_private.h"
#include "data/text.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

/* ---- One file ---- */

static bool is_json(const char *path, const char *text)
{
    const char *extension = tn_path_extension(path);

    return text[strspn(text, " \t\r\n")] == '{' || strcasecmp(extension, ".json") == 0 ||
           strcasecmp(extension, ".jsonl") == 0;
}

static enum tn_status read_text(struct data_builder *builder, const char *path,
                                struct tn_error *err)
{
    enum tn_status status;
    size_t size;
    char *text;

    TN_TRY(data_read_text(path, &text, &size, err));
    data_mend_line_ends(text, size);
    status = is_json(path, text) ? data_read_json(builder, text, size, err)
                                 : data_read_table(builder, text, size, err);
    free(text);
    return status;
}

/* ---- Flickr8k ---- */

/* Its captions, or Flickr8k-CN's: beside them lie the split lists. */
static bool is_flickr8k(const char *path)
{
    static const char chinese[] = "flickr8kzh";
    const char *name = tn_path_name(path);

    return strcmp(name, "Flickr8k.token.txt") == 0 ||
           (strncmp(name, chinese, strlen(chinese)) == 0 &&
            strcmp(tn_path_extension(name), ".txt") == 0);
}

/* Flickr8k's lists; *ret_any: whether there was one. */
static enum tn_status read_split_lists(struct data_builder *builder, const char *folder,
                                       bool *ret_any, struct tn_error *err)
{
    static const struct {
        const char *name;
        enum data_split split;
    } lists[] = {{"Flickr_8k.trainImages.txt", DATA_SPLIT_TRAIN},
                 {"Flickr_8k.devImages.txt", DATA_SPLIT_DEV},
                 {"Flickr_8k.testImages.txt", DATA_SPLIT_TEST}};
    enum tn_status status = TN_OK;

    *ret_any = false;
    for (size_t i = 0; i < sizeof lists / sizeof lists[0] && status == TN_OK; i++) {
        char *path = tn_path_join(folder, lists[i].name), *text;
        size_t size;

        if (!path)
            return tn_fail_nomem(err, strlen(folder));
        if (tn_path_exists(path)) {
            status = data_read_text(path, &text, &size, err);
            if (status == TN_OK) {
                data_read_split(builder, text, size, lists[i].split);
                free(text);
                *ret_any = true;
            }
        }
        free(path);
    }
    return status;
}

/* Photos that no list names are no part of the set: Flickr8k has captions of 108 such photos, and
 * of one that was never published. */
static void drop_unlisted(struct data_set *dataset)
{
    for (size_t i = 0; i < dataset->photo_count; i++)
        if (dataset->photos[i].split == DATA_SPLIT_NONE)
            dataset->photos[i].split = DATA_SPLIT_OUT;
}

static enum tn_status read_flickr8k(struct data_builder *builder, const char *path,
                                    struct tn_error *err)
{
    char *folder = tn_path_folder(path);
    enum tn_status status;
    bool listed = false;

    if (!folder)
        return tn_fail_nomem(err, strlen(path));
    status = read_text(builder, path, err);
    if (status == TN_OK)
        status = read_split_lists(builder, folder, &listed, err);
    if (listed)
        drop_unlisted(builder->dataset);
    free(folder);
    return status;
}

/* ---- Any file ---- */

/* Of COCO's files, of shards, and of files in folders below. */
static enum data_split split_of_file(const char *path, const char *below)
{
    static const char coco[] = "captions_";
    const char *name = tn_path_name(path);

    if (strncmp(name, coco, strlen(coco)) == 0)
        return data_split_of_path(name + strlen(coco));
    if (data_is_tar(path))
        return data_split_of_path(below);
    return below != name ? data_split_of_path(below) : DATA_SPLIT_NONE;
}

/* The file's name as it is seen from the folder, or its own name if it is elsewhere. */
static const char *name_below(const char *path, const char *folder)
{
    size_t length = strlen(folder);

    while (length > 0 && folder[length - 1] == '/')
        length--;
    return strncmp(path, folder, length) == 0 && path[length] == '/' ? path + length + 1
                                                                     : tn_path_name(path);
}

enum tn_status data_read_file(struct data_builder *builder, const char *path, const char *base,
                              struct tn_error *err)
{
    const char *below = name_below(path, base);
    const size_t folder_length = tn_path_folder_length(below);
    char *folder = strndup(below, folder_length);
    enum tn_status status;

    if (!folder)
        return tn_fail_nomem(err, folder_length);
    builder->source = path;
    builder->folder = folder;
    builder->split = split_of_file(path, below);
    builder->line = builder->item = 0;
    status = data_is_tar(path)   ? data_read_tar(builder, path, err)
             : is_flickr8k(path) ? read_flickr8k(builder, path, err)
                                 : read_text(builder, path, err);
    builder->folder = NULL;
    free(folder);
    return status;
}

/* ---- Lists of files ---- */

void data_files_finish(struct data_files *files)
{
    for (size_t i = 0; i < files->count; i++)
        free(files->paths[i]);
    free(files->paths);
    *files = (struct data_files){0};
}

/* Takes the path over, which may be NULL: out of memory. */
static enum tn_status add_path(struct data_files *files, char *path, struct tn_error *err)
{
    enum tn_status status =
        path ? tn_array_reserve(&files->paths, &files->capacity, files->count + 1, err)
             : tn_fail_nomem(err, 1);

    if (status == TN_OK)
        files->paths[files->count++] = path;
    else
        free(path);
    return status;
}

/* Metadata files count more than the text of a table. */
static bool is_metadata(const char *path)
{
    const char *name = tn_path_name(path);

    return strcmp(name, "metadata.jsonl") == 0 || strcmp(name, "metadata.csv") == 0;
}

static bool is_parquet(const char *path)
{
    return strcmp(tn_path_extension(path), ".parquet") == 0;
}

/* A search for files of a kind. */
struct search {
    bool (*is_kind)(const char *path);
    struct data_files *files;
};

static enum tn_status add_if_kind(void *context, const char *path, const char *name,
                                  struct tn_error *err)
{
    const struct search *search = context;

    (void)name;
    return search->is_kind(path) ? add_path(search->files, strdup(path), err) : TN_OK;
}

/* All files below the folder that are of a kind. */
static enum tn_status find_below(const char *folder, bool (*is_kind)(const char *path),
                                 struct data_files *files, struct tn_error *err)
{
    struct search search = {is_kind, files};

    files->are_below = true;
    return data_visit_files(folder, add_if_kind, &search, err);
}

/* The captions file of a folder, by the names the known sets use. */
static enum tn_status find_known(const char *folder, struct data_files *files, struct tn_error *err)
{
    static const char *const patterns[] = {
        "Flickr8k.token.txt", "captions.tsv",   "captions.csv",    "captions.txt",
        "captions.jsonl",     "dataset_*.json", "captions_*.json", "annotations/captions_*.json"};

    for (size_t i = 0; i < sizeof patterns / sizeof patterns[0] && files->count == 0; i++) {
        char *pattern = tn_path_join(folder, patterns[i]);
        glob_t matches;
        int result;

        if (!pattern)
            return tn_fail_nomem(err, strlen(folder));
        result = glob(pattern, 0, NULL, &matches);
        free(pattern);
        if (result == GLOB_NOSPACE)
            return tn_fail_nomem(err, strlen(folder));
        if (result == 0) {
            const enum tn_status status = add_path(files, strdup(matches.gl_pathv[0]), err);

            globfree(&matches);
            TN_TRY(status);
        }
    }
    return TN_OK;
}

static enum tn_status refuse_parquet(const char *path, struct tn_error *err)
{
    return tn_fail(err, TN_UNSUPPORTED,
                   "%s: Parquet is not read; write metadata.jsonl instead, in Python: "
                   "pandas.read_parquet(\"%s\").to_json(\"metadata.jsonl\", orient=\"records\", "
                   "lines=True)",
                   path, tn_path_name(path));
}

enum tn_status data_files_of_folder(const char *folder, struct data_files *files,
                                    struct tn_error *err)
{
    TN_TRY(find_known(folder, files, err));
    return files->count > 0 ? TN_OK : find_below(folder, is_metadata, files, err);
}

enum tn_status data_files_of_shards(const char *folder, struct data_files *files,
                                    struct tn_error *err)
{
    struct data_files parquet = {0};
    enum tn_status status = find_below(folder, data_is_tar, files, err);

    if (status == TN_OK && files->count == 0)
        status = find_below(folder, is_parquet, &parquet, err);
    if (status == TN_OK && parquet.count > 0)
        status = refuse_parquet(parquet.paths[0], err);
    data_files_finish(&parquet);
    return status;
}

/* ---- Braces ---- */

enum { MOST_SHARDS = 100000 };

/* Adds the path with `middle` in the place of its first braces. */
static enum tn_status add_expanded(struct data_files *files, const char *pattern, const char *open,
                                   const char *close, const char *middle, size_t length,
                                   struct tn_error *err)
{
    char *path = malloc(strlen(pattern) + length + 1);
    enum tn_status status;

    if (!path)
        return tn_fail_nomem(err, strlen(pattern) + length);
    sprintf(path, "%.*s%.*s%s", (int)(open - pattern), pattern, (int)length, middle, close + 1);
    status = data_files_of_pattern(path, files, err);
    free(path);
    return status;
}

/* {0000..0123}, with as many digits as the first has. */
static enum tn_status add_range(struct data_files *files, const char *pattern, const char *open,
                                const char *close, const char *dots, struct tn_error *err)
{
    char *end_first, *end_last, digits[32];
    const unsigned long first = strtoul(open + 1, &end_first, 10);
    const unsigned long last = strtoul(dots + 2, &end_last, 10);

    if (end_first != dots || end_last != close || dots - open > 20 || last < first ||
        last - first >= MOST_SHARDS || last >= 1000000000)
        return tn_fail(err, TN_FORMAT, "%s: expected a range as {0000..0123} in the braces",
                       pattern);
    for (unsigned long i = first; i <= last; i++) {
        const int length = snprintf(digits, sizeof digits, "%0*lu", (int)(dots - open - 1), i);

        TN_TRY(add_expanded(files, pattern, open, close, digits, (size_t)length, err));
    }
    return TN_OK;
}

enum tn_status data_files_of_pattern(const char *pattern, struct data_files *files,
                                     struct tn_error *err)
{
    const char *open = strchr(pattern, '{'), *close = open ? strchr(open, '}') : NULL;
    const char *dots = open ? strstr(open, "..") : NULL;

    if (files->count >= MOST_SHARDS)
        return tn_fail(err, TN_RANGE, "%s: more than %d files", pattern, MOST_SHARDS);
    if (!close || tn_path_exists(pattern))
        return add_path(files, strdup(pattern), err);
    if (dots && dots < close)
        return add_range(files, pattern, open, close, dots, err);
    for (const char *word = open + 1; word <= close;) {
        const size_t length = strcspn(word, ",}");

        TN_TRY(add_expanded(files, pattern, open, close, word, length, err));
        word += length + 1;
    }
    return TN_OK;
}
