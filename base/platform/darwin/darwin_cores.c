/* SPDX-License-Identifier: MIT */
#include "base/platform/platform.h"

#include <sys/sysctl.h>
#include <unistd.h>

/* Threads cannot be bound to cores here: each process may use all. */
struct tn_platform_cores tn_platform_cores(void)
{
    const long online = sysconf(_SC_NPROCESSORS_ONLN);

    return (struct tn_platform_cores){.usable = online > 1 ? (size_t)online : 1};
}

void tn_platform_run_on_one_core(void (*run)(void *context), void *context)
{
    run(context);
}

bool tn_platform_has_dot_products(void)
{
    int has = 0;
    size_t size = sizeof has;

    return sysctlbyname("hw.optional.arm.FEAT_DotProd", &has, &size, NULL, 0) == 0 && has != 0;
}

/* The system chooses the pages. */
void tn_platform_wish_huge_pages(void *memory, size_t bytes)
{
    (void)memory;
    (void)bytes;
}

void tn_platform_wish_pages(void *memory, size_t bytes)
{
    (void)memory;
    (void)bytes;
}
