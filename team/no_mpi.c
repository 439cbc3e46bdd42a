/* SPDX-License-Identifier: MIT */
/* A build without MPI: a process that was started as one of several refuses to be one on its own,
 * or all of them would write the same file. */
#include "base/library.h"
#include "team/team_private.h"

enum tn_status team_meet(size_t size, struct team **ret_team, struct tn_error *err)
{
    const bool others = size > 1 || team_start().rank > 0;

    *ret_team = NULL;
    return others ? tn_fail(err, TN_UNSUPPORTED,
                            "started as one of several, but MPI support is not built in "
                            "(" TN_LIBRARY_REMEDY("libopenmpi-dev", " with -Dmpi=enabled") ")")
                  : TN_OK;
}
