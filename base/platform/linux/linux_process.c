/* SPDX-License-Identifier: MIT */
#include "base/platform/platform.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/socket.h>
#include <unistd.h>

/* Where there is no /proc, as in an empty root, the path that the program was started by does, if
 * nobody has left the folder since. */
bool tn_platform_program(char path[PATH_MAX])
{
    const ssize_t length = readlink("/proc/self/exe", path, PATH_MAX - 1);
    const char *started = (const char *)(uintptr_t)getauxval(AT_EXECFN);

    if (length > 0)
        path[length] = '\0';
    else if (started && strlen(started) < PATH_MAX)
        memcpy(path, started, strlen(started) + 1);
    else
        return false;
    return true;
}

/* ---- Mapped files: only system calls, as it runs in a signal's handler ---- */

struct maps {
    int file;
    size_t used, next;
    char bytes[1024];
};

/* The next byte; 0 at the end. */
static char next_map_byte(struct maps *maps)
{
    if (maps->next == maps->used) {
        const ssize_t got = read(maps->file, maps->bytes, sizeof maps->bytes);

        maps->used = got > 0 ? (size_t)got : 0;
        maps->next = 0;
    }
    return maps->next < maps->used ? maps->bytes[maps->next++] : '\0';
}

/* A hexadecimal number and the byte behind it. */
static uintptr_t next_number(struct maps *maps)
{
    uintptr_t value = 0;

    for (;;) {
        const char c = next_map_byte(maps);

        if (c >= '0' && c <= '9')
            value = value << 4 | (uintptr_t)(c - '0');
        else if (c >= 'a' && c <= 'f')
            value = value << 4 | (uintptr_t)(c - 'a' + 10);
        else
            return value;
    }
}

/* Reads a line "begin-end flags offset device inode   path" into the path; false at the end of the
 * lines. */
static bool next_mapping(struct maps *maps, uintptr_t *ret_begin, uintptr_t *ret_end,
                         char path[PATH_MAX])
{
    size_t length = 0;
    bool in_path = false;
    char c;

    *ret_begin = next_number(maps);
    *ret_end = next_number(maps);
    while ((c = next_map_byte(maps)) != '\0' && c != '\n') {
        in_path = in_path || c == '/';
        if (in_path && length < PATH_MAX - 1)
            path[length++] = (unsigned char)c < ' ' || c == 127 ? '?' : c;
    }
    path[length] = '\0';
    return c == '\n';
}

void tn_platform_mapped_file(uintptr_t address, char path[PATH_MAX])
{
    struct maps maps = {.file = open("/proc/self/maps", O_RDONLY | O_CLOEXEC)};
    uintptr_t begin, end;

    path[0] = '\0';
    if (maps.file < 0)
        return;
    while (next_mapping(&maps, &begin, &end, path) && (address < begin || address >= end))
        path[0] = '\0';
    close(maps.file);
}

/* ---- Libraries, descriptors ---- */

void *tn_platform_load_library(const char *name, bool for_all)
{
    return dlopen(name, RTLD_NOW | (for_all ? RTLD_GLOBAL : RTLD_LOCAL));
}

bool tn_platform_separate_descriptors(void)
{
    return unshare(CLONE_FILES) == 0;
}

int tn_platform_pipe(int ends[2])
{
    return pipe2(ends, O_CLOEXEC | O_NONBLOCK);
}

int tn_platform_socket(int domain, int type, int protocol)
{
    return socket(domain, type | SOCK_CLOEXEC, protocol);
}

/* ---- Threads ---- */

/* Linux gives each the size that the shell allows, 8 MB unless that was changed. */
int tn_platform_start_thread(pthread_t *ret_thread, void *(*run)(void *context), void *context)
{
    return pthread_create(ret_thread, NULL, run, context);
}

/* ---- Time ---- */

static timer_t alarm_timer;

int tn_platform_prepare_alarm(void)
{
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM};

    return timer_create(CLOCK_MONOTONIC, &event, &alarm_timer);
}

void tn_platform_set_alarm(long nanoseconds)
{
    const struct itimerspec span = {.it_value = {.tv_nsec = nanoseconds}};

    timer_settime(alarm_timer, 0, &span, NULL);
}

void tn_platform_condition_init(pthread_cond_t *condition)
{
    pthread_condattr_t attributes;

    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(condition, &attributes);
    pthread_condattr_destroy(&attributes);
}

int tn_platform_condition_wait_until(pthread_cond_t *condition, pthread_mutex_t *mutex,
                                     const struct timespec *until)
{
    return pthread_cond_timedwait(condition, mutex, until);
}

/* ---- Streams ---- */

FILE *tn_platform_open_stream(void *context,
                              ssize_t (*write)(void *context, const char *bytes, size_t count),
                              int (*close)(void *context))
{
    const cookie_io_functions_t functions = {.write = write, .close = close};

    return fopencookie(context, "w", functions);
}
