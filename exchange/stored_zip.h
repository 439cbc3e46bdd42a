/* SPDX-License-Identifier: MIT */
/* A ZIP archive in memory of which entries are read that are stored as they are, without packing:
 * what torch.save writes.  ZIP64 included. */
#ifndef EXCHANGE_STORED_ZIP_H
#define EXCHANGE_STORED_ZIP_H

#include "base/map.h"
#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct stored_entry {
    unsigned method;
    uint32_t crc;
    size_t packed, size;
    size_t local; /* where its local header begins */
    bool checked; /* the checksum; once, however often it is asked for */
};

struct stored_zip {
    const unsigned char *bytes; /* borrowed */
    size_t size;
    struct tn_map names; /* of the entries, in the order of the directory */
    struct stored_entry *entries;
    size_t capacity;
};

/* The caller finishes it after success.  Errors, without the archive's name: TN_FORMAT, TN_NOMEM.
 */
TN_NODISCARD enum tn_status stored_zip_read(const unsigned char *bytes, size_t size,
                                            struct stored_zip *ret_zip, struct tn_error *err);
void stored_zip_finish(struct stored_zip *zip);

/* An entry's bytes, in the archive; its checksum is compared.  Errors: TN_NOTFOUND, TN_FORMAT,
 * TN_UNSUPPORTED for one that is packed. */
TN_NODISCARD enum tn_status stored_zip_get(struct stored_zip *zip, const char *name,
                                           const unsigned char **ret_bytes, size_t *ret_size,
                                           struct tn_error *err);

#endif
