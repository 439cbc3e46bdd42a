/* SPDX-License-Identifier: MIT */
/* A photo's file: what its parts say, and the file with others. */
#ifndef META_PHOTO_PRIVATE_H
#define META_PHOTO_PRIVATE_H

#include "metadata/container_private.h"
#include "metadata/fields_private.h"
#include "metadata/mark_private.h"

struct meta_photo {
    const struct meta_container *container;
    const struct meta_file *file;
    struct meta_parts parts;
    struct meta_xmp xmp; /* of size 0 where there is none, or a blank one */
    struct meta_record record;
    struct meta_fields fields;
    enum tn_status xmp_status; /* whether XMP and its mark could be read */
    struct tn_error why;       /* not */
};

/* NULL for a format without one. */
const struct meta_container *meta_find_container(const char *format);

/* ret_photo borrows the file.  XMP that cannot be read counts as none, but for xmp_status.  Errors:
 * those of the container's take(), TN_NOMEM. */
TN_NODISCARD enum tn_status meta_photo_read(const struct meta_container *container,
                                            const struct meta_file *file,
                                            struct meta_photo *ret_photo, struct tn_error *err);
/* An XMP file, as a photo that has nothing else; xmp_status is all that can fail. */
void meta_photo_read_xmp(const char *bytes, size_t size, struct meta_photo *ret_photo);
void meta_photo_finish(struct meta_photo *photo);

/* The same with "use --sidecar xmp" for one whose XMP cannot be read. */
TN_NODISCARD enum tn_status meta_photo_read_all(const char *format, const struct meta_file *file,
                                                struct meta_photo *ret_photo, struct tn_error *err);

const struct meta_xmp *meta_photo_packet(const struct meta_photo *photo); /* NULL: none */

enum meta_author meta_photo_author_of(const struct meta_photo *photo);

/* Parts that change; NULL: they go. */
struct meta_new_parts {
    struct meta_parts parts;
    bool changed[META_PARTS];
};

/* Which part changes; it takes bytes over. */
void meta_new_part(struct meta_new_parts *new, enum meta_part_kind kind, unsigned char *bytes,
                   size_t size);
/* The file with them.  *ret_file begins as {0}, and stays so where none changes. */
TN_NODISCARD enum tn_status meta_photo_put(const struct meta_photo *photo,
                                           const struct meta_new_parts *new,
                                           struct meta_bytes *ret_file, struct tn_error *err);
/* Whether nothing but them changed: TN_FORMAT where more did. */
TN_NODISCARD enum tn_status meta_photo_check(const struct meta_photo *photo,
                                             const struct meta_new_parts *new,
                                             const struct meta_bytes *written,
                                             struct tn_error *err);

#endif
