/* SPDX-License-Identifier: MIT */
#include "app/output/siblings.h"

#include "base/array.h"
#include "base/name_case.h"
#include "base/path.h"
#include "image/image.h"

#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Readers are ahead of what is written, so that folders are asked for in turns. */
enum { KEPT_FOLDERS = 4 };

struct entry {
    char *name;
    char *key; /* what the file system tells names apart by: the name, or one in one case */
};

struct folder {
    char *path;            /* with its slash; NULL: free */
    struct entry *entries; /* [count], by key */
    size_t count, capacity;
    bool ignores_case;
};

struct app_siblings {
    pthread_mutex_t mutex;
    struct folder folders[KEPT_FOLDERS];
    size_t next; /* the folder to forget next */
};

static void folder_finish(struct folder *folder)
{
    for (size_t i = 0; i < folder->count; i++) {
        free(folder->entries[i].name);
        free(folder->entries[i].key);
    }
    free(folder->entries);
    free(folder->path);
    *folder = (struct folder){0};
}

enum tn_status app_siblings_create(struct app_siblings **ret_siblings, struct tn_error *err)
{
    struct app_siblings *siblings = calloc(1, sizeof *siblings);

    if (!siblings)
        return tn_fail_nomem(err, sizeof *siblings);
    pthread_mutex_init(&siblings->mutex, NULL);
    *ret_siblings = siblings;
    return TN_OK;
}

void app_siblings_destroy(struct app_siblings *siblings)
{
    if (!siblings)
        return;
    for (size_t i = 0; i < KEPT_FOLDERS; i++)
        folder_finish(&siblings->folders[i]);
    pthread_mutex_destroy(&siblings->mutex);
    free(siblings);
}

static int by_key(const void *a, const void *b)
{
    return strcmp(((const struct entry *)a)->key, ((const struct entry *)b)->key);
}

static enum tn_status make_key(const struct folder *folder, const char *name, char **ret_key,
                               struct tn_error *err)
{
    if (folder->ignores_case)
        return tn_fold_case(name, strlen(name), ret_key, err);
    *ret_key = strdup(name);
    return *ret_key ? TN_OK : tn_fail_nomem(err, strlen(name) + 1);
}

static enum tn_status add_entry(struct folder *folder, const char *name, struct tn_error *err)
{
    struct entry entry;

    TN_TRY(tn_array_reserve(&folder->entries, &folder->capacity, folder->count + 1, err));
    TN_TRY(make_key(folder, name, &entry.key, err));
    entry.name = strdup(name);
    if (!entry.name) {
        free(entry.key);
        return tn_fail_nomem(err, strlen(name) + 1);
    }
    folder->entries[folder->count++] = entry;
    return TN_OK;
}

static enum tn_status list_names(struct folder *folder, DIR *stream, struct tn_error *err)
{
    const struct dirent *entry;

    while ((errno = 0, entry = readdir(stream)) != NULL)
        TN_TRY(add_entry(folder, entry->d_name, err));
    if (errno)
        return tn_fail(err, TN_IO, "%s: the folder cannot be listed: %s", folder->path,
                       strerror(errno));
    if (folder->count > 0)
        qsort(folder->entries, folder->count, sizeof *folder->entries, by_key);
    return TN_OK;
}

static enum tn_status folder_read(struct folder *folder, const char *path, size_t length,
                                  struct tn_error *err)
{
    DIR *stream;
    enum tn_status status;

    folder->path = strndup(path, length);
    if (!folder->path)
        return tn_fail_nomem(err, length + 1);
    folder->ignores_case = tn_folder_ignores_case(length > 0 ? folder->path : ".");
    stream = opendir(length > 0 ? folder->path : ".");
    if (!stream) {
        status = tn_fail(err, TN_IO, "%s: the folder cannot be listed: %s",
                         length > 0 ? folder->path : ".", strerror(errno));
    } else {
        status = list_names(folder, stream, err);
        closedir(stream);
    }
    if (status != TN_OK)
        folder_finish(folder);
    return status;
}

static enum tn_status find_folder(struct app_siblings *siblings, const char *path, size_t length,
                                  const struct folder **ret_folder, struct tn_error *err)
{
    struct folder *folder;

    for (size_t i = 0; i < KEPT_FOLDERS; i++) {
        const char *known = siblings->folders[i].path;

        if (known && strncmp(known, path, length) == 0 && known[length] == '\0') {
            *ret_folder = &siblings->folders[i];
            return TN_OK;
        }
    }
    folder = &siblings->folders[siblings->next];
    siblings->next = (siblings->next + 1) % KEPT_FOLDERS;
    folder_finish(folder);
    TN_TRY(folder_read(folder, path, length, err));
    *ret_folder = folder;
    return TN_OK;
}

static bool is_film(const char *path)
{
    unsigned char head[512];
    FILE *file = fopen(path, "rbe");
    const size_t size = file ? fread(head, 1, sizeof head, file) : 0;

    if (file)
        fclose(file);
    return image_is_film(head, size);
}

static bool is_raw(const char *path)
{
    const struct image_options options = IMAGE_OPTIONS_DEFAULT;
    unsigned char *bytes;
    size_t size;
    bool raw = false;

    if (image_read(path, &options, &bytes, &size, NULL) == TN_OK) {
        raw = image_is_raw(bytes, size);
        free(bytes);
    }
    return raw;
}

/* What counts for the order, the first first. */
enum rank { RAW, FILM, PHOTO, NONE };

static enum rank rank_of(const struct folder *folder, const char *name,
                         enum app_sibling_order order)
{
    enum rank rank = NONE;
    struct stat info;
    char *path;

    if (asprintf(&path, "%s%s", folder->path, name) < 0)
        return NONE;
    if (stat(path, &info) != 0 || !S_ISREG(info.st_mode))
        rank = NONE;
    else if (image_is_photo(path))
        rank = order == APP_RAWS_FIRST && is_raw(path) ? RAW : PHOTO;
    else if (order == APP_RAWS_FIRST && is_film(path))
        rank = FILM;
    free(path);
    return rank;
}

/* The first entry whose key is not before the text. */
static size_t lower_bound(const struct folder *folder, const char *text)
{
    size_t low = 0, high = folder->count;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;

        if (strcmp(folder->entries[middle].key, text) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static const struct entry *find_entry(const struct folder *folder, const char *key)
{
    const size_t at = lower_bound(folder, key);

    return at < folder->count && strcmp(folder->entries[at].key, key) == 0 ? &folder->entries[at]
                                                                           : NULL;
}

/* Whether the entry comes before `name`, which has its stem. */
static bool comes_before(const struct folder *folder, const struct entry *entry, const char *name,
                         enum app_sibling_order order)
{
    const int earlier = strcmp(entry->name, name);
    enum rank rank, own;

    if (earlier == 0 || (order == APP_BY_NAME && earlier > 0))
        return false;
    rank = rank_of(folder, entry->name, order);
    own = rank == NONE || order == APP_BY_NAME ? PHOTO : rank_of(folder, name, order);
    return rank != NONE && (rank != own ? rank < own : earlier < 0);
}

/* Whether an entry of that stem, whose key begins with stem_dot, is a photo before name. */
static bool photo_with_extension(const struct folder *folder, const char *stem_dot,
                                 const char *name, enum app_sibling_order order)
{
    const size_t length = strlen(stem_dot);

    for (size_t i = lower_bound(folder, stem_dot); i < folder->count; i++) {
        const struct entry *entry = &folder->entries[i];

        if (strncmp(entry->key, stem_dot, length) != 0)
            return false;
        if (tn_path_stem_length(entry->key) == length - 1 &&
            comes_before(folder, entry, name, order))
            return true;
    }
    return false;
}

static enum tn_status photo_before(const struct folder *folder, const char *name,
                                   enum app_sibling_order order, bool *ret_before,
                                   struct tn_error *err)
{
    const struct entry *entry;
    char *key, *stem;
    size_t length;

    TN_TRY(make_key(folder, name, &key, err));
    length = tn_path_stem_length(key);
    if (asprintf(&stem, "%.*s.", (int)length, key) < 0) {
        free(key);
        return tn_fail_nomem(err, length + 2);
    }
    entry = find_entry(folder, key);
    name = entry ? entry->name : name; /* as it is listed, in whatever case it was given */
    *ret_before = photo_with_extension(folder, stem, name, order);
    stem[length] = '\0';
    entry = find_entry(folder, stem);
    *ret_before |= entry && strcmp(entry->name, name) < 0 &&
                   rank_of(folder, entry->name, APP_BY_NAME) == PHOTO;
    free(stem);
    free(key);
    return TN_OK;
}

enum tn_status app_sibling_before(struct app_siblings *siblings, const char *photo,
                                  enum app_sibling_order order, bool *ret_before,
                                  struct tn_error *err)
{
    const size_t length = tn_path_folder_length(photo);
    const struct folder *folder;
    enum tn_status status;

    pthread_mutex_lock(&siblings->mutex);
    status = find_folder(siblings, photo, length, &folder, err);
    if (status == TN_OK)
        status = photo_before(folder, photo + length, order, ret_before, err);
    pthread_mutex_unlock(&siblings->mutex);
    return status;
}
