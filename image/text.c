/* SPDX-License-Identifier: MIT */
#include "image/text.h"

#include "base/read_file.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <utf8proc.h>

#if defined(__GNUC__) /* stb's headers define more than is used here, and convert freely */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-function"
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wcast-qual"
#pragma GCC diagnostic ignored "-Wsign-compare"
#pragma GCC diagnostic ignored "-Wmissing-prototypes"
#pragma GCC diagnostic ignored "-Wstrict-prototypes"
#endif
#define STB_TRUETYPE_IMPLEMENTATION
#define STBTT_STATIC
#include <stb/stb_truetype.h>
#include <stb/stb_easy_font.h>
#if defined(__GNUC__)
#pragma GCC diagnostic pop
#endif

enum { MOST_BYTES = 1 << 28, EASY_LINE = 12 /* stb_easy_font's units a line */ };

struct image_font {
    unsigned char *bytes; /* the file; NULL: stb_easy_font */
    stbtt_fontinfo info;
};

/* ---- Fonts ---- */

enum tn_status image_font_create(const char *path, int face, struct image_font **ret_font,
                                 struct tn_error *err)
{
    struct image_font *font = calloc(1, sizeof *font);
    enum tn_status status = TN_OK;
    char *bytes = NULL;
    size_t size;

    if (!font)
        return tn_fail_nomem(err, sizeof *font);
    if (path)
        status = tn_read_file(path, MOST_BYTES, &bytes, &size, err);
    font->bytes = (unsigned char *)bytes;
    if (font->bytes) {
        const int offset = size > 0 ? stbtt_GetFontOffsetForIndex(font->bytes, face) : -1;

        if (offset < 0 || !stbtt_InitFont(&font->info, font->bytes, offset))
            status = tn_fail(err, TN_FORMAT, "%s: not a TrueType or OpenType font", path);
    }
    if (status == TN_OK)
        *ret_font = font;
    else
        image_font_destroy(font);
    return status;
}

void image_font_destroy(struct image_font *font)
{
    if (!font)
        return;
    free(font->bytes);
    free(font);
}

/* ---- Characters ---- */

/* The next character of text[*position..length), U+FFFD for a byte that is no UTF-8; 0 at the end.
 */
static int next_character(const char *text, size_t length, size_t *position)
{
    utf8proc_int32_t character;
    utf8proc_ssize_t taken;

    if (*position >= length)
        return 0;
    taken = utf8proc_iterate((const utf8proc_uint8_t *)text + *position,
                             (utf8proc_ssize_t)(length - *position), &character);
    *position += taken > 0 ? (size_t)taken : 1;
    return taken > 0 ? character : 0xFFFD;
}

/* stb_easy_font takes a string that it may change. */
static void easy_text(int character, char text[2])
{
    text[0] = (char)(character >= ' ' && character < 127 ? character : '?');
    text[1] = '\0';
}

bool image_font_covers(const struct image_font *font, const char *text)
{
    const size_t length = strlen(text);

    for (size_t at = 0; at < length;) {
        const int c = next_character(text, length, &at);

        if (font->bytes ? stbtt_FindGlyphIndex(&font->info, c) == 0 : c < ' ' || c >= 127)
            return false;
    }
    return true;
}

/* How far the pen moves at a character, kerning with the next one included. */
static double advance(const struct image_font *font, double size, int character, int next)
{
    char text[2];
    int width, bearing;

    if (!font->bytes) {
        easy_text(character, text);
        return (stb_easy_font_width(text) + 1) * size / EASY_LINE;
    }
    stbtt_GetCodepointHMetrics(&font->info, character, &width, &bearing);
    if (next)
        width += stbtt_GetCodepointKernAdvance(&font->info, character, next);
    return width * (double)stbtt_ScaleForPixelHeight(&font->info, (float)size);
}

double image_text_width(const struct image_font *font, double size, const char *text, size_t length)
{
    size_t at = 0;
    double width = 0;

    for (int c = next_character(text, length, &at); c;) {
        const int next = next_character(text, length, &at);

        width += advance(font, size, c, next);
        c = next;
    }
    return width;
}

/* ---- Drawing ---- */

/* Lays the colour over a pixel; share is 0 to 1. */
static void blend(struct image *image, int x, int y, double share, const unsigned char colour[3])
{
    unsigned char *pixel;

    if (x < 0 || y < 0 || (size_t)x >= image->width || (size_t)y >= image->height)
        return;
    pixel = image->rgb + ((size_t)y * image->width + (size_t)x) * 3;
    for (size_t c = 0; c < 3; c++)
        pixel[c] = (unsigned char)lround(pixel[c] + share * (colour[c] - pixel[c]));
}

static double overlap(double first, double last, int cell)
{
    return fmax(fmin(last, cell + 1.0) - fmax(first, cell), 0);
}

static void draw_easy(struct image *image, double size, double x, double y, int character,
                      const unsigned char colour[3])
{
    /* a quad is four vertices of x, y, z and a colour, from the upper left around */
    struct {
        float x, y, z;
        unsigned char colour[4];
    } vertices[4 * 64];
    const double scale = size / EASY_LINE;
    char text[2];
    int quads;

    easy_text(character, text);
    quads = stb_easy_font_print(0, 2, text, NULL, vertices, sizeof vertices);
    for (int q = 0; q < quads; q++) {
        const double left = x + (double)vertices[4 * q].x * scale;
        const double right = x + (double)vertices[4 * q + 2].x * scale;
        const double top = y + (double)vertices[4 * q].y * scale;
        const double bottom = y + (double)vertices[4 * q + 2].y * scale;

        for (int v = (int)floor(top); v < bottom; v++)
            for (int u = (int)floor(left); u < right; u++)
                blend(image, u, v, overlap(left, right, u) * overlap(top, bottom, v), colour);
    }
}

static void draw_glyph(struct image *image, const struct image_font *font, double size, double x,
                       double y, int character, const unsigned char colour[3])
{
    const float scale = stbtt_ScaleForPixelHeight(&font->info, (float)size);
    const double whole = floor(x);
    int ascent, descent, gap, width, height, left, top;
    unsigned char *mask;

    stbtt_GetFontVMetrics(&font->info, &ascent, &descent, &gap);
    mask = stbtt_GetCodepointBitmapSubpixel(&font->info, scale, scale, (float)(x - whole), 0,
                                            character, &width, &height, &left, &top);
    if (!mask) /* a space */
        return;
    top += (int)lround(y + ascent * (double)scale);
    left += (int)whole;
    for (int v = 0; v < height; v++)
        for (int u = 0; u < width; u++)
            blend(image, left + u, top + v, mask[v * width + u] / 255.0, colour);
    stbtt_FreeBitmap(mask, NULL);
}

void image_text_draw(struct image *image, const struct image_font *font, double size, double x,
                     double y, const char *text, size_t length, const unsigned char colour[3])
{
    size_t at = 0;

    for (int c = next_character(text, length, &at); c;) {
        const int next = next_character(text, length, &at);

        if (font->bytes)
            draw_glyph(image, font, size, x, y, c, colour);
        else
            draw_easy(image, size, x, y, c, colour);
        x += advance(font, size, c, next);
        c = next;
    }
}
