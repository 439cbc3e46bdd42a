/* SPDX-License-Identifier: MIT */
/*
 * The kernels of another processor: with TEST_KERNELS=portable in the environment, products and all
 * else are computed as on one that has neither AVX-512 nor AVX2, and with TEST_BLAS=none as where
 * OpenBLAS is not installed.  The linker (--wrap=NAME, tests/meson.build) turns calls of NAME into
 * calls of __wrap_NAME, and __real_NAME into NAME.
 */
#include "tensor/kernels/kernels.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct tn_kernels *__real_tn_kernels_best(void);
const struct tn_kernels *__wrap_tn_kernels_best(void);
void *__real_dlopen(const char *path, int flags);
void *__wrap_dlopen(const char *path, int flags);

const struct tn_kernels *__wrap_tn_kernels_best(void)
{
    const char *name = getenv("TEST_KERNELS");

    if (!name)
        return __real_tn_kernels_best();
    for (size_t i = 0; tn_kernels_at(i); i++)
        if (strcmp(tn_kernels_at(i)->name, name) == 0)
            return tn_kernels_at(i);
    fprintf(stderr, "TEST_KERNELS=%s: this processor has no such kernels\n", name);
    abort();
}

void *__wrap_dlopen(const char *path, int flags)
{
    const char *blas = getenv("TEST_BLAS");

    return blas && strcmp(blas, "none") == 0 ? NULL : __real_dlopen(path, flags);
}
