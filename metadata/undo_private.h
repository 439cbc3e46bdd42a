/* SPDX-License-Identifier: MIT */
/* Captions are taken out of an XMP packet again. */
#ifndef META_UNDO_PRIVATE_H
#define META_UNDO_PRIVATE_H

#include "metadata/mark_private.h"

/*
 * Appends the packet without what the mark says was written, and without the mark.  Nothing is
 * appended, and *ret_gone is true, where nothing else is in a packet that was made for the caption.
 * What was written is read again.  Errors: those of metadata/xmp_private.h.
 */
TN_NODISCARD enum tn_status meta_undo_packet(const struct meta_xmp *xmp,
                                             const struct meta_record *record,
                                             struct meta_bytes *out, bool *ret_gone,
                                             struct tn_error *err);

#endif
