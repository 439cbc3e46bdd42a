/* SPDX-License-Identifier: MIT */
/*
 * Photos shared out among runs that know nothing of each other: run I of N takes the photos whose
 * paths have that number.  The number depends on the path as it is printed alone: not on the other
 * photos, their order, the machine or the version of the program.
 *
 * The extension does not count, nor the case of ASCII's letters.  So photos that could mean the
 * same sidecar (a.jpg, a.png, A.JPG) belong to one run.
 */
#ifndef APP_SHARD_H
#define APP_SHARD_H

#include <stdbool.h>
#include <stddef.h>

enum { APP_MOST_SHARDS = 1000000 };

struct app_shard {
    size_t index, count; /* 1 <= index <= count; count 0: all photos */
};

/* From "3/16".  false for what is none. */
bool app_shard_parse(const char *text, struct app_shard *ret_shard);

/* Which of `count` shards the path belongs to, from 1 on. */
size_t app_shard_of(const char *path, size_t count);
/* Whether the path is this shard's. */
static inline bool app_shard_takes(const struct app_shard *shard, const char *path)
{
    return shard->count == 0 || app_shard_of(path, shard->count) == shard->index;
}

#endif
