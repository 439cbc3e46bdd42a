/* SPDX-License-Identifier: MIT */
/*
 * A disk that fails, on purpose: a module for LD_PRELOAD that lets the n-th call of a kind fail.
 *
 *     LD_PRELOAD=libfaults.so FAULT=sync:3 FAULT_MARK=hit caption ...
 *
 * FAULT is KIND:N, or KIND:N+ for the n-th and all after it.  KIND is write (write, pwrite,
 * ftruncate and fflush; the disk is full), sync (fsync, fdatasync), name (linkat, rename), or
 * nameless (files without a name, O_TMPFILE, as on file systems that have none).  KIND meanwhile
 * lets nothing fail: when fsync is done, the shell runs the command FAULT_DO.  Of files only
 * regular ones count, and neither stdout nor stderr.  When a call has failed, the file
 * FAULT_MARK is made: without it there was no n-th call.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static long calls; /* of the kind; under mutex */

static void mark(void)
{
    const char *path = getenv("FAULT_MARK");

    if (path)
        close((int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666));
}

static bool fails(const char *kind, int error)
{
    const char *fault = getenv("FAULT"), *number;
    const size_t length = strlen(kind);
    bool failed;
    char *end;
    long n;

    if (!fault || strncmp(fault, kind, length) != 0 || fault[length] != ':')
        return false;
    number = fault + length + 1;
    n = strtol(number, &end, 10);
    pthread_mutex_lock(&mutex);
    calls++;
    failed = calls == n || (*end == '+' && calls > n);
    pthread_mutex_unlock(&mutex);
    if (!failed)
        return false;
    mark();
    errno = error;
    return true;
}

static bool is_file(int fd)
{
    struct stat info;

    return fd > 2 && fstat(fd, &info) == 0 && S_ISREG(info.st_mode);
}

/* Defines NAME, which fails when its turn has come and otherwise calls what it stands before. */
#define FAULT_CALL(type, failure, name, parameters, arguments, kind, error, counts)                \
    type name parameters                                                                           \
    {                                                                                              \
        static type(*next) parameters;                                                             \
                                                                                                   \
        if (!next)                                                                                 \
            *(void **)(&next) = dlsym(RTLD_NEXT, #name);                                           \
        return counts && fails(kind, error) ? failure : next arguments;                            \
    }

FAULT_CALL(ssize_t, -1, write, (int fd, const void *data, size_t size), (fd, data, size), "write",
           ENOSPC, is_file(fd))
FAULT_CALL(ssize_t, -1, pwrite, (int fd, const void *data, size_t size, off_t at),
           (fd, data, size, at), "write", ENOSPC, is_file(fd))
FAULT_CALL(ssize_t, -1, pwrite64, (int fd, const void *data, size_t size, off64_t at),
           (fd, data, size, at), "write", ENOSPC, is_file(fd))
FAULT_CALL(int, -1, ftruncate, (int fd, off_t size), (fd, size), "write", ENOSPC, is_file(fd))
FAULT_CALL(int, -1, ftruncate64, (int fd, off64_t size), (fd, size), "write", ENOSPC, is_file(fd))
FAULT_CALL(int, EOF, fflush, (FILE * stream), (stream), "write", ENOSPC,
           stream &&is_file(fileno(stream)))
FAULT_CALL(int, -1, fdatasync, (int fd), (fd), "sync", EIO, is_file(fd))
FAULT_CALL(int, -1, linkat, (int from, const char *old, int to, const char *new, int flags),
           (from, old, to, new, flags), "name", EIO, true)
FAULT_CALL(int, -1, renameat, (int from, const char *old, int to, const char *new),
           (from, old, to, new), "name", EIO, true)

int fsync(int fd)
{
    static int (*next)(int);
    int result;

    if (!next)
        *(void **)(&next) = dlsym(RTLD_NEXT, "fsync");
    if (is_file(fd) && fails("sync", EIO))
        return -1;
    result = next(fd);
    if (is_file(fd) && fails("meanwhile", 0) && system(getenv("FAULT_DO")) != 0)
        abort();
    return result;
}

#define FAULT_OPENAT(name)                                                                         \
    int name(int folder, const char *path, int flags, ...)                                         \
    {                                                                                              \
        static int (*next)(int, const char *, int, ...);                                           \
        va_list args;                                                                              \
        mode_t mode;                                                                               \
                                                                                                   \
        if (!next)                                                                                 \
            *(void **)(&next) = dlsym(RTLD_NEXT, #name);                                           \
        va_start(args, flags);                                                                     \
        mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(args, mode_t) : 0;                           \
        va_end(args);                                                                              \
        if ((flags & O_TMPFILE) == O_TMPFILE && fails("nameless", EOPNOTSUPP))                     \
            return -1;                                                                             \
        return next(folder, path, flags, mode);                                                    \
    }

FAULT_OPENAT(openat)
FAULT_OPENAT(openat64)
