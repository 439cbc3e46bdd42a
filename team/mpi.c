/* SPDX-License-Identifier: MIT */
/* A team by MPI; the only file that knows it.  MPI is loaded where a launcher started the process
 * (base/library.h), so its constants, which are addresses of variables in Open MPI, are looked up,
 * too. */
#include "base/library.h"
#include "team/team_private.h"

#include <limits.h>
#include <stdlib.h>
#include <time.h>

#include <mpi.h>

/* What is used of libmpi. */
static struct {
    __typeof__(&MPI_Init_thread) init_thread;
    __typeof__(&MPI_Finalize) finalize;
    __typeof__(&MPI_Abort) abort;
    __typeof__(&MPI_Comm_rank) comm_rank;
    __typeof__(&MPI_Comm_size) comm_size;
    __typeof__(&MPI_Bcast) bcast;
    __typeof__(&MPI_Allgatherv) allgatherv;
    __typeof__(&MPI_Alltoallv) alltoallv;
    __typeof__(&MPI_Allreduce) allreduce;
    __typeof__(&MPI_Iallreduce) iallreduce;
    __typeof__(&MPI_Test) test;
    struct ompi_communicator_t *world;
    struct ompi_datatype_t *byte, *int_, *float_;
    struct ompi_op_t *max;
} mpi;

static const struct tn_library_function functions[] = {
    {.name = "MPI_Init_thread", .pointer = &mpi.init_thread},
    {.name = "MPI_Finalize", .pointer = &mpi.finalize},
    {.name = "MPI_Abort", .pointer = &mpi.abort},
    {.name = "MPI_Comm_rank", .pointer = &mpi.comm_rank},
    {.name = "MPI_Comm_size", .pointer = &mpi.comm_size},
    {.name = "MPI_Bcast", .pointer = &mpi.bcast},
    {.name = "MPI_Allgatherv", .pointer = &mpi.allgatherv},
    {.name = "MPI_Alltoallv", .pointer = &mpi.alltoallv},
    {.name = "MPI_Allreduce", .pointer = &mpi.allreduce},
    {.name = "MPI_Iallreduce", .pointer = &mpi.iallreduce},
    {.name = "MPI_Test", .pointer = &mpi.test},
    {.name = "ompi_mpi_comm_world", .pointer = &mpi.world},
    {.name = "ompi_mpi_byte", .pointer = &mpi.byte},
    {.name = "ompi_mpi_int", .pointer = &mpi.int_},
    {.name = "ompi_mpi_float", .pointer = &mpi.float_},
    {.name = "ompi_mpi_op_max", .pointer = &mpi.max},
};
/* Never linked (TN_FUNCTION).  Open MPI's own libraries look for its names among those of the
 * program. */
static struct tn_library library = TN_LIBRARY_FOR_ALL("libmpi.so.40", functions);

/* The largest block that is sent at once: MPI counts in int. */
enum { BLOCK = 1 << 30 };

struct mpi_team {
    struct team team;
    int *counts; /* [4 * size]: what a call sends and receives, and where it lies; owned */
};

static struct mpi_team *mpi_of(struct team *team)
{
    return (struct mpi_team *)team;
}

/* MPI's own errors end all processes: that is how it begins, and nothing better could be done. */

static void broadcast(struct team *team, void *bytes, size_t count, size_t from)
{
    (void)team;
    for (size_t at = 0; at < count; at += BLOCK)
        mpi.bcast((char *)bytes + at, (int)(count - at < BLOCK ? count - at : BLOCK), mpi.byte,
                  (int)from, mpi.world);
}

static void gather(struct team *team, void *all, const size_t *starts)
{
    int *counts = mpi_of(team)->counts, *places = counts + team->size;

    if (starts[team->size] > INT_MAX) {
        for (size_t r = 0; r < team->size; r++)
            broadcast(team, (char *)all + starts[r], starts[r + 1] - starts[r], r);
        return;
    }
    for (size_t r = 0; r < team->size; r++) {
        counts[r] = (int)(starts[r + 1] - starts[r]);
        places[r] = (int)starts[r];
    }
    mpi.allgatherv(MPI_IN_PLACE, 0, mpi.byte, all, counts, places, mpi.byte, mpi.world);
}

static void exchange(struct team *team, const float *out, const size_t *starts, float *in,
                     const size_t *places, const size_t *counts)
{
    int *out_counts = mpi_of(team)->counts, *out_places = out_counts + team->size;
    int *in_counts = out_places + team->size, *in_places = in_counts + team->size;

    for (size_t r = 0; r < team->size; r++) {
        out_counts[r] = (int)(starts[r + 1] - starts[r]);
        out_places[r] = (int)starts[r];
        in_counts[r] = (int)counts[r];
        in_places[r] = (int)places[r];
    }
    mpi.alltoallv(out, out_counts, out_places, mpi.float_, in, in_counts, in_places, mpi.float_,
                  mpi.world);
}

static void most(struct team *team, int *number)
{
    (void)team;
    mpi.allreduce(MPI_IN_PLACE, number, 1, mpi.int_, mpi.max, mpi.world);
}

static bool leave(struct team *team, int *code)
{
    enum { LOOKS = 1000 };
    const struct timespec pause = {.tv_nsec = 1000 * 1000};
    const bool failed = *code > 0;
    MPI_Request request;
    int largest, done = 0;

    mpi.iallreduce(code, &largest, 1, mpi.int_, mpi.max, mpi.world, &request);
    for (int look = 0; !done; look++) {
        if (failed && look == LOOKS)
            return false;
        mpi.test(&request, &done, MPI_STATUS_IGNORE);
        if (!done)
            nanosleep(&pause, NULL);
    }
    mpi.finalize();
    *code = largest;
    free(mpi_of(team)->counts);
    return true;
}

static void abort_all(struct team *team, int code)
{
    (void)team;
    mpi.abort(mpi.world, code);
}

static const struct team_ops ops = {broadcast, gather, exchange, most, leave, abort_all};

static enum tn_status make_team(size_t rank, size_t size, struct team **ret_team,
                                struct tn_error *err)
{
    struct mpi_team *made = calloc(1, sizeof *made);

    if (made)
        made->counts = calloc(4 * size, sizeof *made->counts);
    if (!made || !made->counts) {
        free(made);
        return tn_fail_nomem(err, 4 * size * sizeof(int));
    }
    made->team = (struct team){.ops = &ops, .rank = rank, .size = size};
    *ret_team = &made->team;
    return TN_OK;
}

enum tn_status team_meet(size_t size, struct team **ret_team, struct tn_error *err)
{
    int rank, met, provided;
    struct tn_error reason;

    if (tn_library_load(&library, &reason) != TN_OK)
        return tn_fail(err, TN_UNSUPPORTED,
                       "started as one of several, but Open MPI cannot be loaded (install "
                       "libopenmpi3): %s",
                       reason.text);
    /* One that waits for the others lets other work of its machine have the core, unless the user
     * says otherwise. */
    setenv("OMPI_MCA_mpi_yield_when_idle", "1", 0);
    mpi.init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &provided);
    mpi.comm_rank(mpi.world, &rank);
    mpi.comm_size(mpi.world, &met);
    if (met > 1 && (size == 0 || (size_t)met == size))
        return make_team((size_t)rank, (size_t)met, ret_team, err);
    mpi.finalize();
    *ret_team = NULL;
    return size > 1 ? tn_fail(err, TN_UNSUPPORTED,
                              "started as one of %zu by another MPI than the Open MPI that is "
                              "installed; start it by Open MPI's mpirun",
                              size)
                    : TN_OK;
}
