/* SPDX-License-Identifier: MIT */
#include "app/caption/merge_parts.h"

#include "app/cli/commands.h"
#include "app/output/rows_held.h"
#include "base/array.h"
#include "base/map_file.h"

#include <json.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* ---- One part ---- */

/* What a row says of the model, "model language", where its format does; NULL: nothing. */
static char *origin_of(const struct merge *merge, const char *row, size_t length)
{
    json_object *object, *model = NULL, *language = NULL;
    json_tokener *tokener;
    char *origin = NULL;

    if (strcmp(merge->format.name, "json") != 0 && strcmp(merge->format.name, "jsonl") != 0)
        return NULL;
    tokener = json_tokener_new();
    object = tokener ? json_tokener_parse_ex(tokener, row, (int)length) : NULL;
    if (object && json_object_object_get_ex(object, "model", &model) &&
        json_object_object_get_ex(object, "language", &language) &&
        asprintf(&origin, "model %s, language %s", json_object_get_string(model),
                 json_object_get_string(language)) < 0)
        origin = NULL;
    json_object_put(object);
    json_tokener_free(tokener);
    return origin;
}

static void check_origin(struct merge *merge, const struct merge_part *part, const char *row,
                         size_t length, bool *told)
{
    char *origin = origin_of(merge, row, length);

    if (origin && !merge->origin) {
        merge->origin = origin;
        return;
    }
    if (origin && !*told && strcmp(origin, merge->origin) != 0) {
        app_warn("%s: its captions are of %s; those before are of %s", part->path, origin,
                 merge->origin);
        merge->problems++;
        *told = true;
    }
    free(origin);
}

static enum tn_status add_photo(struct merge *merge, size_t part, const char *path,
                                const char *rows, size_t length, struct tn_error *err)
{
    struct merge_photo *last;
    size_t index, count = merge->paths.count;

    TN_TRY(tn_array_reserve(&merge->photos, &merge->capacity, count + 1, err));
    TN_TRY(tn_map_add(&merge->paths, path, strlen(path), &index, err));
    last = &merge->photos[index];
    if (index == count) {
        *last = (struct merge_photo){part, rows, length, 0};
        merge->parts[part].count++;
    } else if (merge->format.row_a_caption && last->part == part &&
               last->rows + last->length == rows) {
        last->length += length; /* another caption of the same photo */
    } else {
        app_warn("%s: is in %s and again in %s", path, merge->parts[last->part].path,
                 merge->parts[part].path);
        merge->problems++;
    }
    return TN_OK;
}

/* The head of the file, with keywords or without; all parts have the same. */
static bool skip_head(struct merge *merge, const struct merge_part *part, bool any, size_t *at)
{
    for (size_t i = 0; i < 2; i++) {
        const struct app_format format =
            app_format_with_keywords(&merge->format, merge->format.keywords != (i == 1));
        const char *head = app_format_head(&format);
        const size_t length = strlen(head);

        if ((i == 1 && any && length > 0) || part->size < length ||
            memcmp(part->bytes, head, length) != 0)
            continue;
        merge->format = format;
        *at = length;
        return true;
    }
    app_warn("%s: does not begin as a %s file%s", part->path, merge->format.name,
             any ? " with the columns of the parts before" : " of captions");
    merge->problems++;
    return false;
}

/* A row whose form has keywords or not, where no head shows it. */
static bool read_path(struct merge *merge, const char *row, size_t length, char *path)
{
    struct app_format other;

    if (merge->format.path(&merge->format, row, length, path))
        return true;
    other = app_format_with_keywords(&merge->format, !merge->format.keywords);
    if (merge->paths.count > 0 || *app_format_head(&other) != '\0' ||
        !other.path(&other, row, length, path))
        return false;
    merge->format = other;
    return true;
}

/* The rows from *at on; returns where they end, at the foot or at what is no row. */
static enum tn_status read_rows(struct merge *merge, size_t index, size_t *at, struct tn_error *err)
{
    const struct merge_part *part = &merge->parts[index];
    const char *text = part->bytes;
    char *path = malloc(part->size + 1);
    enum tn_status status = TN_OK;
    bool any = false, told = false;
    size_t row, length;

    if (!path)
        return tn_fail_nomem(err, part->size + 1);
    while (status == TN_OK &&
           (length = app_rows_find(&merge->format, text + *at, part->size - *at, any, &row)) > 0) {
        if (!read_path(merge, text + *at + row, length - row, path))
            break;
        check_origin(merge, part, text + *at + row, length - row, &told);
        status = add_photo(merge, index, path, text + *at + row, length - row, err);
        *at += length;
        any = true;
    }
    free(path);
    return status;
}

static enum tn_status read_part(struct merge *merge, size_t index, struct tn_error *err)
{
    struct merge_part *part = &merge->parts[index];
    const size_t foot = strlen(merge->format.foot);
    size_t at;

    TN_TRY(tn_map_file(part->path, &part->bytes, &part->size, err));
    part->first = merge->paths.count;
    if (part->size == 0 || !skip_head(merge, part, merge->paths.count > 0, &at))
        return TN_OK;
    TN_TRY(read_rows(merge, index, &at, err));
    if (part->size - at != foot ||
        memcmp((const char *)part->bytes + at, merge->format.foot, foot) != 0) {
        app_warn("%s: what stands at byte %zu is no whole %s row of captions; the same command "
                 "again completes a run that was interrupted",
                 part->path, at, merge->format.name);
        merge->problems++;
    }
    return TN_OK;
}

static enum tn_status check_names(char *const *paths, size_t count, struct tn_error *err)
{
    enum tn_status status = TN_OK;
    struct tn_map names = {.text = NULL};
    size_t index;

    for (size_t i = 0; i < count && status == TN_OK; i++) {
        status = tn_map_add(&names, paths[i], strlen(paths[i]), &index, err);
        if (status == TN_OK && index < i)
            status = tn_fail(err, TN_FORMAT, "%s: is given twice; nothing was written", paths[i]);
    }
    tn_map_finish(&names);
    return status;
}

enum tn_status merge_read(struct merge *merge, char *const *paths, size_t count,
                          struct tn_error *err)
{
    TN_TRY(check_names(paths, count, err));
    merge->parts = calloc(count, sizeof *merge->parts);
    if (!merge->parts)
        return tn_fail_nomem(err, count * sizeof *merge->parts);
    for (; merge->part_count < count; merge->part_count++) {
        merge->parts[merge->part_count].path = paths[merge->part_count];
        TN_TRY(read_part(merge, merge->part_count, err));
    }
    return TN_OK;
}

void merge_finish(struct merge *merge)
{
    for (size_t i = 0; merge->parts && i < merge->part_count; i++)
        if (merge->parts[i].bytes)
            munmap(merge->parts[i].bytes, merge->parts[i].size);
    free(merge->parts);
    free(merge->photos);
    free(merge->origin);
    tn_map_finish(&merge->paths);
}

/* ---- Writing ---- */

static int by_place(const void *a, const void *b)
{
    const struct merge_photo *const *left = a, *const *right = b;

    return ((*left)->place > (*right)->place) - ((*left)->place < (*right)->place);
}

enum tn_status merge_write(struct merge *merge, FILE *stream, struct tn_error *err)
{
    const size_t count = merge->paths.count;
    const struct merge_photo **sorted = calloc(count + 1, sizeof *sorted);

    if (!sorted)
        return tn_fail_nomem(err, count * sizeof *sorted);
    for (size_t i = 0; i < count; i++)
        sorted[i] = &merge->photos[i];
    qsort(sorted, count, sizeof *sorted, by_place);
    fputs(app_format_head(&merge->format), stream);
    for (size_t i = 0; i < count; i++) {
        fputs(i > 0 ? merge->format.separator : "", stream);
        fwrite(sorted[i]->rows, 1, sorted[i]->length, stream);
    }
    fputs(merge->format.foot, stream);
    free(sorted);
    return TN_OK;
}
