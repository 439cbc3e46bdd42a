/* SPDX-License-Identifier: MIT */
/* What the fields become that a caption is written into. */
#ifndef META_CAPTION_PRIVATE_H
#define META_CAPTION_PRIVATE_H

#include "metadata/bytes_private.h"
#include "metadata/mark_private.h"
#include "metadata/metadata.h"

/* What a field becomes that says `old`; the caller's. */
TN_NODISCARD enum tn_status meta_caption_edit(const char *old, const struct meta_caption *caption,
                                              char **ret_text, struct tn_error *err);

/* The caption's keywords that are not among the texts, whatever the case of their letters, are
 * added to *ret_new. */
TN_NODISCARD enum tn_status meta_caption_new_keywords(const struct meta_caption *caption,
                                                      const char *const *texts, size_t count,
                                                      struct meta_strings *ret_new,
                                                      struct tn_error *err);

/* The keywords that this program added and that are not among the caption's any more, whatever the
 * case of their letters; none where the caption is appended or has none.  *ret_stale is the
 * caller's. */
TN_NODISCARD enum tn_status meta_caption_stale_keywords(const struct meta_caption *caption,
                                                        const struct meta_strings *ours,
                                                        struct meta_strings *ret_stale,
                                                        struct tn_error *err);

/* An XMP packet. */
struct meta_caption_packet {
    const struct meta_xmp *xmp; /* NULL: a new one is made */
    bool in_photo;              /* then a new one has a wrapper */
    /* What a property says is none of a person's words: it gives way. */
    bool by_camera[META_XMP_SENTENCES];
    const char *standing; /* what an empty description is to begin with */
    bool with_person;     /* a person's words describe it */
    bool other_fields;    /* fields elsewhere are written, as the record notes */
};

/*
 * Appends the captioned packet to ret_packet, which begins as {0}; nothing when it says all that
 * already.  `record` is the mark, which becomes what is written.  What was written is read again,
 * and says what it should.  Errors: those of metadata/xmp_private.h.
 */
TN_NODISCARD enum tn_status meta_caption_edit_packet(const struct meta_caption_packet *packet,
                                                     const struct meta_caption *caption,
                                                     struct meta_record *record,
                                                     struct meta_bytes *ret_packet,
                                                     struct tn_error *err);

#endif
