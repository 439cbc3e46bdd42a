/* SPDX-License-Identifier: MIT */
#include "base/memory.h"

#include "base/platform/platform.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { ALIGNMENT = 64, PAGE = 1 << 12, MANY_PAGES = 32 * PAGE, HUGE_PAGE = 1 << 21 };

/* Bytes from the start that are worth huge pages: an end that fills half of one is. */
static size_t huge_bytes(size_t bytes)
{
    return (bytes + HUGE_PAGE / 2) / HUGE_PAGE * HUGE_PAGE;
}

/* Wishes: without, it is only slower.  The end takes small pages, and all of those are asked for at
 * once, in half the time of a fault for each. */
static void take_pages(char *memory, size_t bytes)
{
    if (huge_bytes(bytes) > 0)
        tn_platform_wish_huge_pages(memory, huge_bytes(bytes));
    if (bytes >= MANY_PAGES) {
        const size_t before = -(uintptr_t)memory % PAGE;

        tn_platform_wish_pages(memory + before, bytes - before);
    }
}

void *tn_memory_create(size_t bytes)
{
    size_t alignment;
    void *memory;

    if (bytes > SIZE_MAX - HUGE_PAGE)
        return NULL;
    alignment = huge_bytes(bytes) > 0 ? HUGE_PAGE : ALIGNMENT;
    memory = aligned_alloc(alignment, (bytes + alignment) / alignment * alignment); /* not 0 */
    if (!memory)
        return NULL;
    take_pages(memory, bytes);
    memset(memory, 0, bytes);
    return memory;
}
