/* SPDX-License-Identifier: MIT */
/* In a build without libarchive. */
#include "data/sets/dataset_tar_private.h"

enum tn_status data_read_tar(struct data_builder *builder, const char *path, struct tn_error *err)
{
    (void)builder;
    return tn_fail(err, TN_UNSUPPORTED,
                   "%s: support of tar files is not built in (install libarchive-dev, reconfigure "
                   "with -Dtar=enabled)",
                   path);
}
