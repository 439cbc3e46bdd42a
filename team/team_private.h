/* SPDX-License-Identifier: MIT */
/* What a team is made of, and what carries its bytes. */
#ifndef TEAM_PRIVATE_H
#define TEAM_PRIVATE_H

#include "team/team.h"

enum { TEAM_HOST_SIZE = 64 };

/* How processes reach each other; see the functions of team.h of the same names. */
struct team_ops {
    void (*broadcast)(struct team *team, void *bytes, size_t count, size_t from);
    void (*gather)(struct team *team, void *all, const size_t *starts);
    void (*exchange)(struct team *team, const float *out, const size_t *starts, float *in,
                     const size_t *places, const size_t *counts);
    /* *number becomes the largest of all processes'. */
    void (*most)(struct team *team, int *number);
    bool (*leave)(struct team *team, int *code);
    void (*abort)(struct team *team, int code);
};

struct team {
    const struct team_ops *ops;
    size_t rank, size;
    size_t cores;
    char (*hosts)[TEAM_HOST_SIZE]; /* [size]; owned */
};

/* The team that the launcher made of `size` processes (0: unknown), without hosts and cores.
 * *ret_team is NULL where it has one process. */
TN_NODISCARD enum tn_status team_meet(size_t size, struct team **ret_team, struct tn_error *err);

#endif
