/* SPDX-License-Identifier: MIT */
#include "team/team.h"

#include "base/platform/platform.h"
#include "base/pool.h"
#include "team/team_private.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- The start ---- */

/* A number of the environment, by the first of the names that is set; false: none is. */
static bool read_number(const char *const *names, size_t *ret_number)
{
    for (; *names; names++) {
        const char *text = getenv(*names);
        char *end;

        if (!text)
            continue;
        *ret_number = strtoul(text, &end, 10);
        if (end > text && !*end)
            return true;
    }
    return false;
}

struct team_start team_start(void)
{
    static const char *const ranks[] = {"OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK", NULL};
    static const char *const sizes[] = {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE", NULL};
    struct team_start start = {.size = 0};

    start.launched = read_number(ranks, &start.rank);
    if (start.launched)
        (void)!read_number(sizes, &start.size);
    return start;
}

/* What the processes of a machine share its cores by. */
struct place {
    char host[TEAM_HOST_SIZE];
    struct tn_platform_cores cores;
};

static bool same_mask(const struct tn_platform_cores *a, const struct tn_platform_cores *b)
{
    return memcmp(a->mask, b->mask, sizeof a->mask) == 0;
}

/* The cores of this process among those of its machine that may use the same. */
static size_t share_cores(const struct team *team, const struct place *places)
{
    const struct place *mine = &places[team->rank];
    const size_t cores = tn_available_cores();
    size_t sharing = 0;

    for (size_t r = 0; r < team->size; r++)
        sharing +=
            strcmp(places[r].host, mine->host) == 0 && same_mask(&places[r].cores, &mine->cores);
    return cores > sharing ? cores / sharing : 1;
}

static enum tn_status learn_places(struct team *team, struct tn_error *err)
{
    struct place *places = calloc(team->size, sizeof *places);
    size_t *starts = calloc(team->size + 1, sizeof *starts);

    team->hosts = calloc(team->size, sizeof *team->hosts);
    if (!places || !starts || !team->hosts) {
        free(places);
        free(starts);
        return tn_fail_nomem(err, team->size * sizeof *places);
    }
    for (size_t r = 0; r <= team->size; r++)
        starts[r] = r * sizeof *places;
    gethostname(places[team->rank].host, TEAM_HOST_SIZE - 1);
    places[team->rank].cores = tn_platform_cores();
    team_gather(team, places, starts);
    for (size_t r = 0; r < team->size; r++)
        memcpy(team->hosts[r], places[r].host, TEAM_HOST_SIZE);
    team->cores = share_cores(team, places);
    free(places);
    free(starts);
    return TN_OK;
}

enum tn_status team_join(struct team **ret_team, struct tn_error *err)
{
    const struct team_start start = team_start();
    struct team *team = NULL;

    if (start.launched && start.size != 1) {
        TN_TRY(team_meet(start.size, &team, err));
        if (!team && start.rank > 0)
            return tn_fail(err, TN_UNSUPPORTED,
                           "started as one of several by another MPI than the Open MPI that is "
                           "installed; start it by Open MPI's mpirun");
    }
    if (team)
        TN_TRY(learn_places(team, err));
    *ret_team = team;
    return TN_OK;
}

bool team_leave(struct team *team, int *code)
{
    if (!team)
        return true;
    if (!team->ops->leave(team, code))
        return false;
    free(team->hosts);
    free(team);
    return true;
}

void team_abort(struct team *team, int code)
{
    if (team)
        team->ops->abort(team, code);
}

/* ---- Who is who ---- */

size_t team_rank(const struct team *team)
{
    return team ? team->rank : 0;
}

size_t team_size(const struct team *team)
{
    return team ? team->size : 1;
}

bool team_leads(const struct team *team)
{
    return team_rank(team) == 0;
}

size_t team_cores(const struct team *team)
{
    return team ? team->cores : tn_available_cores();
}

const char *team_host(const struct team *team, size_t rank)
{
    return team ? team->hosts[rank] : "this machine";
}

/* ---- What they exchange ---- */

void team_broadcast(struct team *team, void *bytes, size_t count)
{
    if (team)
        team->ops->broadcast(team, bytes, count, 0);
}

void team_gather(struct team *team, void *all, const size_t *starts)
{
    if (team)
        team->ops->gather(team, all, starts);
}

void team_exchange(struct team *team, const float *out, const size_t *starts, float *in,
                   const size_t *places, const size_t *counts)
{
    if (team)
        team->ops->exchange(team, out, starts, in, places, counts);
}

bool team_any(struct team *team, bool here)
{
    int code = here;

    if (team)
        team->ops->most(team, &code);
    return code > 0;
}

enum tn_status team_follow(struct team *team, enum tn_status status, struct tn_error *err)
{
    struct tn_error leaders = {.status = TN_OK};

    if (!team)
        return status;
    if (status != TN_OK)
        leaders = err ? *err : (struct tn_error){.status = status};
    team_broadcast(team, &leaders, sizeof leaders);
    if (leaders.status != TN_OK && err)
        *err = leaders;
    return leaders.status;
}

/* starts[size + 1] of parts of which each process knows its own size; places[size + 1] is room. */
static void gather_starts(struct team *team, size_t count, size_t *places, size_t *starts)
{
    const size_t size = team_size(team);

    for (size_t r = 0; r <= size; r++)
        places[r] = r * sizeof *starts;
    starts[0] = 0;
    starts[1 + team_rank(team)] = count;
    team_gather(team, starts + 1, places);
    for (size_t r = 0; r < size; r++)
        starts[r + 1] += starts[r];
}

enum tn_status team_gather_any(struct team *team, const void *mine, size_t count, char **ret_all,
                               size_t **ret_starts, struct tn_error *err)
{
    const size_t size = team_size(team);
    size_t *starts = calloc(2 * size + 2, sizeof *starts);
    char *all = NULL;

    if (!team_any(team, !starts)) {
        gather_starts(team, count, starts + size + 1, starts);
        all = malloc(starts[size] + 1);
    }
    if (team_any(team, !all)) {
        free(all);
        free(starts);
        return tn_fail_nomem(err, count);
    }
    memcpy(all + starts[team_rank(team)], mine, count);
    team_gather(team, all, starts);
    *ret_all = all;
    *ret_starts = starts;
    return TN_OK;
}

/* The first process whose text is not this one's; the team's size where there is none. */
static size_t find_other(const struct team *team, const char *text, const char *all,
                         const size_t *starts)
{
    size_t r = 0;

    while (r < team_size(team) && strcmp(all + starts[r], text) == 0)
        r++;
    return r;
}

/* The text from the word on in which it first differs from another, up to the word's end. */
static const char *first_difference(const char *text, const char *other, int *ret_length)
{
    size_t start = 0;

    for (size_t i = 0; text[i] && text[i] == other[i]; i++)
        if (text[i] == ' ')
            start = i + 1;
    *ret_length = (int)strcspn(text + start, " ");
    return text + start;
}

enum tn_status team_agree(struct team *team, const char *what, const char *text,
                          struct tn_error *err)
{
    enum tn_status status = TN_OK;
    size_t *starts, other;
    char *all;

    TN_TRY(team_gather_any(team, text, strlen(text) + 1, &all, &starts, err));
    other = find_other(team, all, all, starts); /* than the leader's */
    if (other < team_size(team)) {
        int here, there;
        const char *ours = first_difference(all, all + starts[other], &here);
        const char *theirs = first_difference(all + starts[other], all, &there);

        status = tn_fail(err, TN_RANGE,
                         "%s: process %zu on %s has %.*s, process 0 on %s has %.*s; give all of "
                         "them the same program and files",
                         what, other, team_host(team, other), there, theirs, team_host(team, 0),
                         here, ours);
    }
    free(all);
    free(starts);
    return status;
}
