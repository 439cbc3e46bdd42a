/* SPDX-License-Identifier: MIT */
/*
 * The mark that the program leaves in XMP: who wrote a caption, and what its fields said before,
 * for undo.  Its properties are listed in docs/outputs.md.  "Before" has an item for each field
 * that was written, "dc:description[en]=old", or "dc:description[en]" where there was none; "After"
 * one for each that says something else than the caption alone.
 */
#ifndef META_MARK_PRIVATE_H
#define META_MARK_PRIVATE_H

#include "metadata/metadata.h"
#include "metadata/xmp_private.h"

#define META_FIELD_EXIF "EXIF:ImageDescription"
#define META_FIELD_IPTC "IPTC:Caption-Abstract"
/* Parts that were made: there was no XMP packet, and IPTC's charset was not stated (of texts in
 * ASCII, or in UTF-8, which is noted). */
#define META_MADE_XMP "XMP"
#define META_MADE_CHARSET "IPTC:CodedCharacterSet"
#define META_UNSAID_UTF8 "not stated, UTF-8"

/* The mark as lists of texts.  In memory each field has an item in "After". */
struct meta_record {
    struct meta_strings list[META_XMP_PROPERTIES]; /* those from META_XMP_MARK on */
    bool exists;
};

/* An empty one where there is no mark; xmp NULL: no packet.  Errors: TN_FORMAT (an unknown form),
 * TN_RANGE (too long), TN_NOMEM. */
TN_NODISCARD enum tn_status meta_record_read(const struct meta_xmp *xmp,
                                             struct meta_record *ret_record, struct tn_error *err);
void meta_record_finish(struct meta_record *record);

/* Whether the field was written and says that still. */
bool meta_record_says(const struct meta_record *record, const char *field, const char *value);
/* Whether the part was made. */
bool meta_record_made(const struct meta_record *record, const char *part);
/* What the field said before, the caller's; NULL: nothing. */
TN_NODISCARD enum tn_status meta_record_before(const struct meta_record *record, const char *field,
                                               char **ret_value, struct tn_error *err);

/* Notes that a field is written.  What it said before the first time stays noted for as long as
 * nobody else changes it.  before NULL: nothing; after NULL: the field is a part that was made. */
TN_NODISCARD enum tn_status meta_record_note(struct meta_record *record, const char *field,
                                             const char *before, const char *after,
                                             struct tn_error *err);
/* Notes who writes; with_person: words of a person stay beside the caption.  Errors: TN_RANGE (too
 * long to be read again), TN_NOMEM. */
TN_NODISCARD enum tn_status meta_record_sign(struct meta_record *record,
                                             const struct meta_caption *caption, bool with_person,
                                             struct tn_error *err);

/* Whether a packet has just that mark; of a record that is signed. */
bool meta_record_is_in(const struct meta_record *record, const struct meta_xmp *xmp);

/* "dc:description[en]". */
enum { META_FIELD_SIZE = 128 };
void meta_record_field(char field[META_FIELD_SIZE], enum meta_xmp_name name, const char *language);
/* The language of such an item of "Before", the caller's; NULL where it is another field. */
TN_NODISCARD enum tn_status meta_record_language(enum meta_xmp_name name, const char *item,
                                                 char **ret_language, struct tn_error *err);

#endif
