/* SPDX-License-Identifier: MIT */
/* What a description of a photo says, and whether a person wrote it. */
#ifndef META_DESCRIPTION_H
#define META_DESCRIPTION_H

#include <stdbool.h>

/* Whether there is nothing in it but whitespace; whether it is well-formed UTF-8. */
bool meta_description_blank(const char *text);
bool meta_description_utf8(const char *text);

/*
 * Whether it is what cameras and programs write into EXIF ImageDescription by themselves, such as
 * "OLYMPUS DIGITAL CAMERA", or is whitespace: none of it describes the photo.  Case and whitespace
 * around it do not count.  The list follows what PhotoPrism and gThumb pass over.
 */
bool meta_description_by_camera(const char *text);

/* Whether one of the text's lines is `line`; they end with LF or CR LF. */
bool meta_description_has_line(const char *text, const char *line);

#endif
