/* SPDX-License-Identifier: MIT */
/*
 * Memory that runs out, on purpose.  A test that links oom_dep has its own and the library's calls
 * of what allocates (malloc and its kin, strdup, mmap, fopen, pthread_create ...; the list is in
 * oom.c) led through wrappers, which let the n-th of them fail.  Calls within shared libraries
 * (libc, libpng ...) are not wrapped: what they do without memory is theirs to test.
 */
#ifndef TESTS_SUPPORT_OOM_H
#define TESTS_SUPPORT_OOM_H

#include "base/status.h"

#include <stddef.h>

/* An operation that may run out of memory; `context` is the test's. */
struct oom_operation {
    const char *name; /* for messages */
    /* Does it, from the start: no assertions in here, they would allocate. */
    enum tn_status (*run)(void *context, struct tn_error *err);
    /* Asserts that the result is there (TN_OK), or that all is as before, and tidies up. */
    void (*check)(void *context, enum tn_status status);
};

/*
 * Runs the operation with allocation n failing, for n = 0, 1, 2 ... until nothing was left to fail:
 * first with that one alone, then with all after it too.  Asserts each time that the status is
 * TN_NOMEM, with a message (or that the operation has done without, and succeeded all the same),
 * that no descriptor or mapping stays behind, and, last, that it succeeds. Leaks are
 * LeakSanitizer's to find.  Returns how many allocations there were.
 */
size_t oom_try(const struct oom_operation *operation, void *context);

#endif
