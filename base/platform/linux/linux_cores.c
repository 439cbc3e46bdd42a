/* SPDX-License-Identifier: MIT */
#include "base/platform/platform.h"

#include <sched.h>
#include <string.h>
#include <sys/mman.h>

#if defined(__aarch64__)
#include <sys/auxv.h>
#endif

_Static_assert(sizeof(cpu_set_t) == sizeof(((struct tn_platform_cores *)0)->mask),
               "a set of cores fits");

/* The cgroup v2 quota in whole cores, rounded up; 0 when there is none. */
static size_t cgroup_cores(void)
{
    FILE *file = fopen("/sys/fs/cgroup/cpu.max", "r");
    long long quota = 0, period = 0;
    size_t cores = 0;

    if (!file)
        return 0;
    if (fscanf(file, "%lld %lld", &quota, &period) == 2 && quota > 0 && period > 0)
        cores = (size_t)((quota + period - 1) / period);
    fclose(file);
    return cores;
}

struct tn_platform_cores tn_platform_cores(void)
{
    struct tn_platform_cores cores = {.usable = 1};
    const size_t quota = cgroup_cores();
    cpu_set_t set;

    if (sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0) {
        cores.usable = (size_t)CPU_COUNT(&set);
        memcpy(cores.mask, &set, sizeof set);
    }
    if (quota > 0 && quota < cores.usable)
        cores.usable = quota;
    return cores;
}

void tn_platform_run_on_one_core(void (*run)(void *context), void *context)
{
    const pthread_t self = pthread_self();
    const int here = sched_getcpu();
    cpu_set_t all, one;

    CPU_ZERO(&one);
    if (here < 0 || here >= CPU_SETSIZE || pthread_getaffinity_np(self, sizeof all, &all) != 0) {
        run(context);
        return;
    }
    CPU_SET(here, &one);
    pthread_setaffinity_np(self, sizeof one, &one);
    run(context);
    pthread_setaffinity_np(self, sizeof all, &all);
}

bool tn_platform_has_dot_products(void)
{
#if defined(__aarch64__)
    return getauxval(AT_HWCAP) & HWCAP_ASIMDDP;
#else
    return false;
#endif
}

void tn_platform_wish_huge_pages(void *memory, size_t bytes)
{
    (void)madvise(memory, bytes, MADV_HUGEPAGE);
}

void tn_platform_wish_pages(void *memory, size_t bytes)
{
#if defined(MADV_POPULATE_WRITE) /* from glibc 2.35 and Linux 5.14 on */
    (void)madvise(memory, bytes, MADV_POPULATE_WRITE);
#else
    (void)memory;
    (void)bytes;
#endif
}
