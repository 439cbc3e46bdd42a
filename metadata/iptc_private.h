/* SPDX-License-Identifier: MIT */
/*
 * The caption and keywords of IPTC-IIM data ("Caption-Abstract", dataset 2:120, and "Keywords",
 * 2:25), which is one of the image resources of Photoshop: read, and written so that every other
 * dataset and resource keeps its bytes.  Errors go on from the name of the file.
 */
#ifndef META_IPTC_PRIVATE_H
#define META_IPTC_PRIVATE_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>

/* The caption's bytes, up to a NUL, as a string that is the caller's; NULL where there is none.
 * They are UTF-8 or, from old software, Latin-1.  Errors: TN_FORMAT, TN_NOMEM. */
TN_NODISCARD enum tn_status meta_iptc_caption(const unsigned char *resources, size_t size,
                                              char **ret_text, struct tn_error *err);

/* The same of IPTC data that is not among resources, but for that the text is made UTF-8. */
TN_NODISCARD enum tn_status meta_iptc_data_text(const unsigned char *data, size_t size,
                                                char **ret_text, struct tn_error *err);

/* What is to change in IPTC data.  All strings are borrowed. */
struct meta_iptc_changes {
    const char *caption; /* NULL: it stays */
    bool removes_caption;
    bool restores;            /* the caption was there before, whatever its charset */
    const char *const *added; /* keywords (2:25), behind those that are there; but not those that
                                 are there already or have more than 64 bytes */
    const char *const *removed;
    size_t added_count, removed_count;
    bool unmarks; /* that the data's charset is UTF-8 is not said any more */
    bool unmarks_ascii; /* the same if no letters beyond ASCII are left */
};

/*
 * The resources with these changes.  *ret_resources is the caller's.  It is NULL where nothing is
 * to be written: there is no IPTC data, it says that already, or its charset is unknown and the
 * text has letters beyond ASCII that the caption has not had before (data in ASCII is marked as
 * UTF-8 for them).  The digest by which programs tell that others changed the data (resource
 * 0x0425) is renewed if it was that of the old data.  Errors: TN_RANGE (a caption longer than 32
 * KiB), TN_UNSUPPORTED (a digest, but no library for it), TN_NOMEM.
 */
TN_NODISCARD enum tn_status meta_iptc_change(const unsigned char *resources, size_t size,
                                             const struct meta_iptc_changes *changes,
                                             unsigned char **ret_resources, size_t *ret_size,
                                             struct tn_error *err);

/* Whether it is among the keywords, in letters of whatever case. */
bool meta_iptc_has_keyword(const unsigned char *resources, size_t size, const char *word);
/* Whether the data states its charset; whether no text has letters beyond ASCII. */
bool meta_iptc_is_marked(const unsigned char *resources, size_t size);
bool meta_iptc_is_ascii(const unsigned char *resources, size_t size);

#endif
