/* SPDX-License-Identifier: MIT */
#include "app/inputs.h"

#include "app/commands.h"
#include "image/image.h"

#include <errno.h>
#include <fts.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { MAGIC_BYTES = 32 };

/* A file that cannot be opened counts as a photo: its turn will come, and with it the reason. */
static bool begins_like_photo(const char *path)
{
    unsigned char bytes[MAGIC_BYTES];
    FILE *stream = fopen(path, "rb");
    size_t size;

    if (!stream)
        return true;
    size = fread(bytes, 1, sizeof bytes, stream);
    fclose(stream);
    return image_format(bytes, size) != NULL;
}

static enum tn_status append(struct app_inputs *inputs, const char *path, struct tn_error *err)
{
    char *copy;

    if (inputs->count == inputs->capacity) {
        const size_t capacity = inputs->capacity ? 2 * inputs->capacity : 64;
        char **paths = realloc(inputs->paths, capacity * sizeof *paths);

        if (!paths)
            return tn_fail_nomem(err, capacity * sizeof *paths);
        inputs->paths = paths;
        inputs->capacity = capacity;
    }
    copy = strdup(path);
    if (!copy)
        return tn_fail_nomem(err, strlen(path) + 1);
    inputs->paths[inputs->count++] = copy;
    return TN_OK;
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
    return strcmp((*a)->fts_name, (*b)->fts_name);
}

static bool hidden(const FTSENT *entry)
{
    return entry->fts_level > FTS_ROOTLEVEL && entry->fts_name[0] == '.';
}

static enum tn_status visit(struct app_inputs *inputs, FTS *walk, FTSENT *entry,
                            struct tn_error *err)
{
    switch (entry->fts_info) {
    case FTS_D:
        if (hidden(entry))
            fts_set(walk, entry, FTS_SKIP);
        return TN_OK;
    case FTS_DNR:
    case FTS_ERR:
    case FTS_NS:
        app_warn("%s: %s", entry->fts_path, strerror(entry->fts_errno));
        inputs->failed++;
        return TN_OK;
    case FTS_F:
        if (!hidden(entry) && begins_like_photo(entry->fts_path))
            return append(inputs, entry->fts_path, err);
        return TN_OK;
    default: /* a device, a link to nowhere or to a directory above, the way back up */
        return TN_OK;
    }
}

static enum tn_status walk_directory(struct app_inputs *inputs, char *path, struct tn_error *err)
{
    char *const roots[] = {path, NULL};
    const size_t found = inputs->count, failed = inputs->failed;
    FTS *walk = fts_open(roots, FTS_LOGICAL | FTS_NOCHDIR, by_name);
    enum tn_status status = TN_OK;
    FTSENT *entry = NULL;

    if (!walk)
        return tn_fail(err, TN_IO, "%s: %s", path, strerror(errno));
    while (status == TN_OK && (errno = 0, entry = fts_read(walk)) != NULL)
        status = visit(inputs, walk, entry, err);
    if (status == TN_OK && errno)
        status = tn_fail(err, TN_IO, "%s: %s", path, strerror(errno));
    fts_close(walk);
    if (status == TN_OK && inputs->count == found && inputs->failed == failed) {
        app_warn("%s: no photos in this directory", path);
        inputs->failed++;
    }
    return status;
}

enum tn_status app_inputs_collect(struct app_inputs *inputs, char *const *operands, size_t count,
                                  struct tn_error *err)
{
    for (size_t i = 0; i < count; i++) {
        struct stat info;

        if (stat(operands[i], &info) == 0 && S_ISDIR(info.st_mode)) {
            inputs->directories++;
            TN_TRY(walk_directory(inputs, operands[i], err));
        } else {
            TN_TRY(append(inputs, operands[i], err));
        }
    }
    return TN_OK;
}

void app_inputs_finish(struct app_inputs *inputs)
{
    for (size_t i = 0; i < inputs->count; i++)
        free(inputs->paths[i]);
    free(inputs->paths);
    *inputs = (struct app_inputs){0};
}
