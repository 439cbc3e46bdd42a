/* SPDX-License-Identifier: MIT */
/*
 * Captions in the photos' own metadata: the best caption as XMP dc:description, as alternative text
 * and as EXIF ImageDescription, and as IPTC Caption-Abstract where the photo has IPTC data already;
 * keywords, and the mark of this program (metadata/metadata.h).  No pixel is encoded again;
 * permissions, owner, times and extended attributes stay.  The file is replaced as a whole or not
 * at all; of a symbolic link, the file that it leads to.
 *
 * APP_SKIP passes over a photo that has one of the four texts, but for what cameras write into
 * ImageDescription by themselves (metadata/description.h).  APP_APPEND adds the caption to them
 * as a line of its own, unless it is one already.
 */
#ifndef APP_PHOTO_METADATA_H
#define APP_PHOTO_METADATA_H

#include "app/output/output.h"

/*
 * beside_sidecar: the run writes XMP sidecars, too, and a photo of a format without a place for a
 * caption (a raw, BMP, PNM ...) is done with its sidecar; otherwise it is an error.  in_pairs: a
 * raw beside a JPEG or HEIC of its stem is done with that one, which the run names, too.  Errors:
 * TN_NOMEM; TN_UNSUPPORTED where metadata is not built in.
 */
TN_NODISCARD enum tn_status app_photo_metadata_create(enum app_existing existing,
                                                      bool beside_sidecar, bool in_pairs,
                                                      struct app_output **ret_output,
                                                      struct tn_error *err);

#endif
