/* SPDX-License-Identifier: MIT */
#include "tests/support/oom.h"

#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <glob.h>
#include <json-c/json.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* The linker (--wrap=NAME, tests/meson.build) turns calls of NAME into calls of __wrap_NAME, and
 * __real_NAME into NAME. */
static struct {
    atomic_bool armed, failed;
    atomic_size_t calls; /* since it was armed */
    size_t fail_at;
    bool fail_after_too;
    atomic_size_t mappings; /* alive */
} state;

static bool fails(void)
{
    size_t call;

    if (!atomic_load(&state.armed))
        return false;
    call = atomic_fetch_add(&state.calls, 1);
    if (call != state.fail_at && !(state.fail_after_too && call > state.fail_at))
        return false;
    atomic_store(&state.failed, true);
    errno = ENOMEM;
    return true;
}

/* A wrapper that returns `failure` when its turn has come. */
#define WRAP(type, failure, name, parameters, arguments)                                           \
    type __real_##name parameters;                                                                 \
    type __wrap_##name parameters;                                                                 \
    type __wrap_##name parameters                                                                  \
    {                                                                                              \
        return fails() ? failure : __real_##name arguments;                                        \
    }

WRAP(void *, NULL, malloc, (size_t size), (size))
WRAP(void *, NULL, calloc, (size_t count, size_t size), (count, size))
WRAP(void *, NULL, realloc, (void *block, size_t size), (block, size))
WRAP(void *, NULL, aligned_alloc, (size_t alignment, size_t size), (alignment, size))
WRAP(char *, NULL, strdup, (const char *text), (text))
WRAP(char *, NULL, strndup, (const char *text, size_t length), (text, length))
WRAP(char *, NULL, realpath, (const char *path, char *resolved), (path, resolved))
WRAP(FILE *, NULL, fopen64, (const char *path, const char *mode), (path, mode))
WRAP(FILE *, NULL, fdopen, (int fd, const char *mode), (fd, mode))
WRAP(FILE *, NULL, open_memstream, (char **text, size_t *size), (text, size))
WRAP(int, GLOB_NOSPACE, glob64,
     (const char *pattern, int flags, int (*on_error)(const char *, int), glob64_t *found),
     (pattern, flags, on_error, found))
WRAP(int, EAGAIN, pthread_create,
     (pthread_t * thread, const pthread_attr_t *attributes, void *(*start)(void *), void *argument),
     (thread, attributes, start, argument))
WRAP(struct json_tokener *, NULL, json_tokener_new, (void), ())
WRAP(struct json_tokener *, NULL, json_tokener_new_ex, (int depth), (depth))

int __wrap_asprintf(char **ret_text, const char *format, ...) TN_PRINTF(2, 3);
int __wrap_asprintf(char **ret_text, const char *format, ...)
{
    va_list args;
    int length;

    if (fails())
        return -1;
    va_start(args, format);
    length = vasprintf(ret_text, format, args);
    va_end(args);
    return length;
}

void *__real_mmap64(void *at, size_t size, int protection, int flags, int fd, off64_t offset);
void *__wrap_mmap64(void *at, size_t size, int protection, int flags, int fd, off64_t offset);
void *__wrap_mmap64(void *at, size_t size, int protection, int flags, int fd, off64_t offset)
{
    void *const data =
        fails() ? MAP_FAILED : __real_mmap64(at, size, protection, flags, fd, offset);

    if (data != MAP_FAILED)
        atomic_fetch_add(&state.mappings, 1);
    return data;
}

int __real_munmap(void *at, size_t size);
int __wrap_munmap(void *at, size_t size);
int __wrap_munmap(void *at, size_t size)
{
    atomic_fetch_sub(&state.mappings, 1);
    return __real_munmap(at, size);
}

static size_t count_entries(const char *folder)
{
    DIR *directory = opendir(folder);
    size_t count = 0;

    ck_assert_ptr_nonnull(directory);
    while (readdir(directory))
        count++;
    closedir(directory);
    return count;
}

/* Runs the operation once; false: no allocation was left to fail. */
static bool try_once(const struct oom_operation *operation, void *context, size_t n, bool after_too)
{
    const char *how = after_too ? "from that one on" : "that one alone";
    const size_t descriptors = count_entries("/proc/self/fd");
    const size_t mappings = atomic_load(&state.mappings);
    struct tn_error err = {.text = ""};
    enum tn_status status;

    state.fail_at = n;
    state.fail_after_too = after_too;
    atomic_store(&state.calls, 0);
    atomic_store(&state.failed, false);
    atomic_store(&state.armed, true);
    status = operation->run(context, &err);
    atomic_store(&state.armed, false);
    if (atomic_load(&state.failed) && status != TN_OK) {
        ck_assert_msg(status == TN_NOMEM && err.status == status, "%s: allocation %zu, %s: %s: %s",
                      operation->name, n, how, tn_status_text(status), err.text);
        ck_assert_msg(err.text[0] != '\0', "%s: allocation %zu, %s: no message", operation->name, n,
                      how);
    } else {
        ck_assert_msg(status == TN_OK, "%s: allocation %zu, %s: %s", operation->name, n, how,
                      err.text);
    }
    operation->check(context, status);
    ck_assert_msg(count_entries("/proc/self/fd") == descriptors,
                  "%s: allocation %zu, %s: a file stays open", operation->name, n, how);
    ck_assert_msg(atomic_load(&state.mappings) == mappings,
                  "%s: allocation %zu, %s: a mapping stays", operation->name, n, how);
    return atomic_load(&state.failed);
}

size_t oom_try(const struct oom_operation *operation, void *context)
{
    size_t n = 0;

    while (try_once(operation, context, n, false))
        n++;
    for (size_t i = 0; i < n; i++)
        ck_assert_msg(try_once(operation, context, i, true), "%s: allocation %zu was not asked for",
                      operation->name, i);
    ck_assert_msg(n > 0, "%s: it did not allocate", operation->name);
    return n;
}
