/* SPDX-License-Identifier: MIT */
/*
 * The boxes that HEIC, AVIF, JPEG XL and JPEG 2000 files are made of (ISO/IEC 14496-12), and files
 * in which some bytes give place to others.  All positions count from the begin of the file.
 */
#ifndef META_META_BOXES_PRIVATE_H
#define META_META_BOXES_PRIVATE_H

#include "metadata/bytes_private.h"
#include "metadata/container_private.h"

#define META_BOX_NAME(a, b, c, d)                                                                  \
    ((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (uint32_t)(d))

/* end 0: there is no such box. */
struct meta_box {
    uint32_t name;
    size_t start, content, end;
    bool open; /* it goes on to the file's end and does not say where that is */
};

/* Takes the box at *position, which ends at `end` at the latest, and moves *position behind it.
 * false at the end, and where what follows is no whole box: then *position stays before `end`. */
bool meta_box_next(const struct meta_file *file, size_t *position, size_t end,
                   struct meta_box *ret_box);

/* A number of 0 to 8 bytes, the highest first. */
uint64_t meta_wide(const unsigned char *bytes, unsigned width);
void meta_wide_put(unsigned char *bytes, unsigned width, uint64_t value);
bool meta_wide_fits(uint64_t value, unsigned width);

/* Reads numbers one behind the other. */
struct meta_cursor {
    const unsigned char *bytes;
    size_t at, end;
    bool short_of; /* something was asked for that lies behind the end; all further numbers are 0 */
};

uint64_t meta_take(struct meta_cursor *cursor, unsigned width);
void meta_skip(struct meta_cursor *cursor, size_t count);
/* The bytes up to a 0, which it passes, too; NULL where there is no 0. */
const char *meta_take_text(struct meta_cursor *cursor);

enum { META_BOX_HEADER = 8 };

/* Writes the header of a box that contains `content` bytes; false where it would be too large. */
bool meta_box_write(unsigned char header[META_BOX_HEADER], uint32_t name, size_t content);

enum { META_MOST_SPLICES = 8 };

/* removed bytes at `at` give place to bytes[size], which is borrowed. */
struct meta_splice {
    size_t at, removed, size;
    const unsigned char *bytes;
};

/* Ordered by `at`; of two at the same place, the one that was added first stands first. */
struct meta_splices {
    struct meta_splice list[META_MOST_SPLICES];
    size_t count;
};

void meta_splices_add(struct meta_splices *splices, size_t at, size_t removed,
                      const unsigned char *bytes, size_t size);
/* Where the byte that was at `position` is then; false where it was removed. */
bool meta_splices_move(const struct meta_splices *splices, size_t position, size_t *ret_position);
/* Where the bytes of a splice are then. */
size_t meta_splices_place(const struct meta_splices *splices, const unsigned char *bytes);
/* The new file, which is the caller's.  TN_NOMEM. */
TN_NODISCARD enum tn_status meta_splices_apply(const struct meta_splices *splices,
                                               const struct meta_file *file,
                                               unsigned char **ret_bytes, size_t *ret_size,
                                               struct tn_error *err);

/* Gives the box at box->start in bytes the new size, as it is or, where it was open, with it said.
 * false where it does not fit. */
bool meta_box_resize(unsigned char *bytes, size_t start, const struct meta_box *box, uint64_t size);

/* Where the TIFF header is in an EXIF item or box, which begins with how much is between this
 * number and the header; 0 where there is none: then the part is not there. */
size_t meta_exif_tiff(const struct meta_bytes *exif);

/* struct meta_container's take() of XMP and EXIF that are such items or boxes.  `read` adds the
 * bytes of one, if it is there. */
typedef enum tn_status meta_read_part_fn(const void *context, enum meta_part_kind kind,
                                         struct meta_bytes *out, struct tn_error *err);
TN_NODISCARD enum tn_status meta_take_each(const void *context, meta_read_part_fn *read,
                                           struct meta_parts *ret_parts, struct tn_error *err);

/* struct meta_container's put() of XMP and EXIF, of one after the other. */
typedef enum tn_status meta_put_part_fn(const struct meta_file *file, enum meta_part_kind kind,
                                        const struct meta_part *part, unsigned char **ret_bytes,
                                        size_t *ret_size, struct tn_error *err);
TN_NODISCARD enum tn_status meta_put_each(const struct meta_file *file,
                                          const struct meta_parts *parts,
                                          const bool changed[META_PARTS],
                                          meta_put_part_fn *put_part, unsigned char **ret_bytes,
                                          size_t *ret_size, struct tn_error *err);

/* struct meta_container's check of files whose boxes stand one behind the other: all that are no
 * parts are equal, in the same order. */
TN_NODISCARD enum tn_status
meta_boxes_check(const struct meta_file *before, const struct meta_file *after,
                 bool (*is_part)(const struct meta_file *file, const struct meta_box *box),
                 struct tn_error *err);

#endif
