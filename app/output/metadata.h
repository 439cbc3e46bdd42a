/* SPDX-License-Identifier: MIT */
/*
 * Descriptions in photos' metadata and in XMP files, through exiv2.  A description is XMP
 * dc:description, EXIF ImageDescription and IPTC Caption-Abstract; in an XMP file the first alone.
 *
 * A new description is written as dc:description's "x-default" and under its language; other
 * languages stay.  One that is added becomes a line of x-default's and of the language's, where
 * that is there.  A field that was empty, and to which is added, first takes over what the others
 * said.  IPTC is written only where there is IPTC data.
 *
 * Metadata that exiv2 cannot read to the end is not written, for it would be lost; and what was
 * written is read again, to see that nothing was, and that the caption is there.  exiv2 and its XMP
 * parser have one state for the whole process, so these functions wait for each other; any thread
 * may call them.
 */
#ifndef APP_METADATA_H
#define APP_METADATA_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>

struct app_metadata_caption {
    const char *text;     /* UTF-8 */
    const char *language; /* "en" */
    bool append;          /* add it to what is there; otherwise replace that */
};

/* TN_OK where exiv2 is built in, TN_UNSUPPORTED where it is not: then nothing is described, and the
 * edits are TN_UNSUPPORTED, too. */
TN_NODISCARD enum tn_status app_metadata_available(struct tn_error *err);

/* Whether there is a description, of a photo's also one that no camera wrote
 * (metadata/description.h).  false for what cannot be read. */
bool app_metadata_photo_described(const char *path);
bool app_metadata_xmp_described(const char *bytes, size_t size);

/*
 * Captions bytes[size], a photo's file or an XMP file (size 0: a new one).  *ret_bytes, which the
 * caller frees, becomes the file's new content; NULL when it says all that already.  name is for
 * messages.  Errors: TN_UNSUPPORTED for a photo's format that exiv2 does not write; TN_FORMAT for
 * what it cannot read to the end; TN_NOMEM.
 */
TN_NODISCARD enum tn_status app_metadata_edit_photo(const char *name, const char *bytes,
                                                    size_t size,
                                                    const struct app_metadata_caption *caption,
                                                    char **ret_bytes, size_t *ret_size,
                                                    struct tn_error *err);
TN_NODISCARD enum tn_status app_metadata_edit_xmp(const char *name, const char *bytes, size_t size,
                                                  const struct app_metadata_caption *caption,
                                                  char **ret_bytes, size_t *ret_size,
                                                  struct tn_error *err);

#endif
