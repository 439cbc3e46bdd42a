/* SPDX-License-Identifier: MIT */
/* Which files make a data set. */
#ifndef DATA_DATASET_FILES_PRIVATE_H
#define DATA_DATASET_FILES_PRIVATE_H

#include "data/sets/dataset_private.h"

struct data_files {
    char **paths; /* owned, and each */
    size_t count, capacity;
    bool are_below; /* names in them count from the folder that was searched */
};
/* The captions of a folder, by their names; none where the folder is of another kind. */
TN_NODISCARD enum tn_status data_files_of_folder(const char *folder, struct data_files *files,
                                                 struct tn_error *err);
/* The tar files below a folder.  TN_UNSUPPORTED: there are Parquet files instead. */
TN_NODISCARD enum tn_status data_files_of_shards(const char *folder, struct data_files *files,
                                                 struct tn_error *err);
/* What "train-{0000..0123}.tar" or "{train,val}.json" stands for; a path without braces stands for
 * itself. */
TN_NODISCARD enum tn_status data_files_of_pattern(const char *pattern, struct data_files *files,
                                                  struct tn_error *err);
void data_files_finish(struct data_files *files);

/* Reads one of the files.  Its photos' names count from the folder `base`, and it may name their
 * split. */
TN_NODISCARD enum tn_status data_read_file(struct data_builder *builder, const char *path,
                                           const char *base, struct tn_error *err);

#endif
