/* SPDX-License-Identifier: MIT */
/*
 * The tiles lie in a grid of which the photo takes the four cells at the upper left.  A tile's
 * colours run from 0, hiding this changes nothing, to the word's largest drop of log-probability;
 * but to log 2 at least, so that a word whose probability nowhere halves stays dark by itself.
 */
#include "app/output/sheet.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    TILE = APP_SHEET_PHOTO / 2, /* the longer side of a tile's photo */
    LEAST = 160,                /* the least width of a tile, for its word */
    THIN = 8,                   /* the least side of a photo */
    GAP = 14,
    LABEL = 28, /* the height of a tile's line */
    LEGEND = 34,
    BAR = 160,
    BIG = 4 /* cells that the photo takes */
};

static const unsigned char ink[3] = {30, 30, 30}, pale[3] = {150, 150, 150};
const char app_sheet_notes[] =
    "bright: hiding this part makes the word less likely, by up to the factor "
    "beside it; dark: changes nothing";
static const double word_size = 20, note_size = 15, least_size = 10;

struct sheet {
    const struct app_sheet_input *input;
    size_t columns, rows;
    size_t width, height;       /* of a tile's photo */
    size_t cell_width;          /* at least `width` */
    unsigned char *small, *big; /* the photo [height][width][3], and twice as large */
    struct image image;
};

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

/* ---- Layout ---- */

/* The sides of the photo on a tile. */
static void size_tiles(struct sheet *sheet)
{
    const struct image *photo = sheet->input->photo;
    const size_t side = larger(photo->width, photo->height);

    sheet->width = larger(photo->width * TILE / side, THIN);
    sheet->height = larger(photo->height * TILE / side, THIN);
    sheet->cell_width = larger(sheet->width, LEAST);
}

static size_t cell_height(const struct sheet *sheet)
{
    return sheet->height + LABEL;
}

static size_t sheet_width(const struct sheet *sheet)
{
    return sheet->columns * (sheet->cell_width + GAP) + GAP;
}

static size_t sheet_height(const struct sheet *sheet)
{
    return sheet->rows * (cell_height(sheet) + GAP) + GAP + LEGEND;
}

/* As many columns as bring the sheet's sides near to 8 : 5 and leave few cells empty. */
static void choose_grid(struct sheet *sheet)
{
    const size_t cells = BIG + sheet->input->caption->word_count;
    size_t best = 3;
    double least = INFINITY;

    for (size_t columns = 3; columns <= 16; columns++) {
        double off;

        sheet->columns = columns;
        sheet->rows = larger((cells + columns - 1) / columns, 2);
        off = fabs(log((double)sheet_width(sheet) / (double)sheet_height(sheet) / 1.6)) +
              (double)(sheet->columns * sheet->rows - cells) / (double)cells;
        if (off < least) {
            least = off;
            best = columns;
        }
    }
    sheet->columns = best;
    sheet->rows = larger((cells + best - 1) / best, 2);
}

/* ---- Colours ---- */

/* Nine points of matplotlib's inferno (van der Walt and Smith 2015), whose lightness rises evenly.
 */
static const unsigned char inferno[9][3] = {{0, 0, 4},      {33, 12, 74},   {87, 16, 110},
                                            {138, 34, 106}, {188, 55, 84},  {228, 90, 49},
                                            {249, 142, 9},  {249, 203, 53}, {252, 255, 164}};

/* A pixel of the photo, greyed and darkened, under the colour of `value`, 0 to 1. */
static void light(unsigned char out[3], const unsigned char photo[3], double value)
{
    const double grey = 0.299 * photo[0] + 0.587 * photo[1] + 0.114 * photo[2];
    const double share = 0.15 + 0.55 * value;
    const size_t point = value < 1 ? (size_t)(value * 8) : 7;
    const double between = value * 8 - (double)point;

    for (size_t c = 0; c < 3; c++) {
        const double colour =
            inferno[point][c] + between * (inferno[point + 1][c] - inferno[point][c]);

        out[c] = (unsigned char)lround((1 - share) * (0.6 + 0.4 * value) * grey + share * colour);
    }
}

/* The map at (x, y) of its own cells, bilinear between their centres. */
static double map_at(const float *map, double x, double y)
{
    const double last = CAPTIONER_MAP_SIDE - 1;
    const double u = fmin(fmax(x - 0.5, 0), last), v = fmin(fmax(y - 0.5, 0), last);
    const size_t left = (size_t)u, top = (size_t)v;
    const size_t right = left + (u > (double)left), bottom = top + (v > (double)top);
    const double a = u - (double)left, b = v - (double)top;
    const float *row = map + top * CAPTIONER_MAP_SIDE, *next = map + bottom * CAPTIONER_MAP_SIDE;

    return (1 - b) * ((1 - a) * (double)row[left] + a * (double)row[right]) +
           b * ((1 - a) * (double)next[left] + a * (double)next[right]);
}

static double peak_of(const float *map)
{
    double peak = 0;

    for (size_t i = 0; i < (size_t)CAPTIONER_MAP_SIDE * CAPTIONER_MAP_SIDE; i++)
        peak = fmax(peak, (double)map[i]);
    return peak;
}

/* ---- Drawing ---- */

static unsigned char *pixel_at(struct sheet *sheet, size_t x, size_t y)
{
    return sheet->image.rgb + (y * sheet->image.width + x) * 3;
}

/* Bytes of text[length] that end with a whole character and fit the width; one character at least.
 */
static size_t fitting(const struct image_font *font, double size, const char *text, size_t length,
                      double width)
{
    size_t fits = 0;

    for (size_t end = 1; end <= length; end++) {
        if (end < length && ((unsigned char)text[end] & 0xC0) == 0x80)
            continue;
        if (fits > 0 && image_text_width(font, size, text, end) > width)
            break;
        fits = end;
    }
    return fits;
}

/* Draws a text into a box, in lines broken at spaces, or anywhere where a line has none; or only
 * counts its lines (image NULL).  Lines beyond the box are left out. */
static size_t flow(struct image *image, const struct image_font *font, double size,
                   const double box[4], const char *text)
{
    const double width = box[2], height = box[3];
    size_t lines = 0;

    while (*text) {
        const size_t length = strlen(text);
        size_t end = fitting(font, size, text, length, width), next;

        for (size_t i = end; end < length && i > 0; i--)
            if (text[i] == ' ') {
                end = i;
                break;
            }
        next = end + (text[end] == ' ');
        if (image && ((double)lines + 1) * size <= height)
            image_text_draw(image, font, size, box[0], box[1] + (double)lines * size, text, end,
                            ink);
        text += next;
        lines++;
    }
    return lines;
}

static void draw_caption(struct sheet *sheet)
{
    const double box[4] = {GAP, (double)(GAP + 2 * sheet->height + 4),
                           (double)(2 * sheet->cell_width + GAP), 2 * LABEL + GAP - 4};
    const struct image_font *font = sheet->input->font;
    const char *text = sheet->input->caption->text;
    double size = word_size;

    while (size > least_size && (double)flow(NULL, font, size, box, text) * size > box[3])
        size--;
    flow(&sheet->image, font, size, box, text);
}

/* "÷7.4": what the word's probability is divided by, at most. */
static void write_factor(const struct sheet *sheet, double peak, char out[16])
{
    const char *sign = image_font_covers(sheet->input->notes, "÷") ? "÷" : "/";
    const double factor = exp(peak);

    if (factor < 9.95)
        snprintf(out, 16, "%s%.1f", sign, factor);
    else if (factor < 9999.5)
        snprintf(out, 16, "%s%.0f", sign, factor);
    else
        snprintf(out, 16, "%s10000+", sign);
}

/* The word on the left, smaller if it must be and cut if that does not help; the factor right. */
static void draw_label(struct sheet *sheet, size_t x, size_t y, const char *word, double peak)
{
    const struct image_font *font = sheet->input->font, *notes = sheet->input->notes;
    const unsigned char *colour = peak < log(2) ? pale : ink;
    const size_t length = strlen(word);
    double size = word_size, room, note;
    char factor[16];

    write_factor(sheet, peak, factor);
    note = image_text_width(notes, note_size, factor, strlen(factor));
    room = (double)sheet->cell_width - note - 8;
    while (size > least_size && image_text_width(font, size, word, length) > room)
        size--;
    image_text_draw(&sheet->image, font, size, (double)x, (double)y + (LABEL - size) / 2, word,
                    fitting(font, size, word, length, room), colour);
    image_text_draw(&sheet->image, notes, note_size, (double)(x + sheet->cell_width) - note,
                    (double)y + (LABEL - note_size) / 2 + 1, factor, strlen(factor), pale);
}

static void draw_tile(struct sheet *sheet, size_t word, size_t x, size_t y)
{
    const float *map = sheet->input->maps + word * (size_t)CAPTIONER_MAP_SIDE * CAPTIONER_MAP_SIDE;
    const double peak = peak_of(map), top = fmax(peak, log(2));

    for (size_t v = 0; v < sheet->height; v++) {
        for (size_t u = 0; u < sheet->width; u++) {
            const double value =
                map_at(map, ((double)u + 0.5) * CAPTIONER_MAP_SIDE / (double)sheet->width,
                       ((double)v + 0.5) * CAPTIONER_MAP_SIDE / (double)sheet->height);

            light(pixel_at(sheet, x + u, y + v), sheet->small + (v * sheet->width + u) * 3,
                  fmax(value, 0) / top);
        }
    }
    draw_label(sheet, x, y + sheet->height, sheet->input->caption->words[word].text, peak);
}

static void draw_legend(struct sheet *sheet)
{
    static const unsigned char grey[3] = {128, 128, 128};
    const size_t y = sheet->image.height - LEGEND - GAP / 2;
    const double box[4] = {2 * GAP + BAR, (double)y, (double)sheet->image.width - 3 * GAP - BAR,
                           LEGEND};

    for (size_t v = 0; v < LABEL / 2; v++)
        for (size_t u = 0; u < BAR; u++)
            light(pixel_at(sheet, GAP + u, y + v + 2), grey, (double)u / (BAR - 1));
    flow(&sheet->image, sheet->input->notes, note_size, box, app_sheet_notes);
}

static void draw_sheet(struct sheet *sheet)
{
    const size_t big_row = 2 * sheet->width * 3;
    size_t word = 0;

    memset(sheet->image.rgb, 255, sheet->image.width * sheet->image.height * 3);
    for (size_t v = 0; v < 2 * sheet->height; v++)
        memcpy(pixel_at(sheet, GAP, GAP + v), sheet->big + v * big_row, big_row);
    draw_caption(sheet);
    for (size_t cell = 0; word < sheet->input->caption->word_count; cell++) {
        const size_t row = cell / sheet->columns, column = cell % sheet->columns;

        if (row >= 2 || column >= 2)
            draw_tile(sheet, word++, GAP + column * (sheet->cell_width + GAP),
                      GAP + row * (cell_height(sheet) + GAP));
    }
    draw_legend(sheet);
}

enum tn_status app_sheet_draw(const struct app_sheet_input *input, struct image *ret_sheet,
                              struct tn_error *err)
{
    struct sheet sheet = {.input = input};
    enum tn_status status;
    size_t tile, all;

    size_tiles(&sheet);
    choose_grid(&sheet);
    sheet.image.width = sheet_width(&sheet);
    sheet.image.height = sheet_height(&sheet);
    tile = sheet.width * sheet.height * 3;
    all = sheet.image.width * sheet.image.height * 3;
    sheet.small = malloc(5 * tile);
    sheet.image.rgb = malloc(all);
    status = sheet.small && sheet.image.rgb ? TN_OK : tn_fail_nomem(err, 5 * tile + all);
    sheet.big = sheet.small ? sheet.small + tile : NULL;
    if (status == TN_OK)
        status = image_resize(input->photo, sheet.width, sheet.height, sheet.small, err);
    if (status == TN_OK)
        status = image_resize(input->photo, 2 * sheet.width, 2 * sheet.height, sheet.big, err);
    if (status == TN_OK)
        draw_sheet(&sheet);
    free(sheet.small);
    if (status != TN_OK) {
        free(sheet.image.rgb);
        return status;
    }
    *ret_sheet = sheet.image;
    return TN_OK;
}
