/* SPDX-License-Identifier: MIT */
/*
 * A TIFF file ("TIFF 6.0"), which an EXIF block is too: fields of its first directory, read and
 * written so that nothing in the file moves.  Every read is bounded.  Errors go on from the name of
 * the file: "its TIFF header is damaged".
 */
#ifndef META_TIFF_BLOCK_PRIVATE_H
#define META_TIFF_BLOCK_PRIVATE_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    META_TIFF_DESCRIPTION = 0x010E, /* ASCII, as the next two are */
    META_TIFF_MAKE = 0x010F,
    META_TIFF_MODEL = 0x0110,
    META_TIFF_XMP = 0x02BC, /* BYTE */
    META_TIFF_IPTC = 0x83BB,
    META_TIFF_PHOTOSHOP = 0x8649,
};

/* The value of a field of the first directory, borrowed from the block; NULL where there is no such
 * field, or it is damaged.  TN_FORMAT where the block is. */
TN_NODISCARD enum tn_status meta_tiff_get(const unsigned char *block, size_t size, unsigned tag,
                                          const unsigned char **ret_value, size_t *ret_size,
                                          struct tn_error *err);

/*
 * Writes a field of single bytes (type 2, ASCII, or 1, BYTE) into the first directory: its value
 * goes to the end of the block.  Where the field is new, a copy of the directory with the field
 * goes there, too, and the old one stays where it is, unused.  Only what points to them changes.
 * The value of an earlier call does not stay behind.  size 0: a new block with this field alone.
 * *ret_block is the caller's.  Errors: TN_FORMAT (damaged: the directory cannot be copied as it
 * is), TN_RANGE (4 GiB), TN_NOMEM.
 */
TN_NODISCARD enum tn_status meta_tiff_set(const unsigned char *block, size_t size, unsigned tag,
                                          unsigned type, const unsigned char *value,
                                          size_t value_size, unsigned char **ret_block,
                                          size_t *ret_size, struct tn_error *err);

/* Whether something in the block leads to what comes behind it up to `end`: programs would find
 * there what they do not find now.  meta_tiff_set refuses such a block (TN_RANGE), meta_tiff_append
 * does not ask. */
bool meta_tiff_leads_out(const unsigned char *block, size_t size, size_t end);
TN_NODISCARD enum tn_status meta_tiff_append(const unsigned char *block, size_t size, unsigned tag,
                                             unsigned type, const unsigned char *value,
                                             size_t value_size, unsigned char **ret_block,
                                             size_t *ret_size, struct tn_error *err);

/*
 * Takes back what meta_tiff_set wrote: the field goes, or it gets the text that it had before
 * (ASCII; with its NUL).  Nothing moves but in the directory, which shrinks where it is.  Where the
 * block still ends as meta_tiff_set left it, it becomes what it was, but that a byte of padding may
 * stay at its end.  *ret_block is the caller's.  It is NULL where no field is left.  Errors: as
 * above.
 */
TN_NODISCARD enum tn_status meta_tiff_remove(const unsigned char *block, size_t size, unsigned tag,
                                             unsigned char **ret_block, size_t *ret_size,
                                             struct tn_error *err);
TN_NODISCARD enum tn_status meta_tiff_restore(const unsigned char *block, size_t size, unsigned tag,
                                              const unsigned char *value, size_t value_size,
                                              unsigned char **ret_block, size_t *ret_size,
                                              struct tn_error *err);

#endif
