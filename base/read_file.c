/* SPDX-License-Identifier: MIT */
#include "base/read_file.h"

#include "base/array.h"
#include "base/path.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Reads `size` bytes, fewer only at the end. */
static enum tn_status read_bytes(int file, const char *path, char *bytes, size_t size,
                                 size_t *ret_size, struct tn_error *err)
{
    size_t done = 0;
    ssize_t got;

    do {
        got = read(file, bytes + done, size - done);
        if (got < 0 && errno != EINTR)
            return tn_fail(err, TN_IO, "%s: %s", path, strerror(errno));
        done += got > 0 ? (size_t)got : 0;
    } while (got != 0 && done < size);
    *ret_size = done;
    return TN_OK;
}

static enum tn_status read_regular(int file, const char *path, const struct stat *info,
                                   size_t limit, char **ret_bytes, size_t *ret_size,
                                   struct tn_error *err)
{
    const size_t size = (size_t)info->st_size;
    enum tn_status status;
    size_t got = 0;
    char *bytes;

    if ((uintmax_t)info->st_size > limit)
        return tn_fail(err, TN_RANGE, "%s: the file of %jd MiB is more than the limit of %zu MiB",
                       path, (intmax_t)info->st_size >> 20, limit >> 20);
    bytes = malloc(size + 1);
    if (!bytes)
        return tn_fail_nomem(err, size + 1);
    status = read_bytes(file, path, bytes, size, &got, err);
    if (status == TN_OK && got < size)
        status = tn_fail(err, TN_IO, "%s: the file became shorter while it was read", path);
    if (status != TN_OK) {
        free(bytes);
        return status;
    }
    bytes[size] = '\0';
    *ret_bytes = bytes;
    *ret_size = size;
    return TN_OK;
}

/* What does not say how long it is: up to its end. */
static enum tn_status read_pipe(int file, const char *path, size_t limit, char **ret_bytes,
                                size_t *ret_size, struct tn_error *err)
{
    size_t capacity = 0, used = 0, got = 0, wanted;
    enum tn_status status;
    char *bytes = NULL;

    do {
        status = tn_array_reserve(&bytes, &capacity, used + 65536, err);
        wanted = capacity - used - 1 < limit - used ? capacity - used - 1 : limit - used + 1;
        if (status == TN_OK)
            status = read_bytes(file, path, bytes + used, wanted, &got, err);
        used += got;
        if (status == TN_OK && used > limit)
            status =
                tn_fail(err, TN_RANGE, "%s: more than the limit of %zu MiB", path, limit >> 20);
    } while (status == TN_OK && got == wanted);
    if (status != TN_OK) {
        free(bytes);
        return status;
    }
    bytes[used] = '\0';
    *ret_bytes = bytes;
    *ret_size = used;
    return TN_OK;
}

/* Reads what was opened as `file`, which is closed, or -1 with errno. */
static enum tn_status read_opened(int file, const char *path, bool pipes, size_t limit,
                                  char **ret_bytes, size_t *ret_size, struct tn_error *err)
{
    enum tn_status status;
    struct stat info;

    if (file < 0 || fstat(file, &info) != 0)
        status = tn_fail(err, tn_status_of_errno(errno), "%s: %s", path, strerror(errno));
    else if (S_ISDIR(info.st_mode))
        status = tn_fail(err, TN_IO, "%s: is a directory", path);
    else if (S_ISREG(info.st_mode))
        status = read_regular(file, path, &info, limit, ret_bytes, ret_size, err);
    else if (pipes)
        status = read_pipe(file, path, limit, ret_bytes, ret_size, err);
    else
        status = tn_fail(err, TN_IO, "%s: is not a regular file", path);
    if (file >= 0)
        close(file);
    return status;
}

/* Without O_NONBLOCK a pipe would be waited for. */
enum { READ_FLAGS = O_RDONLY | O_CLOEXEC | O_NONBLOCK };

enum tn_status tn_read_file(const char *path, size_t limit, char **ret_bytes, size_t *ret_size,
                            struct tn_error *err)
{
    return read_opened(open(path, READ_FLAGS), path, false, limit, ret_bytes, ret_size, err);
}

enum tn_status tn_read_file_in(int folder, const char *path, size_t limit, char **ret_bytes,
                               size_t *ret_size, struct tn_error *err)
{
    const int file = openat(folder, tn_path_name(path), READ_FLAGS | O_NOFOLLOW);

    if (file < 0 && errno == ELOOP)
        return tn_fail(err, TN_IO, "%s: it is a symbolic link, and is not followed", path);
    return read_opened(file, path, false, limit, ret_bytes, ret_size, err);
}

enum tn_status tn_read_stream(const char *path, size_t limit, char **ret_bytes, size_t *ret_size,
                              struct tn_error *err)
{
    return read_opened(open(path, O_RDONLY | O_CLOEXEC), path, true, limit, ret_bytes, ret_size,
                       err);
}

enum tn_status tn_read_descriptor(int file, const char *name, size_t limit, char **ret_bytes,
                                  size_t *ret_size, struct tn_error *err)
{
    return read_pipe(file, name, limit, ret_bytes, ret_size, err);
}
