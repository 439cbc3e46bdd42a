/* SPDX-License-Identifier: MIT */
#include "base/platform/platform.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <libproc.h>
#include <mach-o/dyld.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

bool tn_platform_program(char path[PATH_MAX])
{
    char named[PATH_MAX];
    uint32_t size = sizeof named;

    return _NSGetExecutablePath(named, &size) == 0 && realpath(named, path);
}

void tn_platform_mapped_file(uintptr_t address, char path[PATH_MAX])
{
    const int length = proc_regionfilename(getpid(), address, path, PATH_MAX - 1);

    path[length > 0 ? length : 0] = '\0';
    for (char *c = path; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 127)
            *c = '?';
}

/* ---- Libraries, descriptors ---- */

/* "libheif.so.1" is libheif.1.dylib here, and libheif.dylib what a program is linked with.  The
 * paths begin with "@rpath/": where the build found the libraries.  false for other names. */
static bool write_library_names(const char *soname, char numbered[PATH_MAX], char bare[PATH_MAX])
{
    const char *end = strstr(soname, ".so.");
    const int length = end ? (int)(end - soname) : 0;

    return length > 0 && !strchr(soname, '/') &&
           snprintf(bare, PATH_MAX, "@rpath/%.*s.dylib", length, soname) < PATH_MAX &&
           snprintf(numbered, PATH_MAX, "@rpath/%.*s%s.dylib", length, soname, end + 3) < PATH_MAX;
}

/* By each name first where the program's run path leads, then where the system has its own. */
void *tn_platform_load_library(const char *name, bool for_all)
{
    const int mode = RTLD_NOW | (for_all ? RTLD_GLOBAL : RTLD_LOCAL);
    char numbered[PATH_MAX], bare[PATH_MAX];
    const char *const names[] = {numbered, numbered + strlen("@rpath/"), bare,
                                 bare + strlen("@rpath/")};
    void *library = NULL;

    if (!write_library_names(name, numbered, bare))
        return dlopen(name, mode);
    for (size_t i = 0; i < sizeof names / sizeof names[0] && !library; i++)
        library = dlopen(names[i], mode);
    return library;
}

bool tn_platform_separate_descriptors(void)
{
    return false;
}

static bool close_on_exec(int descriptor)
{
    return fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0;
}

static bool never_wait(int descriptor)
{
    return fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK) == 0;
}

int tn_platform_pipe(int ends[2])
{
    int made[2];

    if (pipe(made) != 0)
        return -1;
    for (int i = 0; i < 2; i++)
        if (!close_on_exec(made[i]) || !never_wait(made[i])) {
            const int reason = errno;

            close(made[0]);
            close(made[1]);
            errno = reason;
            return -1;
        }
    memcpy(ends, made, sizeof made);
    return 0;
}

int tn_platform_socket(int domain, int type, int protocol)
{
    const int descriptor = socket(domain, type, protocol);

    if (descriptor >= 0)
        (void)close_on_exec(descriptor);
    return descriptor;
}

/* ---- Threads ---- */

/* All but the first have 512 KB otherwise. */
int tn_platform_start_thread(pthread_t *ret_thread, void *(*run)(void *context), void *context)
{
    pthread_attr_t attributes;
    int reason = pthread_attr_init(&attributes);

    if (reason != 0)
        return reason;
    reason = pthread_attr_setstacksize(&attributes, (size_t)8 << 20);
    if (reason == 0)
        reason = pthread_create(ret_thread, &attributes, run, context);
    pthread_attr_destroy(&attributes);
    return reason;
}

/* ---- Time ---- */

int tn_platform_prepare_alarm(void)
{
    return 0;
}

void tn_platform_set_alarm(long nanoseconds)
{
    const struct itimerval span = {.it_value = {.tv_sec = nanoseconds / 1000000000,
                                                .tv_usec = nanoseconds % 1000000000 / 1000}};

    setitimer(ITIMER_REAL, &span, NULL);
}

void tn_platform_condition_init(pthread_cond_t *condition)
{
    pthread_cond_init(condition, NULL);
}

/* Conditions know the clock of the day alone, and spans. */
int tn_platform_condition_wait_until(pthread_cond_t *condition, pthread_mutex_t *mutex,
                                     const struct timespec *until)
{
    struct timespec now, span;

    clock_gettime(CLOCK_MONOTONIC, &now);
    span.tv_sec = until->tv_sec - now.tv_sec;
    span.tv_nsec = until->tv_nsec - now.tv_nsec;
    if (span.tv_nsec < 0) {
        span.tv_sec--;
        span.tv_nsec += 1000000000;
    }
    if (span.tv_sec < 0)
        return ETIMEDOUT;
    return pthread_cond_timedwait_relative_np(condition, mutex, &span);
}

/* ---- Streams ---- */

struct stream {
    void *context;
    ssize_t (*write)(void *context, const char *bytes, size_t count);
    int (*close)(void *context);
};

static int stream_write(void *cookie, const char *bytes, int count)
{
    const struct stream *stream = cookie;

    return (int)stream->write(stream->context, bytes, (size_t)count);
}

static int stream_close(void *cookie)
{
    struct stream *stream = cookie;
    const int result = stream->close ? stream->close(stream->context) : 0;

    free(stream);
    return result;
}

FILE *tn_platform_open_stream(void *context,
                              ssize_t (*write)(void *context, const char *bytes, size_t count),
                              int (*close)(void *context))
{
    struct stream *stream = malloc(sizeof *stream);
    FILE *file;

    if (!stream)
        return NULL;
    *stream = (struct stream){context, write, close};
    file = funopen(stream, NULL, stream_write, NULL, stream_close);
    if (!file)
        free(stream);
    return file;
}
