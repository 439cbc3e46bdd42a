/* SPDX-License-Identifier: MIT */
/* What a description of a photo says, and whether a person wrote it. */
#ifndef META_DESCRIPTION_H
#define META_DESCRIPTION_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>

/* Whether there is nothing in it that can be seen: whitespace, control characters, or what Unicode
 * has for layout alone, such as a byte order mark; whether it is well-formed UTF-8. */
bool meta_description_blank(const char *text);
bool meta_description_utf8(const char *text);
bool meta_description_utf8_bytes(const unsigned char *bytes, size_t size);

/* bytes[size] up to the first NUL as UTF-8: what is not that already is taken for Latin-1, as old
 * software wrote it whatever the format states.  *ret_text is the caller's.  Errors: TN_NOMEM. */
TN_NODISCARD enum tn_status meta_description_decode(const void *bytes, size_t size, char **ret_text,
                                                    struct tn_error *err);

/*
 * Whether it is what cameras and programs write into EXIF ImageDescription by themselves, such as
 * "OLYMPUS DIGITAL CAMERA", or is blank, or dots: none of it describes the photo.
 * metadata/camera_texts.inc lists what they write; the model's name counts, too.  make and model
 * are EXIF's of that file.  Where both are unknown, NULL, some texts that people may write, too,
 * are taken for a camera's.
 */
bool meta_description_by_camera_of(const char *text, const char *make, const char *model);
bool meta_description_by_camera(const char *text); /* both are unknown */

/* Whether one of the text's lines is `line`; they end with LF or CR LF. */
bool meta_description_has_line(const char *text, const char *line);

#endif
