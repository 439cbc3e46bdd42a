/* SPDX-License-Identifier: MIT */
/* The tar files of WebDataset. */
#ifndef DATA_DATASET_TAR_PRIVATE_H
#define DATA_DATASET_TAR_PRIVATE_H

#include "data/sets/dataset_private.h"

/*
 * Adds the photos of a tar, which stay where they are: each gets its place in the file.  Files
 * whose names are equal up to the first dot are one sample: 000.jpg with its captions in 000.txt
 * (one per line) or else 000.json.  Errors: TN_FORMAT (damaged; compressed; a photo that is a link
 * or stored with holes), TN_UNSUPPORTED (libarchive is missing), TN_IO, TN_NOMEM.
 */
TN_NODISCARD enum tn_status data_read_tar(struct data_builder *builder, const char *path,
                                          struct tn_error *err);

#endif
