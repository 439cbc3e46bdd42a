/* SPDX-License-Identifier: MIT */
#include "data/sets/dataset.h"

#include "base/array.h"
#include "base/path.h"
#include "data/sets/dataset_files_private.h"
#include "data/sets/dataset_paths_private.h"
#include "metadata/metadata.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

const char *data_set_path(const struct data_set *dataset, size_t photo)
{
    return dataset->text + dataset->photos[photo].path;
}

struct data_place data_set_place(const struct data_set *dataset, size_t photo)
{
    const struct data_photo *p = &dataset->photos[photo];
    const char *path = dataset->text + p->path;

    return (struct data_place){path, p->size > 0 ? dataset->text + p->archive : path, p->offset,
                               p->size};
}

const char *data_set_name(const struct data_set *dataset, size_t photo)
{
    return dataset->text + dataset->photos[photo].name;
}

const char *data_set_caption(const struct data_set *dataset, size_t caption)
{
    return dataset->text + dataset->captions[caption].text;
}

void data_set_finish(struct data_set *dataset)
{
    free(dataset->photos);
    free(dataset->captions);
    free(dataset->text);
    memset(dataset, 0, sizeof *dataset);
}

static bool is_folder(const char *path)
{
    struct stat info;

    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

/* A folder without captions files: texts beside the photos, tar files, or what the photos say. */
static enum tn_status read_folder(struct data_builder *builder, const char *folder,
                                  const struct data_set_options *options, struct data_files *files,
                                  struct tn_error *err)
{
    if (options->in_photos) {
        TN_TRY(meta_available(err));
        return data_read_said(builder, folder, options->language, err);
    }
    TN_TRY(data_files_of_folder(folder, files, err));
    if (files->count > 0)
        return TN_OK;
    TN_TRY(data_read_sidecars(builder, folder, err));
    if (builder->dataset->caption_count > 0)
        return TN_OK;
    TN_TRY(data_files_of_shards(folder, files, err));
    return files->count == 0 && meta_available(NULL) == TN_OK
               ? data_read_said(builder, folder, options->language, err)
               : TN_OK;
}

/* *ret_base: the folder that names count from; the caller frees it. */
static enum tn_status read_files(struct data_builder *builder, const char *path, bool is_folder,
                                 const struct data_set_options *options, char **ret_base,
                                 struct tn_error *err)
{
    struct data_files files = {0};
    enum tn_status status = is_folder ? read_folder(builder, path, options, &files, err)
                                      : data_files_of_pattern(path, &files, err);
    const bool nested = is_folder && (files.are_below || files.count == 0);
    char *base = NULL;

    if (status == TN_OK) {
        base = nested ? strdup(path) : tn_path_folder(files.paths[0]);
        status = base ? TN_OK : tn_fail_nomem(err, strlen(path));
    }
    for (size_t i = 0; i < files.count && status == TN_OK; i++)
        status = data_read_file(builder, files.paths[i], base, err);
    data_files_finish(&files);
    if (status == TN_OK)
        *ret_base = base;
    else
        free(base);
    return status;
}

static enum tn_status load(struct data_builder *builder, const char *path,
                           const struct data_set_options *options, struct tn_error *err)
{
    const bool folder = is_folder(path);
    char *base = NULL, *images = NULL;
    enum tn_status status = read_files(builder, path, folder, options, &base, err);

    builder->source = path;
    if (status == TN_OK && builder->dataset->caption_count == 0)
        status = tn_fail(
            err, TN_NOTFOUND,
            folder
                ? "%s: neither a captions file nor photos with a .txt or .caption beside them, or "
                  "a description in them"
                : "%s: no captions in it",
            path);
    if (status == TN_OK)
        status = data_find_images(builder->dataset, options->images, base, &images, err);
    if (status == TN_OK)
        status = data_set_select(builder, path, images, options, err);
    free(images);
    free(base);
    return status;
}

enum tn_status data_set_load(const char *path, const struct data_set_options *options,
                             struct data_set *ret_dataset, struct tn_error *err)
{
    struct data_set dataset = {0};
    struct data_builder builder = {.dataset = &dataset, .source = path};
    enum tn_status status;

    if (!tn_path_exists(path) && !strchr(path, '{'))
        return tn_fail(err, TN_NOTFOUND, "%s: %s", path, strerror(errno));
    if (options->in_photos && !is_folder(path))
        return tn_fail(err, TN_NOTFOUND,
                       "%s: expected a folder of photos, whose own captions are to be read", path);
    status = load(&builder, path, options, err);
    data_builder_finish(&builder);
    if (status == TN_OK)
        *ret_dataset = dataset;
    else
        data_set_finish(&dataset);
    return status;
}

/* ---- Joining ---- */

void data_set_gather(struct data_set *dataset, struct data_caption *room)
{
    struct data_photo *photos = dataset->photos;
    size_t total = 0;

    for (size_t i = 0; i < dataset->photo_count; i++)
        photos[i].caption_count = 0;
    for (size_t i = 0; i < dataset->caption_count; i++)
        photos[dataset->captions[i].photo].caption_count++;
    for (size_t i = 0; i < dataset->photo_count; i++) {
        photos[i].first = total;
        total += photos[i].caption_count;
        photos[i].caption_count = 0;
    }
    for (size_t i = 0; i < dataset->caption_count; i++) {
        struct data_photo *owner = &photos[dataset->captions[i].photo];

        room[owner->first + owner->caption_count++] = dataset->captions[i];
    }
    free(dataset->captions);
    dataset->captions = room;
}

/* to[i]: the number that photo i of `other` gets; one that lies where a photo of the dataset does
 * is that photo. */
static enum tn_status number_photos(struct data_set *dataset, const struct data_set *other,
                                    size_t *to, struct tn_error *err)
{
    struct tn_map paths = {0};
    enum tn_status status = TN_OK;
    size_t next = dataset->photo_count, entry;

    for (size_t i = 0; i < dataset->photo_count && status == TN_OK; i++) {
        const char *path = data_set_path(dataset, i);

        status = tn_map_add(&paths, path, strlen(path), &entry, err);
        if (status == TN_OK)
            paths.entries[entry].value = i;
    }
    for (size_t i = 0; i < other->photo_count && status == TN_OK; i++) {
        const char *path = data_set_path(other, i);

        entry = tn_map_find(&paths, path, strlen(path));
        to[i] = entry == TN_MAP_NONE ? next++ : (size_t)paths.entries[entry].value;
    }
    tn_map_finish(&paths);
    return status;
}

/* A photo of both sets is not learnt from where one of them sets it aside. */
static void note_known(struct data_set *dataset, const struct data_set *other, size_t photo,
                       size_t known)
{
    struct data_photo *first = &dataset->photos[known];

    data_note_add(&dataset->notes[DATA_NOTE_KNOWN], data_set_name(other, photo));
    if (other->photos[photo].split > first->split)
        first->split = other->photos[photo].split;
}

static void append_photos(struct data_set *dataset, const struct data_set *other, const size_t *to)
{
    const size_t captions = dataset->caption_count, text = dataset->text_used;

    for (size_t i = 0; i < other->photo_count; i++) {
        struct data_photo *photo = &dataset->photos[to[i]];

        if (to[i] < dataset->photo_count) {
            note_known(dataset, other, i, to[i]);
            continue;
        }
        *photo = other->photos[i];
        photo->name += text;
        photo->path += text;
        photo->archive += text;
        dataset->photo_count++;
    }
    for (size_t i = 0; i < other->caption_count; i++)
        dataset->captions[captions + i] =
            (struct data_caption){to[other->captions[i].photo], text + other->captions[i].text};
    memcpy(dataset->text + text, other->text, other->text_used);
    dataset->caption_count += other->caption_count;
    dataset->text_used += other->text_used;
    for (int kind = 0; kind < DATA_NOTES; kind++)
        data_note_join(&dataset->notes[kind], &other->notes[kind]);
}

enum tn_status data_set_append(struct data_set *dataset, const struct data_set *other,
                               struct tn_error *err)
{
    const size_t captions = dataset->caption_count + other->caption_count;
    struct data_caption *room = malloc((captions + 1) * sizeof *room);
    size_t *to = malloc((other->photo_count + 1) * sizeof *to);
    enum tn_status status = room && to ? TN_OK : tn_fail_nomem(err, captions * sizeof *room);

    if (status == TN_OK)
        status = tn_array_reserve(&dataset->photos, &(size_t){0},
                                  dataset->photo_count + other->photo_count, err);
    if (status == TN_OK)
        status = tn_array_reserve(&dataset->captions, &(size_t){0}, captions, err);
    if (status == TN_OK)
        status = tn_array_reserve(&dataset->text, &(size_t){0},
                                  dataset->text_used + other->text_used, err);
    if (status == TN_OK)
        status = number_photos(dataset, other, to, err);
    if (status == TN_OK) {
        append_photos(dataset, other, to);
        data_set_gather(dataset, room);
        room = NULL;
    }
    free(room);
    free(to);
    return status;
}
