/* SPDX-License-Identifier: MIT */
/* The directory of a ZIP archive in memory: where each entry's bytes stand, and copying all of them
 * but some that change. */
#ifndef APP_ZIP_H
#define APP_ZIP_H

#include "base/status.h"

#include <stddef.h>
#include <stdint.h>

struct zip_entry {
    const char *name; /* not ended by a NUL */
    size_t name_length;
    size_t record; /* of the directory, where its record begins, and how long that is */
    size_t record_size;
    size_t local;  /* where its local header begins */
    size_t data;   /* where its bytes begin */
    size_t packed; /* how many they are */
    size_t size;   /* unpacked */
    unsigned method, flags;
    uint32_t crc; /* of the unpacked bytes */
};

struct zip {
    const unsigned char *bytes; /* borrowed */
    size_t size;
    size_t directory, directory_end, end; /* of the records, and where the record of the end is */
    struct zip_entry *entries;            /* in the order of the directory; owned */
    size_t count;
};

/* Errors: TN_FORMAT, without the archive's name; TN_UNSUPPORTED (ZIP64, several disks); TN_NOMEM.
 * The caller finishes it. */
TN_NODISCARD enum tn_status zip_read(const char *bytes, size_t size, struct zip *ret_zip,
                                     struct tn_error *err);
void zip_finish(struct zip *zip);

/* The entries in the order of their bytes; NULL: no memory.  The caller frees the array. */
const struct zip_entry **zip_sort(const struct zip *zip);

/* New content of an entry; bytes NULL: it stays. */
struct zip_change {
    const char *bytes;
    size_t size;
};

/* The archive with changes[zip->count]; the caller frees it.  Errors: TN_RANGE, TN_NOMEM. */
TN_NODISCARD enum tn_status zip_write(const struct zip *zip, const struct zip_change *changes,
                                      char **ret_bytes, size_t *ret_size, struct tn_error *err);

#endif
