/* SPDX-License-Identifier: MIT */
#include "app/training/train_lock.h"

#include "app/training/train_loop.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* The lock's name: that of the file which a link leads to, as this is what is written. */
static char *name_lock(const char *output)
{
    struct stat info;
    char *target =
        lstat(output, &info) == 0 && S_ISLNK(info.st_mode) ? realpath(output, NULL) : NULL;
    char *path = train_with_suffix(target ? target : output, ".lock");

    free(target);
    return path;
}

/* A training that was killed this moment may hold its lock until the system has cleared it away. */
static bool wait_for_lock(int descriptor)
{
    const struct timespec pause = {.tv_nsec = 100000000};

    for (int tries = 0; flock(descriptor, LOCK_EX | LOCK_NB) != 0; tries++) {
        if (errno != EWOULDBLOCK)
            return true; /* no locks here */
        if (tries == 20)
            return false;
        nanosleep(&pause, NULL);
    }
    return true;
}

/* Whether the file has still that name: whoever held it removed it. */
static bool is_named(int descriptor, const char *path)
{
    struct stat held, named;

    return fstat(descriptor, &held) == 0 && stat(path, &named) == 0 &&
           held.st_dev == named.st_dev && held.st_ino == named.st_ino;
}

static enum tn_status look_at_lock(const struct train_lock *lock, const char *output,
                                   struct tn_error *err)
{
    struct stat info;

    if (fstat(lock->descriptor, &info) != 0 || !S_ISREG(info.st_mode) || info.st_size > 0)
        return tn_fail(err, TN_RANGE,
                       "%s: is there and is no lock of a training; name another --output",
                       lock->path);
    if (!wait_for_lock(lock->descriptor))
        return tn_fail(err, TN_RANGE, "%s: another training is writing it (%s is locked)", output,
                       lock->path);
    return TN_OK;
}

/* A folder or a device is no output, as whoever opens it will say. */
static bool may_be_output(const char *output)
{
    struct stat info;

    return stat(output, &info) != 0 || S_ISREG(info.st_mode);
}

enum tn_status train_lock_take(const char *output, struct train_lock *ret_lock,
                               struct tn_error *err)
{
    struct train_lock lock = {.path = name_lock(output)};
    enum tn_status status;

    if (!may_be_output(output)) {
        free(lock.path);
        *ret_lock = (struct train_lock){.path = NULL};
        return TN_OK;
    }
    if (!lock.path)
        return tn_fail_nomem(err, strlen(output) + sizeof ".lock");
    do {
        lock.descriptor =
            open(lock.path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0666);
        if (lock.descriptor < 0) {
            status = tn_fail(err, TN_IO, "%s: cannot write: %s", output, strerror(errno));
            free(lock.path);
            return status;
        }
        status = look_at_lock(&lock, output, err);
        if (status != TN_OK) {
            close(lock.descriptor);
            free(lock.path);
            return status;
        }
    } while (!is_named(lock.descriptor, lock.path) && close(lock.descriptor) == 0);
    *ret_lock = lock;
    return TN_OK;
}

void train_lock_release(struct train_lock *lock)
{
    if (!lock->path)
        return;
    unlink(lock->path); /* while it is locked, so that it is nobody else's */
    close(lock->descriptor);
    free(lock->path);
    *lock = (struct train_lock){.path = NULL};
}
