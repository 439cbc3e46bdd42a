/* SPDX-License-Identifier: MIT */
#include "app/cli/together.h"

#include "app/cli/commands.h"
#include "base/platform/platform.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static struct team *team;

/* What a follower would have said: the last line, should it fail while the leader does not. */
static char last_words[2048];

static ssize_t keep_words(void *cookie, const char *text, size_t length)
{
    const size_t kept = length < sizeof last_words ? length : sizeof last_words - 1;

    (void)cookie;
    memcpy(last_words, text, kept);
    last_words[kept] = '\0';
    return (ssize_t)length;
}

/* Leaves the descriptors as they are: what ends the program with a bug is still seen. */
static void fall_silent(void)
{
    FILE *kept = tn_platform_open_stream(NULL, keep_words, NULL);
    FILE *nothing = fopen("/dev/null", "w");

    if (kept) {
        setvbuf(kept, NULL, _IOLBF, sizeof last_words);
        stderr = kept;
    }
    if (nothing)
        stdout = nothing;
}

bool app_join_team(void)
{
    struct tn_error err;

    if (app_follows())
        fall_silent();
    if (team_join(&team, &err) == TN_OK)
        return true;
    app_fail(&err);
    app_leave_team(APP_FAILED);
    return false;
}

struct team *app_team(void)
{
    return team;
}

bool app_follows(void)
{
    return team_start().rank > 0;
}

bool app_prints_to_terminal(void)
{
    return !team && isatty(STDOUT_FILENO);
}

size_t app_threads(size_t wanted)
{
    return wanted > 0 || !team ? wanted : team_cores(team);
}

/* To where the leader talks. */
static void say_last_words(void)
{
    char host[64] = "";

    gethostname(host, sizeof host - 1);
    fflush(stderr);
    dprintf(STDERR_FILENO, "process %zu on %s: %s", team_start().rank, host,
            last_words[0] ? last_words : "failed\n");
}

int app_leave_team(int code)
{
    bool left;

    if (!team && app_follows() && code != APP_OK)
        sleep(1); /* the leader has met the same, and says so; that ends this process */
    left = team ? team_leave(team, &code) : !app_follows() || code == APP_OK;
    if (left) {
        team = NULL;
        return code;
    }
    if (app_follows())
        say_last_words();
    team_abort(team, code);
    return code;
}
