/* SPDX-License-Identifier: MIT */
/* A JPEG file that a test puts together, segment by segment. */
#ifndef TESTS_SUPPORT_JPEG_SEGMENTS_H
#define TESTS_SUPPORT_JPEG_SEGMENTS_H

#include "tests/support/container.h"

enum { APP0 = 0xE0, APP1 = 0xE1, APP2 = 0xE2, APP13 = 0xED, COMMENT = 0xFE, TABLE = 0xDB };

/* Frees what there was, {0} in the beginning, and begins a file.  The caller frees its bytes. */
void jpeg_begin(struct meta_bytes *file);
/* A segment of so many bytes; a table and a scan, and the picture's end. */
void jpeg_add(struct meta_bytes *file, unsigned marker, const void *data, size_t size);
void jpeg_add_scan(struct meta_bytes *file);

/* Literals with NULs in them, and their sizes. */
#define LITERAL(text) (text), sizeof(text) - 1

/* To the test's `file`. */
#define ADD(marker, data) jpeg_add(&file, marker, LITERAL(data))
#define XMP(packet) ADD(APP1, "http://ns.adobe.com/xap/1.0/\0" packet)
#define EXIF(block) ADD(APP1, "Exif\0\0" block)
#define PHOTOSHOP(resources) ADD(APP13, "Photoshop 3.0\0" resources)

/* EXIF blocks as containers see them. */
#define BLOCK "II*: fields"
#define OTHER_BLOCK "II*: more fields than before"

#endif
