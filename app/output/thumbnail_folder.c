/* SPDX-License-Identifier: MIT */
#include "app/output/thumbnail_folder.h"

#include "app/output/html.h"
#include "base/atomic_file.h"
#include "base/hash.h"
#include "base/map.h"
#include "base/path.h"
#include "base/platform/platform.h"
#include "base/read_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The file that says who made the folder.  Its name is also known to programs that collect photos:
 * they leave such a folder out. */
#define MARK "/.nomedia"
static const char mark[] = "Thumbnails of the page beside this folder, made by caption.\n";

/* "0123456789abcdef.jpg" */
enum { HASH_LENGTH = 16, NAME_LENGTH = HASH_LENGTH + 4 };

struct app_thumbnail_folder {
    char *path;
    char *link;         /* its URL from the page, with a slash, and room for a name */
    size_t link_length; /* without the name */
    int descriptor;     /* -1: not open yet */
    bool unsynced;
    struct tn_map noted; /* names; an entry's value: it was put since */
};

enum tn_status app_thumbnail_folder_create(const char *page,
                                           struct app_thumbnail_folder **ret_folder,
                                           struct tn_error *err)
{
    struct app_thumbnail_folder *folder = calloc(1, sizeof *folder);
    FILE *stream;

    if (!folder)
        return tn_fail_nomem(err, sizeof *folder);
    folder->descriptor = -1;
    stream = open_memstream(&folder->link, &folder->link_length);
    if (asprintf(&folder->path, "%.*s_files", (int)tn_path_stem_length(page), page) < 0)
        folder->path = NULL;
    if (stream && folder->path) {
        app_html_percent(stream, tn_path_name(folder->path));
        fprintf(stream, "/%*s", NAME_LENGTH, "");
    }
    if (!stream || fclose(stream) != 0 || !folder->path) {
        app_thumbnail_folder_destroy(folder);
        return tn_fail_nomem(err, strlen(page));
    }
    folder->link_length -= NAME_LENGTH;
    *ret_folder = folder;
    return TN_OK;
}

void app_thumbnail_folder_destroy(struct app_thumbnail_folder *folder)
{
    if (!folder)
        return;
    if (folder->descriptor >= 0)
        close(folder->descriptor);
    tn_map_finish(&folder->noted);
    free(folder->link);
    free(folder->path);
    free(folder);
}

/* ---- The folder ---- */

static enum tn_status refuse(const struct app_thumbnail_folder *folder, struct tn_error *err)
{
    return tn_fail(err, TN_FORMAT,
                   "%s: is there, and is no folder that a gallery made for its thumbnails; it was "
                   "left as it is: move it, or name another page",
                   folder->path);
}

static bool is_empty(int descriptor)
{
    const int copy = openat(descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *entries = copy >= 0 ? fdopendir(copy) : NULL;
    const struct dirent *entry;
    bool empty = entries != NULL;

    while (empty && (entry = readdir(entries)))
        empty = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
                tn_atomic_is_temporary(entry->d_name);
    if (entries)
        closedir(entries);
    else if (copy >= 0)
        close(copy);
    return empty;
}

static enum tn_status write_mark(int descriptor, const char *path, struct tn_error *err)
{
    struct tn_atomic_file file;

    TN_TRY(tn_atomic_open_in(&file, descriptor, path, err));
    fputs(mark, file.stream);
    return tn_atomic_commit(&file, err);
}

/* Whether a run made the folder; one that is empty may become such a folder. */
static enum tn_status check_mark(const struct app_thumbnail_folder *folder, int descriptor,
                                 struct tn_error *err)
{
    const size_t length = sizeof mark - 1;
    char *path, *text = NULL;
    enum tn_status status;
    size_t size;

    if (asprintf(&path, "%s" MARK, folder->path) < 0)
        return tn_fail_nomem(err, strlen(folder->path));
    status = tn_read_file_in(descriptor, path, length, &text, &size, NULL);
    if (status == TN_NOTFOUND && is_empty(descriptor))
        status = write_mark(descriptor, path, err);
    else if (status != TN_NOMEM && (status != TN_OK || strcmp(text, mark) != 0))
        status = refuse(folder, err);
    free(text);
    free(path);
    return status;
}

static enum tn_status open_folder(struct app_thumbnail_folder *folder, struct tn_error *err)
{
    enum tn_status status;
    int descriptor;

    if (folder->descriptor >= 0)
        return TN_OK;
    if (mkdir(folder->path, 0777) != 0 && errno != EEXIST)
        return tn_fail(err, TN_IO, "%s: cannot be made: %s", folder->path, strerror(errno));
    descriptor = open(folder->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (descriptor < 0)
        return errno == ENOTDIR || errno == ELOOP
                   ? refuse(folder, err)
                   : tn_fail(err, TN_IO, "%s: %s", folder->path, strerror(errno));
    status = check_mark(folder, descriptor, err);
    if (status == TN_OK)
        folder->descriptor = descriptor;
    else
        close(descriptor);
    return status;
}

/* ---- Thumbnails ---- */

/* The file of that name is new, or what a kill or a power cut left of the same thumbnail; zeros at
 * its end are bytes that never came to the disk. */
static bool is_part(const unsigned char *part, size_t size, const struct app_thumbnail *whole)
{
    while (size > 0 && part[size - 1] == 0)
        size--;
    return size <= whole->size && memcmp(part, whole->bytes, size) == 0;
}

static enum tn_status write_whole(int file, const struct app_thumbnail *thumbnail)
{
    size_t done = 0;

    while (done < thumbnail->size) {
        const ssize_t count =
            pwrite(file, thumbnail->bytes + done, thumbnail->size - done, (off_t)done);

        if (count < 0 && errno != EINTR)
            return TN_IO;
        done += count > 0 ? (size_t)count : 0;
    }
    return TN_OK;
}

static enum tn_status fill_file(int file, const struct app_thumbnail *thumbnail)
{
    unsigned char *there = malloc(thumbnail->size + 1);
    enum tn_status status = TN_OK;
    ssize_t size;

    if (!there)
        return TN_NOMEM;
    size = pread(file, there, thumbnail->size + 1, 0);
    if (size < 0)
        status = TN_IO;
    else if ((size_t)size > thumbnail->size || !is_part(there, (size_t)size, thumbnail))
        status = TN_FORMAT;
    else if ((size_t)size < thumbnail->size || there[size - 1] != thumbnail->bytes[size - 1])
        status = write_whole(file, thumbnail);
    free(there);
    return status;
}

static enum tn_status write_file(const struct app_thumbnail_folder *folder, const char *name,
                                 const struct app_thumbnail *thumbnail, struct tn_error *err)
{
    const int flags = O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
    const int file = openat(folder->descriptor, name, flags, 0666);
    enum tn_status status = file >= 0 ? fill_file(file, thumbnail) : TN_IO;

    if (status == TN_IO)
        (void)tn_fail(err, TN_IO, "%s/%s: %s", folder->path, name, strerror(errno));
    else if (status == TN_NOMEM)
        (void)tn_fail_nomem(err, thumbnail->size);
    else if (status == TN_FORMAT)
        (void)tn_fail(err, TN_FORMAT,
                      "%s/%s: is not the thumbnail of that name; it was left as it is: move it",
                      folder->path, name);
    if (file >= 0)
        close(file);
    return status;
}

enum tn_status app_thumbnail_folder_put(struct app_thumbnail_folder *folder,
                                        const struct app_thumbnail *thumbnail,
                                        const char **ret_link, struct tn_error *err)
{
    char *name = folder->link + folder->link_length;
    size_t noted;

    TN_TRY(open_folder(folder, err));
    snprintf(name, NAME_LENGTH + 1, "%016" PRIx64 ".jpg",
             tn_hash_bytes(TN_HASH_START, thumbnail->bytes, thumbnail->size));
    TN_TRY(write_file(folder, name, thumbnail, err));
    folder->unsynced = true;
    noted = tn_map_find(&folder->noted, name, NAME_LENGTH);
    if (noted != TN_MAP_NONE)
        folder->noted.entries[noted].value = true;
    *ret_link = folder->link;
    return TN_OK;
}

/* Many small files, of which each alone would wait for the disk: so all of them at once. */
enum tn_status app_thumbnail_folder_sync(struct app_thumbnail_folder *folder, struct tn_error *err)
{
    if (folder->unsynced && tn_platform_sync_file_system(folder->descriptor) != 0)
        return tn_fail(err, TN_IO, "%s: cannot be synced to the disk: %s", folder->path,
                       strerror(errno));
    folder->unsynced = false;
    return TN_OK;
}

/* ---- The thumbnails of a page that is replaced ---- */

static bool is_name(const char *text)
{
    return strspn(text, "0123456789abcdef") == HASH_LENGTH &&
           strncmp(text + HASH_LENGTH, ".jpg", NAME_LENGTH - HASH_LENGTH) == 0;
}

enum tn_status app_thumbnail_folder_note(struct app_thumbnail_folder *folder, const char *page,
                                         size_t size, struct tn_error *err)
{
    const char *const end = page + size;
    char name[NAME_LENGTH + 1] = "";
    size_t index;

    for (const char *at = page;
         (at = memmem(at, (size_t)(end - at), folder->link, folder->link_length));) {
        at += folder->link_length;
        if (end - at < NAME_LENGTH)
            break;
        memcpy(name, at, NAME_LENGTH);
        if (is_name(name))
            TN_TRY(tn_map_add(&folder->noted, name, NAME_LENGTH, &index, err));
    }
    return TN_OK;
}

void app_thumbnail_folder_clear(struct app_thumbnail_folder *folder)
{
    struct stat info;

    /* Where a page only looks like one, there may be no folder to look for them in. */
    if (folder->noted.count == 0 || stat(folder->path, &info) != 0 ||
        open_folder(folder, NULL) != TN_OK)
        return;
    for (size_t i = 0; i < folder->noted.count; i++)
        if (!folder->noted.entries[i].value)
            (void)unlinkat(folder->descriptor, tn_map_text(&folder->noted, i), 0);
}
