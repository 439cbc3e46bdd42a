/* SPDX-License-Identifier: MIT */
#include "data/text.h"

#include "base/array.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#define MAX_TEXT ((size_t)1 << 31)

/* Everything from an open file, however long it says it is: a pipe has no length. */
static enum tn_status read_all(FILE *file, const char *path, char **ret_text, size_t *ret_size,
                               struct tn_error *err)
{
    size_t capacity = 0, used = 0, got;
    enum tn_status status;
    char *text = NULL;

    do {
        status = tn_array_reserve(&text, &capacity, used + 65536, err);
        if (status != TN_OK) {
            free(text);
            return status;
        }
        got = fread(text + used, 1, capacity - used - 1, file);
        used += got;
    } while (got > 0 && used <= MAX_TEXT);
    text[used] = '\0';
    if (ferror(file) || used > MAX_TEXT) {
        free(text);
        return used > MAX_TEXT ? tn_fail(err, TN_RANGE, "%s: larger than 2 GiB", path)
                               : tn_fail(err, TN_IO, "%s: %s", path, strerror(errno));
    }
    *ret_text = text;
    *ret_size = used;
    return TN_OK;
}

/* NULs: a photo, say, or UTF-16. */
static enum tn_status check_text(const char *path, const char *text, size_t size,
                                 struct tn_error *err)
{
    const char *nul = memchr(text, '\0', size);
    size_t line = 1;

    if (!nul)
        return TN_OK;
    for (const char *c = text; c < nul; c++)
        line += *c == '\n';
    return tn_fail(err, TN_FORMAT, "%s: line %zu holds a NUL; expected a text file in UTF-8", path,
                   line);
}

enum tn_status train_read_bytes(const char *path, char **ret_bytes, size_t *ret_size,
                                struct tn_error *err)
{
    FILE *file = fopen(path, "rb");
    enum tn_status status;

    if (!file)
        return tn_fail(err, tn_status_of_errno(errno), "%s: %s", path, strerror(errno));
    status = read_all(file, path, ret_bytes, ret_size, err);
    fclose(file);
    return status;
}

void train_drop_mark(char *text, size_t *size)
{
    if (*size < 3 || memcmp(text, "\xEF\xBB\xBF", 3) != 0)
        return;
    *size -= 3;
    memmove(text, text + 3, *size + 1);
}

enum tn_status train_read_text(const char *path, char **ret_text, size_t *ret_size,
                               struct tn_error *err)
{
    enum tn_status status;
    char *text;
    size_t size;

    TN_TRY(train_read_bytes(path, &text, &size, err));
    status = check_text(path, text, size, err);
    if (status != TN_OK) {
        free(text);
        return status;
    }
    train_drop_mark(text, &size);
    *ret_text = text;
    *ret_size = size;
    return TN_OK;
}

char *train_join_path(const char *folder, const char *name)
{
    const size_t length = strlen(folder);
    char *path = malloc(length + strlen(name) + 2);

    if (!path)
        return NULL;
    if (length == 0 || name[0] == '/')
        strcpy(path, name);
    else
        sprintf(path, "%s%s%s", folder, folder[length - 1] == '/' ? "" : "/", name);
    return path;
}

char *train_folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    if (!slash)
        return strdup(".");
    return strndup(path, slash == path ? 1 : (size_t)(slash - path));
}

bool train_exists(const char *path)
{
    struct stat info;

    return stat(path, &info) == 0;
}

bool train_is_photo_name(const char *name, size_t length)
{
    static const char *const extensions[] = {".jpg",  ".jpeg", ".png", ".webp", ".heic", ".heif",
                                             ".avif", ".bmp",  ".gif", ".tga",  ".psd",  ".hdr",
                                             ".ppm",  ".pgm",  ".pnm", ".jpe",  ".jfif"};

    for (size_t i = 0; i < sizeof extensions / sizeof extensions[0]; i++) {
        const size_t n = strlen(extensions[i]);

        if (length > n && strncasecmp(name + length - n, extensions[i], n) == 0)
            return true;
    }
    return false;
}
