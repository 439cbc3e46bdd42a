/* SPDX-License-Identifier: MIT */
/*
 * Colours that are not sRGB: what the numbers of a picture mean by its ICC profile or by named
 * primaries, and the way from there to sRGB.
 *
 * Most profiles are three primaries and a curve (Adobe RGB, Display P3); those are computed here.
 * Those with tables (inks, scanners) go through lcms2, where it is built in and installed.
 *
 * The intent is relative colorimetric with black point compensation: white becomes white, black
 * becomes black, and every colour that sRGB has stays as it is, whatever else a profile was made
 * for.  Browsers do the same with primaries and a curve.  What sRGB lacks is cut off at its edge.
 */
#ifndef IMAGE_COLOUR_H
#define IMAGE_COLOUR_H

#include <stddef.h>

/* What a picture's file stores.  Decoders make RGB of grey, and a profile of grey still fits it. */
enum image_pixels { IMAGE_RGB, IMAGE_GREY, IMAGE_CMYK };

enum {
    IMAGE_MOST_PROFILE = 4 << 20, /* bytes; the profiles of printers have up to 3 million */
    IMAGE_VALUES = 256
};

/* The chromaticities x, y of red, green, blue and white. */
struct image_primaries {
    double xy[4][2];
};

/* sRGB's, and the light of a value, both 0 to 1 (IEC 61966-2-1). */
extern const struct image_primaries image_srgb_primaries;
double image_srgb_light(double value);

struct image_colour;

/* NULL: the numbers are taken as they are, because the profile is sRGB (no number would change by
 * more than 1), is damaged, too large or one of other pixels than these, or cannot be applied here.
 * The caller destroys it.  Any thread may call this. */
struct image_colour *image_colour_from_icc(const unsigned char *icc, size_t size,
                                           enum image_pixels pixels);

/* The same for RGB that is told by its primaries and by the light, from 0 to 1, of each value. */
struct image_colour *image_colour_from_light(const struct image_primaries *primaries,
                                             const double light[IMAGE_VALUES]);

/* The same for RGB that is told by two numbers of ITU-T H.273: of its primaries and of its curve.
 * Light that is brighter than white (PQ) is rolled off. */
struct image_colour *image_colour_from_codes(unsigned primaries, unsigned transfer);

void image_colour_destroy(struct image_colour *colour);

/* out[count][3] = in[count][3], or of CMYK in[count][4], the amounts of ink.  Where both have 3
 * they may be the same. */
void image_colour_convert(const struct image_colour *colour, unsigned char *out,
                          const unsigned char *in, size_t count);

/* CMYK without a profile: every ink takes its share of the light. */
void image_ink_to_rgb(unsigned char *out, const unsigned char *in, size_t count);

/* The most memory that a profile of `size` bytes takes, for image_check_size. */
size_t image_colour_bytes(size_t size);

#endif
