/* SPDX-License-Identifier: MIT */
#include "app/output/siblings.h"

#include "base/array.h"
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

struct folder {
    char *path;   /* with its slash; NULL: free */
    char **names; /* [count], in byte order */
    size_t count, capacity;
};

struct app_siblings {
    pthread_mutex_t mutex;
    struct folder folders[KEPT_FOLDERS];
    size_t next; /* the folder to forget next */
};

static void folder_finish(struct folder *folder)
{
    for (size_t i = 0; i < folder->count; i++)
        free(folder->names[i]);
    free(folder->names);
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

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static enum tn_status list_names(struct folder *folder, DIR *stream, struct tn_error *err)
{
    const struct dirent *entry;

    while ((errno = 0, entry = readdir(stream)) != NULL) {
        TN_TRY(tn_array_reserve(&folder->names, &folder->capacity, folder->count + 1, err));
        folder->names[folder->count] = strdup(entry->d_name);
        if (!folder->names[folder->count])
            return tn_fail_nomem(err, strlen(entry->d_name) + 1);
        folder->count++;
    }
    if (errno)
        return tn_fail(err, TN_IO, "%s: the folder cannot be listed: %s", folder->path,
                       strerror(errno));
    if (folder->count > 0)
        qsort(folder->names, folder->count, sizeof *folder->names, by_bytes);
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

static bool is_photo(const struct folder *folder, const char *name)
{
    struct stat info;
    char *path;
    bool photo;

    if (asprintf(&path, "%s%s", folder->path, name) < 0)
        return false;
    photo = stat(path, &info) == 0 && S_ISREG(info.st_mode) && image_is_photo(path);
    free(path);
    return photo;
}

/* The first name that is not before text[length]. */
static size_t lower_bound(const struct folder *folder, const char *text, size_t length)
{
    size_t low = 0, high = folder->count;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;

        if (strncmp(folder->names[middle], text, length) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool photo_before(const struct folder *folder, const char *name)
{
    const size_t stem = tn_path_stem_length(name);

    for (size_t i = lower_bound(folder, name, stem); i < folder->count; i++) {
        const char *other = folder->names[i];

        if (strcmp(other, name) >= 0)
            return false;
        if ((other[stem] == '\0' || tn_path_stem_length(other) == stem) && is_photo(folder, other))
            return true;
    }
    return false;
}

enum tn_status app_sibling_before(struct app_siblings *siblings, const char *photo,
                                  bool *ret_before, struct tn_error *err)
{
    const size_t length = tn_path_folder_length(photo);
    const struct folder *folder;
    enum tn_status status;

    pthread_mutex_lock(&siblings->mutex);
    status = find_folder(siblings, photo, length, &folder, err);
    if (status == TN_OK)
        *ret_before = photo_before(folder, photo + length);
    pthread_mutex_unlock(&siblings->mutex);
    return status;
}
