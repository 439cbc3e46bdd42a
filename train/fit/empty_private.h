/* SPDX-License-Identifier: MIT */
/*
 * What pictures of nothing are drawn with, and the drawers of each kind.  The drawings need not be
 * beautiful: what counts is where their V lies (models/captioner/confidence.h).
 */
#ifndef TRAIN_EMPTY_PRIVATE_H
#define TRAIN_EMPTY_PRIVATE_H

#include "base/rng.h"
#include "image/image.h"
#include "image/text.h"

enum { EMPTY_MOST_SIDE = 480 };

struct empty_canvas {
    struct image image;
    unsigned char *spare; /* as many bytes as the image has */
    struct tn_rng rng;
    struct image_font *font;
    unsigned char paper[3], ink[3]; /* of a page, once empty_take_paper chose them */
};

/* A part of the picture; y grows downwards. */
struct empty_area {
    double x0, y0, x1, y1;
};

double empty_between(struct empty_canvas *c, double low, double high);
bool empty_chance(struct empty_canvas *c, double probability);
/* From least to most, both included. */
size_t empty_count(struct empty_canvas *c, size_t least, size_t most);
/* A colour with a brightness within the limits; every other one grey. */
void empty_pick_colour(struct empty_canvas *c, double low, double high, unsigned char colour[3]);
/* One that every x between 0 and 1 has between two others. */
void empty_mix_colour(const unsigned char from[3], const unsigned char to[3], double x,
                      unsigned char colour[3]);

/* The whole picture in one colour. */
void empty_fill(struct empty_canvas *c, const unsigned char colour[3]);
void empty_put(struct empty_canvas *c, size_t x, size_t y, const float colour[3]);
/* Chooses paper and ink, dark paper with a probability; fills the picture with the paper. */
void empty_take_paper(struct empty_canvas *c, double dark);
/* All of the picture but a margin of this share at each side. */
struct empty_area empty_page(const struct empty_canvas *c, double margin);
/* Cell i of `count` beside each other, or, down, below each other. */
struct empty_area empty_part(const struct empty_area *area, size_t i, size_t count, bool down);
void empty_box(struct empty_canvas *c, const struct empty_area *area,
               const unsigned char colour[3]);
void empty_frame(struct empty_canvas *c, const struct empty_area *area, double radius,
                 const unsigned char colour[3]);
void empty_line(struct empty_canvas *c, double x0, double y0, double x1, double y1, double radius,
                const unsigned char colour[3]);
/* Random letters in words, in one line from (x, y) on and at most `room` pixels long. */
void empty_words(struct empty_canvas *c, double x, double y, double size, double room,
                 const unsigned char colour[3]);
/* The same of digits: about as many as given. */
void empty_digits(struct empty_canvas *c, double x, double y, double size, size_t digits,
                  const unsigned char colour[3]);

/* ---- The kinds ---- */

/* Surfaces (empty_walls.c). */
void empty_draw_plain(struct empty_canvas *c);
void empty_draw_wall(struct empty_canvas *c);
void empty_draw_noise(struct empty_canvas *c);

/* What is read (empty_pages.c). */
void empty_draw_text(struct empty_canvas *c);
void empty_draw_table(struct empty_canvas *c);
void empty_draw_form(struct empty_canvas *c);
void empty_draw_slide(struct empty_canvas *c);
void empty_draw_window(struct empty_canvas *c);

/* Plots, one or up to four in the picture (empty_plots.c). */
void empty_draw_lines(struct empty_canvas *c);
void empty_draw_bars(struct empty_canvas *c);
void empty_draw_points(struct empty_canvas *c);
void empty_draw_pie(struct empty_canvas *c);
void empty_draw_heat_map(struct empty_canvas *c);

/* Signs of other kinds (empty_signs.c). */
void empty_draw_diagram(struct empty_canvas *c);
void empty_draw_code(struct empty_canvas *c);
void empty_draw_music(struct empty_canvas *c);
void empty_draw_map(struct empty_canvas *c);

#endif
