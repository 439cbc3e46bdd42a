/* SPDX-License-Identifier: MIT */
/* Photos' files that a test puts together, or changes, byte by byte; and colour profiles. */
#ifndef TESTS_SUPPORT_PHOTO_FILE_H
#define TESTS_SUPPORT_PHOTO_FILE_H

#include <stddef.h>
#include <stdint.h>

struct photo_file {
    unsigned char *bytes; /* freed by photo_file_finish */
    size_t size;
};

void photo_file_finish(struct photo_file *file);

/* A picture of tests/data/images. */
struct photo_file photo_file_read(const char *name);

/* At the end. */
void photo_file_put(struct photo_file *file, const void *bytes, size_t size);
/* A number of so many bytes, the largest first. */
void photo_file_number(struct photo_file *file, uint32_t value, size_t bytes);
/* Puts bytes in between, at `offset`. */
void photo_file_insert(struct photo_file *file, size_t offset, const void *bytes, size_t size);

/* An ICC profile of RGB, by its primaries (XYZ under D50, a row each) and a curve: a power, or with
 * 0 that of sRGB. */
struct photo_file profile_of_primaries(const double xyz[3][3], double power);
/* One of grey, by a power. */
struct photo_file profile_of_grey(double power);
/* One of inks that has a table: only black counts, and L* falls evenly with it. */
struct photo_file profile_of_ink(void);

/* Adobe RGB (1998), Display P3 and sRGB: as published, adapted to D50. */
extern const double profile_adobe_rgb[3][3], profile_display_p3[3][3], profile_srgb[3][3];
enum { PROFILE_SRGB_CURVE = 0 };

#endif
