/* SPDX-License-Identifier: MIT */
/* What the fields become that a caption is written into. */
#ifndef META_CAPTION_PRIVATE_H
#define META_CAPTION_PRIVATE_H

#include "metadata/bytes_private.h"
#include "metadata/metadata.h"

/* What a field becomes that says `old`; the caller's. */
TN_NODISCARD enum tn_status meta_caption_edit(const char *old, const struct meta_caption *caption,
                                              char **ret_text, struct tn_error *err);

/* An XMP packet. */
struct meta_caption_packet {
    const char *name; /* of its file, for messages */
    const char *bytes;
    size_t size;   /* blank: a new one is made */
    bool in_photo; /* then a new one has a wrapper */
    bool by_camera; /* what it says is none of a person's words: it gives way */
};

/*
 * Appends the captioned packet to ret_packet, which begins as {0}; nothing when it says all that
 * already.  `standing` is what an empty description is to begin with.  What was written is read
 * again, and says what it should.  Errors: those of metadata/xmp_private.h.
 */
TN_NODISCARD enum tn_status meta_caption_edit_packet(const struct meta_caption_packet *packet,
                                                     const char *standing,
                                                     const struct meta_caption *caption,
                                                     struct meta_bytes *ret_packet,
                                                     struct tn_error *err);

#endif
