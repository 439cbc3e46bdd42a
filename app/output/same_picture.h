/* SPDX-License-Identifier: MIT */
/* Whether two files show the same picture. */
#ifndef APP_SAME_PICTURE_H
#define APP_SAME_PICTURE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Whether a decoder makes the same upright pixels of both.  Of JPEG files whose bytes differ in
 * comments and in the segments of metadata alone (APP1, APP13) nothing is decoded; of all others
 * both are.  What is behind the end of a JPEG picture counts, too.  name: of both, for the decoder.
 */
bool app_same_picture(const char *name, const char *a, size_t size_a, const char *b, size_t size_b);

#endif
