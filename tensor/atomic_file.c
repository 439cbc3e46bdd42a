/* SPDX-License-Identifier: MIT */
#include "tensor/atomic_file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_NAMES = 1000 }; /* temporary names to try before giving up */

/* The file that path stands for: a link is followed, so that renaming replaces what it points to
 * and not the link.  ret_mode gets the permissions to use. */
static enum tn_status resolve(const char *path, char **ret_path, mode_t *ret_mode,
                              struct tn_error *err)
{
    struct stat info;
    char *resolved;

    *ret_mode = 0;
    if (path[0] == '\0')
        return tn_fail(err, TN_IO, "cannot write: the file has no name");
    if (stat(path, &info) == 0) {
        if (!S_ISREG(info.st_mode))
            return tn_fail(err, TN_IO, "%s: cannot write: %s", path,
                           S_ISDIR(info.st_mode) ? "it is a directory" : "not a regular file");
        *ret_mode = info.st_mode & 0777;
        resolved = realpath(path, NULL);
    } else {
        resolved = strdup(path);
    }
    if (!resolved)
        return tn_fail(err, errno == ENOMEM ? TN_NOMEM : TN_IO, "%s: cannot write: %s", path,
                       strerror(errno));
    *ret_path = resolved;
    return TN_OK;
}

/* Creates <path>.tmp<pid>.<n>, which nobody else has; returns the descriptor or -1 with errno. */
static int create_temporary(const char *path, char **ret_name)
{
    for (int n = 0; n < MAX_NAMES; n++) {
        char *name;
        int fd;

        if (asprintf(&name, "%s.tmp%ld.%d", path, (long)getpid(), n) < 0) {
            errno = ENOMEM;
            return -1;
        }
        fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (fd >= 0) {
            *ret_name = name;
            return fd;
        }
        free(name);
        if (errno != EEXIST)
            return -1;
    }
    return -1;
}

enum tn_status tn_atomic_open(struct tn_atomic_file *file, const char *path, struct tn_error *err)
{
    mode_t mode;
    int fd;

    memset(file, 0, sizeof *file);
    TN_TRY(resolve(path, &file->path, &mode, err));
    fd = create_temporary(file->path, &file->temporary);
    if (fd >= 0 && mode != 0 && fchmod(fd, mode) != 0)
        errno = 0; /* another owner's file: the default permissions will do */
    file->stream = fd >= 0 ? fdopen(fd, "wb") : NULL;
    if (!file->stream) {
        const int reason = errno;

        if (fd >= 0)
            close(fd);
        tn_atomic_abandon(file);
        return tn_fail(err, reason == ENOMEM ? TN_NOMEM : TN_IO, "%s: cannot write: %s", path,
                       strerror(reason));
    }
    return TN_OK;
}

enum tn_status tn_atomic_try(const char *path, struct tn_error *err)
{
    struct tn_atomic_file file;

    TN_TRY(tn_atomic_open(&file, path, err));
    tn_atomic_abandon(&file);
    return TN_OK;
}

/* Makes the rename itself survive a power cut; a file system that cannot is no failure. */
static void sync_folder(char *path)
{
    const int fd = open(dirname(path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd >= 0) {
        (void)fsync(fd);
        close(fd);
    }
}

enum tn_status tn_atomic_commit(struct tn_atomic_file *file, struct tn_error *err)
{
    FILE *stream = file->stream;
    int reason = 0;

    errno = 0;
    if (ferror(stream) || fflush(stream) != 0 || fsync(fileno(stream)) != 0)
        reason = errno != 0 ? errno : EIO;
    file->stream = NULL;
    if (fclose(stream) != 0 && reason == 0)
        reason = errno;
    if (reason == 0 && rename(file->temporary, file->path) != 0)
        reason = errno;
    if (reason != 0) {
        tn_fail(err, TN_IO, "%s: cannot write: %s", file->path, strerror(reason));
        tn_atomic_abandon(file);
        return TN_IO;
    }
    free(file->temporary);
    file->temporary = NULL;
    sync_folder(file->path);
    tn_atomic_abandon(file);
    return TN_OK;
}

void tn_atomic_abandon(struct tn_atomic_file *file)
{
    if (file->stream)
        fclose(file->stream);
    if (file->temporary)
        unlink(file->temporary);
    free(file->temporary);
    free(file->path);
    memset(file, 0, sizeof *file);
}
