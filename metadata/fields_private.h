/* SPDX-License-Identifier: MIT */
/* What the parts of a file say about the photo. */
#ifndef META_FIELDS_PRIVATE_H
#define META_FIELDS_PRIVATE_H

#include "metadata/container_private.h"
#include "metadata/mark_private.h"

enum meta_field {
    META_TEXT_XMP = META_XMP_DESCRIPTION, /* its main text, as the next one's */
    META_TEXT_ALT = META_XMP_ALT_TEXT,
    META_TEXT_EXIF,
    META_TEXT_IPTC,
    META_TEXTS
};

struct meta_fields {
    /* As the parts say it, EXIF's and IPTC's perhaps not in UTF-8.  Owned; NULL: nothing, or
     * nothing that can be read. */
    char *text[META_TEXTS];
    char *camera; /* what a camera wrote into EXIF by itself, also if a caption has replaced it
                     since; owned; NULL: nothing */
};

/* xmp NULL: there is none that can be read.  Errors: TN_NOMEM. */
TN_NODISCARD enum tn_status meta_fields_read(const struct meta_parts *parts,
                                             const struct meta_xmp *xmp,
                                             const struct meta_record *record,
                                             struct meta_fields *ret_fields, struct tn_error *err);
void meta_fields_finish(struct meta_fields *fields);

/* Whether a text is a camera's: what it wrote into EXIF, or a copy of that. */
bool meta_fields_by_camera(const struct meta_fields *fields, const char *text);
/* A field's text; NULL where it has none of a person or of this program. */
const char *meta_fields_said(const struct meta_fields *fields, enum meta_field field);

/* The first text of them and of `other` (may be NULL), as UTF-8, the caller's; "" where there is
 * none.  Errors: TN_NOMEM. */
TN_NODISCARD enum tn_status meta_fields_main(const struct meta_fields *fields, const char *other,
                                             char **ret_text, struct tn_error *err);

#endif
