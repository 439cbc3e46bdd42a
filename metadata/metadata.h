/* SPDX-License-Identifier: MIT */
/*
 * Descriptions in photos' metadata and in XMP files: read, and written so that nothing else of the
 * file changes.
 *
 * A description is XMP dc:description and the alternative text, EXIF ImageDescription and IPTC
 * Caption-Abstract; in an XMP file the first two alone.  A new description is written as XMP's
 * "x-default", and under its language where there are languages; others stay.  One that is added
 * becomes a line of x-default's and of the language's, where that is there.  A field that was
 * empty, or had what a camera wrote, and to which is added, first takes over what the others said.
 * EXIF's is written where its block can be extended at its end, so that no maker note moves; IPTC's
 * only where there is IPTC data, and its digest is renewed.  Keywords are added to XMP's dc:subject
 * and to IPTC's.  Those that were added before, as the mark says, and are not among the new ones go
 * with the description that is replaced.
 *
 * A mark in XMP says who wrote them, and what the fields said before (metadata/mark_private.h).
 *
 * These functions have no state: any thread may call them.
 */
#ifndef META_METADATA_H
#define META_METADATA_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>

/* Which program wrote a caption, for the mark that it leaves. */
struct meta_mark {
    const char *version; /* of this program */
    const char *model;   /* the fingerprint of its model file */
    double confidence;   /* of the caption, 0 to 1 */
};

/* The same in a further language. */
struct meta_translation {
    const char *language, *text;
};

enum { META_MOST_TRANSLATIONS = 3 };

struct meta_caption {
    const char *text;     /* UTF-8 */
    const char *language; /* "en" */
    bool append;          /* add it to what is there; otherwise replace that */
    const char *const *keywords; /* those that are not there yet are added; without any, those that
                                    were added before stay */
    size_t keyword_count;
    /* Each is written under its language, in XMP alone; then text is, too, under its own. */
    struct meta_translation translations[META_MOST_TRANSLATIONS];
    size_t translation_count;
    struct meta_mark mark;
};

/* Whose words describe a photo. */
enum meta_author {
    META_NOBODY,
    META_PROGRAM, /* this one, as its mark says, and nobody has changed them since */
    META_PERSON
};

/* TN_OK where metadata can be read and written, TN_UNSUPPORTED where its support is not built in or
 * its library not installed: then nothing is described, and the edits are TN_UNSUPPORTED, too. */
TN_NODISCARD enum tn_status meta_available(struct tn_error *err);

/* Whether photos of that format have a place for a description that is written here; `format` is as
 * image_format names it, NULL for an unknown one. */
bool meta_format_has_place(const char *format);

/*
 * Who described it.  bytes[size] is a photo's file, of whose fields one has a text that no camera
 * wrote (metadata/description.h), or an XMP file.  `format` is the photo's as image_format names
 * it, NULL for an unknown one.  META_NOBODY for what cannot be read, which is not written either.
 * Errors: TN_NOMEM; then a person's words may be in it.
 */
TN_NODISCARD enum tn_status meta_photo_author(const char *format, const char *bytes, size_t size,
                                              enum meta_author *ret_author, struct tn_error *err);
TN_NODISCARD enum tn_status meta_xmp_author(const char *bytes, size_t size,
                                            enum meta_author *ret_author, struct tn_error *err);

/*
 * What a person says of the photo, of the same files: in `language` ("en", also "en-GB"), else as
 * XMP's x-default, else in any; of IPTC, EXIF, the alternative text and PNG's own where XMP has
 * none.  What the program wrote does not count, but what its field said before.  *ret_text, UTF-8,
 * is the caller's; NULL: nothing, or nothing that can be read.  Errors: TN_NOMEM.
 */
TN_NODISCARD enum tn_status meta_photo_said(const char *format, const char *bytes, size_t size,
                                            const char *language, char **ret_text,
                                            struct tn_error *err);
TN_NODISCARD enum tn_status meta_xmp_said(const char *bytes, size_t size, const char *language,
                                          char **ret_text, struct tn_error *err);

/*
 * Captions bytes[size], a photo's file or an XMP file (size 0: a new one); `name` is for messages.
 * *ret_bytes, which the caller frees, becomes the file's new content; NULL when it says all that
 * already.  Errors: TN_UNSUPPORTED for a format that is not written; TN_FORMAT for a file that is
 * damaged where it would be changed; TN_RANGE for one that has no room; TN_NOMEM.
 */
TN_NODISCARD enum tn_status meta_edit_photo(const char *name, const char *format, const char *bytes,
                                            size_t size, const struct meta_caption *caption,
                                            char **ret_bytes, size_t *ret_size,
                                            struct tn_error *err);
TN_NODISCARD enum tn_status meta_edit_xmp(const char *name, const char *bytes, size_t size,
                                          const struct meta_caption *caption, char **ret_bytes,
                                          size_t *ret_size, struct tn_error *err);

/*
 * Takes out again what meta_edit_photo or meta_edit_xmp wrote, as the mark says: every field gets
 * the value that it had before, or goes.  What a person has changed since stays.  *ret_bytes, which
 * the caller frees, becomes the file's new content; NULL when nothing of ours is in it, whatever
 * else is; of a damaged file, when it does not name the mark.  Of an XMP file in which nothing else
 * was ever, *ret_size is 0: it is to be removed.  Errors: as above.
 */
TN_NODISCARD enum tn_status meta_undo_photo(const char *name, const char *format, const char *bytes,
                                            size_t size, char **ret_bytes, size_t *ret_size,
                                            struct tn_error *err);
TN_NODISCARD enum tn_status meta_undo_xmp(const char *name, const char *bytes, size_t size,
                                          char **ret_bytes, size_t *ret_size, struct tn_error *err);

#endif
