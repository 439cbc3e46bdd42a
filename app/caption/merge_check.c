/* SPDX-License-Identifier: MIT */
/* Whether the parts are all of one run, and which order their photos have in it. */
#include "app/caption/merge_parts.h"
#include "app/cli/commands.h"
#include "app/cli/companion.h"
#include "image/image.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_TRIED = 4096 }; /* numbers of shards, where parts are missing */

/* ---- Shards ---- */

static size_t shard_of(const struct merge *merge, size_t photo, size_t shards)
{
    return app_shard_of(tn_map_text(&merge->paths, photo), shards);
}

/* The first photo of a part that is of another shard than its first; the end: there is none. */
static size_t find_stranger(const struct merge *merge, const struct merge_part *part, size_t shards)
{
    const size_t end = part->first + part->count;
    size_t photo = part->first;

    while (photo < end && shard_of(merge, photo, shards) == shard_of(merge, part->first, shards))
        photo++;
    return photo;
}

/* Whether each part has photos of one shard alone, and no two of the same: owners[shard] is its
 * part + 1. */
static bool fits(const struct merge *merge, size_t shards, size_t *owners)
{
    memset(owners, 0, (shards + 1) * sizeof *owners);
    for (size_t i = 0; i < merge->part_count; i++) {
        const struct merge_part *part = &merge->parts[i];
        size_t shard;

        if (part->count == 0)
            continue;
        shard = shard_of(merge, part->first, shards);
        if (owners[shard] != 0 || find_stranger(merge, part, shards) < part->first + part->count)
            return false;
        owners[shard] = i + 1;
    }
    return true;
}

static void report_missing(struct merge *merge, size_t shards, const size_t *owners)
{
    for (size_t shard = 1; shard <= shards; shard++)
        if (owners[shard] == 0) {
            app_warn("part %zu of %zu is missing: no file has photos of --shard %zu/%zu", shard,
                     shards, shard, shards);
            merge->problems++;
        }
}

static void report_strangers(struct merge *merge)
{
    for (size_t i = 0; i < merge->part_count; i++) {
        const struct merge_part *part = &merge->parts[i];
        const size_t stranger = find_stranger(merge, part, merge->part_count);

        if (stranger == part->first + part->count)
            continue;
        app_warn("%s: is no part of %zu: %s is of --shard %zu/%zu, and %s of %zu/%zu", part->path,
                 merge->part_count, tn_map_text(&merge->paths, part->first),
                 shard_of(merge, part->first, merge->part_count), merge->part_count,
                 tn_map_text(&merge->paths, stranger), shard_of(merge, stranger, merge->part_count),
                 merge->part_count);
        merge->problems++;
    }
}

void merge_check_shards(struct merge *merge)
{
    const size_t most = merge->part_count > MOST_TRIED ? merge->part_count : MOST_TRIED;
    size_t *owners = calloc(most + 1, sizeof *owners), shards = merge->part_count;
    const size_t before = merge->problems;

    if (!owners) {
        app_warn("out of memory");
        merge->problems++;
        return;
    }
    if (fits(merge, shards, owners)) {
        free(owners);
        return;
    }
    while (++shards <= most && !fits(merge, shards, owners))
        ;
    if (shards <= most)
        report_missing(merge, shards, owners);
    else
        report_strangers(merge);
    if (merge->problems == before) { /* two parts of the same shard */
        app_warn("two files are of the same part; expected those of --shard 1/%zu to %zu/%zu",
                 merge->part_count, merge->part_count, merge->part_count);
        merge->problems++;
    }
    free(owners);
}

/* ---- What is expected ---- */

/* What the rows call a photo of the walk. */
static enum tn_status name_photo(const struct merge *merge, const char *path, char **ret_name,
                                 struct tn_error *err)
{
    if (merge->format.photo_name)
        return merge->format.photo_name(merge->parts[0].path, path, ret_name, err);
    *ret_name = strdup(path);
    return *ret_name ? TN_OK : tn_fail_nomem(err, strlen(path) + 1);
}

static enum tn_status expect_photo(struct merge *merge, const char *path,
                                   const struct tn_map *failed, size_t place, struct tn_error *err)
{
    size_t index;
    char *name;

    TN_TRY(name_photo(merge, path, &name, err));
    index = tn_map_find(&merge->paths, name, strlen(name));
    if (index != TN_MAP_NONE) {
        if (merge->photos[index].place == 0)
            merge->photos[index].place = place;
    } else if (tn_map_find(failed, path, strlen(path)) == TN_MAP_NONE) {
        app_warn("%s: no part has it", path);
        merge->problems++;
    }
    free(name);
    return TN_OK;
}

static void on_problem(void *context, const char *path, const char *reason)
{
    struct merge *merge = context;

    app_warn("%s: %s", path, reason);
    merge->problems++;
}

enum tn_status merge_expect(struct merge *merge, const struct app_walk_options *options,
                            const struct tn_map *failed, struct tn_error *err)
{
    struct app_input input = {.path = NULL};
    enum tn_status status;
    struct app_walk *walk;
    size_t place = 1;

    TN_TRY(app_walk_create(options, on_problem, merge, &walk, err));
    while ((status = app_walk_next(walk, &input, err)) == TN_OK && input.path) {
        const bool is_photo =
            input.named ? !app_is_companion(input.path) : image_is_photo(input.path);

        if (is_photo)
            status = expect_photo(merge, input.path, failed, place++, err);
        free(input.path);
        if (status != TN_OK)
            break;
    }
    app_walk_destroy(walk);
    for (size_t i = 0; i < merge->paths.count && status == TN_OK; i++)
        if (merge->photos[i].place == 0) {
            app_warn("%s: is in %s, and is not expected", tn_map_text(&merge->paths, i),
                     merge->parts[merge->photos[i].part].path);
            merge->problems++;
        }
    return status;
}

/* ---- The order ---- */

/* The end of a name comes before all bytes that it could go on with. */
static int rank_of(char byte)
{
    return byte == '\0' ? 0 : byte == '/' ? 1 : (unsigned char)byte + 1;
}

/* As base/folder_walk.h comes to them: by the bytes of their names, a folder in its name's place.
 */
static int compare_paths(const char *a, const char *b)
{
    size_t i = 0;

    while (a[i] && a[i] == b[i])
        i++;
    return rank_of(a[i]) - rank_of(b[i]);
}

static bool is_ordered(const struct merge *merge, const struct merge_part *part, size_t *ret_photo)
{
    for (size_t i = part->first + 1; i < part->first + part->count; i++)
        if (compare_paths(tn_map_text(&merge->paths, i - 1), tn_map_text(&merge->paths, i)) > 0) {
            *ret_photo = i;
            return false;
        }
    return true;
}

/* The part whose next photo comes first; part_count: all are done. */
static size_t next_part(const struct merge *merge, const size_t *done)
{
    size_t next = merge->part_count;

    for (size_t i = 0; i < merge->part_count; i++)
        if (done[i] < merge->parts[i].count &&
            (next == merge->part_count ||
             compare_paths(tn_map_text(&merge->paths, merge->parts[i].first + done[i]),
                           tn_map_text(&merge->paths, merge->parts[next].first + done[next])) < 0))
            next = i;
    return next;
}

void merge_order_as_walk(struct merge *merge)
{
    size_t *done = calloc(merge->part_count, sizeof *done), part, place = 1;

    for (size_t i = 0; i < merge->part_count; i++) {
        size_t photo;

        if (is_ordered(merge, &merge->parts[i], &photo))
            continue;
        app_warn("%s: %s stands behind a photo that a directory has after it; give the run's "
                 "photos, in its order, by --expect",
                 merge->parts[i].path, tn_map_text(&merge->paths, photo));
        merge->problems++;
    }
    if (!done) {
        app_warn("out of memory");
        merge->problems++;
        return;
    }
    while ((part = next_part(merge, done)) < merge->part_count)
        merge->photos[merge->parts[part].first + done[part]++].place = place++;
    free(done);
}
