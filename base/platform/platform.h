/* SPDX-License-Identifier: MIT */
/*
 * What POSIX does not have and systems do each in their own way.  One folder per system implements
 * these functions (linux/, darwin/), and the build chooses it; nothing else asks which system it is
 * (tests/lint/platform.sh).  Folders that are watched: base/platform/watch.h.
 *
 * Functions that return an int return 0, or a descriptor, and -1 with errno.
 */
#ifndef BASE_PLATFORM_H
#define BASE_PLATFORM_H

#include <limits.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>

/* ---- The processor ---- */

/* The cores that this process may use. */
struct tn_platform_cores {
    size_t usable;           /* with the limits on its time counted in, at least 1 */
    unsigned char mask[128]; /* which; zeros where the system has no such choice */
};

struct tn_platform_cores tn_platform_cores(void);
/* Calls run(context) while this thread may run on one core only, where the system allows that. */
void tn_platform_run_on_one_core(void (*run)(void *context), void *context);
/* Whether an ARM64 processor has the dot products of 8-bit numbers (FEAT_DotProd). */
bool tn_platform_has_dot_products(void);

/* ---- Memory ---- */

/* Wishes for mapped or allocated memory: that it lie in huge pages; and that all its small pages,
 * which begin at one, be there before they are touched. */
void tn_platform_wish_huge_pages(void *memory, size_t bytes);
void tn_platform_wish_pages(void *memory, size_t bytes);

/* ---- Files ---- */

/* When the content changed, when anything of the file changed, and when it was read. */
struct timespec tn_platform_modified(const struct stat *info);
struct timespec tn_platform_changed(const struct stat *info);
struct timespec tn_platform_accessed(const struct stat *info);
/* Now, by the clock that gives files their times. */
struct timespec tn_platform_file_clock(void);

/* A descriptor of the folder that name leads to from `at`, for openat() and its like alone.
 * follow: name may be a symbolic link. */
int tn_platform_open_folder(int at, const char *name, bool follow);
/* A file for writing in the folder that has no name yet, and that the system removes with its
 * writer; -1 where there is no such thing. */
int tn_platform_open_nameless(int folder);
/* Gives it a name in the folder, which nothing may have. */
int tn_platform_name_nameless(int file, int folder, const char *name);

/* Waits until the file's bytes are on the disk ... */
int tn_platform_sync_data(int file);
/* ... or all files of the file system that the descriptor's file is on. */
int tn_platform_sync_file_system(int file);

/* Copies the extended attributes, but for those that are the system's own business. */
bool tn_platform_copy_attributes(const char *from, int to);

/* Whether somebody has the file open for writing, as far as the system knows. */
bool tn_platform_is_written(int file);

/* ---- The process ---- */

/* The running program's path; false where the system does not name it. */
bool tn_platform_program(char path[PATH_MAX]);
/* The path of the file that is mapped at the address, printable and cut to what fits; "": none.
 * May be called in a signal's handler. */
void tn_platform_mapped_file(uintptr_t address, char path[PATH_MAX]);
/* Loads a library as dlopen() does.  The name is a path or an ELF soname ("libheif.so.1"), which
 * the system turns into the name that it gives to that library. */
void *tn_platform_load_library(const char *name, bool for_all);
/* Gives this thread file descriptors of its own, which are those of the others until now; false
 * where the system cannot. */
bool tn_platform_separate_descriptors(void);

/* A pipe whose ends do not wait, and close when another program is run. */
int tn_platform_pipe(int ends[2]);
/* A socket that closes when another program is run. */
int tn_platform_socket(int domain, int type, int protocol);

/* SIGALRM once so many nanoseconds have passed, 0: not any more.  One for the process.  The first
 * makes it possible; the second may be called in a signal's handler. */
int tn_platform_prepare_alarm(void);
void tn_platform_set_alarm(long nanoseconds);

/* Starts a thread as pthread_create() does, and returns what that returns, with a stack that
 * decoders of photos can use: 8 MB. */
int tn_platform_start_thread(pthread_t *ret_thread, void *(*run)(void *context), void *context);

/* A condition that is waited for by the monotonic clock.  wait_until returns as
 * pthread_cond_timedwait() does. */
void tn_platform_condition_init(pthread_cond_t *condition);
int tn_platform_condition_wait_until(pthread_cond_t *condition, pthread_mutex_t *mutex,
                                     const struct timespec *until);

/* A stream for writing whose bytes go to `write`, which returns how many it took; `close`, which
 * may be NULL, returns 0 or EOF.  NULL: out of memory. */
FILE *tn_platform_open_stream(void *context,
                              ssize_t (*write)(void *context, const char *bytes, size_t count),
                              int (*close)(void *context));

#endif
