/* SPDX-License-Identifier: MIT */
#include "app/output/attention_picture.h"

#include "app/output/font.h"
#include "image/plot.h"
#include "image/text.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CELL = 30, GAP = 14, PAD = 5, LINE = 26 };

static const double label_size = 18, note_size = 15;
static const unsigned char ink[3] = {30, 30, 30}, pale[3] = {120, 120, 120};
static const char notes[] = "dark: what a row's word reads of the source";

struct picture {
    const struct app_attention_input *input;
    struct image_font *note_font;                 /* for what is ASCII, too */
    struct image_font *source_font, *target_font; /* of the other labels; NULL: there is none */
    size_t left, top;                             /* of the first cell */
    size_t columns[APP_ATTENTION_TOKENS + 1];     /* where each begins, and the last one ends */
    struct image image;
};

/* ---- Fonts ---- */

static bool is_ascii(const char *text)
{
    while (*text && (unsigned char)*text < 0x80)
        text++;
    return *text == '\0';
}

/* One that has the characters of all labels that are not ASCII: a Chinese font may lack the rest.
 */
static enum tn_status find_font(const char *const *labels, size_t count,
                                struct image_font **ret_font, struct tn_error *err)
{
    enum tn_status status = TN_OK;
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);

    if (!stream)
        return tn_fail_nomem(err, count);
    for (size_t i = 0; i < count; i++)
        if (!is_ascii(labels[i]))
            fputs(labels[i], stream);
    if (fclose(stream) != 0)
        status = tn_fail_nomem(err, count);
    else if (size > 0)
        status = app_font_find(text, ret_font, err);
    free(text);
    return status;
}

static enum tn_status find_fonts(struct picture *p, struct tn_error *err)
{
    TN_TRY(app_font_find(notes, &p->note_font, err));
    TN_TRY(find_font(p->input->sources, p->input->source_count, &p->source_font, err));
    return find_font(p->input->targets, p->input->target_count, &p->target_font, err);
}

static const struct image_font *font_of(const struct picture *p, const struct image_font *other,
                                        const char *label)
{
    return is_ascii(label) ? p->note_font : other;
}

static double width_of(const struct picture *p, const struct image_font *other, const char *label)
{
    return image_text_width(font_of(p, other, label), label_size, label, strlen(label));
}

/* ---- Layout ---- */

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

static enum tn_status lay_out(struct picture *p, struct tn_error *err)
{
    const struct app_attention_input *in = p->input;
    size_t widest = 0, least;

    for (size_t t = 0; t < in->target_count; t++)
        widest = larger(widest, (size_t)ceil(width_of(p, p->target_font, in->targets[t])));
    p->left = GAP + widest + PAD;
    p->top = GAP + LINE;
    p->columns[0] = p->left;
    for (size_t s = 0; s < in->source_count; s++)
        p->columns[s + 1] =
            p->columns[s] +
            larger(CELL, (size_t)ceil(width_of(p, p->source_font, in->sources[s])) + 2 * PAD);
    least = (size_t)ceil(image_text_width(p->note_font, note_size, notes, strlen(notes))) + GAP;
    return plot_create(&p->image, larger(p->columns[in->source_count], least) + GAP,
                       p->top + in->target_count * CELL + LINE + GAP, err);
}

/* ---- Drawing ---- */

static void draw_label(struct picture *p, const struct image_font *other, double x, double y,
                       const char *label)
{
    image_text_draw(&p->image, font_of(p, other, label), label_size, x, y, label, strlen(label),
                    ink);
}

/* From white for 0 to the ink for 1, within a pale frame of which neighbours share a side. */
static void draw_cell(struct picture *p, size_t t, size_t s)
{
    const double weight = (double)p->input->weights[t * p->input->source_count + s];
    const size_t x = p->columns[s], y = p->top + t * CELL, width = p->columns[s + 1] - x;
    const int grey = (int)lround(255 - fmin(fmax(weight, 0), 1) * (255 - ink[0]));

    for (size_t v = 0; v <= CELL; v++)
        for (size_t u = 0; u <= width; u++) {
            const bool frame = v == 0 || v == CELL || u == 0 || u == width;

            memset(p->image.rgb + ((y + v) * p->image.width + x + u) * 3,
                   frame ? plot_grey[0] : grey, 3);
        }
}

static void draw_table(struct picture *p)
{
    const struct app_attention_input *in = p->input;
    const double above = (CELL - label_size) / 2;

    for (size_t s = 0; s < in->source_count; s++) {
        const double width = (double)(p->columns[s + 1] - p->columns[s]);

        draw_label(p, p->source_font,
                   (double)p->columns[s] +
                       (width - width_of(p, p->source_font, in->sources[s])) / 2,
                   (double)p->top - label_size - PAD, in->sources[s]);
    }
    for (size_t t = 0; t < in->target_count; t++) {
        draw_label(p, p->target_font,
                   (double)p->left - PAD - width_of(p, p->target_font, in->targets[t]),
                   (double)(p->top + t * CELL) + above, in->targets[t]);
        for (size_t s = 0; s < in->source_count; s++)
            draw_cell(p, t, s);
    }
    image_text_draw(&p->image, p->note_font, note_size, GAP,
                    (double)(p->top + in->target_count * CELL + PAD), notes, strlen(notes), pale);
}

static enum tn_status draw_picture(struct picture *p, const char *png, struct tn_error *err)
{
    TN_TRY(find_fonts(p, err));
    TN_TRY(lay_out(p, err));
    draw_table(p);
    return image_save_png(&p->image, png, err);
}

enum tn_status app_attention_draw(const struct app_attention_input *input, const char *png,
                                  struct tn_error *err)
{
    struct picture p = {.input = input};
    enum tn_status status;

    if (input->source_count > APP_ATTENTION_TOKENS || input->target_count > APP_ATTENTION_TOKENS)
        return tn_fail(err, TN_RANGE,
                       "a picture has room for %d tokens each way; there are %zu, and %zu in the "
                       "translation",
                       APP_ATTENTION_TOKENS, input->source_count, input->target_count);
    status = draw_picture(&p, png, err);
    image_finish(&p.image);
    image_font_destroy(p.note_font);
    image_font_destroy(p.source_font);
    image_font_destroy(p.target_font);
    return status;
}
