/* SPDX-License-Identifier: MIT */
/*
 * Text in pictures: UTF-8, one line, from left to right, no shaping.  With a font file (TrueType or
 * OpenType, also in collections) it is stb_truetype that draws; without one stb_easy_font, which
 * knows ASCII and shows '?' for anything else.
 */
#ifndef IMAGE_TEXT_H
#define IMAGE_TEXT_H

#include "image/image.h"

struct image_font;

/* The font number `face` of a file (0 unless it is a collection), or for a path of NULL the
 * built-in one.  A font file is trusted as a library is: do not open one that came over the net.
 * The caller destroys the font.  Errors: TN_NOTFOUND, TN_IO, TN_FORMAT, TN_NOMEM. */
TN_NODISCARD enum tn_status image_font_create(const char *path, int face,
                                              struct image_font **ret_font, struct tn_error *err);
void image_font_destroy(struct image_font *font);

/* Whether the font has a glyph for every character. */
bool image_font_covers(const struct image_font *font, const char *text);

/* Pixels that text[length] takes; size is the height of a line. */
double image_text_width(const struct image_font *font, double size, const char *text,
                        size_t length);

/* Draws text[length] into the line whose upper left corner is (x, y).  What lies outside of the
 * image is cut off. */
void image_text_draw(struct image *image, const struct image_font *font, double size, double x,
                     double y, const char *text, size_t length, const unsigned char colour[3]);

#endif
