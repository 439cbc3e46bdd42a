/* SPDX-License-Identifier: MIT */
#include "train/fit/empty_pictures.h"

#include "base/rng.h"
#include "image/text.h"
#include "models/captioner/photo_encoder.h"
#include "tensor/half.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { WIDTH = 480, HEIGHT = 360 };

/* ---- Drawing ---- */

static enum tn_status create(struct image *image, struct tn_error *err)
{
    *image = (struct image){WIDTH, HEIGHT, malloc((size_t)WIDTH * HEIGHT * 3)};
    return image->rgb ? TN_OK : tn_fail_nomem(err, (size_t)WIDTH * HEIGHT * 3);
}

static float between(struct tn_rng *rng, float low, float high)
{
    return low + (high - low) * tn_rng_uniform(rng);
}

static bool chance(struct tn_rng *rng, float probability)
{
    return tn_rng_uniform(rng) < probability;
}

/* A colour with a brightness within the limits; every other one grey. */
static void pick_colour(struct tn_rng *rng, float low, float high, float colour[3])
{
    const bool grey = chance(rng, 0.5F);

    for (int k = 0; k < 3; k++)
        colour[k] = k > 0 && grey ? colour[0] : between(rng, low, high);
}

static void put_pixel(struct image *image, size_t x, size_t y, const float colour[3])
{
    for (int k = 0; k < 3; k++)
        image->rgb[(y * image->width + x) * 3 + k] =
            (unsigned char)lrintf(fminf(fmaxf(colour[k], 0), 255));
}

static void fill(struct image *image, const float colour[3])
{
    const size_t pixels = image->width * image->height;

    put_pixel(image, 0, 0, colour);
    for (size_t i = 1; i < pixels; i++)
        memcpy(image->rgb + 3 * i, image->rgb, 3);
}

static void draw_plain(struct image *image, struct tn_rng *rng)
{
    float colour[3];

    pick_colour(rng, 0, 255, colour);
    fill(image, colour);
}

/* Blotches: normal numbers on a grid of cells of `side` pixels, linear between them. */
struct blotches {
    float side, grid[HEIGHT / 4 + 2][WIDTH / 4 + 2]; /* side is 4 or more */
};

static void fill_blotches(struct blotches *blotches, struct tn_rng *rng)
{
    blotches->side = 4 * powf(30, tn_rng_uniform(rng));
    for (size_t y = 0; y < HEIGHT / 4 + 2; y++)
        for (size_t x = 0; x < WIDTH / 4 + 2; x++)
            blotches->grid[y][x] = tn_rng_normal(rng);
}

static float blotch(const struct blotches *blotches, size_t x, size_t y)
{
    const float u = (float)x / blotches->side, v = (float)y / blotches->side;
    const size_t i = (size_t)u, j = (size_t)v;
    const float right = u - (float)i, below = v - (float)j;
    const float *above = blotches->grid[j] + i, *under = blotches->grid[j + 1] + i;

    return (above[0] * (1 - right) + above[1] * right) * (1 - below) +
           (under[0] * (1 - right) + under[1] * right) * below;
}

/* Light that falls off along a line or around a point, blotches of plaster, and the camera's noise.
 */
static enum tn_status draw_wall(struct image *image, struct tn_rng *rng, struct tn_error *err)
{
    const bool round = chance(rng, 0.5F);
    const float angle = between(rng, 0, 6.2832F), noise = between(rng, 0, 8);
    const float at_x = tn_rng_uniform(rng), at_y = tn_rng_uniform(rng);
    const float rough = chance(rng, 0.5F) ? between(rng, 0, 30) : 0;
    struct blotches *blotches = malloc(sizeof *blotches);
    float from[3], to[3], colour[3];

    if (!blotches)
        return tn_fail_nomem(err, sizeof *blotches);
    fill_blotches(blotches, rng);
    pick_colour(rng, 40, 255, from);
    pick_colour(rng, 0, 255, to);
    if (chance(rng, 0.6F)) /* one colour in another light */
        for (int k = 0; k < 3; k++)
            to[k] = from[k] * between(rng, 0.2F, 0.9F);
    for (size_t y = 0; y < image->height; y++)
        for (size_t x = 0; x < image->width; x++) {
            const float u = (float)x / (float)image->width, v = (float)y / (float)image->height;
            const float line = 0.5F + (u - 0.5F) * cosf(angle) + (v - 0.5F) * sinf(angle);
            const float share = round ? hypotf(u - at_x, v - at_y) : line;
            const float more = rough * blotch(blotches, x, y) + noise * tn_rng_normal(rng);

            for (int k = 0; k < 3; k++)
                colour[k] = from[k] + (to[k] - from[k]) * share + more;
            put_pixel(image, x, y, colour);
        }
    free(blotches);
    return TN_OK;
}

/* Uniform or normal, grey or in colours, in squares of 1, 2, 4 or 8 pixels. */
static void draw_noise(struct image *image, struct tn_rng *rng)
{
    const size_t side = (size_t)1 << tn_rng_below(rng, 4);
    const bool grey = chance(rng, 0.5F), uniform = chance(rng, 0.5F);
    const float mean = between(rng, 60, 200), deviation = between(rng, 15, 70);
    float colour[3];

    for (size_t y = 0; y < image->height; y += side)
        for (size_t x = 0; x < image->width; x += side) {
            for (int k = 0; k < 3; k++)
                colour[k] = k > 0 && grey ? colour[0]
                            : uniform     ? between(rng, 0, 255)
                                          : mean + deviation * tn_rng_normal(rng);
            for (size_t v = y; v < y + side && v < image->height; v++)
                for (size_t u = x; u < x + side && u < image->width; u++)
                    put_pixel(image, u, v, colour);
        }
}

/* Words of random letters: line[room]. */
static void make_line(struct tn_rng *rng, char *line, size_t room)
{
    size_t used = 0;

    while (used + 1 < room) {
        for (size_t letters = 1 + tn_rng_below(rng, 9); letters > 0 && used + 1 < room; letters--)
            line[used++] = (char)('a' + (int)tn_rng_below(rng, 26));
        if (used + 1 < room)
            line[used++] = " .(=_ "[tn_rng_below(rng, 6)];
    }
    line[used] = '\0';
}

/* Prose that fills its lines, or code: short lines at different depths. */
static enum tn_status draw_text(struct image *image, struct tn_rng *rng, bool dark,
                                struct tn_error *err)
{
    const bool code = chance(rng, 0.5F);
    const double size = (double)between(rng, 8, 34), margin = (double)between(rng, 4, 40);
    float colour[3];
    unsigned char ink[3];
    struct image_font *font;
    char line[160];

    TN_TRY(image_font_create(NULL, 0, &font, err));
    pick_colour(rng, dark ? 0 : 205, dark ? 50 : 255, colour);
    fill(image, colour);
    pick_colour(rng, dark ? 150 : 0, dark ? 255 : 90, colour);
    for (int k = 0; k < 3; k++)
        ink[k] = (unsigned char)colour[k];
    for (double y = margin; y < HEIGHT - margin; y += 1.3 * size) {
        const double depth = code ? 2 * size * (double)tn_rng_below(rng, 5) : 0;
        const double room =
            (WIDTH - 2 * margin - depth) * (code ? (double)between(rng, 0.2F, 1) : 1);

        make_line(rng, line, sizeof line);
        for (size_t length = code && chance(rng, 0.15F) ? 0 : strlen(line); length > 0; length--)
            if (image_text_width(font, size, line, length) <= room) {
                image_text_draw(image, font, size, margin + depth, y, line, length, ink);
                break;
            }
    }
    image_font_destroy(font);
    return TN_OK;
}

/* A sheet that lies on something of one colour, blank or written on, turned by up to 30 degrees. */
static void lay_down(struct image *image, const struct image *sheet, struct tn_rng *rng)
{
    const float angle = between(rng, -0.52F, 0.52F), scale = between(rng, 1.2F, 2);
    const float turn_x = cosf(angle) * scale, turn_y = sinf(angle) * scale;
    const float at_x = between(rng, 0.4F, 0.6F), at_y = between(rng, 0.4F, 0.6F);
    float ground[3], colour[3];

    pick_colour(rng, 20, 220, ground);
    for (size_t y = 0; y < image->height; y++)
        for (size_t x = 0; x < image->width; x++) {
            const float u = (float)x - at_x * WIDTH, v = (float)y - at_y * HEIGHT;
            const float i = WIDTH / 2.0F + turn_x * u + turn_y * v;
            const float j = HEIGHT / 2.0F - turn_y * u + turn_x * v;
            const bool inside = i >= 0 && i < WIDTH && j >= 0 && j < HEIGHT;
            const size_t from = inside ? ((size_t)j * WIDTH + (size_t)i) * 3 : 0;
            const float noise = 5 * tn_rng_normal(rng);

            for (int k = 0; k < 3; k++)
                colour[k] = (inside ? (float)sheet->rgb[from + (size_t)k] : ground[k]) + noise;
            put_pixel(image, x, y, colour);
        }
}

static enum tn_status draw_paper(struct image *image, struct tn_rng *rng, struct tn_error *err)
{
    struct image sheet;
    enum tn_status status = TN_OK;
    float colour[3];

    TN_TRY(create(&sheet, err));
    if (chance(rng, 0.3F)) {
        pick_colour(rng, 215, 255, colour);
        fill(&sheet, colour);
    } else {
        status = draw_text(&sheet, rng, false, err);
    }
    if (status == TN_OK)
        lay_down(image, &sheet, rng);
    image_finish(&sheet);
    return status;
}

enum tn_status empty_picture_draw(size_t index, uint64_t seed, struct image *ret_image,
                                  struct tn_error *err)
{
    struct image image;
    enum tn_status status = TN_OK;
    struct tn_rng rng;

    TN_TRY(create(&image, err));
    tn_rng_init(&rng, seed * 0x9E3779B97F4A7C15U + index);
    switch (index / 2 % EMPTY_KINDS) {
    case 0:
        draw_plain(&image, &rng);
        break;
    case 1:
        status = draw_wall(&image, &rng, err);
        break;
    case 2:
        draw_noise(&image, &rng);
        break;
    case 3:
        status = draw_text(&image, &rng, chance(&rng, 0.5F), err);
        break;
    default:
        status = draw_paper(&image, &rng, err);
    }
    if (status == TN_OK)
        *ret_image = image;
    else
        image_finish(&image);
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
