/* SPDX-License-Identifier: MIT */
#include "train/fit/empty_pictures.h"

#include "models/captioner/photo_encoder.h"
#include "tensor/half.h"
#include "train/fit/empty_private.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- Drawing ---- */

/* What was drawn becomes a sheet that lies on something of one colour, turned by up to 30 degrees.
 */
static void lay_down(struct empty_canvas *c)
{
    const size_t width = c->image.width, height = c->image.height;
    const double angle = empty_between(c, -0.52, 0.52), scale = empty_between(c, 1.1, 2);
    const double turn_x = cos(angle) * scale, turn_y = sin(angle) * scale;
    const double at_x = empty_between(c, 0.4, 0.6), at_y = empty_between(c, 0.4, 0.6);
    unsigned char ground[3];
    float colour[3];

    memcpy(c->spare, c->image.rgb, width * height * 3);
    empty_pick_colour(c, 20, 220, ground);
    for (size_t y = 0; y < height; y++)
        for (size_t x = 0; x < width; x++) {
            const double u = (double)x - at_x * (double)width,
                         v = (double)y - at_y * (double)height;
            const double i = (double)width / 2 + turn_x * u + turn_y * v;
            const double j = (double)height / 2 - turn_y * u + turn_x * v;
            const bool inside = i >= 0 && i < (double)width && j >= 0 && j < (double)height;
            const unsigned char *from =
                inside ? c->spare + ((size_t)j * width + (size_t)i) * 3 : ground;
            const float noise = 5 * tn_rng_normal(&c->rng);

            for (int k = 0; k < 3; k++)
                colour[k] = from[k] + noise;
            empty_put(c, x, y, colour);
        }
}

/* A blank sheet, or one with anything that is read. */
static void draw_sheet(struct empty_canvas *c)
{
    static void (*const written[])(struct empty_canvas *) = {
        empty_draw_text, empty_draw_text,  empty_draw_table,   empty_draw_form,
        empty_draw_form, empty_draw_lines, empty_draw_diagram, empty_draw_music};

    if (empty_chance(c, 0.2))
        empty_take_paper(c, 0);
    else
        written[empty_count(c, 0, sizeof written / sizeof written[0] - 1)](c);
    lay_down(c);
}

static void (*const kinds[EMPTY_KINDS])(struct empty_canvas *) = {
    empty_draw_plain, empty_draw_wall,   empty_draw_noise, empty_draw_text,     draw_sheet,
    empty_draw_table, empty_draw_form,   empty_draw_slide, empty_draw_window,   empty_draw_lines,
    empty_draw_bars,  empty_draw_points, empty_draw_pie,   empty_draw_heat_map, empty_draw_diagram,
    empty_draw_code,  empty_draw_music,  empty_draw_map,
};

/* Lying, standing, square or wide. */
static enum tn_status canvas_init(struct empty_canvas *c, uint64_t seed, struct tn_error *err)
{
    static const size_t sides[][2] = {{480, 360}, {480, 360}, {360, 480}, {420, 420}, {480, 270}};
    const size_t *side;
    size_t bytes;

    tn_rng_init(&c->rng, seed);
    side = sides[empty_count(c, 0, sizeof sides / sizeof sides[0] - 1)];
    bytes = side[0] * side[1] * 3;
    c->image = (struct image){side[0], side[1], malloc(bytes)};
    c->spare = malloc(bytes);
    return c->image.rgb && c->spare ? image_font_create(NULL, 0, &c->font, err)
                                    : tn_fail_nomem(err, bytes);
}

enum tn_status empty_picture_draw(size_t index, uint64_t seed, struct image *ret_image,
                                  struct tn_error *err)
{
    struct empty_canvas canvas = {.font = NULL};
    const enum tn_status status = canvas_init(&canvas, seed * 0x9E3779B97F4A7C15U + index, err);

    if (status == TN_OK) {
        kinds[index / 2 % EMPTY_KINDS](&canvas);
        *ret_image = canvas.image;
    } else {
        image_finish(&canvas.image);
    }
    image_font_destroy(canvas.font);
    free(canvas.spare);
    return status;
}

/* ---- V ---- */

enum { BATCH = 32 };

struct encoding {
    struct photo_encoder encoder;
    size_t first;
    uint64_t seed;
    enum tn_status status[BATCH];
    struct tn_error errors[BATCH];
};

static bool draw_pixels(void *context, size_t i, unsigned char *pixels)
{
    struct encoding *e = context;
    struct image image;

    e->status[i] = empty_picture_draw(e->first + i, e->seed, &image, &e->errors[i]);
    if (e->status[i] != TN_OK)
        return false;
    e->status[i] = photo_shrink(&image, pixels, &e->errors[i]);
    image_finish(&image);
    return e->status[i] == TN_OK;
}

static enum tn_status encode(struct encoding *e, size_t count, struct data_features *features,
                             struct tn_error *err)
{
    const size_t length = features->views * features->width;

    for (; e->first < count; e->first += BATCH) {
        const size_t batch = count - e->first < BATCH ? count - e->first : BATCH;

        photo_encoder_run(&e->encoder, batch, draw_pixels, e);
        for (size_t i = 0; i < batch; i++)
            if (e->status[i] != TN_OK)
                return tn_fail(err, e->status[i], "%s", e->errors[i].text);
        tn_float_to_half(features->values + e->first * length, e->encoder.values, batch * length);
    }
    return TN_OK;
}

enum tn_status empty_pictures_encode(const struct tn_file *weights, size_t count, uint64_t seed,
                                     bool mirrored, struct tn_pool *pool,
                                     struct data_features *ret_features, struct tn_error *err)
{
    const size_t views = mirrored ? 2 : 1;
    struct data_features features = {
        .photos = count,
        .views = views,
        .width = CNN_ENCODER_FEATURES,
        .rows = malloc((count + 1) * sizeof *features.rows),
        .values = malloc((count + 1) * views * CNN_ENCODER_FEATURES * sizeof *features.values),
        .total = count,
    };
    struct encoding e = {.seed = seed};
    enum tn_status status;

    if (!features.rows || !features.values)
        status = tn_fail_nomem(err, count * CNN_ENCODER_FEATURES * sizeof *features.values);
    else
        status = photo_encoder_init(&e.encoder, weights, BATCH, mirrored, pool, err);
    for (size_t i = 0; i < count && status == TN_OK; i++)
        features.rows[i] = i;
    if (status == TN_OK)
        status = encode(&e, count, &features, err);
    photo_encoder_finish(&e.encoder);
    if (status == TN_OK)
        *ret_features = features;
    else
        data_features_finish(&features);
    return status;
}
