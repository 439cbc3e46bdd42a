/* SPDX-License-Identifier: MIT */
/* What the parts of a file say about the photo, by a person. */
#ifndef META_FIELDS_PRIVATE_H
#define META_FIELDS_PRIVATE_H

#include "metadata/container_private.h"

/* As the parts say it, EXIF's and IPTC's perhaps not in UTF-8.  Owned; NULL: nothing, or what a
 * camera wrote into EXIF by itself or a copy of that, or nothing that can be read. */
struct meta_fields {
    char *xmp, *exif, *iptc;
};

/* Errors: TN_NOMEM. */
TN_NODISCARD enum tn_status meta_fields_read(const struct meta_parts *parts,
                                             struct meta_fields *ret_fields, struct tn_error *err);
void meta_fields_finish(struct meta_fields *fields);

/* The first text of them and of `other` (may be NULL), as UTF-8, the caller's; "" where there is
 * none.  Errors: TN_NOMEM. */
TN_NODISCARD enum tn_status meta_fields_main(const struct meta_fields *fields, const char *other,
                                             char **ret_text, struct tn_error *err);

#endif
