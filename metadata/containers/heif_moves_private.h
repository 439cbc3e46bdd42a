/* SPDX-License-Identifier: MIT */
/* What says where things are in a HEIC or AVIF file, after they have moved. */
#ifndef META_HEIF_MOVES_PRIVATE_H
#define META_HEIF_MOVES_PRIVATE_H

#include "metadata/containers/heif_items_private.h"

/* Whether a box may say where things are and is not understood: then nothing may move. */
bool meta_heif_is_fixed(const struct meta_heif *heif, struct meta_box *ret_box);

/*
 * bytes is the file that the splices give.  Adapts the places of all items but `but`, and those of
 * the samples of tracks (image sequences).  Errors: TN_UNSUPPORTED where something that is not
 * understood may say where things are, TN_RANGE where a new place does not fit, TN_FORMAT.
 */
TN_NODISCARD enum tn_status meta_heif_move(const struct meta_heif *heif,
                                           const struct meta_splices *splices, uint32_t but,
                                           unsigned char *bytes, struct tn_error *err);

#endif
