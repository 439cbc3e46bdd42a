/* SPDX-License-Identifier: MIT */
#include "base/atomic_file.h"

#include "base/path.h"
#include "base/platform/platform.h"
#include "base/standing_private.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define TEMPORARY ".caption-unfinished-"

/* Temporary names to try before giving up, and those where leftovers are looked for: who writes
 * alone in a folder takes the first. */
enum { MOST_NAMES = 1000, SWEPT_NAMES = 8 };

/* ---- Names ---- */

static bool all_digits(const char *text)
{
    return text[0] != '\0' && text[strspn(text, "0123456789")] == '\0';
}

bool tn_atomic_is_temporary(const char *name)
{
    const size_t length = sizeof TEMPORARY - 1;

    if (strncmp(name, TEMPORARY, length) == 0)
        return all_digits(name + length);
    while ((name = strstr(name, ".tmp")) != NULL) { /* .tmp<process>.<number> */
        const size_t digits = strspn(name += 4, "0123456789");

        if (digits > 0 && name[digits] == '.' && all_digits(name + digits + 1))
            return true;
    }
    return false;
}

static const char *name_of(const struct tn_atomic_file *file)
{
    return tn_path_name(file->path);
}

static bool is_link(const char *path)
{
    struct stat info;

    return lstat(path, &info) == 0 && S_ISLNK(info.st_mode);
}

/* The file that path stands for: a link is followed, so that what it points to is replaced and not
 * the link.  The caller frees *ret_path. */
static enum tn_status resolve(const char *path, char **ret_path, mode_t *ret_mode,
                              struct tn_error *err)
{
    struct stat info;
    char *resolved;

    if (path[0] == '\0')
        return tn_fail(err, TN_IO, "cannot write: the file has no name");
    TN_TRY(tn_standing_look(path, stat(path, &info), &info, ret_mode, err));
    TN_TRY(tn_standing_check_writable(AT_FDCWD, path, *ret_mode, path, err));
    /* Messages name any other file as its user did. */
    resolved = *ret_mode != 0 && is_link(path) ? realpath(path, NULL) : strdup(path);
    if (!resolved)
        return tn_standing_cannot_write(path, errno, err);
    *ret_path = resolved;
    return TN_OK;
}

/* ---- Files that are not there yet ---- */

static void write_temporary_name(char name[], size_t size, int n)
{
    snprintf(name, size, TEMPORARY "%d", n);
}

/* Removes a temporary file whose writer has gone.  Between looking at the name and removing it
 * nobody else does either: that takes the lock that is held here. */
static void remove_stale(int folder, const char *name)
{
    const int fd = openat(folder, name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    struct stat held, named;

    if (fd < 0)
        return;
    if (flock(fd, LOCK_EX | LOCK_NB) == 0 && fstat(fd, &held) == 0 && S_ISREG(held.st_mode) &&
        fstatat(folder, name, &named, AT_SYMLINK_NOFOLLOW) == 0 && named.st_dev == held.st_dev &&
        named.st_ino == held.st_ino)
        (void)unlinkat(folder, name, 0);
    close(fd);
}

static void sweep(int folder)
{
    char name[sizeof((struct tn_atomic_file *)0)->temporary];

    for (int n = 0; n < SWEPT_NAMES; n++) {
        write_temporary_name(name, sizeof name, n);
        remove_stale(folder, name);
    }
}

/* A file without a name, which the system removes with its writer; -1 where it cannot have one. */
static int open_nameless(int folder)
{
    const int fd = tn_platform_open_nameless(folder);

    if (fd >= 0)
        (void)flock(fd, LOCK_EX | LOCK_NB); /* for the moment in which it has a temporary name */
    return fd;
}

/* A file with a temporary name, which nobody else has; -1 with errno. */
static int open_named(int folder, char name[], size_t size)
{
    for (int n = 0; n < MOST_NAMES; n++) {
        struct stat info;
        int fd;

        write_temporary_name(name, size, n);
        fd = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (fd < 0 && errno == EEXIST)
            continue;
        if (fd < 0)
            break;
        /* Before it was locked, somebody may have taken it for left over. */
        if ((flock(fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK) && fstat(fd, &info) == 0 &&
            info.st_nlink > 0)
            return fd;
        close(fd);
        errno = EEXIST;
    }
    name[0] = '\0';
    return -1;
}

/* ---- The file ---- */

/* Takes over path and folder, in every case. */
static enum tn_status begin(struct tn_atomic_file *file, char *path, int folder, mode_t mode,
                            struct tn_error *err)
{
    int fd;

    *file = (struct tn_atomic_file){.path = path, .folder = folder};
    sweep(folder);
    fd = open_nameless(folder);
    if (fd < 0)
        fd = open_named(folder, file->temporary, sizeof file->temporary);
    if (fd >= 0 && mode != 0 && fchmod(fd, mode & 0777) != 0)
        errno = 0; /* another owner's file: the default permissions will do */
    file->stream = fd >= 0 ? fdopen(fd, "wb") : NULL;
    if (!file->stream) {
        const enum tn_status status = tn_standing_cannot_write(path, errno, err);

        if (fd >= 0)
            close(fd);
        tn_atomic_abandon(file);
        return status;
    }
    return TN_OK;
}

enum tn_status tn_atomic_open(struct tn_atomic_file *file, const char *path, struct tn_error *err)
{
    enum tn_status status;
    mode_t mode;
    char *resolved = NULL;
    int folder;

    memset(file, 0, sizeof *file);
    TN_TRY(resolve(path, &resolved, &mode, err));
    folder = tn_folder_open_of(resolved);
    if (folder < 0) {
        status = tn_standing_cannot_write(path, errno, err);
        free(resolved);
        return status;
    }
    return begin(file, resolved, folder, mode, err);
}

enum tn_status tn_atomic_open_in(struct tn_atomic_file *file, int folder, const char *path,
                                 struct tn_error *err)
{
    const char *name = tn_path_name(path);
    struct stat info;
    mode_t mode;
    char *copy;
    int own;

    memset(file, 0, sizeof *file);
    assert(name[0] != '\0');
    TN_TRY(tn_standing_look(path, fstatat(folder, name, &info, AT_SYMLINK_NOFOLLOW), &info, &mode,
                            err));
    TN_TRY(tn_standing_check_writable(folder, name, mode, path, err));
    copy = strdup(path);
    if (!copy)
        return tn_fail_nomem(err, strlen(path) + 1);
    own = fcntl(folder, F_DUPFD_CLOEXEC, 0);
    if (own < 0) {
        free(copy);
        return tn_standing_cannot_write(path, errno, err);
    }
    return begin(file, copy, own, mode, err);
}

enum tn_status tn_atomic_try(const char *path, struct tn_error *err)
{
    struct tn_atomic_file file;

    TN_TRY(tn_atomic_open(&file, path, err));
    tn_atomic_abandon(&file);
    return TN_OK;
}

/* ---- The end ---- */

/* Gives a file without a name the name that it is to have when that may be new and is free,
 * otherwise a temporary one: a link replaces nothing, only renaming does.  0, or errno. */
static int link_nameless(struct tn_atomic_file *file, int fd, bool may_be_new)
{
    errno = EEXIST;
    if (may_be_new && tn_platform_name_nameless(fd, file->folder, name_of(file)) == 0)
        return 0;
    for (int n = 0; errno == EEXIST && n < MOST_NAMES; n++) {
        write_temporary_name(file->temporary, sizeof file->temporary, n);
        if (tn_platform_name_nameless(fd, file->folder, file->temporary) == 0)
            return 0;
    }
    file->temporary[0] = '\0';
    return errno;
}

/* expected NULL: whatever is there is replaced; otherwise only that, and else it is EEXIST. */
static int give_name(struct tn_atomic_file *file, int fd, const struct stat *expected)
{
    const bool may_be_new = !expected || expected->st_nlink == 0;
    const int reason = file->temporary[0] == '\0' ? link_nameless(file, fd, may_be_new) : 0;

    if (reason != 0 || file->temporary[0] == '\0')
        return reason;
    if (expected && !tn_standing_is(file->folder, name_of(file),
                                    expected)) /* as late as can be: the disk was waited for */
        return EEXIST;
    if (renameat(file->folder, file->temporary, file->folder, name_of(file)) != 0)
        return errno;
    file->temporary[0] = '\0';
    return 0;
}

static int give_name_if(struct tn_atomic_file *file, int fd, const struct stat *expected)
{
    const int lock = tn_folder_lock(file->folder);
    const int reason = give_name(file, fd, expected);

    if (lock >= 0)
        close(lock);
    return reason;
}

void tn_atomic_sync_folder_of(const char *path)
{
    const int folder = tn_folder_open_of(path);

    if (folder >= 0) {
        tn_folder_sync(folder);
        close(folder);
    }
}

static bool is_removed(int folder)
{
    struct stat info;

    return fstat(folder, &info) == 0 && info.st_nlink == 0;
}

/* expected may be NULL. */
static enum tn_status commit(struct tn_atomic_file *file, const struct stat *expected,
                             struct tn_error *err)
{
    FILE *stream = file->stream;
    enum tn_status status = TN_OK;
    int reason = 0;

    errno = 0;
    if (ferror(stream) || fflush(stream) != 0 || fsync(fileno(stream)) != 0)
        reason = errno != 0 ? errno : EIO;
    if (reason == 0) /* before it is closed, which ends the lock */
        reason = expected ? give_name_if(file, fileno(stream), expected)
                          : give_name(file, fileno(stream), NULL);
    if (reason == EEXIST && expected)
        status = tn_fail(err, TN_NOTFOUND, "%s: somebody changed it meanwhile; it is left as it is",
                         file->path);
    else if (reason == ENOENT && is_removed(file->folder))
        status = tn_fail(err, TN_IO, "%s: cannot write: its folder was removed", file->path);
    else if (reason != 0)
        status = tn_fail(err, TN_IO, "%s: cannot write: %s", file->path, strerror(reason));
    else
        tn_folder_sync(file->folder);
    tn_atomic_abandon(file);
    return status;
}

enum tn_status tn_atomic_commit(struct tn_atomic_file *file, struct tn_error *err)
{
    return commit(file, NULL, err);
}

enum tn_status tn_atomic_commit_over(struct tn_atomic_file *file, const struct stat *expected,
                                     struct tn_error *err)
{
    return commit(file, expected, err);
}

void tn_atomic_abandon(struct tn_atomic_file *file)
{
    if (file->path) {
        if (file->temporary[0] != '\0')
            unlinkat(file->folder, file->temporary, 0);
        if (file->stream)
            fclose(file->stream);
        close(file->folder);
        free(file->path);
    }
    memset(file, 0, sizeof *file);
}
