/* SPDX-License-Identifier: MIT */
/*
 * A photo's file whose metadata changes.  It is replaced as a whole or not at all, and only if
 * nobody has changed it since it was read.  The picture, permissions, owner, times and extended
 * attributes stay.  Of a symbolic link, the file that it leads to is replaced.
 */
#ifndef APP_PHOTO_FILE_H
#define APP_PHOTO_FILE_H

#include "base/status.h"

#include <stddef.h>
#include <sys/stat.h>

/* As it was read. */
struct app_photo_file {
    const char *path; /* borrowed */
    char *bytes;      /* owned; app_photo_finish frees them */
    size_t size;
    struct stat info;
};

/* Errors: TN_IO, TN_NOTFOUND, TN_RANGE, TN_NOMEM. */
TN_NODISCARD enum tn_status app_photo_read(const char *path, struct app_photo_file *ret_photo,
                                           struct tn_error *err);
void app_photo_finish(struct app_photo_file *photo);

/* Gives a new file what the one at path has, which info says: permissions, extended attributes, and
 * the owner where that is allowed and gives up nothing but rights that the new owner would get. */
TN_NODISCARD enum tn_status app_keep_attributes(int file, const char *path, const struct stat *info,
                                                struct tn_error *err);

/* Whether the photo may become bytes[size]: TN_IO for one that is read-only, also for root;
 * TN_FORMAT where the picture would be another. */
TN_NODISCARD enum tn_status app_photo_check(const struct app_photo_file *photo, const char *bytes,
                                            size_t size, struct tn_error *err);
/* Replaces the photo by bytes[size], after that check.  Errors: as there; TN_IO; TN_NOTFOUND:
 * somebody has changed it meanwhile, and it is left as it is. */
TN_NODISCARD enum tn_status app_photo_replace(const struct app_photo_file *photo, const char *bytes,
                                              size_t size, struct tn_error *err);

#endif
