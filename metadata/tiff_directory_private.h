/* SPDX-License-Identifier: MIT */
/* The first directory of a TIFF block and its entries, as they lie there (metadata/tiff_block.c).
 */
#ifndef META_TIFF_DIRECTORY_PRIVATE_H
#define META_TIFF_DIRECTORY_PRIVATE_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>

enum { META_TIFF_HEADER = 8, META_TIFF_ENTRY = 12 };

struct meta_directory {
    bool big;
    size_t offset; /* from the header */
    size_t entries;
};

/* Errors: TN_FORMAT (it does not lie in the block as a whole). */
TN_NODISCARD enum tn_status meta_directory_find(const unsigned char *block, size_t size,
                                                struct meta_directory *ret_directory,
                                                struct tn_error *err);

/* Where an entry is, and the end behind the offset of the next directory. */
size_t meta_directory_entry(const struct meta_directory *directory, size_t i);
size_t meta_directory_end(const struct meta_directory *directory);

unsigned meta_directory_tag(const unsigned char *block, const struct meta_directory *directory,
                            size_t i);
/* The first entry with the tag, or the number of entries. */
size_t meta_directory_index(const unsigned char *block, const struct meta_directory *directory,
                            unsigned tag);

/* Makes all entries of the tag say where the value is: a program may read the first or the last of
 * several.  A value of up to 4 bytes stands in the entry. */
void meta_directory_point(unsigned char *block, const struct meta_directory *directory,
                          unsigned tag, unsigned type, const unsigned char *value,
                          size_t value_size, size_t offset);

#endif
