/* SPDX-License-Identifier: MIT */
/* Runs of several processes (team/team.h), as the programs see them: the leader talks for all. */
#ifndef APP_TOGETHER_H
#define APP_TOGETHER_H

#include "team/team.h"

/* Meets the other processes, if there are any.  From then on only the leader's stdout and stderr
 * show.  false: that failed, which has been reported. */
bool app_join_team(void);
/* The team; NULL: this process is on its own. */
struct team *app_team(void);
/* Whether another process talks. */
bool app_follows(void);
/* Whether stdout is a terminal.  What mpirun gives to the leader looks like one, wherever its own
 * stdout goes. */
bool app_prints_to_terminal(void);
/* How many threads to start where `wanted` are asked for, 0: one per core of this process. */
size_t app_threads(size_t wanted);

/* Waits for the others, and returns the exit code of all.  Where the others are still at work, and
 * this process has failed, says what it said last and ends them. */
int app_leave_team(int code);

#endif
