/* SPDX-License-Identifier: MIT */
/* Which row of given vectors is a photo's. */
#include "base/hash.h"
#include "base/map.h"
#include "base/path.h"
#include "data/vectors.h"

#include <stdlib.h>
#include <string.h>

/* Rows by name.  A file's name that several rows have names none. */
struct index {
    struct tn_map names, files;
};

enum { AMBIGUOUS = -1 };

static enum tn_status add_name(struct index *index, const char *path, const char *name, size_t row,
                               struct tn_error *err)
{
    const char *file = tn_path_name(name);
    const size_t named = index->names.count, filed = index->files.count;
    size_t at;

    TN_TRY(tn_map_add(&index->names, name, strlen(name), &at, err));
    if (at != named)
        return tn_fail(err, TN_FORMAT, "%s: names %s twice, in rows %zu and %zu (from 0)", path,
                       name, (size_t)index->names.entries[at].value, row);
    index->names.entries[at].value = row;
    TN_TRY(tn_map_add(&index->files, file, strlen(file), &at, err));
    index->files.entries[at].value = at == filed ? row : (uint64_t)AMBIGUOUS;
    return TN_OK;
}

static size_t look_up(const struct tn_map *map, const char *name)
{
    const size_t at = tn_map_find(map, name, strlen(name));

    return at == TN_MAP_NONE ? SIZE_MAX : (size_t)map->entries[at].value;
}

static size_t find_row(const struct index *index, const struct data_set *dataset, size_t photo)
{
    const char *path = data_set_path(dataset, photo), *name = data_set_name(dataset, photo);
    size_t row = look_up(&index->names, path);

    if (row == SIZE_MAX)
        row = look_up(&index->names, name);
    return row == SIZE_MAX ? look_up(&index->files, tn_path_name(name)) : row;
}

/* Notes that a row is a photo's.  Two files must not share one: their names, without folders, are
 * equal, and which is meant is not known. */
static enum tn_status claim(size_t *owners, size_t row, const char *path,
                            const struct data_set *dataset, size_t photo, struct tn_error *err)
{
    const size_t owner = owners[row];

    if (owner != SIZE_MAX &&
        strcmp(data_set_path(dataset, owner), data_set_path(dataset, photo)) != 0)
        return tn_fail(err, TN_FORMAT,
                       "%s: row %zu (from 0) may be of %s or of %s; name the photos with their "
                       "folders",
                       path, row, data_set_path(dataset, owner), data_set_path(dataset, photo));
    owners[row] = photo;
    return TN_OK;
}

static void note_unnamed(struct data_features *features, const char *path, const char *photo)
{
    if (features->unreadable++ == 0)
        (void)tn_fail(&features->first_failure, TN_NOTFOUND, "%s: has no row for %s", path, photo);
}

static enum tn_status find_rows(const struct index *index, const char *path,
                                const struct data_set *dataset, size_t *owners,
                                struct data_features *features, struct tn_error *err)
{
    for (size_t i = 0; i < features->total; i++)
        owners[i] = SIZE_MAX;
    for (size_t photo = 0; photo < dataset->photo_count; photo++) {
        const size_t row = find_row(index, dataset, photo);

        features->rows[photo] = row;
        if (row == SIZE_MAX)
            note_unnamed(features, path, data_set_path(dataset, photo));
        else
            TN_TRY(claim(owners, row, path, dataset, photo, err));
    }
    if (features->unreadable == dataset->photo_count)
        return tn_fail(err, TN_NOTFOUND, "%s: names none of the %zu photos; %s, for instance", path,
                       dataset->photo_count, data_set_path(dataset, 0));
    return TN_OK;
}

static enum tn_status match_names(const struct data_vectors *vectors, const char *path,
                                  const struct data_set *dataset, struct data_features *features,
                                  struct tn_error *err)
{
    struct index index = {0};
    size_t *owners = malloc(vectors->rows * sizeof *owners);
    enum tn_status status = owners ? TN_OK : tn_fail_nomem(err, vectors->rows * sizeof *owners);

    for (size_t row = 0; row < vectors->rows && status == TN_OK; row++)
        status = add_name(&index, path, vectors->names[row], row, err);
    if (status == TN_OK)
        status = find_rows(&index, path, dataset, owners, features, err);
    free(owners);
    tn_map_finish(&index.names);
    tn_map_finish(&index.files);
    return status;
}

static enum tn_status match_order(const struct data_vectors *vectors, const char *path,
                                  const struct data_set *dataset, struct data_features *features,
                                  struct tn_error *err)
{
    if (vectors->rows != dataset->photo_count)
        return tn_fail(err, TN_FORMAT,
                       "%s: %zu rows for %zu photos; give the photos' names, a line per row, in "
                       "%s.names or with --vectors-names",
                       path, vectors->rows, dataset->photo_count, path);
    for (size_t i = 0; i < vectors->rows; i++)
        features->rows[i] = i;
    return TN_OK;
}

static void identify(struct data_features *features)
{
    const size_t bytes = features->width * sizeof *features->values;

    for (size_t i = 0; i < features->identified; i++) {
        const uint64_t hash = tn_hash_block(0, features->values + i * features->width, bytes);

        features->ids[i] = (struct data_photo_id){bytes, hash, hash};
    }
}

enum tn_status data_vectors_match(struct data_vectors *vectors, const char *path,
                                  const struct data_set *dataset,
                                  struct data_features *ret_features, struct tn_error *err)
{
    struct data_features features = {.photos = dataset->photo_count,
                                     .views = 1,
                                     .width = vectors->width,
                                     .total = vectors->rows,
                                     .identified = vectors->rows,
                                     .values = vectors->values};
    enum tn_status status;

    features.rows = malloc((dataset->photo_count + 1) * sizeof *features.rows);
    features.ids = malloc(vectors->rows * sizeof *features.ids);
    status = !features.rows || !features.ids
                 ? tn_fail_nomem(err, vectors->rows * sizeof *features.ids)
             : vectors->names ? match_names(vectors, path, dataset, &features, err)
                              : match_order(vectors, path, dataset, &features, err);
    if (status != TN_OK) {
        free(features.rows);
        free(features.ids);
        return status;
    }
    identify(&features);
    vectors->values = NULL;
    *ret_features = features;
    return TN_OK;
}
