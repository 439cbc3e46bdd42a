/* SPDX-License-Identifier: MIT */
#include "app/output/file_bytes.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static enum tn_status read_all(FILE *file, const char *path, size_t limit, char **ret_bytes,
                               size_t *ret_size, struct tn_error *err)
{
    struct stat info;
    size_t size;
    char *bytes;

    if (fstat(fileno(file), &info) != 0)
        return tn_fail(err, TN_IO, "%s: %s", path, strerror(errno));
    if (!S_ISREG(info.st_mode))
        return tn_fail(err, TN_IO, "%s: not a regular file", path);
    if ((unsigned long long)info.st_size > limit)
        return tn_fail(err, TN_RANGE, "%s: larger than the limit of %zu MiB", path, limit >> 20);
    size = (size_t)info.st_size;
    bytes = malloc(size + 1);
    if (!bytes)
        return tn_fail_nomem(err, size + 1);
    if (fread(bytes, 1, size, file) != size) {
        const int reason = ferror(file) ? errno : 0;

        free(bytes);
        return tn_fail(err, TN_IO, "%s: %s", path, reason ? strerror(reason) : "it became shorter");
    }
    bytes[size] = '\0';
    *ret_bytes = bytes;
    *ret_size = size;
    return TN_OK;
}

/* Without O_NONBLOCK a pipe would be waited for. */
enum { READ_FLAGS = O_RDONLY | O_CLOEXEC | O_NONBLOCK };

/* Of a file that was opened as fd, which is closed, or -1 with errno. */
static enum tn_status read_opened(int fd, const char *path, size_t limit, char **ret_bytes,
                                  size_t *ret_size, struct tn_error *err)
{
    FILE *file = fd < 0 ? NULL : fdopen(fd, "rb");
    enum tn_status status;

    if (!file) {
        const int reason = errno;

        if (fd >= 0)
            close(fd);
        return tn_fail(err, reason == ENOENT ? TN_NOTFOUND : TN_IO, "%s: %s", path,
                       strerror(reason));
    }
    status = read_all(file, path, limit, ret_bytes, ret_size, err);
    fclose(file);
    return status;
}

enum tn_status app_read_file(const char *path, size_t limit, char **ret_bytes, size_t *ret_size,
                             struct tn_error *err)
{
    return read_opened(open(path, READ_FLAGS), path, limit, ret_bytes, ret_size, err);
}

enum tn_status app_read_file_in(int folder, const char *path, size_t limit, char **ret_bytes,
                                size_t *ret_size, struct tn_error *err)
{
    const char *slash = strrchr(path, '/');
    const int fd = openat(folder, slash ? slash + 1 : path, READ_FLAGS | O_NOFOLLOW);

    if (fd < 0 && errno == ELOOP)
        return tn_fail(err, TN_IO, "%s: it is a symbolic link, and is not followed", path);
    return read_opened(fd, path, limit, ret_bytes, ret_size, err);
}
