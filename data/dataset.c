/* SPDX-License-Identifier: MIT */
#include "data/dataset.h"

#include "base/array.h"
#include "base/path.h"
#include "data/dataset_private.h"
#include "data/text.h"
#include "metadata/metadata.h"

#include <errno.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

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

bool data_split_parse(const char *text, enum data_split *ret_split)
{
    static const struct {
        const char *name;
        enum data_split split;
    } splits[] = {{"train", DATA_SPLIT_TRAIN}, {"restval", DATA_SPLIT_TRAIN},
                  {"dev", DATA_SPLIT_DEV},     {"val", DATA_SPLIT_DEV},
                  {"test", DATA_SPLIT_TEST},   {"all", DATA_SPLIT_NONE}};

    for (size_t i = 0; i < sizeof splits / sizeof splits[0]; i++)
        if (strcmp(text, splits[i].name) == 0) {
            *ret_split = splits[i].split;
            return true;
        }
    return false;
}

/* Reading: which file, which format. */

static bool is_folder(const char *path)
{
    struct stat info;

    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

static enum tn_status read_file(struct data_builder *builder, const char *path,
                                struct tn_error *err)
{
    const bool is_json = strcasecmp(tn_path_extension(path), ".json") == 0;
    enum tn_status status;
    size_t size, start;
    char *text;

    TN_TRY(data_read_text(path, &text, &size, err));
    start = strspn(text, " \t\r\n");
    builder->source = path;
    status = text[start] == '{' || is_json ? data_read_json(builder, text, size, err)
                                           : data_read_table(builder, text, size, err);
    free(text);
    return status;
}

/* COCO names its splits in the names of its files. */
static void name_split(struct data_set *dataset, const char *path)
{
    const char *name = tn_path_name(path);
    const enum data_split split = strncmp(name, "captions_train", 14) == 0 ? DATA_SPLIT_TRAIN
                                  : strncmp(name, "captions_val", 12) == 0 ? DATA_SPLIT_DEV
                                                                           : DATA_SPLIT_NONE;

    for (size_t i = 0; i < dataset->photo_count; i++)
        if (dataset->photos[i].split == DATA_SPLIT_NONE)
            dataset->photos[i].split = split;
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
                                    const char *folder, struct tn_error *err)
{
    bool listed;

    TN_TRY(read_file(builder, path, err));
    TN_TRY(read_split_lists(builder, folder, &listed, err));
    if (listed)
        drop_unlisted(builder->dataset);
    return TN_OK;
}

/* The captions file of a folder, by the names the known sets use; NULL: there is none. */
static enum tn_status find_captions(const char *folder, char **ret_captions, struct tn_error *err)
{
    static const char *const patterns[] = {"Flickr8k.token.txt", "captions.tsv", "captions.csv",
                                           "captions.txt", "dataset_*.json", "captions_*.json",
                                           "annotations/captions_*.json"};
    bool found = false;

    *ret_captions = NULL;
    for (size_t i = 0; i < sizeof patterns / sizeof patterns[0] && !found; i++) {
        char *pattern = tn_path_join(folder, patterns[i]);
        glob_t matches;
        int result;

        if (!pattern)
            return tn_fail_nomem(err, strlen(folder));
        result = glob(pattern, 0, NULL, &matches);
        free(pattern);
        if (result == GLOB_NOSPACE)
            return tn_fail_nomem(err, strlen(folder));
        found = result == 0;
        if (found) {
            *ret_captions = strdup(matches.gl_pathv[0]);
            globfree(&matches);
        }
    }
    return found && !*ret_captions ? tn_fail_nomem(err, strlen(folder)) : TN_OK;
}

static enum tn_status read_captions(struct data_builder *builder, const char *captions,
                                    struct tn_error *err)
{
    char *folder;
    enum tn_status status;

    if (strcmp(tn_path_name(captions), "Flickr8k.token.txt") != 0) {
        TN_TRY(read_file(builder, captions, err));
        name_split(builder->dataset, captions);
        return TN_OK;
    }
    folder = tn_path_folder(captions);
    if (!folder)
        return tn_fail_nomem(err, strlen(captions));
    status = read_flickr8k(builder, captions, folder, err);
    free(folder);
    return status;
}

/* Where the photos lie. */

/* Whether one of the set's first photos is in the folder. */
static bool holds_first(const struct data_set *dataset, const char *folder)
{
    for (size_t i = 0; i < dataset->photo_count && i < 16; i++) {
        const char *name = data_set_name(dataset, i);
        char path[PATH_MAX];
        const int length = name[0] == '/' ? snprintf(path, sizeof path, "%s", name)
                                          : snprintf(path, sizeof path, "%s/%s", folder, name);

        if (length < (int)sizeof path && tn_path_exists(path))
            return true;
    }
    return false;
}

/* The first folder that holds photos of the set: `given` (may be NULL), then the usual ones; when
 * there is none, `given` or `base`/images.  The caller frees it; NULL when out of memory. */
static char *find_images(const struct data_set *dataset, const char *given, const char *base)
{
    static const char *const names[] = {".", "images", "Images", "Flicker8k_Dataset",
                                        "Flickr8k_Dataset", "train2017", "val2017", "train2014",
                                        "val2014", "..", "../images", "../train2017", "../val2017",
                                        "../train2014", "../val2014"};

    if (given && holds_first(dataset, given))
        return strdup(given);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char *folder = i == 0 ? strdup(base) : tn_path_join(base, names[i]);

        if (!folder || holds_first(dataset, folder))
            return folder;
        free(folder);
    }
    return given ? strdup(given) : tn_path_join(base, "images");
}

static enum tn_status set_paths(struct data_builder *builder, const char *folder,
                                struct tn_error *err)
{
    struct data_set *dataset = builder->dataset;

    for (size_t i = 0; i < dataset->photo_count; i++) {
        char *path = tn_path_join(folder, data_set_name(dataset, i));
        const size_t size = path ? strlen(path) + 1 : 0;

        if (!path || tn_array_reserve(&dataset->text, &builder->text_capacity,
                                      dataset->text_used + size, NULL) != TN_OK) {
            free(path);
            return tn_fail_nomem(err, dataset->text_used + size);
        }
        memcpy(dataset->text + dataset->text_used, path, size);
        dataset->photos[i].path = dataset->text_used;
        dataset->text_used += size;
        free(path);
    }
    return TN_OK;
}

/* A folder without captions files: texts beside the photos, or what the photos say themselves. */
static enum tn_status read_photos(struct data_builder *builder, const char *folder,
                                  const struct data_set_options *options, struct tn_error *err)
{
    if (options->in_photos)
        TN_TRY(meta_available(err));
    else
        TN_TRY(data_read_sidecars(builder, folder, err));
    return builder->dataset->caption_count == 0 && meta_available(NULL) == TN_OK
               ? data_read_said(builder, folder, options->language, err)
               : TN_OK;
}

static enum tn_status load_from(struct data_builder *builder, const char *path,
                                const char *captions, const struct data_set_options *options,
                                struct tn_error *err)
{
    char *base = captions ? tn_path_folder(captions) : strdup(path), *images = NULL;
    enum tn_status status;

    status = !base      ? tn_fail_nomem(err, strlen(path))
             : captions ? read_captions(builder, captions, err)
                        : read_photos(builder, path, options, err);
    if (status == TN_OK && builder->dataset->caption_count == 0)
        status = tn_fail(err, TN_NOTFOUND,
                         captions ? "%s: no captions in it"
                                  : "%s: neither a captions file nor photos with a .txt or "
                                    ".caption beside them, or a "
                                    "description in them",
                         captions ? captions : path);
    if (status == TN_OK) {
        images = find_images(builder->dataset, options->images, base);
        status = images ? set_paths(builder, images, err) : tn_fail_nomem(err, strlen(path));
    }
    if (status == TN_OK)
        status = data_set_select(builder->dataset, path, images, options, err);
    free(images);
    free(base);
    return status;
}

enum tn_status data_set_load(const char *path, const struct data_set_options *options,
                             struct data_set *ret_dataset, struct tn_error *err)
{
    struct data_set dataset = {0};
    struct data_builder builder = {.dataset = &dataset, .source = path};
    char *found = NULL;
    enum tn_status status = TN_OK;

    if (!tn_path_exists(path))
        return tn_fail(err, TN_NOTFOUND, "%s: %s", path, strerror(errno));
    if (options->in_photos && !is_folder(path))
        status =
            tn_fail(err, TN_NOTFOUND,
                    "%s: expected a folder of photos, whose own captions are to be read", path);
    else if (is_folder(path) && !options->in_photos)
        status = find_captions(path, &found, err);
    if (status == TN_OK)
        status = load_from(&builder, path, is_folder(path) ? found : path, options, err);
    free(found);
    tn_map_finish(&builder.names);
    if (status == TN_OK)
        *ret_dataset = dataset;
    else
        data_set_finish(&dataset);
    return status;
}

enum tn_status data_set_append(struct data_set *dataset, const struct data_set *other,
                               struct tn_error *err)
{
    const size_t photos = dataset->photo_count, captions = dataset->caption_count;
    const size_t text = dataset->text_used;

    TN_TRY(tn_array_reserve(&dataset->photos, &(size_t){0}, photos + other->photo_count, err));
    TN_TRY(tn_array_reserve(&dataset->captions, &(size_t){0}, captions + other->caption_count,
                            err));
    TN_TRY(tn_array_reserve(&dataset->text, &(size_t){0}, text + other->text_used, err));
    memcpy(dataset->text + text, other->text, other->text_used);
    for (size_t i = 0; i < other->photo_count; i++) {
        struct data_photo *photo = &dataset->photos[photos + i];

        *photo = other->photos[i];
        photo->name += text;
        photo->path += text;
        photo->archive += text;
        photo->first += captions;
    }
    for (size_t i = 0; i < other->caption_count; i++)
        dataset->captions[captions + i] = (struct data_caption){photos + other->captions[i].photo,
                                                                text + other->captions[i].text};
    dataset->photo_count += other->photo_count;
    dataset->caption_count += other->caption_count;
    dataset->text_used += other->text_used;
    for (int kind = 0; kind < DATA_NOTES; kind++)
        data_note_join(&dataset->notes[kind], &other->notes[kind]);
    return TN_OK;
}
