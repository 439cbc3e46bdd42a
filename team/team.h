/* SPDX-License-Identifier: MIT */
/*
 * Several processes that work as one: a team, on one machine or on many, numbered by rank.  Rank 0
 * leads: it alone prints and writes what all have made.
 *
 * A NULL team is a process on its own: every function below then returns at once.  Otherwise all
 * processes of the team call the same functions in the same order, from one thread of each, and a
 * call returns when it has what it needs of the others.  A process that dies ends all of them.
 */
#ifndef TEAM_H
#define TEAM_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>

struct team;

/* How this process was started, which its environment says before anything is loaded. */
struct team_start {
    bool launched; /* by mpirun, srun or another that starts several */
    size_t rank;
    size_t size; /* 0: it does not say */
};
struct team_start team_start(void);

/* Meets the others; *ret_team is NULL where there are none.  MPI is loaded only where a launcher
 * started this process.  Errors: TN_UNSUPPORTED where several were started and MPI is not built in,
 * not installed or not theirs; TN_NOMEM. */
TN_NODISCARD enum tn_status team_join(struct team **ret_team, struct tn_error *err);

/* Waits until all have come to an end, with *code, and makes it the largest of theirs.  A process
 * that failed, with a code above 0, waits no longer than a second: false, and the others are still
 * at work.  It has then to say why, and to call team_abort.  true: the team is no more. */
bool team_leave(struct team *team, int *code);
/* Ends all processes of the team, this one too; returns only without a team. */
void team_abort(struct team *team, int code);

size_t team_rank(const struct team *team);
size_t team_size(const struct team *team);
bool team_leads(const struct team *team);
/* Cores for this process: those that it may use, shared out to those that may use the same. */
size_t team_cores(const struct team *team);
/* The name of a process' machine; borrowed. */
const char *team_host(const struct team *team, size_t rank);

/* The leader's bytes, to all. */
void team_broadcast(struct team *team, void *bytes, size_t count);
/* The part of process r is all[starts[r]] up to starts[r + 1], in bytes.  Each comes with its own
 * part and leaves with all. */
void team_gather(struct team *team, void *all, const size_t *starts);
/* The same of parts whose sizes the others do not know.  The caller frees *ret_all, and *ret_starts
 * of size + 1.  Errors: TN_NOMEM, in all processes. */
TN_NODISCARD enum tn_status team_gather_any(struct team *team, const void *mine, size_t count,
                                            char **ret_all, size_t **ret_starts,
                                            struct tn_error *err);
/* Sends out[starts[r]] up to starts[r + 1] to each process r, and receives counts[r] floats at
 * in[places[r]] from it. */
void team_exchange(struct team *team, const float *out, const size_t *starts, float *in,
                   const size_t *places, const size_t *counts);
/* The leader's status, with its error, in all. */
TN_NODISCARD enum tn_status team_follow(struct team *team, enum tn_status status,
                                        struct tn_error *err);
/* Whether it is so in any of them. */
bool team_any(struct team *team, bool here);
/* TN_RANGE in all of them unless all have the same text; `what` names it: "the training". */
TN_NODISCARD enum tn_status team_agree(struct team *team, const char *what, const char *text,
                                       struct tn_error *err);

#endif
